#!/usr/bin/env python3
"""Runs a program beside a daemon: with_daemon.py GOSSIPD COMMAND... starts gossipd on free ports, runs COMMAND with
{api} in it replaced by the address of the daemon's API and {port} by its port, stops the daemon, and exits as COMMAND
did. With --publish TYPE DATA before COMMAND the daemon has that message first.
"""
import re
import subprocess
import sys

STOP_SECONDS = 60


def main():
    gossipd, *command = sys.argv[1:]
    published = None
    if command[0] == "--publish":
        published, command = command[1:3], command[3:]
    daemon = subprocess.Popen([gossipd, "run", "--listen-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, text=True)
    try:
        ready = daemon.stdout.readline()
        address = re.search(r"api=(\S+)", ready)
        if address is None:
            sys.exit("%s did not say that it is ready, but %r" % (gossipd, ready))
        api = address.group(1)
        if published is not None:
            data_type, data = published
            subprocess.run([gossipd, "publish", "--api", api, "--type", data_type, data], check=True)
        places = {"{api}": api, "{port}": api.rsplit(":", 1)[1]}
        return subprocess.run([places.get(part, part) for part in command], check=False).returncode
    finally:
        daemon.terminate()
        if daemon.wait(STOP_SECONDS) != 0:
            sys.exit("%s exited with %d" % (gossipd, daemon.returncode))


if __name__ == "__main__":
    sys.exit(main())
