#!/usr/bin/env python3
"""Checks the shared libraries of an installed tree: what they need, what they export, and their sonames.

check_libraries.py PREFIX. Prints each fault and exits with 1 if there is one.
"""
import glob
import os
import re
import subprocess
import sys

# What the standard library of C++ itself is made of, for any architecture.
STANDARD = re.compile(r"lib(stdc\+\+|gcc_s|c|m)\.so\.\d+|ld-linux.*\.so\.\d+")

# OpenSSL's, which the core has its hashes from.
CRYPTO = re.compile(r"libcrypto\.so\.\d+")

# The core is to bring in no Boost, no threads beyond a mutex, and no system beyond memory.
FOREIGN_TO_CORE = re.compile(
    r"boost|asio|pthread_(?!mutex_)|std::thread|std::condition_variable|std::ostream|std::basic_o?fstream|"
    r"^(socket|connect|bind|accept4?|poll|epoll_\w+|open(at)?|read|write|f?printf|clock_gettime|getrandom)(@|$)")

EXPORTED = re.compile(r"((typeinfo|typeinfo name|vtable) for )?gossip::")

# What a process has only one of; cmake/exports.map says more.
SHARED_WITH_ASIO = re.compile(
    r"(guard variable for )?boost::asio::detail::(call_stack<.*>::top_|keyword_tss_ptr<.*>::value_|"
    r"(execution_context_)?service_base<.*>::id)|boost::asio::error::get_\w+_category\(\)::instance")

# Private classes, nested in public ones or in lib/.
PRIVATE = re.compile(r"([a-z ]+ for )?gossip::(detail::|TcpTransport::Core\b)")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def dynamic_section(library, tag):
    return re.findall(r"\(%s\).*\[(.*)\]" % tag, output_of("readelf", "--dynamic", "--wide", library))


def symbols(library, which):
    lines = output_of("nm", "--dynamic", "--demangle", "--no-weak", which, library).splitlines()
    return [re.sub(r"^[0-9a-f]* +\w ", "", line) for line in lines]


def exported(library):
    lines = output_of("nm", "--dynamic", "--demangle", "--defined-only", library).splitlines()
    return [re.sub(r"^[0-9a-f]+ \w ", "", line) for line in lines]


def soname(name, library):
    """Of the library `name` of the same version. Before 1.0 every minor release may change the interface."""
    major, minor, _ = os.path.basename(os.path.realpath(library)).partition(".so.")[2].split(".")
    return "%s.so.%s" % (name, major if major != "0" else "0." + minor)


def faults_of(library):
    name = re.sub(r"\.so\..*", "", os.path.basename(library))
    faults = []

    sonames = dynamic_section(library, "SONAME")
    if sonames != [soname(name, library)]:
        faults.append("its soname is %s; %s is right" % (sonames, soname(name, library)))

    for needed in dynamic_section(library, "NEEDED"):
        if name == "libgossip-core":
            own = CRYPTO.fullmatch(needed)
        else:
            own = needed == soname("libgossip-core", library)
        if not own and not STANDARD.fullmatch(needed):
            faults.append("it needs " + needed)

    names = exported(library)
    if not any(name.startswith("gossip::") for name in names):
        faults.append("it exports nothing of namespace gossip")
    if name == "libgossip-asio":
        names = [name for name in names if not SHARED_WITH_ASIO.fullmatch(name)]
    faults += ["it exports " + name for name in names if not EXPORTED.match(name) or PRIVATE.match(name)]

    if name == "libgossip-core":
        undefined = symbols(library, "--undefined-only")
        if not undefined:
            faults.append("it has no undefined symbol, which cannot be")
        faults += ["it refers to " + name for name in undefined if FOREIGN_TO_CORE.search(name)]
    return faults


def main():
    libraries = sorted(glob.glob(os.path.join(sys.argv[1], "**", "libgossip-*.so.*.*.*"), recursive=True))
    if len(libraries) < 2:
        print("%s: libgossip-core.so and libgossip-asio.so are not both there" % sys.argv[1])
        return 1
    faults = ["%s: %s" % (library, fault) for library in libraries for fault in faults_of(library)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
