"""Very many connections at once: clients, peers, and those that only come and go."""
import json
import select
import signal
import socket
import struct
import unittest

from harness import GossipTestCase
from processes import allow_descriptors
from wire import (
    DATA_TYPE, DEADLINE_SECONDS, NOTIFICATION, NOTIFY, TIME_FACTOR, Announce, frame, split_address)

# What is watched by a sanitizer takes its time with each.
CLIENTS = 10000 if TIME_FACTOR == 1 else 1000
PEERS = 1000 if TIME_FACTOR == 1 else 200
COMERS = 10000 if TIME_FACTOR == 1 else 2000

# Measured are 2.4 KiB, the registration included.
IDLE_BYTES_MAX = 6 * 1024


class Crowd:
    """Clients that are registered for DATA_TYPE and only listen, read as the kernel tells of bytes."""

    def __init__(self, node, count):
        self._sockets = {}
        self._received = {}
        self._poll = select.epoll()
        for _ in range(count):
            member = socket.create_connection(split_address(node.api), DEADLINE_SECONDS)
            member.sendall(frame(NOTIFY, struct.pack(">HH", 0, DATA_TYPE)))
            self._sockets[member.fileno()] = member
            self._received[member.fileno()] = b""
            self._poll.register(member, select.EPOLLIN)

    def read_until(self, last):
        """Returns what each has got, once all have got `last`: the data of the messages, in order."""
        data = {}
        while len(data) < len(self._sockets):
            ready = self._poll.poll(DEADLINE_SECONDS)
            if not ready:
                raise AssertionError("%d of %d clients got %r" % (len(data), len(self._sockets), last))
            for descriptor, _ in ready:
                chunk = self._sockets[descriptor].recv(65536)
                if not chunk:
                    raise AssertionError("a client was closed by the daemon")
                self._received[descriptor] += chunk
                so_far = data_of(self._received[descriptor])
                if so_far[-1:] == [last]:
                    data[descriptor] = so_far
        return list(data.values())

    def close(self):
        """With a reset, so that no port waits for a minute before it can be used again."""
        for member in self._sockets.values():
            member.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            member.close()
        self._sockets.clear()
        self._poll.close()


def data_of(notifications):
    """The data of the complete NOTIFICATIONs that some bytes begin with."""
    found, start = [], 0
    while len(notifications) - start >= 4:
        size, code = struct.unpack_from(">HH", notifications, start)
        if code != NOTIFICATION:
            raise AssertionError("the daemon sent a frame of code %d" % code)
        if len(notifications) - start < size:
            break
        found.append(notifications[start + 8:start + size])
        start += size
    return found


class Scale(GossipTestCase):
    def need_descriptors(self, count):
        """The test's own; a daemon that it starts from then on may have as many."""
        if not allow_descriptors(count):
            self.skipTest("no more than %d descriptors may be open" % count)

    def test_ten_thousand_idle_clients(self):
        self.need_descriptors(CLIENTS + 200)
        node = self.gossipd()
        publisher = self.client(node)
        before = node.memory_bytes()
        crowd = self._own_connection(Crowd(node, CLIENTS))
        # Who is registered before it is published is notified, and who comes later is sent what is in the cache.
        publisher.send_announce(b"first")
        crowd.read_until(b"first")
        each = (node.memory_bytes() - before) / CLIENTS
        if TIME_FACTOR == 1:
            self.assertLess(each, IDLE_BYTES_MAX)
        publisher.send_announces([b"second", b"the end"])
        for data in crowd.read_until(b"the end"):
            self.assertEqual(data, [b"first", b"second", b"the end"])

    def test_a_thousand_peers(self):
        self.need_descriptors(PEERS + 200)
        node = self.gossipd(max_connections=PEERS, degree=1, log_level="warning")
        publisher, voter = self.client(node), self.client(node, DATA_TYPE)
        peers = [self.peer(node) for _ in range(PEERS)]
        for number, peer in enumerate(peers[::20]):
            peer.send_peer_init("127.1.0.%d:9" % (number + 1))  # which is news to all others
        peers[-1].synchronise()  # they are accepted in the order in which they came
        publisher.send_announce(b"to all", ttl=7)
        self.assertEqual(voter.await_data(), b"to all")
        peers[0].send_announce(b"from one", ttl=9)
        self.assertEqual(voter.judge(), b"from one")
        voter.send_announce(b"the end")  # after its verdict: connections of their own are read in any order
        for peer in peers[1:]:
            self.assertEqual(peer.await_announce(), Announce(7, DATA_TYPE, b"to all"))
            self.assertEqual(peer.await_announce(), Announce(8, DATA_TYPE, b"from one"))
            self.assertEqual(peer.await_data(), b"the end")
        self.assertEqual([peers[0].await_data() for _ in range(2)], [b"to all", b"the end"])
        self.assert_served(node)

    def test_connections_that_come_and_go_by_the_thousand(self):
        # Writing a line for every connection would take more time than accepting it.
        node = self.gossipd(cache_size=1000, log_level="warning")
        load = self.start_command("bench", "--api", node.api, "--warmup", "0", "--duration", "600", "--progress",
                                  "--json")
        load.await_log("published")
        for number in range(COMERS):
            comer = socket.create_connection(split_address(node.api if number % 2 else node.p2p), DEADLINE_SECONDS)
            if number % 3 == 0:
                comer.sendall(frame(NOTIFY, struct.pack(">HH", 0, DATA_TYPE))[:number % 8])  # a part, or all of it
            if number % 5 == 0:
                comer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            comer.close()
        load.signal(signal.SIGINT)
        self.assertEqual(load.wait(), 0, load.transcript())
        report = json.loads("".join(load.stdout.snapshot()))
        self.assertGreater(report["delivered"], 0)
        self.assertEqual(report["delivered"], report["published"])
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (0, 0, 0))
        self.assert_served(node)


if __name__ == "__main__":
    unittest.main()
