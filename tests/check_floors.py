#!/usr/bin/env python3
"""Checks that a file of the library includes only floors below its own, that only asio/ touches the system, but for
zeroed_memory, which asks it for huge pages, and payload, which asks it whether there is another thread, and that only
content_id knows OpenSSL.

A header include/gossip/x.hpp is on the floor that the table gives x. A source lib/x.cpp is on the floor of x.hpp and
may include that too. lib/detail/ is part of whoever includes it. asio/, testing/ and sim/ may include everything below and
themselves. Prints each include that breaks this and exits with 1 if there is one.
"""
import os
import re
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Floors, lowest first; docs/architecture.md, 'Floors', has the idea. Each name stands as low as what it includes
# lets it.
FLOORS = [
    # values
    ["export", "prefetch"],
    ["zeroed_memory"],
    ["flat_table"],
    ["ip_address", "error", "payload", "random", "fifo", "flat_index", "slot_pool", "slot_ring", "batch_mutex", "statistics",
     "receipt"],
    ["types"],
    # what is said, and how values are fingerprinted
    ["config", "message", "digest", "content_id", "message_id_sequence", "subscription", "flat_map",
     "overlay/handshakes", "overlay/liveness", "overlay/passive_view", "overlay/prune_pace",
     "overlay/turnover"],
    # the seams, and the tables of contents
    ["framer", "transport", "content_queue", "overlay/id_memory"],
    ["codec", "observer", "content_table", "overlay/missing"],
    # what is known, and about whom
    ["message_cache", "registration_handler", "connection_pool", "join_schedule", "update_memory"],
    # what follows from it
    ["convert", "verdict_ledger", "local_programs", "overlay/spreading", "overlay/cache_walk",
     "overlay/known_peers"],
    ["flow_control", "overlay/content_names"],
    ["node_state"],
    # controllers, and the ways of spreading
    ["membership", "api_controller", "overlay/flood", "overlay/trees",
     "overlay/reconciliation"],
    ["overlay/neighborhood", "membership_links"],
    ["p2p_controller"],
    ["p2p_controller_extended"],
    ["node"],
    # transports
    ["asio/", "testing/", "sim/"],
]

# Reading the clock is a transport's business too, but <chrono> is also where durations come from.
SYSTEM_ONLY_IN_ASIO = re.compile(
    r"boost/.*|thread|future|condition_variable|iostream|fstream|print|cstdio|random|ctime|"
    r"sys/.*|netinet/.*|arpa/.*|net/.*|netdb\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h")

# Hints without any effect that could be seen: about memory, and whether there is another thread.
HINTS = {"sys/mman.h": "lib/zeroed_memory.cpp", "sys/single_threaded.h": "include/gossip/payload.hpp"}

# Public headers must not bring what the library links privately.
ONLY_IN_CONTENT_ID = re.compile(r"openssl/.*")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)


def floor_of(name):
    """The floor of a header gossip/<name>.hpp; None for one that the table lacks."""
    for floor, names in enumerate(FLOORS):
        if name in names or name.split("/")[0] + "/" in names:
            return floor
    return None


def library_files(repository):
    for folder in ("include/gossip", "lib"):
        for parent, _, files in os.walk(os.path.join(repository, folder)):
            for file in sorted(files):
                if file.endswith((".hpp", ".cpp")):
                    yield os.path.relpath(os.path.join(parent, file), repository)


def includes_of(repository, path):
    """(path of the including file, included name, whether it is in angle brackets), lib/detail/ followed."""
    with open(os.path.join(repository, path), encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        system, private = match.groups()
        if private is None:
            yield path, system, True
            continue
        target = os.path.normpath(os.path.join(os.path.dirname(path), private))
        if target.startswith("lib/detail/"):
            yield from includes_of(repository, target)
        else:
            yield path, target, False


def check(repository):
    """The faults as sentences."""
    faults = []
    for path in library_files(repository):
        if path.startswith("lib/detail/"):
            continue
        is_source = path.startswith("lib/")
        name = re.sub(r"^(include/gossip|lib)/", "", os.path.splitext(path)[0])
        own_directory = name.split("/")[0] + "/" if "/" in name else None
        floor = floor_of(name)
        if floor is None:
            faults.append("%s: it is on no floor; add it to the table in tests/check_floors.py" % path)
            continue
        for where, included, angled in includes_of(repository, path):
            if angled and not included.startswith("gossip/"):
                if HINTS.get(included) == where:
                    continue
                if SYSTEM_ONLY_IN_ASIO.fullmatch(included) and own_directory != "asio/":
                    faults.append("%s: includes <%s>, which only asio/ may" % (where, included))
                if ONLY_IN_CONTENT_ID.fullmatch(included) and where != "lib/content_id.cpp":
                    faults.append("%s: includes <%s>, which only lib/content_id.cpp may" % (where, included))
                continue
            if not angled and not included.startswith("lib/"):
                faults.append("%s: includes \"%s\"; public headers are included as <gossip/...>" % (where, included))
                continue
            other = re.sub(r"^(gossip|lib)/", "", os.path.splitext(included)[0])
            if own_directory is not None and other.startswith(own_directory):
                continue
            if is_source and other == name:
                continue
            other_floor = floor_of(other)
            if other_floor is None:
                faults.append("%s: includes %s, which is on no floor" % (where, included))
            elif other_floor >= floor:
                faults.append("%s: on floor %d, includes %s of floor %d" % (where, floor, included, other_floor))
    return faults


def main():
    faults = check(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
