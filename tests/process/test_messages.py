"""What one gossipd does with messages, seen by scripted peers and clients that do only what the test says.

That something was *not* sent is proved by order: within one connection a later message arrives first.
"""
import unittest

from harness import GossipTestCase
from wire import ANNOUNCE, DATA_BYTES_MAX, DATA_TYPE, Announce


class ClientAnnounce(GossipTestCase):
    """Client ANNOUNCE: valid at once, to the other clients and to every peer."""

    def test_it_goes_to_every_other_registered_client_and_every_peer(self):
        node = self.gossipd()
        publisher, reader, stranger = (
            self.client(node, DATA_TYPE), self.client(node, DATA_TYPE), self.client(node, DATA_TYPE + 1))
        peers = [self.known_peer(node), self.known_peer(node)]
        publisher.send_announce(b"news", ttl=7)
        self.assertEqual(reader.await_data(), b"news")
        for peer in peers:
            self.assertEqual(peer.await_announce(), Announce(7, DATA_TYPE, b"news"))
        reader.send_announce(b"to the publisher")
        self.assertEqual(publisher.await_data(), b"to the publisher")
        publisher.send_announce(b"other type", DATA_TYPE + 1)
        self.assertEqual(stranger.await_data(), b"other type")

    def test_a_message_that_is_cached_already_goes_nowhere(self):
        node = self.gossipd()
        publisher, reader, peer = self.client(node), self.client(node, DATA_TYPE), self.known_peer(node)
        publisher.send_announces([b"same", b"same", b"fence"], ttl=3)
        publisher.send_announce(b"same", ttl=9)
        publisher.send_announce(b"last fence")
        self.assertEqual([reader.await_data() for _ in range(3)], [b"same", b"fence", b"last fence"])
        self.assertEqual([peer.await_data() for _ in range(3)], [b"same", b"fence", b"last fence"])

    def test_equal_data_of_another_type_is_another_message(self):
        node = self.gossipd()
        publisher, peer = self.client(node), self.known_peer(node)
        publisher.send_announce(b"same", DATA_TYPE)
        publisher.send_announce(b"same", DATA_TYPE + 1)
        self.assertEqual([peer.await_announce().data_type for _ in range(2)], [DATA_TYPE, DATA_TYPE + 1])

    def test_its_ttl_is_capped_by_max_ttl_and_a_peers_is_not(self):
        node = self.gossipd(max_ttl=3)
        publisher, voter = self.client(node), self.client(node, DATA_TYPE + 1)
        sender, receiver = self.known_peer(node), self.known_peer(node)
        for ttl in (0, 1, 2, 3, 4, 255):
            publisher.send_announce(b"ttl %d" % ttl, ttl=ttl)
        self.assertEqual([receiver.await_announce().ttl for _ in range(6)], [3, 1, 2, 3, 3, 3])
        sender.send_announce(b"far", DATA_TYPE + 1, ttl=200)
        voter.judge()
        self.assertEqual(receiver.await_announce().ttl, 199)

    def test_empty_and_largest_data_arrive_whole(self):
        node = self.gossipd()
        publisher, reader, peer = self.client(node), self.client(node, DATA_TYPE), self.known_peer(node)
        for data in (b"", bytes(range(256)) * 255 + bytes(DATA_BYTES_MAX - 256 * 255)):
            publisher.send_announce(data)
            self.assertEqual(reader.await_data(), data)
            self.assertEqual(peer.await_data(), data)


