"""Networks of several nodes: chains and rings of gossipd and legacy peers, in both bootstrap directions."""
import signal
import unittest

from harness import GossipTestCase
from processes import eventually, free_port, links_between
from wire import DATA_TYPE, FOUND, HELLO, frame


class ChainRules:
    """What holds at every chain of three, whatever its nodes are; the classes below say what they are."""

    kinds = ()
    bootstrap = "backward"

    def setUp(self):
        self.nodes = self.chain(self.kinds, self.bootstrap)
        self.clients = [self.client(node, DATA_TYPE) for node in self.nodes]
        # Arrives only when all links are up.
        self.relay(b"probe", self.clients)

    def test_a_message_is_delivered_at_every_node_in_both_directions(self):
        self.relay(b"from the first", self.clients)
        self.relay(b"from the last", self.clients[::-1])

    def test_a_message_waits_for_the_verdict_before_it_travels_on(self):
        first, middle, last = self.clients
        first.send_announce(b"held")
        held = middle.await_notification()
        self.assertEqual(held.data, b"held")
        self.relay(b"overtakes", self.clients)
        middle.send_validation(held.id)
        self.assertEqual(last.await_data(), b"held")

    def test_a_rejected_message_is_not_forwarded(self):
        self.clients[0].send_announce(b"bad")
        self.assertEqual(self.clients[1].judge(valid=False), b"bad")
        self.relay(b"good", self.clients)
        self.relay(b"good as well", self.clients)

    def test_a_message_comes_once_to_each_and_not_back_to_its_publisher(self):
        messages = [b"message %d" % number for number in range(20)]
        for message in messages:
            self.relay(message, self.clients)
        self.relay(b"fence", self.clients[::-1])
        # The fence reached the publisher: had one of its own messages come back, relay would have seen that first.


class GossipdChainBackward(ChainRules, GossipTestCase):
    kinds = ("gossipd", "gossipd", "gossipd")


class GossipdChainForward(ChainRules, GossipTestCase):
    kinds = ("gossipd", "gossipd", "gossipd")
    bootstrap = "forward"


class GossipdBetweenLegacyBackward(ChainRules, GossipTestCase):
    kinds = ("legacy", "gossipd", "legacy")


class GossipdBetweenLegacyForward(ChainRules, GossipTestCase):
    kinds = ("legacy", "gossipd", "legacy")
    bootstrap = "forward"


class LegacyBetweenGossipdBackward(ChainRules, GossipTestCase):
    kinds = ("gossipd", "legacy", "gossipd")


class LegacyBetweenGossipdForward(ChainRules, GossipTestCase):
    kinds = ("gossipd", "legacy", "gossipd")
    bootstrap = "forward"


class GossipdBehindTwoLegacyBackward(ChainRules, GossipTestCase):
    kinds = ("legacy", "legacy", "gossipd")


class LegacyBehindTwoGossipdForward(ChainRules, GossipTestCase):
    kinds = ("legacy", "gossipd", "gossipd")
    bootstrap = "forward"


class FourHopRules:
    """TTL counts hops: what a chain of five nodes does with each ttl."""

    kinds = ()

    def setUp(self):
        self.clients = [self.client(node, DATA_TYPE) for node in self.chain(self.kinds)]
        self.relay(b"probe", self.clients)

    def check_reach(self, ttl, hops):
        """All nodes within that many hops get the message; the next one gets a later one instead."""
        message = b"ttl %d" % ttl
        self.relay(message, self.clients[:hops + 1], ttl)
        self.relay(b"fence after " + message, self.clients)

    def test_ttl_1_reaches_the_neighbour_only(self):
        self.check_reach(ttl=1, hops=1)

    def test_ttl_2_reaches_two_hops(self):
        self.check_reach(ttl=2, hops=2)

    def test_ttl_3_reaches_three_hops(self):
        self.check_reach(ttl=3, hops=3)

    def test_ttl_0_is_unlimited(self):
        self.check_reach(ttl=0, hops=4)


class FourHopsOfGossipd(FourHopRules, GossipTestCase):
    kinds = ("gossipd",) * 5


class FourHopsMixed(FourHopRules, GossipTestCase):
    kinds = ("gossipd", "legacy", "gossipd", "gossipd", "legacy")


