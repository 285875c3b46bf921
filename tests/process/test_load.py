"""Much to do for a node, by those who are entitled to it and by those who are not: nobody is cut off for what others
do, memory stays bounded, and others are served meanwhile."""
import os
import time
import unittest

from harness import GossipTestCase
from traffic import BulkReader, Flooding, Sending
from wire import (
    DATA_TYPE, DEADLINE_SECONDS, PEER_INIT, PEER_REQUEST, TIME_FACTOR, ConnectionEnded, announce_frame, frame,
    pack_address)

# How long anybody may wait for a node that is busy with somebody else: three times what it took under the thread sanitizer
# on a busy machine, since this is to find one that waits for as long as a flood lasts, not one that waits a little.
SERVED_SECONDS = 10 * TIME_FACTOR

# What one connection may have queued, for two connections, with as much again for what the allocator keeps. A
# sanitizer keeps 256 MiB of freed memory aside and shadows the rest.
GROWTH_BYTES_MAX = (64 << 20) if TIME_FACTOR == 1 else (768 << 20)

# Enough for an attacker to be held up; not as long as somebody may take nothing without being cut off.
FLOOD_SECONDS = 3

MESSAGES = int(os.environ.get("GOSSIP_TEST_MESSAGES", "200000"))


class SteadyReaders(GossipTestCase):
    """Slow is not stuck: who goes on taking bytes stays, however much waits for it."""

    def test_a_newcomer_that_reads_slowly_gets_all_of_a_large_cache(self):
        count, data_bytes = 15000, 2000
        node = self.gossipd(cache_size=count)
        publisher, reader = self.client(node), self.client(node, DATA_TYPE + 1)
        publisher.send_announces(b"%08d" % number + bytes(data_bytes - 8) for number in range(count))
        publisher.send_announce(b"all are in the cache", DATA_TYPE + 1)
        self.assertEqual(reader.await_data(), b"all are in the cache")
        newcomer = self.peer(node)
        # More than twice as long as a reader may take nothing at all; at this pace the system reports a full send
        # buffer as writable only every now and then.
        newcomer.read_slowly(200000, seconds=12)
        numbers = [int(newcomer.await_data()[:8]) for _ in range(count - 1)]
        # The oldest made way for the one that was published last.
        self.assertEqual(numbers, list(range(1, count)))


class Bursts(GossipTestCase):
    """What becomes possible at once is done at once, and nobody suffers for it."""

    def test_a_burst_of_verdicts_on_large_messages_reaches_an_idle_peer(self):
        # As many as one peer may have pending: half of three quarters of the cache. 22 MB, which is more than may
        # be queued for a peer in other circumstances.
        count = 370
        node = self.gossipd(cache_size=1000)
        idle, source, voter = self.known_peer(node), self.known_peer(node), self.client(node, DATA_TYPE)
        self.await_voter(source, voter)
        messages = [b"%08d" % number + os.urandom(60000) for number in range(count)]
        sending = Sending(source, b"".join(map(announce_frame, messages)))
        sending.start()
        notifications = [voter.await_notification() for _ in range(count)]
        sending.join()
        for notification in notifications:
            voter.send_validation(notification.id)
        self.assertEqual([idle.await_data() for _ in range(count + 1)][1:], messages)

    def await_voter(self, source, voter):
        """The voter's registration is surely handled, and it counts as one that votes."""
        source.send_announce(b"are you there?")
        self.assertEqual(voter.judge(), b"are you there?")

    def test_a_voter_that_comes_late_to_a_full_cache_gets_it_while_others_are_served(self):
        count = min(60000, MESSAGES * 3 // 10)
        # As full as it may be for what is published meanwhile to displace nothing.
        node = self.gossipd(cache_size=count + 5000)
        publisher, listener = self.client(node), self.client(node, DATA_TYPE + 1)
        self.await_registration(publisher, listener, data_type=DATA_TYPE + 1)
        source = self.known_peer(node)
        messages = [b"%08d" % number for number in range(count)]
        source.send_announces(messages)
        source.synchronise()
        late = self.client(node, DATA_TYPE)
        reader = BulkReader(late, count, data_bytes=8, votes=True, seconds_max=DEADLINE_SECONDS)
        reader.start()
        waited = []
        while reader.is_alive():
            begin = time.monotonic()
            publisher.send_announce(b"%d" % len(waited), DATA_TYPE + 1)
            self.assertEqual(listener.judge(), b"%d" % len(waited))
            waited.append(time.monotonic() - begin)
        self.assertEqual(reader.received, messages)
        self.assertLess(max(waited), SERVED_SECONDS)


class PeerFloods(GossipTestCase):
    """Messages among peers that cost their sender little and the node much."""

    def check_bounded(self, node, attacker, raw):
        """The flood comes to a halt or its sender is cut off; memory is bounded and others are served."""
        before = node.peak_memory_bytes()
        flooding = Flooding(attacker, raw)
        flooding.start()
        for _ in range(6):
            # Newcomers: who has fed the one that does not read is rightly held up with it, for three seconds.
            begin = time.monotonic()
            self.assert_served(node)
            self.assertLess(time.monotonic() - begin, SERVED_SECONDS)
            flooding.join(FLOOD_SECONDS / 6)
        self.assertLess(node.peak_memory_bytes() - before, GROWTH_BYTES_MAX)
        flooding.finish()

    def test_peer_requests_of_one_that_does_not_read_the_responses(self):
        node = self.gossipd(max_connections=300)
        crowd = [self.peer(node) for _ in range(250)]
        for number, peer in enumerate(crowd):
            peer.send_peer_init("127.1.0.%d:9" % (number + 1))
        for peer in crowd:
            peer.synchronise()
        attacker = self.peer(node, receive_buffer_bytes=4096)
        # Twelve bytes that ask for fifteen hundred.
        request = frame(PEER_REQUEST, pack_address("127.1.1.1:9") + b"\0\0")
        self.check_bounded(node, attacker, request * 5000)

    def test_peer_inits_that_are_news_to_a_peer_that_does_not_read(self):
        # Writing a line for every address would take more time than sending the news.
        node = self.gossipd(log_level="warning")
        victim, attacker = self.peer(node, receive_buffer_bytes=4096), self.peer(node)
        victim.synchronise()
        # Each takes back what the one before it said, and both are news to everybody.
        inits = b"".join(frame(PEER_INIT, pack_address("127.1.0.%d:9" % number)) for number in (1, 2))
        begin = time.monotonic()
        self.check_bounded(node, attacker, inits * 3000)
        try:
            victim.synchronise()
        except ConnectionEnded:
            # It was cut off, which is right where all of this took longer than slow_consumer_timeout.
            self.assertGreater(time.monotonic() - begin, 5)


if __name__ == "__main__":
    unittest.main()
