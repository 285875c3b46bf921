#!/usr/bin/env bash
# Says which sources are not formatted as .clang-format wants, and what would be right; with --fix, mends them.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang-format >/dev/null || {
  echo 'check-format: clang-format is needed: scripts/install-deps.sh --checks' >&2
  exit 1
}
mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
find include lib apps tests benchmarks examples \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
  xargs -0 -n 20 -P "$(nproc)" clang-format "${mode[@]}"
