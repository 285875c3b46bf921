#!/usr/bin/env bash
# Makes the Debian packages and looks at them: what is in them, what they need, that the daemon in them runs, and that
# systemd understands its unit. It installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'check-package: %s\n' "$*" >&2
  exit 1
}

scripts/package.sh >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The one package whose file name begins so, unpacked, with its fields and maintainer scripts.
unpack() {
  local found=(build/package/"$1"_*.deb)
  [ -e "${found[0]}" ] && [ ${#found[@]} = 1 ] || fail "there is not one package $1"
  dpkg-deb --raw-extract "${found[0]}" "$work/$1"
}

has() { [ -n "$(find "$work/$1" -path "$work/$1$2" -print -quit)" ] || fail "$1 lacks $2"; }

needs() {
  dpkg-deb --field build/package/"$1"_*.deb Depends | grep -qE "(^|, )$2( |,|\$)" || fail "$1 does not depend on $2"
}

library=$(basename build/package/libgossip[0-9]*.deb | sed 's/_.*//')
for package in "$library" libgossip-dev gossipd; do unpack "$package"; done

for part in core asio testing; do
  has "$library" "/usr/lib/*/libgossip-$part.so.*"
  has libgossip-dev "/usr/lib/*/libgossip-$part.a"
  has libgossip-dev "/usr/lib/*/pkgconfig/gossip-$part.pc"
done
has libgossip-dev /usr/include/gossip/node.hpp
has libgossip-dev '/usr/lib/*/cmake/gossip/gossip-config.cmake'
for file in /usr/bin/gossipd /etc/gossipd.conf /DEBIAN/conffiles /DEBIAN/postinst /DEBIAN/postrm \
  '*/lib/systemd/system/gossipd.service' '/usr/share/man/man1/gossipd.1*' \
  /usr/share/bash-completion/completions/gossipd /usr/share/zsh/vendor-completions/_gossipd; do
  has gossipd "$file"
done

needs "$library" libc6
needs "$library" 'libssl3[a-z0-9]*'
needs libgossip-dev "$library"
needs libgossip-dev libssl-dev
needs gossipd 'libboost-log[0-9.]*'
for script in "$work"/*/DEBIAN/{preinst,postinst,prerm,postrm}; do
  [ ! -e "$script" ] || bash -n "$script" || fail "${script#"$work"/} is no script"
done

libraries=$(dirname "$(find "$work/$library" -name 'libgossip-core.so.*' -print -quit)")
gossipd() { LD_LIBRARY_PATH=$libraries "$work/gossipd/usr/bin/gossipd" "$@"; }
version=$(gossipd --version)
[[ $version == gossipd\ [0-9]* ]] || fail "the packaged gossipd says of itself '$version'"
gossipd check --config "$work/gossipd/etc/gossipd.conf" >/dev/null ||
  fail 'gossipd refuses the configuration that comes with it'

unit=$(find "$work/gossipd" -name gossipd.service)
for setting in DynamicUser=yes NoNewPrivileges=yes ProtectSystem=strict CapabilityBoundingSet= RestrictAddressFamilies=; do
  grep -q "^$setting" "$unit" || fail "the unit lacks $setting"
done
if command -v systemd-analyze >/dev/null; then
  systemd-analyze security --offline=yes --threshold=20 "$unit" >/dev/null ||
    fail 'systemd finds the sandbox of the unit wide: systemd-analyze security --offline=yes gossipd.service'
fi
echo "packages $library, libgossip-dev and gossipd: ok"
