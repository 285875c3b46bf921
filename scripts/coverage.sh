#!/usr/bin/env bash
# Says how many lines of lib/ the unit, simulation, transport and fuzz tests run, file by file, and fails below 90 %.
set -euo pipefail
cd "$(dirname "$0")/.."

least=90

command -v gcovr >/dev/null || {
  echo 'coverage: gcovr is needed: scripts/install-deps.sh --checks' >&2
  exit 1
}
cmake --preset coverage >/dev/null
cmake --build --preset coverage --target core_tests thread_tests sim_tests transport_tests framer_codec_fuzz node_fuzz
find build/coverage -name '*.gcda' -delete
ctest --preset coverage --parallel "$(nproc)" --tests-regex '^(core_tests|thread_tests|sim_tests|transport_tests|fuzz: framer_codec|fuzz: node)'
gcovr --root . --filter lib/ --object-directory build/coverage --exclude-throw-branches --fail-under-line "$least" \
  build/coverage/lib
