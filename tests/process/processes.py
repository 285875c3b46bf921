"""The programs under test as child processes: gossipd, and legacy_peer.py which shares no code with it.

What a program prints is collected line by line from the first moment, so that a test can await a line that was
printed before it asked. No child outlives the test run, not even when that is killed.
"""
import ctypes
import json
import os
import random
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time

from wire import DEADLINE_SECONDS, TIME_FACTOR

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
GOSSIPD = os.environ.get("GOSSIPD", os.path.join(REPOSITORY, "build", "release", "apps", "gossipd", "gossipd"))
LEGACY_PEER = os.path.join(REPOSITORY, "tests", "legacy_peer.py")
EXTRA_ARGUMENTS = shlex.split(os.environ.get("GOSSIPD_ARGS", ""))

SANITIZER_REPORT = re.compile(
    r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|WARNING: ThreadSanitizer")

# A stop may flush queues for 10 s before it ends.
STOP_SECONDS = 15 * TIME_FACTOR

# Loaded before any fork: between fork and exec only the two calls below may happen.
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _prepare_child(descriptor_limit, namespace):
    """What a child does before it becomes the program: it dies with the test run; may move, and get few descriptors."""
    def prepare():
        if namespace:
            namespace.enter()
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if descriptor_limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor_limit, descriptor_limit))
    return prepare


def as_arguments(options):
    """{'cache_size': 5} as ['--cache-size', '5']; an option that is None is left out."""
    arguments = []
    for name, value in options.items():
        if value is not None:
            arguments += ["--" + name.replace("_", "-"), str(value)]
    return arguments


def eventually(condition, what):
    """Polls a condition that announces itself by no event, such as the kernel's table of connections."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("not within %g s: %s" % (DEADLINE_SECONDS, what))
        time.sleep(0.01)


def allow_descriptors(count):
    """Lets this process and those that it starts open so many descriptors; False where the system does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = hard if hard == resource.RLIM_INFINITY else max(hard, count)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, most))
        except (OSError, ValueError):
            return False
    return True


def free_port():
    """A port that nobody has, outside the range from which the kernel takes ports for outgoing connections."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue


class Lines:
    """The lines of one output stream, collected by a thread until the stream ends."""

    def __init__(self, stream):
        self._stream = stream
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        for raw in self._stream:
            with self._changed:
                self._lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def snapshot(self):
        with self._changed:
            return list(self._lines)

    def wait_for_end(self):
        self._thread.join(DEADLINE_SECONDS)
        self._stream.close()

    def await_line(self, accepts, what, start=0):
        """What `accepts` returns for the first line that it accepts, counted from line number `start`."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        with self._changed:
            while True:
                while start < len(self._lines):
                    accepted = accepts(self._lines[start])
                    if accepted:
                        return accepted
                    start += 1
                if self._ended:
                    raise AssertionError("the output ended without %s" % what)
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError("no %s within %g s" % (what, DEADLINE_SECONDS))


