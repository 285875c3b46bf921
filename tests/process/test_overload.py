"""Too much of something: addresses, connections, messages for one who does not read. Everybody else is served."""
import re
import time
import unittest

from harness import GossipTestCase
from processes import eventually, links_between
from traffic import Counting, Publishing
from wire import DATA_TYPE, PEER_INIT, PEER_RESPONSE, TIME_FACTOR, frame, pack_address

# A number that is not part of an address.
QUEUE_SIZE = r"\d\s?([kMG]i?)?B\b|\d bytes|(bytes|queue\w*|size)[=: ]+\d"


class PoisonedAddresses(GossipTestCase):
    """A peer may tell of any address: unusable ones are skipped and its connection stays."""

    def test_a_peer_that_claims_the_nodes_own_address_makes_no_link_to_itself(self):
        node = self.gossipd()
        own = pack_address(node.p2p)
        # In one send: a node may well take the first for a connection from itself and close it.
        self.peer(node).send(frame(PEER_INIT, own) + frame(PEER_RESPONSE, own))
        self.peer(node).send_peer_update(node.p2p, ttl=1)
        self.peer(node).send_peer_response([node.p2p])
        self.assert_served(node)
        self.assertEqual(links_between(node, node), 0)
        self.assertNotIn(node.p2p, self.known_peer_addresses(node))

    def known_peer_addresses(self, node):
        return self.peer(node).synchronise()

    def test_unusable_server_addresses_of_a_peer_are_told_to_nobody(self):
        node = self.gossipd()
        unusable = ["0.0.0.0:6001", "127.0.0.1:0", "224.0.0.1:6001", "255.255.255.255:6001"]
        for address in unusable:
            liar = self.peer(node)
            liar.send_peer_init(address)
            liar.send_peer_update(address, ttl=1)
            liar.synchronise()
        self.assertFalse(set(unusable) & set(self.known_peer_addresses(node)))

    def test_unusable_addresses_in_a_peer_response_are_skipped(self):
        node, stranger = self.gossipd(), self.listener()
        peer = self.known_peer(node)
        peer.send_peer_response(
            [node.p2p, "0.0.0.0:6001", "127.0.0.1:0", "224.0.0.1:6001", "255.255.255.255:6001", stranger.address])
        self.assertEqual(stranger.accept().await_peer_init(), node.p2p)
        peer.synchronise()

    def test_ten_thousand_addresses_in_a_peer_response(self):
        node = self.gossipd(max_connections=5)
        peer = self.known_peer(node)
        # Loopback addresses where nobody listens: whatever the node dials stays on this machine.
        addresses = [pack_address("127.1.%d.%d:9" % divmod(number, 256)) for number in range(10000)]
        peer.send(frame(PEER_RESPONSE, b"".join(addresses)))
        peer.synchronise()
        self.assert_served(node)
        stranger = self.listener()

        def is_met():
            peer.send_peer_response([stranger.address])
            peer.synchronise()
            return stranger.was_dialled()
        eventually(is_met, "room for a usable address after all the unusable ones")


class Floods(GossipTestCase):
    """More than there is room for."""

    def test_a_thousand_connections_beyond_the_limit(self):
        node = self.gossipd(max_connections=5)
        reader = self.client(node, DATA_TYPE)
        peers = [self.peer(node) for _ in range(1005)]
        peers[-1].send_announce(b"from the newest")
        self.assertEqual(reader.judge(), b"from the newest")
        eventually(lambda: len(node.peer_connections()) <= 5, "at most five connections to peers")
        peers[-1].synchronise()

    def test_descriptors_that_run_out_and_come_free_again(self):
        node = self.gossipd(descriptor_limit=40)
        publisher, reader = self.client(node), self.client(node, DATA_TYPE)
        # Also lets a sanitizer look at everything once: its first look at a virtual call needs a descriptor.
        self.assert_served(node)
        crowd = [self.client(node) for _ in range(100)]
        node.await_log(r"too many open files|descriptor|EMFILE")
        publisher.send_announce(b"served meanwhile")
        self.assertEqual(reader.await_data(), b"served meanwhile")
        for connection in crowd:
            connection.close()
        freed = time.monotonic()
        self.assert_served(node)
        self.assertLess(time.monotonic() - freed, 10 * TIME_FACTOR)


class SlowReaders(GossipTestCase):
    """Who reads nothing is disconnected and named in the log; everyone else gets every message."""

    def check(self, connect_slow):
        node = self.gossipd()
        slow = connect_slow(node, receive_buffer_bytes=4096)
        name = slow.address
        publisher, reader, peer = self.client(node), self.client(node, DATA_TYPE), self.known_peer(node)
        self.await_registration(publisher, reader)
        peer.await_announce()
        publishing = Publishing(publisher)
        counting = [Counting(reader), Counting(peer)]
        for thread in [*counting, publishing]:
            thread.start()
        try:
            node.await_log(re.escape(name), r"queue", QUEUE_SIZE)
        finally:
            publishing.finish()
        for thread in counting:
            thread.join()
            self.assertEqual(thread.numbers, list(range(publishing.published)))
        slow.await_close()
        self.assert_served(node)

    def test_a_peer_that_reads_nothing(self):
        self.check(self.peer)

    def test_a_client_that_reads_nothing(self):
        self.check(lambda node, **options: self.client(node, DATA_TYPE, **options))


if __name__ == "__main__":
    unittest.main()
