# bash completion for gossipd(1): commands, their options, words where an option takes one of a few, and files.

_gossipd() {
  local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=
  COMPREPLY=()

  # Bash takes --option=value for three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  case $option in
    --config | --hostkey | --report)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --state-dir)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --verdict-command)
      mapfile -t COMPREPLY < <(compgen -c -- "$current")
      return
      ;;
    --listen-address | --api-address | --advertise-address | --bootstrapper | --api | --cache-size | \
      --max-connections | --degree | --max-ttl | --seen-ttl | --memory-limit | --worker-threads | --type | --ttl | \
      --count | --publish-api | --publishers | --subscribers | --stalled | --size | --rate | --duration | --warmup | \
      --pid | --nodes | --bootstrappers | --join-pause | --publish-every | --messages | --validation | --invalid | \
      --latency | --bandwidth | --link-timeout | --crash | --partition | --churn | --fault | --hostile | --grace | \
      --heals-within | --settle | --seed | --seeds)
      return
      ;;
    --log-level) words='trace debug info warning error fatal' ;;
    --log-format) words='text json' ;;
    --verdict)
      words='accept reject none'
      [[ $command != bench ]] || words='accept none'
      ;;
    --format) words='text hex json' ;;
    --overlay) words='base extended' ;;
    --protocol) words='base extended mixed base,extended base,extended,mixed' ;;
    --preset) words='glomers-d glomers-e' ;;
  esac

  if [[ ! $words ]]; then
    if ((COMP_CWORD == 1)); then
      words='run check publish subscribe bench simulate --version '
    fi
    # Without a command, gossipd runs a node.
    case $command in
      check) words+='--config --help' ;;
      publish) words+='--api --type --ttl --lines --help' ;;
      subscribe) words+='--api --type --verdict --verdict-command --count --format --help' ;;
      bench)
        words+='--api --publish-api --publishers --subscribers --stalled --size --rate --duration --count --warmup
          --type --verdict --pid --json --progress --help'
        ;;
      simulate)
        words+='--nodes --degree --protocol --cache-size --wired --bootstrappers --join-pause --publishers --rate
          --publish-every --messages --size --validation --invalid --latency --bandwidth --link-timeout --crash --partition --churn --fault
          --spare-nobody --hostile --duration --grace --heals-within --settle --preset --random --seed --seeds --report --json
          --progress --help'
        ;;
      *)
        words+='--config --log-level --log-format --listen-address --api-address --advertise-address --bootstrapper
          --cache-size --max-connections --degree --max-ttl --seen-ttl --overlay --state-dir --memory-limit
          --worker-threads --hostkey --help'
        ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _gossipd gossipd
