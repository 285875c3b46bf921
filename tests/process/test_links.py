"""With whom one gossipd links: joining, PEER UPDATEs, limits, replacements, never itself and nobody twice.

The peers are scripted. That a node did *not* dial is proved by a later request to dial that it does follow.
"""
import unittest

from harness import GossipTestCase
from processes import eventually, links_between
from wire import FOUND, LOST, PEER_REQUEST, PEER_UPDATE, PeerUpdate


class Joining(GossipTestCase):
    """Joining: connect to the bootstrapper, ask for its peers, meet them."""

    def join(self, **options):
        """A node that has joined a scripted bootstrapper: the node, the listener, and the connection."""
        bootstrapper = self.listener()
        node = self.gossipd(bootstrapper=bootstrapper.address, **options)
        connection = bootstrapper.accept()
        self.assertEqual(connection.await_peer_request(), node.p2p)
        return node, bootstrapper, connection

    def test_a_joiner_introduces_itself_to_every_peer_that_it_is_told_of(self):
        node, _, bootstrapper = self.join()
        strangers = [self.listener() for _ in range(3)]
        bootstrapper.send_peer_response([stranger.address for stranger in strangers])
        for stranger in strangers:
            self.assertEqual(stranger.accept().await_peer_init(), node.p2p)

    def test_it_meets_neither_itself_nor_whom_it_knows_nor_unusable_addresses(self):
        node, listener, bootstrapper = self.join()
        stranger = self.listener()
        bootstrapper.send_peer_response([
            node.p2p, listener.address, "0.0.0.0:6001", "127.0.0.1:0", "224.0.0.1:6001", "239.255.255.255:6001",
            "255.255.255.255:6001", stranger.address, stranger.address])
        self.assertEqual(stranger.accept().await_peer_init(), node.p2p)
        fence = self.listener()
        bootstrapper.send_peer_response([fence.address])
        fence.accept().await_peer_init()
        self.assertFalse(listener.was_dialled())
        self.assertFalse(stranger.was_dialled())
        self.assertEqual(links_between(node, node), 0)

    def test_it_stops_seeking_at_degree_and_still_lets_others_in(self):
        node, _, bootstrapper = self.join(degree=2, max_connections=5)
        first, second = self.listener(), self.listener()
        bootstrapper.send_peer_response([first.address])
        first.accept().await_peer_init()
        bootstrapper.send_peer_response([second.address])
        self.assertIn(first.address, bootstrapper.synchronise())
        self.assertFalse(second.was_dialled())
        self.known_peer(node)
        self.assertEqual(len(node.peer_connections()), 3)

    def test_degree_is_max_connections_unless_set(self):
        node, _, bootstrapper = self.join(max_connections=2)
        first, second = self.listener(), self.listener()
        bootstrapper.send_peer_response([first.address])
        first.accept().await_peer_init()
        bootstrapper.send_peer_response([second.address])
        bootstrapper.synchronise()
        self.assertFalse(second.was_dialled())
        self.assertEqual(len(node.peer_connections()), 2)

    def test_a_node_on_all_interfaces_announces_the_connections_local_address(self):
        bootstrapper = self.listener()
        node = self.gossipd(listen_address="0.0.0.0:0", bootstrapper=bootstrapper.address)
        port = node.p2p.rsplit(":", 1)[1]
        self.assertEqual(bootstrapper.accept().await_peer_request(), "127.0.0.1:" + port)

    def test_a_node_on_all_interfaces_announces_its_advertise_address(self):
        bootstrapper = self.listener()
        self.gossipd(
            listen_address="0.0.0.0:0", advertise_address="127.0.0.99:4711", bootstrapper=bootstrapper.address)
        self.assertEqual(bootstrapper.accept().await_peer_request(), "127.0.0.99:4711")