class PeerAnnounce(GossipTestCase):
    """Peer ANNOUNCE and VALIDATION: nothing travels before a client that was asked has approved it."""

    def setUp(self):
        self.node = self.gossipd()
        self.voter = self.client(self.node, DATA_TYPE)
        self.sender, self.receiver = self.known_peer(self.node), self.known_peer(self.node)

    def announce_and_await(self, data, ttl=0):
        """The client's notification of what the sending peer announces."""
        self.sender.send_announce(data, ttl=ttl)
        notification = self.voter.await_notification()
        self.assertEqual(notification.data, data)
        return notification

    def test_it_is_not_forwarded_before_the_verdict(self):
        held = self.announce_and_await(b"held")
        fence = self.announce_and_await(b"fence")
        self.voter.send_validation(fence.id)
        self.assertEqual(self.receiver.await_data(), b"fence")
        self.voter.send_validation(held.id)
        self.assertEqual(self.receiver.await_data(), b"held")

    def test_a_rejected_message_is_not_forwarded_and_a_second_arrival_notifies_nobody(self):
        self.voter.send_validation(self.announce_and_await(b"bad").id, valid=False)
        for peer in (self.sender, self.receiver):
            peer.send_announce(b"bad")
            peer.synchronise()
        self.voter.send_validation(self.announce_and_await(b"good").id)
        self.assertEqual(self.receiver.await_data(), b"good")

    def test_it_does_not_go_back_to_the_peer_that_it_came_from(self):
        self.voter.send_validation(self.announce_and_await(b"forth").id)
        self.assertEqual(self.receiver.await_data(), b"forth")
        self.client(self.node).send_announce(b"fence")
        self.assertEqual(self.sender.await_data(), b"fence")

    def test_its_ttl_is_stepped(self):
        for ttl, forwarded in ((2, 1), (3, 2), (255, 254), (0, 0)):
            self.voter.send_validation(self.announce_and_await(b"ttl %d" % ttl, ttl).id)
            self.assertEqual(self.receiver.await_announce(), Announce(forwarded, DATA_TYPE, b"ttl %d" % ttl))

    def test_with_ttl_1_it_is_delivered_and_goes_no_further(self):
        self.voter.send_validation(self.announce_and_await(b"only here", ttl=1).id)
        self.voter.send_validation(self.announce_and_await(b"fence").id)
        self.assertEqual(self.receiver.await_data(), b"fence")

    def test_the_first_verdict_counts(self):
        approved = self.announce_and_await(b"approved")
        self.voter.send_validation(approved.id, valid=True)
        self.voter.send_validation(approved.id, valid=False)
        self.voter.send_validation(approved.id, valid=True)
        rejected = self.announce_and_await(b"rejected")
        self.voter.send_validation(rejected.id, valid=False)
        self.voter.send_validation(rejected.id, valid=True)
        self.voter.send_validation(self.announce_and_await(b"fence").id)
        self.assertEqual([self.receiver.await_data() for _ in range(2)], [b"approved", b"fence"])
        late = self.client(self.node, DATA_TYPE)
        self.assertEqual([late.await_data() for _ in range(2)], [b"approved", b"fence"])

    def test_of_two_clients_the_first_to_vote_decides(self):
        other = self.client(self.node, DATA_TYPE)
        self.announce_and_await(b"disputed")
        disputed = other.await_notification()
        other.send_validation(disputed.id, valid=False)
        fence = self.announce_and_await(b"fence")
        other.send_validation(other.await_notification().id)
        self.assertEqual(self.receiver.await_data(), b"fence")
        self.voter.send_validation(disputed.id, valid=True)
        self.voter.send_validation(fence.id, valid=True)
        self.voter.send_validation(self.announce_and_await(b"last fence").id)
        self.assertEqual(self.receiver.await_data(), b"last fence")

    def test_the_same_message_from_a_second_peer_is_not_notified_again(self):
        self.announce_and_await(b"twice")
        self.receiver.send_announce(b"twice", ttl=5)
        self.receiver.send_announce(b"fence")
        self.assertEqual(self.voter.await_data(), b"fence")

    def test_a_peer_that_never_introduced_itself_is_a_peer(self):
        silent = self.peer(self.node)
        self.voter.send_validation(self.announce_and_await(b"for everybody").id)
        self.assertEqual(silent.await_data(), b"for everybody")
        silent.send_announce(b"from the silent")
        self.assertEqual(self.voter.judge(), b"from the silent")
        self.assertEqual([self.receiver.await_data() for _ in range(2)], [b"for everybody", b"from the silent"])