class Process:
    """A running program: its output, its orderly end, and the verdict on both."""

    def __init__(self, name, command, stdin=subprocess.DEVNULL, descriptor_limit=None, namespace=None):
        self.name = name
        self.command = command
        self.exit_code_expected = 0  # None where it does not matter
        # The parent-death signal follows the thread that forks: processes are started by the main thread only.
        self._popen = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=_prepare_child(descriptor_limit, namespace))
        self.stdout = Lines(self._popen.stdout)
        self.stderr = Lines(self._popen.stderr)

    @property
    def pid(self):
        return self._popen.pid

    def await_stdout(self, pattern, start=0):
        return self.stdout.await_line(re.compile(pattern).search, "output line matching %r" % pattern, start)

    def await_log(self, *patterns, start=0):
        """The first log line in which every pattern is found, in any case of letters."""
        compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]

        def accepts(line):
            return line if all(pattern.search(line) for pattern in compiled) else None
        return self.stderr.await_line(accepts, "log line with %r" % (patterns,), start)

    def signal(self, number=signal.SIGTERM):
        self._popen.send_signal(number)

    def is_running(self):
        return self._popen.poll() is None

    def memory_bytes(self):
        """The memory that the process has resident."""
        return self._status_bytes("VmRSS")

    def peak_memory_bytes(self):
        """The most memory that the process has had resident at any time."""
        return self._status_bytes("VmHWM")

    def _status_bytes(self, field):
        with open("/proc/%d/status" % self.pid, encoding="ascii") as status:
            return 1024 * int(re.search(r"^%s:\s+(\d+) kB$" % field, status.read(), re.MULTILINE).group(1))

    def wait(self, seconds=STOP_SECONDS):
        """The exit code; the output is complete afterwards."""
        code = self._popen.wait(seconds)
        self.stdout.wait_for_end()
        self.stderr.wait_for_end()
        return code

    def kill(self):
        """Ends the process as a crash would: no farewell, no flush."""
        self.exit_code_expected = -signal.SIGKILL
        self._popen.kill()
        self.wait()

    def stop(self):
        """Ends the process if it still runs; raises when it did not end well or a sanitizer complained."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("%s did not end within %g s of SIGTERM" % (self.name, STOP_SECONDS)) from None
        self._check_stderr()
        if self.exit_code_expected not in (None, code):
            raise AssertionError("%s ended with exit code %d" % (self.name, code))

    def _check_stderr(self):
        reports = [line for line in self.stderr.snapshot() if SANITIZER_REPORT.search(line)]
        if reports:
            raise AssertionError("%s: %s" % (self.name, reports[0]))

    def transcript(self):
        """All that the process printed, for a human who looks into a failure."""
        lines = ["==== %s, pid %d: %s" % (self.name, self.pid, " ".join(self.command))]
        lines += ["stdout: " + line for line in self.stdout.snapshot()]
        lines += ["stderr: " + line for line in self.stderr.snapshot()]
        return "\n".join(lines)


class Node(Process):
    """A process with a P2P and an API address: gossipd or a legacy peer."""

    def __init__(self, name, command, descriptor_limit=None, namespace=None):
        super().__init__(name, command, descriptor_limit=descriptor_limit, namespace=namespace)
        self.namespace = namespace  # the network that it lives in; None is the test's own
        self.p2p = None
        self.api = None

    def connections(self):
        """The (local, remote) address pairs of the established TCP connections of this process, from the kernel."""
        inodes = set()
        for descriptor in os.listdir("/proc/%d/fd" % self.pid):
            try:
                target = os.readlink("/proc/%d/fd/%s" % (self.pid, descriptor))
            except FileNotFoundError:
                continue  # closed while we looked
            match = re.match(r"socket:\[(\d+)\]", target)
            if match:
                inodes.add(match.group(1))
        return {pair for inode, pair in _established_connections() if inode in inodes}

    def peer_connections(self):
        return {pair for pair in self.connections() if pair[0] != self.api}


def _established_connections():
    """(inode, (local, remote)) of every established IPv4 connection of this machine."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for row in table:
            columns = row.split()
            if columns[3] == "01":
                yield columns[9], (_parse_kernel_address(columns[1]), _parse_kernel_address(columns[2]))


def _parse_kernel_address(text):
    """'0100007F:1770', the kernel's way to write 127.0.0.1:6000 (the host in the machine's byte order)."""
    host, port = text.split(":")
    octets = int(host, 16).to_bytes(4, sys.byteorder)
    return "%s:%d" % (socket.inet_ntoa(octets), int(port, 16))


def links_between(one, other):
    """How many TCP connections the two nodes have with each other, whoever opened them."""
    of_other = other.connections()
    return sum((remote, local) in of_other for local, remote in one.connections())


class Gossipd(Node):
    """A gossipd with its listeners on free loopback ports unless the options say otherwise."""

    def __init__(self, name, arguments, options, descriptor_limit=None, namespace=None):
        options = {"listen_address": "127.0.0.1:0", "api_address": "127.0.0.1:0", **options}
        command = [GOSSIPD, "run", *arguments, *as_arguments(options), *EXTRA_ARGUMENTS]
        super().__init__(name, command, descriptor_limit, namespace)

    def await_ready(self):
        ready = self.await_stdout(r"^ready p2p=(\S+) api=(\S+)$")
        self.p2p, self.api = ready.groups()
        return self


class LegacyPeer(Node):
    """A legacy_peer.py; every event of its own is a JSON line on standard output."""

    def __init__(self, name, options):
        # It knows no port 0.
        options = {"listen": "127.0.0.1:%d" % free_port(), "api": "127.0.0.1:%d" % free_port(), **options}
        super().__init__(name, [sys.executable, LEGACY_PEER, *as_arguments(options)])
        self.exit_code_expected = None  # it is not what is tested

    def await_ready(self):
        listening = self.await_event("listening")
        self.p2p, self.api = listening["p2p"], listening["api"]
        return self

    def await_event(self, event, start=0, **fields):
        """The first event of that name whose fields have the given values."""
        def accepts(line):
            found = json.loads(line)
            matches = found["event"] == event and all(found[key] == value for key, value in fields.items())
            return found if matches else None
        return self.stdout.await_line(accepts, "event %s %r" % (event, fields), start)


class Command(Process):
    """A subcommand of gossipd that ends by itself; the test looks at its exit code."""

    def __init__(self, name, arguments, stdin):
        super().__init__(name, [GOSSIPD, *arguments], stdin=stdin)

    def stop(self):
        """The test has looked at the exit code already, if it matters: only a sanitizer's complaint is left."""
        if self.is_running():
            self.kill()
        self._check_stderr()
