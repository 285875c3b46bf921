"""The overlay extension over TCP: networks of gossipd that speak it, that do not, and of legacy peers."""
import collections
import time
import unittest

from harness import GossipTestCase
from overlay_peer import (
    DATA, EMPTY_DIGEST, IHAVE, Data, OverlayPeer, RecordingPeer, await_extended, content_id, digest_frame, hello_frame)
from processes import free_port
from traffic import Approving
from wire import ANNOUNCE, DATA_TYPE, HELLO, Announce

MESSAGES = 10  # of each publisher


class OverlayTestCase(GossipTestCase):
    def extended(self, **options):
        options = {"overlay": "extended", "log_level": "debug", "log_format": "json", "cache_size": 1000, **options}
        return self.gossipd(**options)

    def overlay_peer(self, node):
        return self._own_connection(OverlayPeer.dial(node.p2p))

    def approving(self, client):
        """A thread that approves what the client is notified of."""
        thread = Approving(client)
        thread.start()
        return self._own_connection(thread)

    def publish_early(self, node, *messages):
        """Returns once the node has them in its cache."""
        reader = self.client(node, DATA_TYPE)
        self.client(node).send_announces(messages)
        self.assertEqual([reader.await_data() for _ in messages], list(messages))
        reader.close()

    def crowd(self, nodes):
        """A client of each node, and a thread that approves what it gets."""
        clients = [self.client(node, DATA_TYPE) for node in nodes]
        return clients, [self.approving(client) for client in clients]

    def publish_everywhere(self, clients, name):
        """Each client publishes; returns what each is to get: what the others published."""
        published = [[b"%s %d of %d" % (name, number, place) for number in range(MESSAGES)]
                     for place in range(len(clients))]
        for client, messages in zip(clients, published):
            client.send_announces(messages)
        return [sum(published[:place] + published[place + 1:], []) for place in range(len(clients))]

    def assert_each_once(self, readers, expected):
        """Each has got just that, each of it once, after a last message of each has come to all others."""
        for reader, messages in zip(readers, expected):
            reader.await_all(messages)
        for reader, messages in zip(readers, expected):
            counts = collections.Counter(reader.received())
            self.assertEqual(counts, collections.Counter(messages))

    def check_exchange(self, clients, readers):
        first = self.publish_everywhere(clients, b"message")
        for reader, messages in zip(readers, first):
            reader.await_all(messages)
        # What is published now comes after all that the first messages could have led to on the same ways.
        second = self.publish_everywhere(clients, b"afterwards")
        self.assert_each_once(readers, [early + late for early, late in zip(first, second)])


class Networks(OverlayTestCase):
    def test_two_nodes(self):
        first = self.extended()
        second = self.extended(bootstrapper=first.p2p)
        for node in (first, second):
            await_extended(node)
        self.check_exchange(*self.crowd([first, second]))

    def test_five_nodes_that_all_know_each_other(self):
        nodes = [self.extended()]
        nodes += [self.extended(bootstrapper=nodes[0].p2p) for _ in range(4)]
        for node in nodes:
            await_extended(node, 4)
        self.check_exchange(*self.crowd(nodes))

    def test_five_nodes_with_two_links_of_their_own_each_and_two_worker_threads(self):
        nodes = [self.extended(degree=3, worker_threads=2)]
        for _ in range(4):
            nodes.append(self.extended(degree=3, worker_threads=2, bootstrapper=nodes[-1].p2p))
            await_extended(nodes[-1])
        self.check_exchange(*self.crowd(nodes))

    def test_a_node_that_stops_tells_its_neighbours(self):
        for threads in (0, 2):
            first = self.extended(worker_threads=threads)
            second = self.extended(worker_threads=threads, bootstrapper=first.p2p)
            await_extended(first)
            await_extended(second)
            second.stop()
            first.await_log('"connection_closed"', '"dismissed"')

    def test_a_late_joiner_is_caught_up(self):
        nodes = [self.extended()]
        nodes += [self.extended(bootstrapper=nodes[0].p2p) for _ in range(2)]
        clients, readers = self.crowd(nodes)
        for reader, messages in zip(readers, self.publish_everywhere(clients, b"before")):
            reader.await_all(messages)
        joiner = self.extended(bootstrapper=nodes[1].p2p)
        late = self.approving(self.client(joiner, DATA_TYPE))
        missed = sorted({data for reader in readers for data in reader.received()})
        self.assertEqual(len(missed), MESSAGES * len(nodes))
        late.await_all(missed)
        clients[0].send_announce(b"live")
        late.await_all([b"live"])
        self.assertEqual(sorted(late.received()), sorted(missed + [b"live"]))

    def test_a_late_joiner_is_caught_up_with_what_was_published_when_nobody_was_there(self):
        first = self.extended()
        self.publish_early(first, b"one", b"two")
        second = self.extended(bootstrapper=first.p2p)
        reader = self.approving(self.client(second, DATA_TYPE))
        reader.await_all([b"one", b"two"])


