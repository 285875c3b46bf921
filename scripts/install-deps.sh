#!/usr/bin/env bash
# Installs from Debian's packages what building, testing and running libgossip needs and this machine lacks.
# Does nothing, and needs no privileges, where all of it is there. With --checks, also what reads the sources and counts
# what tests run: clang-format, clang-tidy, Doxygen, and Clang with libFuzzer and what counts coverage; and iproute2, without
# which the process test `namespaces` is skipped. With --package, also what makes packages.
set -euo pipefail

checks=no
package=no
benchmarks=no
case "${1:-}" in
  --checks) checks=yes ;;
  --package) package=yes ;;
  --benchmarks) benchmarks=yes ;;
esac

# Boost 1.81 is the oldest release that libgossip builds with.
boost_version_min=1.81

die() {
  printf 'install-deps: %s\n' "$*" >&2
  exit 1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

available() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

command -v apt-get >/dev/null || die "this script knows Debian and its derivatives only; install a C++20 compiler, \
CMake 3.25, Ninja, Boost $boost_version_min (Asio, Log, Program_options, System), OpenSSL 3.0, doctest, Google Benchmark and Python 3.9 by hand"

# The version of Boost behind an unversioned or versioned development package that is installed, or nothing.
installed_boost() {
  { dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 'libboost[0-9]*-dev' 2>/dev/null || true; } |
    sed -n 's/^ii  libboost\([0-9][0-9.]*\)-dev$/\1/p' | sort -V | tail -n 1
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

missing=()

want_command() { command -v "$1" >/dev/null || missing+=("$2"); }

want_package() { installed "$1" || missing+=("$1"); }

want_command g++ g++
want_command cmake cmake
want_command ninja ninja-build
want_command python3 python3
want_command setsid util-linux
want_command pkg-config pkgconf
want_package libssl-dev
want_package doctest-dev
want_package libbenchmark-dev
if [ "$checks" = yes ]; then
  want_command clang++ clang
  want_package libclang-rt-dev
  want_command clang-format clang-format
  want_command clang-tidy clang-tidy
  want_command doxygen doxygen
  want_command llvm-cov llvm
  want_command ip iproute2
fi

if [ "$package" = yes ]; then
  want_command dpkg-shlibdeps dpkg-dev
  want_command file file
fi

services=()
if [ "$benchmarks" = yes ]; then
  for service in nats-server redis-server; do
    installed "$service" || services+=("$service")
    want_package "$service"
  done
fi

boost=$(installed_boost)
if [ -n "$boost" ] && ! at_least "$boost" "$boost_version_min"; then
  die "libboost$boost-dev is installed and Debian does not allow a second version of Boost's headers beside it.
libgossip needs Boost $boost_version_min or newer. If nothing else on this machine builds against $boost, remove it and run this again:
  apt-get remove libboost$boost-dev"
fi

refreshed=no
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

refresh() {
  [ "$refreshed" = no ] || return 0
  [ ${#as_root[@]} = 0 ] || command -v sudo >/dev/null || die "missing: ${missing[*]} Boost; run this as root, or install sudo"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
    die "apt-get update failed; see above"
  refreshed=yes
}

if [ -z "$boost" ]; then
  refresh
  for candidate in 1.81 1.83 1.88 1.90; do
    if available "libboost$candidate-dev"; then
      boost=$candidate
      break
    fi
  done
  [ -n "$boost" ] || die "no package of Boost $boost_version_min or newer is known to apt (libboost$boost_version_min-dev on Debian 12)"
fi
want_package "libboost$boost-dev"
want_package "libboost-log$boost-dev"
want_package "libboost-program-options$boost-dev"
# From 1.89 on, Boost.System has no library and no package of its own.
if ! installed "libboost-system$boost-dev" && { at_least 1.88 "$boost" || available "libboost-system$boost-dev"; }; then
  missing+=("libboost-system$boost-dev")
fi

if [ ${#missing[@]} -gt 0 ]; then
  refresh
  printf 'install-deps: installing %s\n' "${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install ${missing[*]}; see above"
fi

for service in ${services[@]+"${services[@]}"}; do
  if [ -d /run/systemd/system ]; then
    "${as_root[@]}" systemctl disable --quiet --now "$service" || die "the service $service could not be stopped"
  elif [ -x "/etc/init.d/$service" ]; then
    "${as_root[@]}" "/etc/init.d/$service" stop >/dev/null || die "the service $service could not be stopped"
  fi
done

cmake_version=$(cmake --version | sed -n '1s/.* //p')
at_least "$cmake_version" 3.25 || die "CMake $cmake_version is too old: 3.25 or newer is needed"
