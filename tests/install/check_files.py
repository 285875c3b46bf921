#!/usr/bin/env python3
"""Checks that an installed tree has all the files that it should have, and no others.

check_files.py PREFIX LIBDIR SOURCE VERSION. Prints each fault and exits with 1 if there is one.
"""
import glob
import os
import sys

DAEMON = [
    "bin/gossipd",
    "etc/gossipd.conf",
    "lib/systemd/system/gossipd.service",
    "share/bash-completion/completions/gossipd",
    "share/man/man1/gossipd.1",
    "share/zsh/site-functions/_gossipd",
]


def files_below(directory):
    return {
        os.path.relpath(os.path.join(parent, file), directory)
        for parent, _, files in os.walk(directory) for file in files
    }


def expected(libdir, source, version):
    headers = {"include/" + header for header in files_below(os.path.join(source, "include"))}
    parts = ["core", "asio"]
    if glob.glob(os.path.join(source, "lib", "testing", "*.cpp")):
        parts.append("testing")
    if glob.glob(os.path.join(source, "lib", "sim", "*.cpp")):
        parts.append("sim")

    files = set(DAEMON) | headers
    files.add(libdir + "/pkgconfig/gossip.pc")
    for name in ("gossip-config.cmake", "gossip-config-version.cmake"):
        files.add(libdir + "/cmake/gossip/" + name)
    major, minor, _ = version.split(".")
    soversion = major if major != "0" else "0." + minor  # before 1.0 every minor release may change the interface
    for part in parts:
        stem = "%s/libgossip-%s" % (libdir, part)
        files |= {stem + ".a", stem + ".so", stem + ".so." + soversion, stem + ".so." + version}
        files.add("%s/pkgconfig/gossip-%s.pc" % (libdir, part))
        for suffix in ("", "-release"):
            files.add("%s/cmake/gossip/gossip-%s-targets%s.cmake" % (libdir, part, suffix))
    return files


def main():
    prefix, libdir, source, version = sys.argv[1:]
    installed = files_below(prefix)
    wanted = expected(libdir, source, version)
    for name in sorted(wanted - installed):
        print("%s is missing" % name)
    for name in sorted(installed - wanted):
        print("%s is there and should not be" % name)
    return 0 if installed == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
