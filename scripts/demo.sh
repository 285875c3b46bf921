#!/usr/bin/env bash
# Installs what is missing, builds gossipd, and shows a message on its way over three nodes:
# published on node 1, held back until a program on node 2 has found it valid, received on node 3.
set -euo pipefail
cd "$(dirname "$0")/.."

data_type=540
text='hello from node 1'

echo 'Building gossipd (a minute or two the first time) ...'
scripts/install-deps.sh
cmake --preset release >/dev/null
cmake --build --preset release --target gossipd >/dev/null
gossipd=build/release/apps/gossipd/gossipd

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "demo: $*" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}

# await FILE PATTERN: waits until a line of the file matches, and prints it.
await() {
  local line
  line=$(timeout 30 tail -n +1 -F "$1" 2>/dev/null | grep -m 1 -E "$2") || true
  [ -n "$line" ] || fail "'$2' did not show in time in $(basename "$1")"
  printf '%s\n' "$line"
}

# start_node N [BOOTSTRAPPER]: sets p2p_N and api_N. A degree of 1 keeps the three nodes in a chain: each is content
# with the one neighbour that it has.
start_node() {
  "$gossipd" run --listen-address 127.0.0.1:0 --api-address 127.0.0.1:0 --degree 1 --bootstrapper "${2:-}" \
    >"$work/ready$1" 2>"$work/node$1.log" &
  pids+=($!)
  local ready
  ready=$(await "$work/ready$1" '^ready ')
  declare -g "p2p_$1=$(sed 's/.*p2p=\([^ ]*\).*/\1/' <<<"$ready")" "api_$1=$(sed 's/.*api=\([^ ]*\).*/\1/' <<<"$ready")"
  echo "node $1: $ready${2:+, joined through $2}"
}

start_node 1
start_node 2 "$p2p_1"
start_node 3 "$p2p_2"
echo

"$gossipd" subscribe --api "$api_3" --type "$data_type" --count 1 >"$work/received3" 2>"$work/client3.log" &
receiver=$!
pids+=("$receiver")
await "$work/client3.log" '^subscribed' >/dev/null
echo "node 3: a program waits for messages of type $data_type"

"$gossipd" publish --api "$api_1" --type "$data_type" "$text"
echo "node 1: a program published '$text'"
[ ! -s "$work/received3" ] || fail 'node 3 received what nobody on node 2 had found valid'
echo 'node 3: has received nothing, because nobody on node 2 has found it valid yet'

"$gossipd" subscribe --api "$api_2" --type "$data_type" --verdict accept --count 1 >"$work/received2" \
  2>"$work/client2.log" || fail 'the program on node 2 failed'
echo "node 2: a program received '$(cat "$work/received2")' and accepts it"

timeout 30 tail --pid="$receiver" -f /dev/null || fail 'the message did not reach node 3'
[ "$(cat "$work/received3")" = "$text" ] || fail "node 3 received something else: '$(cat "$work/received3")'"
echo "node 3: the program received '$(cat "$work/received3")'"
echo
echo 'Done: one message, three nodes, and it travelled on only after a program had found it valid.'