class LateArrivals(GossipTestCase):
    """Who comes late misses nothing that is still in the cache."""

    def test_a_late_registration_gets_the_message_and_its_verdict_lets_it_travel(self):
        nodes = self.chain(("gossipd", "gossipd", "gossipd"))
        first, last = self.client(nodes[0]), self.client(nodes[2], DATA_TYPE)
        early = self.client(nodes[1], DATA_TYPE + 1)
        first.send_announce(b"waits for somebody")
        first.send_announce(b"fence", DATA_TYPE + 1)
        self.assertEqual(early.await_data(), b"fence")
        late = self.client(nodes[1], DATA_TYPE)
        self.assertEqual(late.judge(), b"waits for somebody")
        self.assertEqual(last.await_data(), b"waits for somebody")

    def check_late_joiner(self, start_joiner):
        nodes = self.chain(("gossipd", "gossipd"))
        clients = [self.client(node, DATA_TYPE) for node in nodes]
        messages = [b"message %d" % number for number in range(10)]
        for message in messages:
            self.relay(message, clients)
        joiner = self.client(start_joiner(nodes[1].p2p), DATA_TYPE)
        self.assertEqual([joiner.judge() for _ in messages], messages)

    def test_a_late_gossipd_catches_up_oldest_first(self):
        self.check_late_joiner(lambda bootstrapper: self.gossipd(degree=1, bootstrapper=bootstrapper))

    def test_a_legacy_peer_skips_a_hello(self):
        legacy = self.legacy_peer()
        peer = self.peer(legacy)
        peer.send(frame(HELLO, bytes.fromhex("0104177100000000ffff0000") + bytes(16) + b"\x7f\0\0\1"))
        legacy.await_event("frame_in", layer="p2p", code=HELLO)
        self.assertEqual(peer.synchronise(), [])  # the connection lives, and goes on being served

    def test_a_late_legacy_peer_catches_up_oldest_first(self):
        self.check_late_joiner(lambda bootstrapper: self.legacy_peer(max_connections=1, bootstrapper=bootstrapper))


class Rings(GossipTestCase):
    """Where there are two ways, a message comes once; where one is cut, it comes by the other."""

    def triangle(self, kinds, **options):
        """Each joiner is told of the others by its bootstrapper and links to them too."""
        nodes = []
        for kind in kinds:
            start = self.gossipd if kind == "gossipd" else self.legacy_peer
            nodes.append(start(bootstrapper=nodes[0].p2p, **options) if nodes else start(**options))
        for one, other in ((0, 1), (1, 2), (2, 0)):
            eventually(lambda: links_between(nodes[one], nodes[other]) == 1, "one link on each side of the ring")
        return nodes

    def check_triangle(self, kinds):
        nodes = self.triangle(kinds)
        clients = [self.client(node, DATA_TYPE) for node in nodes]
        for turn in range(3):
            publisher, *others = clients[turn:] + clients[:turn]
            messages = [b"round %d, message %d" % (turn, number) for number in range(20)]
            publisher.send_announces(messages)
            for client in others:
                self.assertCountEqual([client.judge() for _ in messages], messages)

    def test_a_ring_of_gossipd_delivers_each_message_once(self):
        self.check_triangle(("gossipd", "gossipd", "gossipd"))

    def test_a_ring_with_one_legacy_peer_delivers_each_message_once(self):
        self.check_triangle(("gossipd", "legacy", "gossipd"))

    def test_a_ring_with_two_legacy_peers_delivers_each_message_once(self):
        self.check_triangle(("legacy", "gossipd", "legacy"))

    def test_a_burst_larger_than_the_caches_does_not_circulate(self):
        nodes = self.triangle(("gossipd", "gossipd", "gossipd"), cache_size=10)
        publisher, *voters = [self.client(node, DATA_TYPE) for node in nodes]
        self.await_registration(publisher, *voters)
        messages = [b"message %d" % number for number in range(500)]
        publisher.send_announces(messages)
        for voter in voters:
            self.assertCountEqual([voter.judge() for _ in messages], messages)
        publisher.send_announce(b"fence")
        for voter in voters:
            self.assertEqual(voter.judge(), b"fence")

    def check_cut_ring(self, left):
        """A ring of four, top, left, right and bottom; the bottom has two bootstrappers. Then the left one dies."""
        top = self.gossipd(degree=1)
        left = left(bootstrapper=top.p2p)
        right = self.gossipd(degree=1, bootstrapper=top.p2p)
        bottom = self.gossipd(degree=2, bootstrapper="%s,%s" % (left.p2p, right.p2p))
        at_top, at_left, at_right, at_bottom = [self.client(node, DATA_TYPE) for node in (top, left, right, bottom)]
        self.relay(b"whole", (at_top, at_left))
        self.assertEqual(at_right.judge(), b"whole")
        self.assertEqual(at_bottom.judge(), b"whole")
        left.kill()
        self.relay(b"cut", (at_top, at_right, at_bottom))
        self.relay(b"fence", (at_bottom, at_right, at_top))

    def test_a_ring_of_four_gossipd_survives_the_loss_of_one(self):
        self.check_cut_ring(lambda bootstrapper: self.gossipd(degree=1, bootstrapper=bootstrapper))

    def test_a_ring_of_four_survives_the_loss_of_its_legacy_peer(self):
        self.check_cut_ring(self.legacy_peer)