class Mixed(OverlayTestCase):
    """Nodes of both kinds and legacy peers: everything comes to everywhere, once."""

    # What starts a node of each kind that joins one, seeking that many peers.
    def start(self, kind, degree=None, bootstrapper=None):
        if kind == "legacy":
            joins = {} if bootstrapper is None else {"bootstrapper": bootstrapper.p2p}
            return self.legacy_peer(cache_size=1000, **({} if degree is None else {"max_connections": degree}), **joins)
        joins = {"degree": degree, "bootstrapper": bootstrapper and bootstrapper.p2p}
        return self.extended(**joins) if kind == "extended" else self.gossipd(cache_size=1000, **joins)

    def check_line(self, *kinds):
        """Each joins the one before it and nobody else; legacy peers as in GossipTestCase.chain()."""
        nodes = []
        for place, kind in enumerate(kinds):
            alone = kind != "legacy" or place == len(kinds) - 1
            nodes.append(self.start(kind, 1 if alone else None, nodes[-1] if nodes else None))
        clients, readers = self.crowd(nodes)
        self.check_exchange(clients, readers)

    def test_extended_nodes_at_both_ends(self):
        self.check_line("extended", "legacy", "base", "extended")

    def test_extended_nodes_in_the_middle(self):
        self.check_line("legacy", "extended", "extended", "base", "extended", "legacy")

    def check_mesh(self, *kinds):
        """Each joins the first and is told of the others."""
        first = self.start(kinds[0])
        nodes = [first] + [self.start(kind, bootstrapper=first) for kind in kinds[1:]]
        self.check_exchange(*self.crowd(nodes))

    def test_a_mesh_with_an_extended_bootstrapper(self):
        self.check_mesh("extended", "base", "legacy", "extended", "base", "extended")

    def test_a_mesh_with_a_legacy_bootstrapper(self):
        self.check_mesh("legacy", "extended", "base", "extended", "legacy")

    def test_a_late_legacy_peer_is_caught_up(self):
        first = self.extended()
        self.publish_early(first, b"one", b"two")
        last = self.start("legacy", bootstrapper=first)
        reader = self.client(last, DATA_TYPE)
        self.assertEqual([reader.judge() for _ in range(2)], [b"one", b"two"])


class TowardsBasePeers(OverlayTestCase):
    """To a peer that says no HELLO an extended node is a base node that sends one frame more."""

    def conversation(self, overlay, p2p, bootstrapper):
        """What a node sends: to the bootstrapper that it dials, and to a peer that dials it."""
        node = self.gossipd(overlay=overlay, listen_address=p2p, bootstrapper=bootstrapper.address)
        dialled = bootstrapper.accept(RecordingPeer)
        dialled.await_peer_request()
        dialled.send_peer_response([])
        client = self.client(node, DATA_TYPE)
        client.send_announces([b"one", b"two"])
        self.assertEqual([dialled.await_data() for _ in range(2)], [b"one", b"two"])

        dialling = self._own_connection(RecordingPeer.dial(node.p2p))
        dialling.send_peer_request("127.0.0.1:9")
        self.assertEqual(dialling.await_peer_response(), [bootstrapper.address])
        self.assertEqual([dialling.await_data() for _ in range(2)], [b"one", b"two"])
        client.send_announce(b"three", ttl=5)
        self.assertEqual(dialling.await_announce(), Announce(5, DATA_TYPE, b"three"))
        dialling.send_announce(b"four")
        self.assertEqual(client.judge(), b"four")
        dialling.send_announce(b"five", ttl=3)
        self.assertEqual(client.judge(), b"five")
        dialling.send_announce(b"four")
        client.send_announce(b"the end")
        for peer in (dialled, dialling):
            while peer.await_data() != b"the end":
                pass
        node.signal()
        for peer in (dialled, dialling):
            peer.await_close()
            peer.close()
        self.assertEqual(node.wait(), 0)
        return dialled.received, dialling.received

    def test_every_byte_but_the_hello_is_that_of_the_base_protocol(self):
        p2p = "127.0.0.1:%d" % free_port()
        bootstrapper = self.listener()
        base = self.conversation("base", p2p, bootstrapper)
        extended = self.conversation("extended", p2p, bootstrapper)
        for was, now in zip(base, extended):
            hello = hello_frame(now[16:32], p2p)
            self.assertEqual(now[:len(hello)], hello)
            self.assertEqual(now[len(hello):], was)

    def test_a_base_node_gets_hello_as_the_first_frame_and_skips_it(self):
        base = self.gossipd(log_level="debug", log_format="json")
        node = self.extended(bootstrapper=base.p2p)
        base.await_log('"frame_skipped"', '"code":%d' % HELLO)
        publisher, reader = self.client(base), self.client(node, DATA_TYPE)
        publisher.send_announce(b"served")
        self.assertEqual(reader.judge(), b"served")


