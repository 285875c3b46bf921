"""The base class of all process tests: it starts nodes and connects clients and scripted peers to them.

Whatever a test starts is stopped when the test ends, however it ends. A daemon that does not end with exit code 0
on SIGTERM, or in whose log a sanitizer complained, fails its test. When a test fails, everything that its daemons
printed is shown.
"""
import collections
import os
import subprocess
import sys
import tempfile
import unittest

from processes import GOSSIPD, Command, Gossipd, LegacyPeer
from wire import DATA_TYPE, Client, Peer, PeerListener

Finished = collections.namedtuple("Finished", "code stdout stderr")


class GossipTestCase(unittest.TestCase):
    """Starts things by name and guarantees their end."""

    @classmethod
    def setUpClass(cls):
        if not os.access(GOSSIPD, os.X_OK):
            raise AssertionError("no gossipd at %s: build it, or set GOSSIPD to its path" % GOSSIPD)

    def run(self, result=None):
        self._processes = []
        self._connections = []
        result = self.defaultTestResult() if result is None else result
        problems_before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > problems_before:
            for process in self._processes:
                print(process.transcript(), file=sys.stderr)
        return result

    # -- nodes -----------------------------------------------------------------------------------

    def gossipd(self, *arguments, wait=True, descriptor_limit=None, namespace=None, **options):
        """A gossipd; gossipd(cache_size=5) is --cache-size 5, and arguments are passed on as they are.

        The listeners are on free loopback ports; with None for such an option it is left to the daemon.
        Without `wait` it is returned before it is ready, and has no addresses until `await_ready`.
        """
        node = Gossipd("gossipd %d" % len(self._processes), arguments, options, descriptor_limit, namespace)
        return self._own_node(node, wait)

    def legacy_peer(self, **options):
        return self._own_node(LegacyPeer("legacy peer %d" % len(self._processes), options), wait=True)

    def chain(self, kinds, bootstrap="backward"):
        """Nodes of the given kinds ('gossipd' or 'legacy') in a line, each linked to its neighbours only.

        'backward': each node joins the one before it; 'forward': each joins the one after it.

        A joiner asks its bootstrapper for peers and links to those as well. It stops seeking at `degree`, which
        does not limit the links that others open to it: a gossipd of degree 1 keeps to its bootstrapper. A legacy
        peer has only a hard limit, so it can be one of the first two that start (nobody to be told of) or the
        last (a limit of 1, since nobody joins it).
        """
        last = len(kinds) - 1
        nodes = []
        for position, kind in enumerate(kinds if bootstrap == "backward" else reversed(kinds)):
            joins = {"bootstrapper": nodes[-1].p2p} if nodes else {}
            if kind == "gossipd":
                nodes.append(self.gossipd(degree=1, **joins))
            elif position <= 1:
                nodes.append(self.legacy_peer(**joins))
            elif position == last:
                nodes.append(self.legacy_peer(max_connections=1, **joins))
            else:
                raise ValueError("a legacy peer cannot be number %d to start" % (position + 1))
        return nodes if bootstrap == "backward" else nodes[::-1]

    def _own_node(self, node, wait):
        self._own(node)
        return node.await_ready() if wait else node

    def _own(self, process):
        self._processes.append(process)
        self.addCleanup(self._stop, process)
        return process

    def _stop(self, process):
        """Hangs up first: a daemon that stops gives the other side time to read what it still has to say."""
        while self._connections:
            self._connections.pop().close()
        process.stop()

    def _own_connection(self, connection):
        self._connections.append(connection)
        self.addCleanup(connection.close)
        return connection

    # -- what talks to nodes ---------------------------------------------------------------------

    def client(self, node, *data_types, receive_buffer_bytes=None):
        """A client of the node, registered for the data types."""
        client = self._own_connection(Client.dial(node.api, receive_buffer_bytes, node.namespace))
        for data_type in data_types:
            client.send_notify(data_type)
        return client

    def peer(self, node, receive_buffer_bytes=None):
        """A scripted peer that dialled the node and said nothing yet."""
        return self._own_connection(Peer.dial(node.p2p, receive_buffer_bytes))

    def known_peer(self, node):
        """A scripted peer that the node surely has as a peer: a connection may wait to be accepted."""
        peer = self.peer(node)
        peer.synchronise()
        return peer

    def listener(self, address="127.0.0.1:0"):
        """A scripted peer's server address, for a node to dial."""
        return self._own_connection(PeerListener(address))

    def await_registration(self, publisher, *readers, data_type=DATA_TYPE):
        """Returns once the readers' NOTIFYs have surely been handled, by way of a message to them.

        Needed before a burst larger than the cache: a reader that registers meanwhile gets what is left in there.
        """
        data = b"registered with " + publisher.address.encode()
        publisher.send_announce(data, data_type)
        for reader in readers:
            self.assertEqual(reader.await_data(), data)

    def relay(self, data, clients, ttl=0):
        """Publishes with the first client; each further client, in order, must get just that and approves it."""
        clients[0].send_announce(data, ttl=ttl)
        for client in clients[1:]:
            self.assertEqual(client.judge(), data)

    def assert_served(self, node):
        """The node still does its work for a newcomer of either layer: what a peer sends reaches a client."""
        data_type = DATA_TYPE + 1
        client, peer = self.client(node, data_type), self.peer(node)
        data = b"still served, " + peer.address.encode()
        peer.send_announce(data, data_type)
        while client.judge() != data:
            pass  # an earlier call's message of this type, still in the cache
        client.close()
        peer.close()

    # -- commands --------------------------------------------------------------------------------

    def start_command(self, *arguments, stdin=subprocess.DEVNULL):
        """A gossipd command that goes on while the test does."""
        return self._own(Command("command %d" % len(self._processes), arguments, stdin))

    def run_command(self, *arguments, stdin=b""):
        """A gossipd command from start to end."""
        with tempfile.TemporaryFile() as stdin_file:
            stdin_file.write(stdin)
            stdin_file.seek(0)
            command = self.start_command(*arguments, stdin=stdin_file)
        code = command.wait()
        return Finished(code, "\n".join(command.stdout.snapshot()), "\n".join(command.stderr.snapshot()))

    def temporary_directory(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return directory.name
