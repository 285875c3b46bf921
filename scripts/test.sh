#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: as users run it, then under the address and undefined-
# behaviour sanitizers, then under the thread sanitizer. With arguments, only those presets: scripts/test.sh dev
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh

presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(release asan-ubsan tsan)

for preset in "${presets[@]}"; do
  printf '\n== %s\n' "$preset"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset"
  ctest --preset "$preset" --parallel "$(nproc)"
done
