#!/usr/bin/env bash
# Builds consumers of an installed tree with pkg-config and one plain line for the compiler, and runs them.
# plain_compiler.sh PREFIX COMPILER WORK_DIRECTORY
set -euo pipefail
prefix=$1 compiler=$2 work=$3
sources=$(dirname "$0")/consumer
mkdir -p "$work"

# Where the tree lies now is where its files have to find it.
moved=$work/moved
rm -rf "$moved"
cp -r "$prefix" "$moved"
library_dir=$(dirname "$(find "$moved" -name libgossip-core.a)")
export PKG_CONFIG_PATH=$library_dir/pkgconfig
export LD_LIBRARY_PATH=$library_dir

# shellcheck disable=SC2046  # flags are words
"$compiler" -std=c++20 "$sources/asio.cpp" -o "$work/asio" $(pkg-config --cflags --libs gossip)
"$work/asio"
readelf -d "$work/asio" | grep -q 'NEEDED.*libgossip-asio\.so\.0\.'

# shellcheck disable=SC2046
"$compiler" -std=c++20 "$sources/core.cpp" -o "$work/core" -static $(pkg-config --static --cflags --libs gossip-core)
env -u LD_LIBRARY_PATH "$work/core"

# The programs of the README, by the lines that stand there.
repository=$(cd "$(dirname "$0")/../.." && pwd)
for program in talk_to_a_daemon:gossip embed:gossip test_with_it:gossip-testing; do
  name=${program%:*} package=${program#*:}
  (cd "$repository" && python3 tests/readme/programs.py extract README.md "$name" "$work/$name.cpp")
  # shellcheck disable=SC2046
  "$compiler" -std=c++20 "$work/$name.cpp" $(pkg-config --cflags --libs "$package") -o "$work/$name"
done
[ "$("$work/embed")" = 'received: hello' ]
"$work/test_with_it" | grep -qx 'after 79 ms: 0 messages'