class OneLinkPerPair(GossipTestCase):
    """Two nodes have one connection with each other, however they came to it."""

    def check_pair(self, one, other):
        clients = [self.client(one, DATA_TYPE), self.client(other, DATA_TYPE)]
        self.relay(b"there", clients)
        self.relay(b"and back", clients[::-1])
        eventually(lambda: links_between(one, other) == 1, "exactly one link between the two")
        self.relay(b"once more", clients)
        self.assertEqual(links_between(one, other), 1)

    def test_two_nodes_that_are_each_others_bootstrapper(self):
        addresses = ["127.0.0.1:%d" % free_port() for _ in range(2)]
        one = self.gossipd(listen_address=addresses[0], bootstrapper=addresses[1], wait=False)
        other = self.gossipd(listen_address=addresses[1], bootstrapper=addresses[0], wait=False)
        self.check_pair(one.await_ready(), other.await_ready())

    def test_two_nodes_that_dial_each_other_at_the_same_moment(self):
        for _ in range(5):
            one, other = self.gossipd(), self.gossipd()
            to_one, to_other = self.known_peer(one), self.known_peer(other)
            to_one.send_peer_update(other.p2p, ttl=1, kind=FOUND)
            to_other.send_peer_update(one.p2p, ttl=1, kind=FOUND)
            self.check_pair(one, other)
            to_one.close()
            to_other.close()

    def test_a_node_is_not_linked_twice_by_hearing_of_it_on_all_sides(self):
        nodes = [self.gossipd(max_connections=10)]
        for _ in range(4):
            nodes.append(self.gossipd(max_connections=10, bootstrapper=nodes[0].p2p))
        pairs = [(one, other) for one in nodes for other in nodes if one.pid < other.pid]
        eventually(lambda: all(links_between(*pair) == 1 for pair in pairs), "one link between each two of five nodes")
        clients = [self.client(node, DATA_TYPE) for node in nodes]
        for publisher in clients:
            message = b"from " + publisher.address.encode()
            publisher.send_announce(message)
            for client in clients:
                if client is not publisher:
                    self.assertEqual(client.judge(), message)
        self.assertEqual({links_between(*pair) for pair in pairs}, {1})


class Bootstrapping(GossipTestCase):
    """A node finds its network, sooner or later, and serves its clients meanwhile."""

    def assert_serves_clients(self, node):
        self.assert_linked(node, node)

    def assert_linked(self, one, other):
        """What a new client publishes at the one reaches a new client of the other."""
        publisher, reader = self.client(one), self.client(other, DATA_TYPE)
        message = b"from " + publisher.address.encode()
        publisher.send_announce(message)
        while reader.judge() != message:
            pass  # an earlier call's message, still in the cache

    def test_a_bootstrapper_that_starts_later_is_found(self):
        address = "127.0.0.1:%d" % free_port()
        node = self.gossipd(bootstrapper=address)
        node.await_log(address)
        self.assert_serves_clients(node)
        bootstrapper = self.gossipd(listen_address=address)
        self.assert_linked(bootstrapper, node)

    def test_a_bootstrapper_that_restarts_is_found_again(self):
        bootstrapper = self.gossipd()
        address = bootstrapper.p2p
        node = self.gossipd(bootstrapper=address)
        self.assert_linked(bootstrapper, node)
        bootstrapper.signal(signal.SIGTERM)
        bootstrapper.wait()
        self.assert_serves_clients(node)
        self.assert_linked(self.gossipd(listen_address=address), node)

    def test_a_bootstrapper_that_crashes_and_restarts_is_found_again(self):
        bootstrapper = self.gossipd()
        address = bootstrapper.p2p
        node = self.gossipd(bootstrapper=address)
        self.assert_linked(bootstrapper, node)
        bootstrapper.kill()
        self.assert_linked(self.gossipd(listen_address=address), node)

    def test_of_several_bootstrappers_a_dead_one_does_no_harm(self):
        dead = "127.0.0.1:%d" % free_port()
        alive = self.gossipd()
        node = self.gossipd(bootstrapper="%s, %s" % (dead, alive.p2p))
        self.assert_linked(alive, node)

    def test_a_lost_peer_is_replaced_by_way_of_another_bootstrapper(self):
        bootstrappers = [self.gossipd(degree=1)]
        bootstrappers.append(self.gossipd(degree=1, bootstrapper=bootstrappers[0].p2p))
        node = self.gossipd(degree=1, bootstrapper=",".join(each.p2p for each in bootstrappers))
        eventually(lambda: any(links_between(node, each) for each in bootstrappers), "a link to a bootstrapper")
        bootstrappers.sort(key=lambda each: links_between(node, each))
        bootstrappers.pop().kill()
        self.assert_linked(bootstrappers[0], node)

    def test_a_node_that_is_its_own_bootstrapper_has_none(self):
        address = "127.0.0.1:%d" % free_port()
        node = self.gossipd(listen_address=address, bootstrapper=address)
        self.assert_serves_clients(node)
        self.assertEqual(links_between(node, node), 0)

    def test_a_node_on_all_interfaces_that_is_its_own_bootstrapper_has_no_link_to_itself(self):
        port = free_port()
        node = self.gossipd(listen_address="0.0.0.0:%d" % port, bootstrapper="127.0.0.1:%d" % port)
        self.assert_serves_clients(node)
        eventually(lambda: links_between(node, node) == 0, "no link to oneself")


if __name__ == "__main__":
    unittest.main()
