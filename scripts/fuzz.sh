#!/usr/bin/env bash
# Fuzzes: scripts/fuzz.sh [TARGET [RUNS]] runs one of the targets, or each in turn, on that many inputs, 10 million
# unless told otherwise, and prints figures. It starts from tests/fuzz/corpus and gathers what is new in build/fuzz;
# scripts/fuzz.sh keep [TARGET] puts the smallest set that covers as much in place of tests/fuzz/corpus.
# What breaks is left in build/fuzz/broken: move it to tests/fuzz/reproducers, under a name that says what was wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(framer_codec config_file node)

fail() {
  printf 'fuzz: %s\n' "$*" >&2
  exit 1
}

keep=no
if [ "${1:-}" = keep ]; then
  keep=yes
  shift
fi
if [ $# -gt 0 ]; then
  [[ " ${targets[*]} " = *" $1 "* ]] || fail "no target '$1'; there are ${targets[*]}"
  targets=("$1")
fi
runs=${2:-10000000}
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "'$runs' is no number of inputs"
command -v clang++ >/dev/null || fail "clang++ is needed: scripts/install-deps.sh --checks"

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz >/dev/null || { cmake --build --preset fuzz; exit 1; }

# The stack of each allocation takes a third of the time; a report of an error has its own all the same.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=4

# Long enough for what can happen; longer inputs only take longer.
longest() {
  case $1 in
    framer_codec) echo 300 ;;
    config_file) echo 200 ;;
    node) echo 300 ;;
  esac
}

keep_smallest() {
  local merged=build/fuzz/merged/$1
  rm -rf "$merged"
  mkdir -p "$merged" "tests/fuzz/corpus/$1"
  "build/fuzz/tests/fuzz/$1_fuzz" -set_cover_merge=1 -max_len="$(longest "$1")" "$merged" "tests/fuzz/corpus/$1" \
    "build/fuzz/gathered/$1" 2>/dev/null || fail "$1: the corpora could not be merged"
  rm -rf "tests/fuzz/corpus/$1"
  mv "$merged" "tests/fuzz/corpus/$1"
  printf '%-12s %6d inputs, %8d bytes kept\n' "$1" "$(find "tests/fuzz/corpus/$1" -type f | wc -l)" \
    "$(cat "tests/fuzz/corpus/$1"/* | wc -c)"
}

fuzz() {
  local gathered=build/fuzz/gathered/$1 broken=build/fuzz/broken/$1 log=build/fuzz/$1.log options=()
  mkdir -p "$gathered" "$broken"
  [ ! -f "tests/fuzz/$1.dict" ] || options=("-dict=tests/fuzz/$1.dict")
  # Weighing the inputs by how rare they are takes longer than running them.
  if ! "build/fuzz/tests/fuzz/$1_fuzz" "${options[@]}" -runs="$runs" -max_len="$(longest "$1")" -entropic=0 -reload=0 \
    -print_final_stats=1 -artifact_prefix="$broken/" "$gathered" "tests/fuzz/corpus/$1" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    fail "$1: an input breaks it; it is in $broken"
  fi
  printf '%-12s %s\n' "$1" "$(sed -n -e 's/.*DONE *\(cov: [0-9]*\) ft: \([0-9]*\) corp: \([0-9]*\).*/\1 edges, \2 features, \3 inputs gathered/p' "$log")"
  printf '%-12s %s\n' '' "$(sed -n -e 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 inputs in \2 s/p' "$log"), $(
    sed -n -e 's/^stat::average_exec_per_sec: *//p' "$log") inputs/s"
}

for target in "${targets[@]}"; do
  if [ "$keep" = yes ]; then keep_smallest "$target"; else fuzz "$target"; fi
done