class Introductions(GossipTestCase):
    """PEER REQUEST and PEER INIT tell a server address, and the news of it spreads."""

    def test_a_peer_request_is_answered_without_the_asker_and_the_node_itself(self):
        node = self.gossipd()
        for server_address in ("127.0.0.1:1001", "127.0.0.1:1002"):
            self.peer(node).send_peer_init(server_address)
        asker = self.peer(node)

        def knows_both():
            asker.send_peer_request("127.0.0.1:1003")
            return sorted(asker.await_peer_response()) == ["127.0.0.1:1001", "127.0.0.1:1002"]
        eventually(knows_both, "the addresses of the two other peers, and no other")

    def test_a_peer_that_gave_no_address_is_named_to_nobody(self):
        node = self.gossipd()
        self.peer(node)
        self.assertEqual(self.peer(node).synchronise(), [])

    def check_news(self, introduce):
        node = self.gossipd(max_ttl=6)
        witness, newcomer = self.known_peer(node), self.peer(node)
        introduce(newcomer, "127.0.0.1:1001")
        self.assertEqual(witness.await_peer_update(), PeerUpdate("127.0.0.1:1001", 6, FOUND))
        newcomer.send_peer_request("127.0.0.1:1001")
        newcomer.await_peer_response()
        self.assertEqual(newcomer.arrived(PEER_UPDATE), [])

    def test_a_peer_init_spreads_as_found_to_all_others(self):
        self.check_news(lambda peer, address: peer.send_peer_init(address))

    def test_a_peer_request_spreads_as_found_to_all_others(self):
        self.check_news(lambda peer, address: peer.send_peer_request(address))


class Updates(GossipTestCase):
    """PEER UPDATE: who dials, who passes it on, and who has heard it before."""

    def await_update_of(self, peer, address):
        """The next PEER UPDATE about that address; those about the scripted peers themselves pass by."""
        while True:
            update = peer.await_peer_update()
            if update.address == address:
                return update

    def test_with_max_ttl_0_found_makes_a_link_whatever_its_ttl(self):
        node = self.gossipd(max_ttl=0)
        sender = self.known_peer(node)
        for ttl in (0, 1, 255):
            stranger = self.listener()
            sender.send_peer_update(stranger.address, ttl=ttl)
            self.assertEqual(stranger.accept().await_peer_init(), node.p2p)

    def test_found_makes_a_link_only_far_from_its_origin(self):
        node = self.gossipd(max_ttl=8)
        sender, near, far = self.known_peer(node), self.listener(), self.listener()
        sender.send_peer_update(near.address, ttl=4)
        sender.send_peer_update(far.address, ttl=3)
        self.assertEqual(far.accept().await_peer_init(), node.p2p)
        self.assertFalse(near.was_dialled())

    def test_lost_connects_to_nobody_and_is_passed_on(self):
        node = self.gossipd()
        sender, witness = self.known_peer(node), self.known_peer(node)
        lost, fence = self.listener(), self.listener()
        sender.send_peer_update(lost.address, ttl=3, kind=LOST)
        sender.send_peer_update(fence.address, ttl=1)
        fence.accept()
        self.assertFalse(lost.was_dialled())
        self.assertEqual(self.await_update_of(witness, lost.address), PeerUpdate(lost.address, 2, LOST))

    def test_it_is_passed_on_with_its_ttl_stepped(self):
        node = self.gossipd(max_ttl=100)
        sender, witness = self.known_peer(node), self.known_peer(node)
        for port, ttl, passed_on in ((1001, 99, 98), (1002, 2, 1), (1003, 0, 0)):
            address = "127.0.0.1:%d" % port
            sender.send_peer_update(address, ttl)
            self.assertEqual(self.await_update_of(witness, address), PeerUpdate(address, passed_on, FOUND))

    def test_with_ttl_1_it_is_passed_on_to_nobody(self):
        node = self.gossipd(max_ttl=100)
        sender, witness = self.known_peer(node), self.known_peer(node)
        sender.send_peer_update("127.0.0.1:1001", ttl=1)
        sender.send_peer_update("127.0.0.1:1002", ttl=2)
        addresses = [witness.await_peer_update().address]
        while addresses[-1] != "127.0.0.1:1002":
            addresses.append(witness.await_peer_update().address)
        self.assertNotIn("127.0.0.1:1001", addresses)

    def test_one_that_was_seen_is_dropped_until_the_opposite_kind_comes(self):
        node = self.gossipd(max_ttl=100)
        sender, witness = self.known_peer(node), self.known_peer(node)
        address = "127.0.0.1:1001"
        for ttl, kind in ((90, FOUND), (80, FOUND), (70, LOST), (60, LOST), (50, FOUND)):
            sender.send_peer_update(address, ttl, kind)
        passed_on = [self.await_update_of(witness, address) for _ in range(3)]
        self.assertEqual(passed_on, [
            PeerUpdate(address, 89, FOUND), PeerUpdate(address, 69, LOST), PeerUpdate(address, 49, FOUND)])

    def test_a_node_that_hears_of_itself_does_not_connect_to_itself(self):
        node = self.gossipd()
        sender, fence = self.known_peer(node), self.listener()
        sender.send_peer_update(node.p2p, ttl=1)
        sender.send_peer_update(fence.address, ttl=1)
        fence.accept().await_peer_init()
        self.assertEqual(links_between(node, node), 0)

    def test_a_node_on_all_interfaces_that_hears_of_itself_keeps_no_link_to_itself(self):
        node = self.gossipd(listen_address="0.0.0.0:0")
        address = "127.0.0.1:" + node.p2p.rsplit(":", 1)[1]
        sender = self.known_peer(node)
        fence = self.listener()
        sender.send_peer_update(address, ttl=1)
        sender.send_peer_update(fence.address, ttl=1)
        fence.accept().await_peer_init()
        eventually(lambda: links_between(node, node) == 0, "no link to oneself")
        self.assertNotIn(address, sender.synchronise())


