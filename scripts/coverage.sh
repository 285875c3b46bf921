#!/usr/bin/env bash
# Says how many lines of lib/ the tests have run, file by file, and fails below 90 %. Those under the address and
# undefined-behaviour sanitizers count: run scripts/test.sh asan-ubsan first.
set -euo pipefail
cd "$(dirname "$0")/.."

least=90
counted=build/asan-ubsan/lib

command -v gcovr >/dev/null || {
  echo 'coverage: gcovr is needed: scripts/install-deps.sh --checks' >&2
  exit 1
}
[ -n "$(find "$counted" -name '*.gcda' -print -quit 2>/dev/null)" ] || {
  echo "coverage: no test has counted anything in $counted; first: scripts/test.sh asan-ubsan" >&2
  exit 1
}
gcovr --root . --filter lib/ --object-directory build/asan-ubsan --exclude-throw-branches --fail-under-line "$least" \
  "$counted"
