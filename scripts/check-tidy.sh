#!/usr/bin/env bash
# Runs clang-tidy on lib/ and apps/ and the headers that they include: on eight sources in one piece, so that it reads the
# headers once for all of them. With arguments, on those sources only, each alone. It reads clang's command lines, so it has
# a configuration of its own, of which nothing is built.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang-tidy >/dev/null || {
  echo 'check-tidy: clang-tidy is needed: scripts/install-deps.sh --checks' >&2
  exit 1
}
sources=("$@")
if [ ${#sources[@]} -gt 0 ]; then
  cmake --preset tidy -DCMAKE_UNITY_BUILD=OFF >/dev/null
else
  rm -rf build/tidy
  cmake --preset tidy -DCMAKE_UNITY_BUILD=ON >/dev/null
  # The largest first, so that no core is left with one at the end.
  mapfile -t sources < <(find build/tidy -path '*/gossip_asio_*/Unity/*' -name '*.cxx'
    find build/tidy -path '*/Unity/*' -name '*.cxx' ! -path '*/gossip_asio_*')
fi
# A piece includes its sources, which is suspicious elsewhere.
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet --warnings-as-errors='*' --checks=-bugprone-suspicious-include \
    -p build/tidy 2>/dev/null