class Registration(GossipTestCase):
    """NOTIFY: from then on, and once also what is in the cache."""

    def test_a_late_registration_gets_the_cached_messages_of_its_type_oldest_first(self):
        node = self.gossipd()
        publisher, witness = self.client(node), self.client(node, DATA_TYPE)
        messages = [b"message %d" % number for number in range(10)]
        for message in messages:
            publisher.send_announce(message)
            publisher.send_announce(message, DATA_TYPE + 1)
            self.assertEqual(witness.await_data(), message)
        late = self.client(node, DATA_TYPE)
        self.assertEqual([late.await_data() for _ in messages], messages)

    def test_a_second_notify_of_the_same_type_replays_nothing(self):
        node = self.gossipd()
        publisher, reader = self.client(node), self.client(node, DATA_TYPE)
        publisher.send_announce(b"once")
        self.assertEqual(reader.await_data(), b"once")
        reader.send_notify(DATA_TYPE)
        reader.send_notify(DATA_TYPE + 1)
        publisher.send_announce(b"fence", DATA_TYPE + 1)
        self.assertEqual(reader.await_data(), b"fence")

    def test_a_message_that_nobody_registered_for_waits_unforwarded(self):
        node = self.gossipd()
        sender, receiver = self.known_peer(node), self.known_peer(node)
        sender.send_announce(b"waits", DATA_TYPE + 1)
        sender.send_announce(b"fence")
        early = self.client(node, DATA_TYPE)
        self.assertEqual(early.judge(), b"fence")
        self.assertEqual(receiver.await_data(), b"fence")
        late = self.client(node, DATA_TYPE + 1)
        self.assertEqual(late.judge(), b"waits")
        self.assertEqual(receiver.await_data(), b"waits")

    def test_a_new_client_does_not_inherit_the_registrations_of_one_that_left(self):
        node = self.gossipd()
        peer, leaver = self.known_peer(node), self.client(node, DATA_TYPE)
        peer.send_announce(b"before")
        self.assertEqual(leaver.await_data(), b"before")
        leaver.close()
        back = self.client(node, DATA_TYPE + 1)
        peer.send_announce(b"after", DATA_TYPE)
        peer.send_announce(b"fence", DATA_TYPE + 1)
        self.assertEqual(back.await_data(), b"fence")
        back.send_notify(DATA_TYPE)
        self.assertEqual([back.await_data() for _ in range(2)], [b"before", b"after"])


class NewConnection(GossipTestCase):
    """A new connection is sent every valid cached announcement, and nothing else."""

    def fill(self, **options):
        """A node whose cache has seen everything: own, approved, stepped, ttl 1, pending, rejected."""
        node = self.gossipd(**options)
        sender, voter = self.known_peer(node), self.client(node, DATA_TYPE)
        self.client(node).send_announce(b"own", ttl=9)
        self.assertEqual(voter.await_data(), b"own")
        for data, ttl in ((b"approved", 0), (b"stepped", 5), (b"last hop", 1)):
            sender.send_announce(data, ttl=ttl)
            self.assertEqual(voter.judge(), data)
        sender.send_announce(b"pending")
        self.assertEqual(voter.await_data(), b"pending")
        sender.send_announce(b"rejected")
        self.assertEqual(voter.judge(valid=False), b"rejected")
        self.client(node).send_announce(b"newest", ttl=1)
        self.assertEqual(voter.await_data(), b"newest")
        return node

    handed_over = [
        Announce(9, DATA_TYPE, b"own"), Announce(0, DATA_TYPE, b"approved"),
        Announce(4, DATA_TYPE, b"stepped"), Announce(1, DATA_TYPE, b"newest")]

    def check_hand_over(self, peer):
        self.assertEqual([peer.await_announce() for _ in self.handed_over], self.handed_over)
        peer.synchronise()
        self.assertEqual(peer.arrived(ANNOUNCE), [])

    def test_an_accepted_peer_gets_the_valid_messages_with_the_ttl_of_a_forward(self):
        self.check_hand_over(self.peer(self.fill()))

    def test_a_dialled_peer_gets_the_valid_messages_with_the_ttl_of_a_forward(self):
        node, listener = self.fill(), self.listener()
        self.known_peer(node).send_peer_update(listener.address, ttl=1)
        self.check_hand_over(listener.accept())


