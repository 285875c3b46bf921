#!/usr/bin/env bash
# Makes the reference of the public headers: build/reference/html/index.html. Installs nothing. Exits with 1 where
# Doxygen is missing or has anything to say: a declaration without a comment, or a comment that it cannot read.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
  printf 'reference: %s\n' "$*" >&2
  exit 1
}

command -v doxygen >/dev/null || die "doxygen is needed: scripts/install-deps.sh --checks"

# A page of a header that is gone would stay otherwise.
rm -rf build/reference
mkdir -p build
doxygen docs/Doxyfile || die "see above: each declaration in include/gossip needs a comment that Doxygen can read"
printf 'reference: build/reference/html/index.html\n'
