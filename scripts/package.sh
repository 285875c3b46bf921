#!/usr/bin/env bash
# Builds the Debian packages libgossip0.1, libgossip-dev and gossipd into build/package. They are for the release of
# Debian that they are built on. To install them:
#   apt install ./build/package/*.deb
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh --package

build=build/package
rm -f "$build"/*.deb

# The flags that Debian builds its own packages with, hardening and all; nobody would see what -g adds.
flags() { DEB_BUILD_MAINT_OPTIONS=hardening=+all DEB_CXXFLAGS_MAINT_STRIP=-g dpkg-buildflags --get "$1"; }
cmake -S . -B "$build" -G Ninja \
  -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_CXX_FLAGS="$(flags CXXFLAGS) $(flags CPPFLAGS) -DNDEBUG" \
  -DCMAKE_EXE_LINKER_FLAGS="$(flags LDFLAGS)" \
  -DCMAKE_SHARED_LINKER_FLAGS="$(flags LDFLAGS)" \
  -DCMAKE_INSTALL_PREFIX=/usr \
  -DCMAKE_INSTALL_SYSCONFDIR=/etc \
  -DBUILD_SHARED_LIBS=ON \
  -DGOSSIP_ZSH_COMPLETION_DIR=share/zsh/vendor-completions \
  -DGOSSIP_PACKAGE=ON \
  -DGOSSIP_BUILD_TESTS=OFF \
  -DGOSSIP_BUILD_BENCHMARKS=OFF >/dev/null
cmake --build "$build"
(cd "$build" && cpack >cpack.log) || { cat "$build/cpack.log" >&2; exit 1; }
rm -r "$build/_CPack_Packages"
ls "$build"/*.deb
