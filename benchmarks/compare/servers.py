"""The servers that are compared: how each is started, on free ports of 127.0.0.1, and certainly ended.

Each server is a context manager: inside, its processes run and can be reached; afterwards they are gone, and they do
not outlive this program either, however that ends.
"""
import ctypes
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(REPOSITORY, "build", "release")
GOSSIPD = os.path.join(BUILD, "apps", "gossipd", "gossipd")
LOAD = os.path.join(BUILD, "benchmarks", "compare", "compare-load")
RELAY = os.path.join(BUILD, "benchmarks", "compare", "byte-relay")

START_SECONDS = 10
STOP_SECONDS = 10
SYSTEM_DIRECTORIES = "/usr/local/sbin:/usr/sbin:/sbin"  # where Debian has some, and a user's PATH may lack them

# Loaded before any fork: between fork and exec only the call below happens.
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Missing(Exception):
    """The server is not installed."""


def die_with_parent():
    """For a child, before it becomes the program: it is killed when this program ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def program(name, package):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":" + SYSTEM_DIRECTORIES)
    if not found:
        raise Missing("%s is not installed; scripts/install-deps.sh --benchmarks installs the package %s" % (name, package))
    return found


def free_port():
    """A port that nobody has, below those that the kernel gives to outgoing connections."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def await_port(port, process):
    """Until something accepts there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("%s does not accept connections" % process.args[0])


class Server:
    """Processes with addresses to publish and subscribe at; further ones may follow the first."""

    name = ""      # as on the command line
    dialect = ""   # as compare-load calls it

    def __init__(self, options=()):
        self.options = list(options)
        self.processes = []
        self.addresses = []  # of the nodes, in the order of the chain
        self.publish_address = None
        self.commands = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        raise NotImplementedError

    def spawn(self, *command, directory=None):
        """Starts a process; its output goes nowhere but for what is read of standard output."""
        self.commands.append([os.path.basename(command[0]), *command[1:]])
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, preexec_fn=die_with_parent, cwd=directory)
        self.processes.append(process)
        return process

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        self.processes = []

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    @staticmethod
    def version():
        raise NotImplementedError


class Gossipd(Server):
    """One node, a chain, in which each joins the one before it and seeks no further peer, or three in a ring."""

    name = "gossipd"
    dialect = "gossip"

    def __init__(self, nodes=1, options=(), ring=False):
        super().__init__(options)
        self.nodes = nodes
        self.ring = ring
        self.p2p_address = None  # of the last one

    def start(self):
        # With the overlay extension half of them are a node's own choice.
        degree = ["--degree", "4" if self.ring else "1"] if self.nodes > 1 else []
        known = []
        for _ in range(self.nodes):
            bootstrapper = ["--bootstrapper", ",".join(known if self.ring else known[-1:])] if known else []
            process = self.spawn(GOSSIPD, "run", "--listen-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0",
                                 "--log-level", "error", *self.options, *degree, *bootstrapper)
            ready = re.match(rb"ready p2p=(\S+) api=(\S+)$", process.stdout.readline().rstrip())
            if not ready:
                raise RuntimeError("gossipd did not start")
            self.p2p_address = ready.group(1).decode()
            known.append(self.p2p_address)
            self.addresses.append(ready.group(2).decode())
        self.publish_address = self.addresses[0]

    @staticmethod
    def version():
        version = subprocess.run([GOSSIPD, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        commit = subprocess.run(["git", "-C", REPOSITORY, "describe", "--always", "--dirty"], capture_output=True,
                                text=True, check=False).stdout.strip()
        return "%s (%s)" % (version, commit) if commit else version


class GossipdWithStalledPeer(Gossipd):
    """One node, and a peer of it that never reads."""

    RECEIVE_BYTES = 4096

    peer = None

    def start(self):
        super().start()
        host, port = self.p2p_address.split(":")
        self.peer = socket.socket()
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.RECEIVE_BYTES)
        self.peer.settimeout(START_SECONDS)
        self.peer.connect((host, int(port)))

    def stop(self):
        super().stop()
        if self.peer:
            self.peer.close()


class Nats(Server):
    """One server, or two with a route."""

    name = dialect = "nats"

    def __init__(self, nodes=1, options=()):
        super().__init__(options)
        self.nodes = nodes

    def start(self):
        executable = program("nats-server", "nats-server")
        routes = []
        for _ in range(self.nodes):
            port, cluster = free_port(), free_port()
            route = "nats://127.0.0.1:%d" % cluster
            clustered = ["--cluster_name", "compare", "--cluster", route, *routes] if self.nodes > 1 else []
            process = self.spawn(executable, "-a", "127.0.0.1", "-p", str(port), *self.options, *clustered)
            await_port(port, process)
            routes = ["--routes", route]
            self.addresses.append("127.0.0.1:%d" % port)
        self.publish_address = self.addresses[0]

    @staticmethod
    def version():
        return subprocess.run([program("nats-server", "nats-server"), "--version"], capture_output=True, text=True,
                              check=True).stdout.strip()


class Redis(Server):
    """One server that writes nothing to disk and has no bound on what it keeps for a subscriber."""

    name = dialect = "redis"

    def start(self):
        executable = program("redis-server", "redis-server")
        self.directory = tempfile.TemporaryDirectory()
        port = free_port()
        process = self.spawn(executable, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no",
                             "--client-output-buffer-limit", "pubsub 0 0 0", *self.options,
                             directory=self.directory.name)
        await_port(port, process)
        self.addresses = ["127.0.0.1:%d" % port]
        self.publish_address = self.addresses[0]

    def stop(self):
        super().stop()
        if hasattr(self, "directory"):
            self.directory.cleanup()

    @staticmethod
    def version():
        text = subprocess.run([program("redis-server", "redis-server"), "--version"], capture_output=True, text=True,
                              check=True).stdout
        return "redis-server " + re.search(r"v=(\S+)", text).group(1)


class Relay(Server):
    """The floor: bytes from the publisher to the subscribers, and nothing else."""

    name = dialect = "relay"

    def start(self):
        publish, subscribe = free_port(), free_port()
        process = self.spawn(RELAY, str(publish), str(subscribe))
        if process.stdout.readline().rstrip() != b"ready":
            raise RuntimeError("byte-relay did not start")
        self.addresses = ["127.0.0.1:%d" % subscribe]
        self.publish_address = "127.0.0.1:%d" % publish

    @staticmethod
    def version():
        return "byte-relay, built here"


SERVERS = {server.name: server for server in (Gossipd, Nats, Redis, Relay)}


def build_missing():
    """Builds with the release preset what is not there."""
    if all(os.access(path, os.X_OK) for path in (GOSSIPD, LOAD, RELAY)):
        return
    print("building gossipd and the client with the release preset", file=sys.stderr)
    for command in (["cmake", "--preset", "release", "-DGOSSIP_BUILD_BENCHMARKS=ON"],
                    ["cmake", "--build", "--preset", "release", "--target", "gossipd", "compare-load", "byte-relay"]):
        subprocess.run(command, cwd=REPOSITORY, check=True, stdout=sys.stderr)