class Links(OverlayTestCase):
    """One gossipd and scripted peers that say HELLO: how a link becomes what it is, and what then goes over it."""

    def setUp(self):
        self.node = self.extended()

    def test_hello_comes_first_and_says_who_and_where(self):
        peer = self.overlay_peer(self.node)
        hello = peer.greet()
        self.assertEqual((hello.version, hello.server_address, hello.features), (1, self.node.p2p, 0))
        self.assertGreaterEqual(hello.frame_bytes_max, 1024)
        self.assertEqual(self.overlay_peer(self.node).greet().node, hello.node)
        await_extended(self.node, 2)

    def test_an_extended_link_is_told_of_the_cache_and_asks_for_what_it_wants(self):
        messages = [b"one", b"two", b"three"]
        self.publish_early(self.node, *messages)
        peer = self.overlay_peer(self.node)
        peer.greet()
        wants_answer, hashes = peer.await_digest()
        self.assertFalse(wants_answer)
        self.assertEqual(len(hashes), 1)
        self.assertNotEqual(hashes, [0])
        peer.send(EMPTY_DIGEST)
        told = []
        while len(told) < len(messages):
            told += peer.await_i_have()
        self.assertEqual(told, [content_id(data) for data in messages])
        peer.send_graft(told[1:])
        self.assertEqual([peer.await_tree_data().data for _ in range(2)], [b"two", b"three"])
        self.assertEqual(peer.arrived(ANNOUNCE), [])

    def test_a_digest_that_differs_and_wants_an_answer_is_answered_with_one(self):
        peer = self.overlay_peer(self.node)
        peer.greet()
        self.assertEqual(peer.await_digest(), (False, [0]))
        peer.send(digest_frame([1, 0], wants_answer=True))
        self.assertEqual(peer.await_digest(), (False, [0]))
        peer.synchronise()
        self.assertEqual(peer.arrived(IHAVE), [])

    def test_what_is_published_comes_as_data_and_what_is_sent_as_data_is_notified(self):
        client, peer = self.client(self.node, DATA_TYPE), self.overlay_peer(self.node)
        node_id = peer.greet().node
        await_extended(self.node)
        client.send_announce(b"out", ttl=4)
        tree = node_id[-1] % 64
        self.assertEqual(peer.await_tree_data(), Data(tree, 0, 4, DATA_TYPE, b"out"))
        other = self.overlay_peer(self.node)
        other.greet()
        await_extended(self.node, 2)
        peer.send_data(b"in", tree=7, hops=2, ttl=0)
        self.assertEqual(client.judge(), b"in")
        self.assertEqual(other.await_tree_data(), Data(7, 3, 0, DATA_TYPE, b"in"))

    def test_what_a_peer_tells_of_and_does_not_send_is_asked_for(self):
        client, peer = self.client(self.node, DATA_TYPE), self.overlay_peer(self.node)
        peer.greet()
        told_at = time.monotonic()
        peer.send_i_have([content_id(b"wanted")])
        self.assertEqual(peer.await_graft(), [content_id(b"wanted")])
        self.assertGreaterEqual(time.monotonic() - told_at, 1)
        peer.send_data(b"wanted", tree=63)
        self.assertEqual(client.judge(), b"wanted")

    def test_a_peer_that_says_nothing_for_2_seconds_is_a_base_peer_and_gets_the_cache_then(self):
        self.publish_early(self.node, b"one", b"two")
        begin = time.monotonic()
        silent = self.overlay_peer(self.node)
        silent.await_hello()
        self.assertEqual([silent.await_data() for _ in range(2)], [b"one", b"two"])
        self.assertGreaterEqual(time.monotonic() - begin, 2)
        # Too late: what comes goes on to come as to a base peer.
        silent.say_hello()
        silent.synchronise()
        self.client(self.node).send_announce(b"three")
        self.assertEqual(silent.await_data(), b"three")
        self.assertEqual(silent.arrived(DATA), [])

    def test_what_becomes_valid_while_it_is_not_known_what_a_link_is_comes_once(self):
        sender, voter = self.known_peer(self.node), self.client(self.node, DATA_TYPE)
        sender.send_announce(b"held")
        held = voter.await_notification()
        silent = self.overlay_peer(self.node)
        silent.await_hello()
        voter.send_validation(held.id)
        voter.send_announce(b"published meanwhile")
        self.assertEqual([silent.await_data() for _ in range(2)], [b"held", b"published meanwhile"])
        silent.synchronise()  # which makes it a base peer, who gets the cache
        voter.send_announce(b"the end")
        self.assertEqual(silent.await_data(), b"the end")


if __name__ == "__main__":
    unittest.main()
