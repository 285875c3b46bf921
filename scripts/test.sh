#!/usr/bin/env bash
# Installs what is missing and runs every check: the format, clang-tidy, and every test as users run it, simulations from
# seeds that nobody has tried, the packages, every test under the address and undefined-behaviour sanitizers, those of what
# has threads under the thread sanitizer, and how much of lib/ the tests have run. Last comes a short comparison with
# other message servers.
# The simulations and the comparison are printed and decide nothing.
# With arguments, only those of them, where each is a name from below or a preset: scripts/test.sh dev
set -euo pipefail
cd "$(dirname "$0")/.."

steps=("$@")
[ ${#steps[@]} -gt 0 ] || steps=(format tidy release fresh-seeds package asan-ubsan coverage tsan compare)

case " ${steps[*]} " in
  *' format '* | *' tidy '* | *' coverage '* | *' fuzz '*) scripts/install-deps.sh --checks ;;
  *) scripts/install-deps.sh ;;
esac

test_preset() {
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1"
  rm -rf "build/$1/coverage"  # what earlier tests have counted
  ctest --preset "$1" --parallel "$(nproc)"
}

# The tests run the same seeds each time, so that a change decides alone whether they pass. This looks for new ones: what
# it finds was there before as often as not, so it says so and decides nothing.
run_fresh_seeds() {
  local first=${GOSSIP_SIM_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
  cmake --preset release >/dev/null
  cmake --build --preset release --target sim_tests
  echo "fresh-seeds: the same again: GOSSIP_SIM_SEED=$first scripts/test.sh fresh-seeds"
  GOSSIP_SIM_SEED=$first timeout --signal=TERM 600 build/release/tests/sim_tests \
    --test-case='random scenarios: ?00 seeds*' ||
    echo 'fresh-seeds: FAILED. Mend what it shows, and add each seed that failed to tests/sim/seeds.txt' >&2
}

# Figures taken beside other work on the machine tell little, and never whether the tests passed: they are not worth it that
# CI, which allows 90 minutes, ends before it has said that.
print_comparison() {
  if [ "$SECONDS" -gt 4200 ]; then
    echo "compare: left out, since the checks took $((SECONDS / 60)) minutes"
    return 0
  fi
  if ! scripts/install-deps.sh --benchmarks; then
    echo 'compare: the servers to compare with cannot be installed; left out'
    return 0
  fi
  timeout --signal=TERM 600 benchmarks/compare/run --quick || echo 'compare: not finished; this does not count'
}

for step in "${steps[@]}"; do
  printf '\n== %s, after %d min\n' "$step" $((SECONDS / 60))
  case $step in
    format | tidy | package) "scripts/check-$step.sh" ;;
    fresh-seeds) run_fresh_seeds ;;
    coverage) scripts/coverage.sh ;;
    compare) print_comparison ;;
    *) test_preset "$step" ;;
  esac
done
