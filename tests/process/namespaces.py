"""A small local network inside this machine: hosts with addresses of their own, switches, and cables that can be cut.

Each host is a network namespace. They belong to a user namespace of the test's own, so that no privileges are needed
where the kernel allows that. A namespace lasts for as long as somebody has it open: when the test process ends, however
it does, nothing of the network is left.
"""
import ctypes
import os
import shutil
import socket
import subprocess
import sys

from wire import DEADLINE_SECONDS

# Loaded before any fork: between fork and exec only its setns() may be called.
_LIBC = ctypes.CDLL(None, use_errno=True)

_PASS_A_SOCKET = """
import socket, sys
with socket.socket(fileno=int(sys.argv[1])) as to, socket.socket() as made:
    socket.send_fds(to, [b"a socket"], [made.fileno()])
"""


class NotPermitted(Exception):
    """This machine does not let us have such a network; says why."""


def _run(command, **options):
    """Its output, once it has ended well."""
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=DEADLINE_SECONDS, **options)
    if ended.returncode != 0:
        raise OSError("%s: %s" % (" ".join(command), ended.stderr.decode("utf-8", "replace").strip()))
    return ended.stdout


class Namespace:
    """A network namespace, and the user namespace that it belongs to."""

    def __init__(self, around=None):
        """Of the same user namespace as `around`; without it, of a new one."""
        self._open = []
        options = ["--net"] if around else ["--user", "--map-root-user", "--net"]
        holder = subprocess.Popen(["unshare", *options, "sh", "-c", "echo here; cat"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=around and around.enter)
        try:
            if holder.stdout.readline() != b"here\n":
                raise NotPermitted(holder.stderr.read().decode("utf-8", "replace").strip())
            self._user = self._keep("/proc/%d/ns/user" % holder.pid)
            self.net = self._keep("/proc/%d/ns/net" % holder.pid)
        except OSError as error:
            self.close()
            raise NotPermitted(str(error)) from error
        finally:
            holder.communicate()  # which ends it: what is open holds the namespaces

    def _keep(self, path):
        self._open.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        return self._open[-1]

    def close(self):
        while self._open:
            os.close(self._open.pop())

    def enter(self):
        """For a child process before it becomes a program."""
        for namespace in (self._user, self.net):
            if _LIBC.setns(namespace, 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def ip(self, *arguments, also_open=()):
        """The command `ip` in here; `also_open` are namespaces that the arguments name."""
        return _run(["ip", *map(str, arguments)], preexec_fn=self.enter, pass_fds=[other.net for other in also_open])

    def socket(self):
        """A TCP socket that connects from here."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            _run([sys.executable, "-c", _PASS_A_SOCKET, str(theirs.fileno())], preexec_fn=self.enter,
                 pass_fds=[theirs.fileno()])
            return socket.socket(fileno=socket.recv_fds(ours, 100, 1)[1][0])


class Cable:
    """Plugged into a switch at this end."""

    def __init__(self, namespace, device):
        self._namespace = namespace
        self._device = device

    def cut(self):
        """Nothing comes through any more, in either direction, and nobody is told."""
        self._namespace.ip("link", "set", self._device, "down")

    def restore(self):
        self._namespace.ip("link", "set", self._device, "up")


class Host:
    """A machine with one address."""

    def __init__(self, namespace, address, cable):
        self.namespace = namespace
        self.address = address
        self.cable = cable


class LocalNetwork:
    """Two switches with a cable between them, and the hosts at each: 10.77.0.1 and so on, in their order."""

    def __init__(self, left, right):
        if not hasattr(socket, "send_fds"):
            raise NotPermitted("Python hands over no sockets before 3.9")
        for program in ("unshare", "ip"):
            if shutil.which(program) is None:
                raise NotPermitted("no program %s (Debian's packages util-linux and iproute2 have them)" % program)
        self._namespaces = []
        self.hosts = []
        try:
            self._build(left, right)
        except BaseException:
            self.close()
            raise

    def close(self):
        while self._namespaces:
            self._namespaces.pop().close()

    def _build(self, left, right):
        self._switches = self._new_namespace()
        try:
            for switch in ("left", "right"):
                self._switches.ip("link", "add", switch, "type", "bridge")
                self._switches.ip("link", "set", switch, "up")
            self._switches.ip("link", "add", "trunk", "type", "veth", "peer", "name", "trunk-end")
        except OSError as error:
            raise NotPermitted(str(error)) from error
        self._plug("trunk", "left")
        self._plug("trunk-end", "right")
        self.trunk = Cable(self._switches, "trunk")
        for number in range(1, left + right + 1):
            self.hosts.append(self._new_host(number, "left" if number <= left else "right"))

    def _new_namespace(self, around=None):
        self._namespaces.append(Namespace(around))
        return self._namespaces[-1]

    def _plug(self, device, switch):
        self._switches.ip("link", "set", device, "master", switch, "up")

    def _new_host(self, number, switch):
        namespace, address, device = self._new_namespace(self._switches), "10.77.0.%d" % number, "port%d" % number
        self._switches.ip("link", "add", device, "type", "veth", "peer", "name", "eth0",
                          "netns", "/proc/self/fd/%d" % namespace.net, also_open=[namespace])
        namespace.ip("address", "add", address + "/24", "dev", "eth0")
        for own in ("lo", "eth0"):
            namespace.ip("link", "set", own, "up")
        self._plug(device, switch)
        return Host(namespace, address, Cable(self._switches, device))
