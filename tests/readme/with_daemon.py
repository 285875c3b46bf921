#!/usr/bin/env python3
"""Runs a program beside a daemon: with_daemon.py GOSSIPD COMMAND... starts gossipd on free ports, runs COMMAND with
{api} in it replaced by the address of the daemon's API, stops the daemon, and exits as COMMAND did.
"""
import re
import subprocess
import sys

STOP_SECONDS = 60


def main():
    gossipd, *command = sys.argv[1:]
    daemon = subprocess.Popen([gossipd, "run", "--listen-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, text=True)
    try:
        ready = daemon.stdout.readline()
        address = re.search(r"api=(\S+)", ready)
        if address is None:
            sys.exit("%s did not say that it is ready, but %r" % (gossipd, ready))
        return subprocess.run([part.replace("{api}", address.group(1)) for part in command], check=False).returncode
    finally:
        daemon.terminate()
        if daemon.wait(STOP_SECONDS) != 0:
            sys.exit("%s exited with %d" % (gossipd, daemon.returncode))


if __name__ == "__main__":
    sys.exit(main())