class Duplicates(GossipTestCase):
    """Two connections to one server address: opened from opposite ends, the smaller address's one stays."""

    def dialled_by(self, listen_address, stranger_address):
        """A node that dialled the stranger, and the connection."""
        node = self.gossipd(listen_address=listen_address)
        stranger = self.listener(stranger_address)
        self.known_peer(node).send_peer_update(stranger.address, ttl=1)
        outgoing = stranger.accept()
        outgoing.await_peer_init()
        return node, stranger, outgoing

    def test_the_nodes_own_stays_where_its_address_is_the_smaller(self):
        node, stranger, outgoing = self.dialled_by("127.0.0.1:0", "127.0.0.2:0")
        incoming = self.peer(node)
        incoming.send_peer_init(stranger.address)
        incoming.await_close()
        outgoing.send_peer_request(stranger.address)
        outgoing.await_peer_response()

    def test_the_strangers_stays_where_its_address_is_the_smaller(self):
        node, stranger, outgoing = self.dialled_by("127.0.0.2:0", "127.0.0.1:0")
        incoming = self.peer(node)
        incoming.send_peer_init(stranger.address)
        outgoing.await_close()
        incoming.send_peer_request(stranger.address)
        incoming.await_peer_response()

    def test_of_two_from_the_same_end_the_older_stays(self):
        node = self.gossipd()
        older = self.peer(node)
        older.send_peer_request("127.0.0.1:1001")
        older.await_peer_response()
        newer = self.peer(node)
        newer.send_peer_init("127.0.0.1:1001")
        newer.await_close()
        older.send_peer_request("127.0.0.1:1001")
        older.await_peer_response()


class Limits(GossipTestCase):
    """A pool over max_connections closes one, never the newest."""

    def test_the_newest_stays_and_the_limit_holds(self):
        node = self.gossipd(max_connections=3)
        for _ in range(20):
            self.known_peer(node)
            eventually(lambda: len(node.peer_connections()) <= 3, "at most three connections to peers")

    def test_a_connection_closed_for_lack_of_room_asks_for_no_replacement(self):
        node = self.gossipd(max_connections=1)
        first = self.known_peer(node)
        second = self.known_peer(node)
        first.await_close()
        second.synchronise()
        self.assertEqual(second.arrived(PEER_REQUEST), [])


class Replacement(GossipTestCase):
    """A peer that disconnects is replaced by way of the others, or of the bootstrapper."""

    def test_a_remaining_peer_is_asked_for_a_replacement_which_is_met(self):
        node = self.gossipd()
        leaver, remaining, replacement = self.known_peer(node), self.known_peer(node), self.listener()
        leaver.close()
        self.assertEqual(remaining.await_peer_request(), node.p2p)
        remaining.send_peer_response([replacement.address])
        self.assertEqual(replacement.accept().await_peer_init(), node.p2p)

    def test_with_none_left_the_bootstrapper_is_tried_again(self):
        bootstrapper = self.listener()
        node = self.gossipd(bootstrapper=bootstrapper.address)
        for _ in range(3):
            connection = bootstrapper.accept()
            self.assertEqual(connection.await_peer_request(), node.p2p)
            connection.close()

    def test_a_peer_that_left_is_named_no_more(self):
        node = self.gossipd()
        leaver, asker = self.peer(node), self.peer(node)
        leaver.send_peer_request("127.0.0.1:1001")
        leaver.await_peer_response()
        self.assertEqual(asker.synchronise(), ["127.0.0.1:1001"])
        leaver.close()
        eventually(lambda: asker.synchronise() == [], "nobody but the asker")


if __name__ == "__main__":
    unittest.main()