class Cache(GossipTestCase):
    """The cache is bounded, remembers what it dropped, and loses nothing to haste."""

    def test_it_keeps_the_newest_cache_size_messages(self):
        node = self.gossipd(cache_size=3)
        publisher, witness = self.client(node), self.client(node, DATA_TYPE)
        self.await_registration(publisher, witness)
        messages = [b"message %d" % number for number in range(8)]
        publisher.send_announces(messages)
        self.assertEqual([witness.await_data() for _ in messages], messages)
        late = self.client(node, DATA_TYPE)
        self.assertEqual([late.await_data() for _ in range(3)], messages[-3:])

    def evict_first(self, **options):
        """The client of a node that approved b'first', evicted it, and sees it again before b'fence'."""
        node = self.gossipd(cache_size=2, **options)
        sender, voter = self.known_peer(node), self.client(node, DATA_TYPE)
        for data in (b"first", b"second", b"third", b"fourth"):
            sender.send_announce(data)
            self.assertEqual(voter.judge(), data)
        sender.send_announce(b"first")
        sender.send_announce(b"fence")
        return voter

    def test_evicted_content_is_still_known(self):
        self.assertEqual(self.evict_first().await_data(), b"fence")

    def test_with_seen_ttl_0_evicted_content_is_new_again(self):
        self.assertEqual(self.evict_first(seen_ttl=0).await_data(), b"first")

    def test_a_burst_larger_than_the_cache_loses_nothing(self):
        node = self.gossipd(cache_size=10)
        sender, receiver, voter = self.known_peer(node), self.known_peer(node), self.client(node, DATA_TYPE)
        self.await_registration(self.client(node), voter)
        receiver.await_announce()
        messages = [b"message %d" % number for number in range(1000)]
        sender.send_announces(messages)
        self.assertEqual([voter.judge() for _ in messages], messages)
        self.assertEqual([receiver.await_data() for _ in messages], messages)

    def test_a_peer_that_fills_its_share_leaves_room_for_another(self):
        node = self.gossipd(cache_size=40)
        hasty, patient, voter = self.known_peer(node), self.known_peer(node), self.client(node, DATA_TYPE)
        self.await_registration(self.client(node), voter)
        hasty.send_announces([b"burst %d" % number for number in range(200)])
        received = [voter.await_data()]
        patient.send_announce(b"mine too")
        while received[-1] != b"mine too":
            received.append(voter.await_data())
        self.assertLess(len(received), 200)

    def test_a_client_that_casts_no_vote_for_two_seconds_holds_nothing_up(self):
        node = self.gossipd(cache_size=10)
        sender, listener = self.known_peer(node), self.client(node, DATA_TYPE)
        self.await_registration(self.client(node), listener)
        messages = [b"message %d" % number for number in range(300)]
        sender.send_announces(messages)
        self.assertEqual([listener.await_data() for _ in messages], messages)

    def test_clients_burst_larger_than_the_cache_reaches_clients_and_peers(self):
        node = self.gossipd(cache_size=10)
        publisher, reader, peer = self.client(node), self.client(node, DATA_TYPE), self.known_peer(node)
        self.await_registration(publisher, reader)
        peer.await_announce()
        messages = [b"message %d" % number for number in range(1000)]
        publisher.send_announces(messages)
        self.assertEqual([reader.await_data() for _ in messages], messages)
        self.assertEqual([peer.await_data() for _ in messages], messages)


if __name__ == "__main__":
    unittest.main()
