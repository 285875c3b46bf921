#!/usr/bin/env bash
# Runs clang-tidy on lib/ and apps/ and the headers that they include; with arguments, on those sources only. It
# reads clang's command lines, so it has a configuration of its own, of which nothing is built.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang-tidy >/dev/null || {
  echo 'check-tidy: clang-tidy is needed: scripts/install-deps.sh --checks' >&2
  exit 1
}
cmake --preset tidy >/dev/null
sources=("$@")
if [ ${#sources[@]} -eq 0 ]; then
  # The largest first, so that no core is left with one at the end.
  mapfile -t sources < <(ls -S lib/asio/*.cpp apps/*/*.cpp apps/*/*/*.cpp lib/*.cpp lib/overlay/*.cpp lib/sim/*.cpp lib/testing/*.cpp)
fi
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet --warnings-as-errors='*' -p build/tidy 2>/dev/null
