#!/usr/bin/env bash
# Says how many lines of lib/ all tests but the process tests have run, file by file, and fails below 90 %. Those under the
# address and undefined-behaviour sanitizers count: run scripts/test.sh asan-ubsan first.
set -euo pipefail
cd "$(dirname "$0")/.."

least=90
build=build/asan-ubsan
counts=$build/coverage

for tool in llvm-profdata llvm-cov; do
  command -v "$tool" >/dev/null || {
    echo "coverage: $tool is needed: scripts/install-deps.sh --checks" >&2
    exit 1
  }
done
[ -n "$(find "$counts" -name '*.profraw' -print -quit 2>/dev/null)" ] || {
  echo "coverage: no test has counted anything in $counts; first: scripts/test.sh asan-ubsan" >&2
  exit 1
}
llvm-profdata merge --sparse --output="$counts/all.profdata" "$counts"/*.profraw
objects=(--object="$build"/tests/{thread,sim,transport}_tests --object="$build"/tests/fuzz/{framer_codec,node}_fuzz)
counted=("$build/tests/core_tests" "${objects[@]}" --instr-profile="$counts/all.profdata" lib)
llvm-cov report --show-region-summary=false --show-branch-summary=false "${counted[@]}"
llvm-cov export --summary-only "${counted[@]}" | python3 -c '
import json, sys
percent = json.load(sys.stdin)["data"][0]["totals"]["lines"]["percent"]
least = float(sys.argv[1])
print(f"coverage: {percent:.1f} % of the lines of lib/, at least {least:.0f} % wanted")
sys.exit(percent < least)' "$least"
