"""Bad input and faults: a clear message in the log, the guilty connection closed, everybody else served."""
import json
import os
import random
import re
import socket
import struct
import threading
import time
import unittest

from harness import GossipTestCase
from processes import REPOSITORY, eventually, links_between
from wire import (
    ANNOUNCE, DATA_BYTES_MAX, DATA_TYPE, NOTIFY, PEER_INIT, PEER_REQUEST, PEER_RESPONSE, TIME_FACTOR, VALIDATION, Client, Peer,
    announce_frame, frame, pack_address, validation_frame)

API_CODES = range(500, 504)
P2P_CODES = (500, 510, 511, 512, 513)

# What the log line must speak of, by the name of the row.
REASONS = {
    "size_below_header": r"size\D*3\b|\b3\D*size",
    "size_zero": r"size\D*0\b|\b0\D*size",
    "code_below_range": r"404",
    "code_above_range": r"520",
    "announce_truncated_body": r"announce",
    "notify_truncated_body": r"notify",
    "validation_truncated_body": r"validation",
    "peer_response_partial_entry": r"peer.?response",
    "peer_update_truncated": r"peer.?update",
}


def malformed_rows():
    with open(os.path.join(REPOSITORY, "tests", "vectors.json"), encoding="utf-8") as vectors:
        return json.load(vectors)["malformed"]


def closes(row, own_codes):
    """Whether the row is malformed on the layer with those codes: another layer's codes are skipped."""
    if row["result"] == "ignore":
        return False
    code = struct.unpack_from(">H", bytes.fromhex(row["hex"]), 2)[0]
    return code in own_codes or not 500 <= code <= 519 or row["name"].startswith("size")


class Malformed(GossipTestCase):
    """Every row of `malformed` in vectors.json, on both layers."""

    def setUp(self):
        self.node = self.gossipd()

    def assert_works(self, connection):
        """The connection itself still does its work."""
        data = b"after all, " + connection.address.encode()
        reader = self.client(self.node, DATA_TYPE)
        connection.send(announce_frame(data))
        while reader.judge() != data:
            pass  # an earlier row's message, still in the cache
        reader.close()

    def check(self, connect, own_codes):
        bystander = connect(self.node)
        for row in malformed_rows():
            with self.subTest(row["name"]):
                culprit = connect(self.node)
                name = culprit.address
                culprit.send(bytes.fromhex(row["hex"]))
                if closes(row, own_codes):
                    culprit.await_close()
                    self.node.await_log(re.escape(name), REASONS[row["name"]])
                else:
                    self.assert_works(culprit)
                self.assert_works(bystander)

    def test_every_row_on_an_api_connection(self):
        self.check(self.client, API_CODES)

    def test_every_row_on_a_p2p_connection(self):
        self.check(self.peer, P2P_CODES)

    def test_what_came_before_a_malformed_frame_counts(self):
        reader = self.client(self.node, DATA_TYPE)
        culprit = self.client(self.node)
        culprit.send(announce_frame(b"still good") + frame(404) + announce_frame(b"never read"))
        culprit.await_close()
        self.assertEqual(reader.await_data(), b"still good")
        self.client(self.node).send_announce(b"fence")
        self.assertEqual(reader.await_data(), b"fence")

    def test_every_unknown_code_in_range_is_skipped_on_both_layers(self):
        unknown = b"".join(frame(code, b"from the future") for code in range(504, 510))
        for connection in (self.client(self.node), self.peer(self.node)):
            connection.send(unknown + frame(519))
            self.assert_works(connection)

    def test_the_other_layers_codes_are_skipped_whole(self):
        client, peer = self.client(self.node), self.peer(self.node)
        client.send(b"".join(frame(code, b"odd") for code in P2P_CODES if code != ANNOUNCE))
        peer.send(b"".join(frame(code, b"odd") for code in (NOTIFY, VALIDATION)))
        self.assert_works(client)
        self.assert_works(peer)

    def test_too_long_bodies_of_fixed_length_are_malformed(self):
        for connect, code, length in (
                (self.client, NOTIFY, 5), (self.client, VALIDATION, 5), (self.peer, PEER_REQUEST, 9)):
            with self.subTest(code):
                culprit = connect(self.node)
                culprit.send(frame(code, bytes(length)))
                culprit.await_close()
                self.node.await_log(re.escape(culprit.address))


class Streams(GossipTestCase):
    """TCP is a stream: frames arrive split and merged at any byte, or not at all."""

    def setUp(self):
        self.node = self.gossipd()

    def test_random_bytes_close_that_connection_only(self):
        seed = random.randrange(1 << 32)
        generator = random.Random(seed)
        bystanders = [self.client(self.node, DATA_TYPE), self.peer(self.node)]
        with self.subTest(seed=seed):
            for connect in (self.client, self.peer) * 30:
                noisy = connect(self.node)
                # The header is noise too, yet never by chance a good one.
                noisy.send(struct.pack(">HH", generator.randrange(1 << 16), generator.randrange(520, 1 << 16))
                           + generator.randbytes(generator.randrange(4000)))
                noisy.await_close()
            bystanders[1].send_announce(b"served")
            self.assertEqual(bystanders[0].judge(), b"served")

    def test_random_bodies_in_good_frames_leave_the_node_serving(self):
        seed = random.randrange(1 << 32)
        generator = random.Random(seed)
        with self.subTest(seed=seed):
            for connect in (self.client, self.peer) * 30:
                noisy = connect(self.node)
                # Codes 511 and 512 are left out: random addresses would be dialled, out into the world.
                codes = (500, 501, 503, 510, 513, 514, 519)
                try:
                    for _ in range(20):
                        noisy.send(frame(generator.choice(codes), generator.randbytes(generator.randrange(12))))
                except ConnectionError:
                    pass  # closed meanwhile, as it should be
                noisy.close()
            self.assert_served(self.node)

    def test_a_client_that_vanishes_mid_frame_leaves_nothing_behind(self):
        whole = announce_frame(b"never complete")
        for connect in (self.client, self.peer):
            for length in range(1, len(whole)):
                vanishing = connect(self.node)
                vanishing.send(whole[:length])
                if length % 2:
                    vanishing.close()
                else:
                    vanishing.reset()
        reader = self.client(self.node, DATA_TYPE)
        self.client(self.node).send_announce(b"fence")
        self.assertEqual(reader.await_data(), b"fence")
        self.assert_served(self.node)

    def test_a_byte_at_a_time(self):
        reader, publisher, peer = self.client(self.node), self.client(self.node), self.peer(self.node)
        self.send_drop_by_drop(reader, frame(NOTIFY, struct.pack(">HH", 0, DATA_TYPE)))
        self.send_drop_by_drop(publisher, announce_frame(b"from a client"))
        self.assertEqual(reader.await_data(), b"from a client")
        self.send_drop_by_drop(peer, announce_frame(b"from a peer"))
        self.assertEqual(reader.await_data(), b"from a peer")

    def send_drop_by_drop(self, connection, raw):
        for byte in raw:
            connection.send(bytes([byte]))

    def test_frames_of_65535_bytes_in_both_directions(self):
        reader, publisher, peer = self.client(self.node, DATA_TYPE), self.client(self.node), self.known_peer(self.node)
        largest = [bytes([number]) * DATA_BYTES_MAX for number in range(20)]
        publisher.send_announces(largest)
        self.assertEqual([reader.await_data() for _ in largest], largest)
        self.assertEqual([peer.await_data() for _ in largest], largest)
        from_peer = [data[1:] + b"p" for data in largest]
        peer.send_announces(from_peer)
        self.assertEqual([reader.judge() for _ in largest], from_peer)

    def test_many_frames_in_one_send(self):
        reader, publisher = self.client(self.node, DATA_TYPE), self.client(self.node)
        messages = [b"message %d" % number for number in range(20000)]
        publisher.send_announces(messages)
        self.assertEqual([reader.await_data() for _ in messages], messages)

    def test_connections_that_open_and_close_at_once_do_no_harm(self):
        bystanders = [self.client(self.node, DATA_TYPE), self.known_peer(self.node)]
        for number in range(200):
            for connection_class, address in ((Client, self.node.api), (Peer, self.node.p2p)):
                connection = connection_class.dial(address)
                if number % 2:
                    connection.reset()
                else:
                    connection.close()
        self.assert_served(self.node)
        bystanders[1].send_announce(b"served")
        self.assertEqual(bystanders[0].judge(), b"served")

    def test_a_frame_not_completed_within_30_seconds_closes_and_idleness_does_not(self):
        idle = [self.client(self.node, DATA_TYPE), self.known_peer(self.node)]
        earliest = time.monotonic() + 29  # less than the 30 s, for the coarseness of timers
        slow = [self.client(self.node), self.peer(self.node)]
        for connection in slow:
            connection.send(announce_frame(b"unfinished")[:-1])
        for connection in slow:
            connection.await_close(seconds=40 * TIME_FACTOR)
            self.assertGreater(time.monotonic(), earliest)
            self.node.await_log(re.escape(connection.address))
        idle[1].send_announce(b"served")
        self.assertEqual(idle[0].judge(), b"served")


class Votes(GossipTestCase):
    """VALIDATION counts only from a client that was sent that NOTIFICATION, and only once."""

    def setUp(self):
        self.node = self.gossipd(cache_size=2)
        self.voter = self.client(self.node, DATA_TYPE)
        self.sender, self.receiver = self.known_peer(self.node), self.known_peer(self.node)

    def assert_next_forwarded_is(self, data):
        """The fence: what this peer gets next is this message, and not one that was voted on before."""
        self.sender.send_announce(data)
        while self.voter.judge() != data:
            pass
        self.assertEqual(self.receiver.await_data(), data)

    def test_votes_on_ids_that_it_never_got_change_nothing(self):
        self.sender.send_announce(b"held")
        held = self.voter.await_notification()
        self.voter.send(b"".join(
            validation_frame(message_id, valid=message_id % 2)
            for message_id in range(65536) if message_id != held.id))
        self.voter.send_validation(held.id)
        self.assertEqual(self.receiver.await_data(), b"held")

    def test_the_votes_of_a_client_that_was_not_sent_the_notification_change_nothing(self):
        stranger = self.client(self.node, DATA_TYPE + 1)
        self.sender.send_announce(b"held")
        held = self.voter.await_notification()
        stranger.send_validation(held.id, valid=False)
        stranger.send_validation(held.id, valid=True)
        self.sender.send_announce(b"fence", DATA_TYPE + 1)
        self.assertEqual(stranger.judge(), b"fence")
        self.assertEqual(self.receiver.await_data(), b"fence")
        self.voter.send_validation(held.id)
        self.assertEqual(self.receiver.await_data(), b"held")

    def test_voting_twice_changes_nothing(self):
        self.sender.send_announce(b"rejected")
        rejected = self.voter.await_notification()
        for valid in (False, True, True):
            self.voter.send_validation(rejected.id, valid)
        self.assert_next_forwarded_is(b"fence")

    def test_a_vote_after_eviction_changes_nothing(self):
        self.sender.send_announce(b"evicted")
        evicted = self.voter.await_notification()
        self.push_out(b"evicted")
        self.voter.send_validation(evicted.id)
        self.sender.send_announce(b"fence")
        self.voter_approves(b"fence")
        arrived = [self.receiver.await_data()]
        while arrived[-1] != b"fence":
            arrived.append(self.receiver.await_data())
        self.assertNotIn(b"evicted", arrived)

    def voter_approves(self, data):
        """Votes on that message only."""
        notification = self.voter.await_notification()
        while notification.data != data:
            notification = self.voter.await_notification()
        self.voter.send_validation(notification.id)

    def push_out(self, data):
        """Fills the cache until a newcomer is not sent that message any more.

        For the first two seconds it stays: the voter owes a verdict on it.
        """
        publisher = self.client(self.node)
        for number in range(10000):
            filler = b"filler %d" % number
            publisher.send_announce(filler)
            newcomer = self.client(self.node, DATA_TYPE)
            replayed = [newcomer.await_data()]
            while replayed[-1] != filler:
                replayed.append(newcomer.await_data())
            newcomer.close()
            if data not in replayed:
                return
            time.sleep(0.05)
        raise AssertionError("%r is still in the cache" % data)


class Starting(GossipTestCase):
    """What keeps a daemon from starting is named, and the exit code is 1."""

    def assert_refused(self, *arguments, names):
        finished = self.run_command("run", *arguments)
        self.assertEqual(finished.code, 1, finished)
        for name in names:
            self.assertIn(name, finished.stderr)
        self.assertNotIn("ready", finished.stdout)

    def test_a_p2p_port_in_use(self):
        address = self.listener().address
        self.assert_refused("--listen-address", address, "--api-address", "127.0.0.1:0", names=[address])

    def test_an_api_port_in_use(self):
        address = self.listener().address
        self.assert_refused("--listen-address", "127.0.0.1:0", "--api-address", address, names=[address])

    def test_an_address_of_another_machine(self):
        address = "192.0.2.1:6001"
        self.assert_refused("--listen-address", address, "--api-address", "127.0.0.1:0", names=[address])

    def test_a_missing_config(self):
        path = os.path.join(self.temporary_directory(), "nowhere.ini")
        self.assert_refused("--config", path, names=[path])

    def test_a_wrong_config(self):
        path = os.path.join(self.temporary_directory(), "wrong.ini")
        with open(path, "w", encoding="ascii") as config:
            config.write("[GOSSIP]\nlisten_address = 127.0.0.1:0\ncache_size = plenty\n")
        self.assert_refused("--config", path, names=[path + ":3", "cache_size", "plenty"])

    def test_a_config_that_is_no_config(self):
        path = os.path.join(self.temporary_directory(), "noise.ini")
        with open(path, "wb") as config:
            config.write(bytes(range(256)) * 10)
        self.assert_refused("--config", path, names=[path])


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
        crowd = [self.client(node) for _ in range(100)]
        node.await_log(r"too many open files|descriptor|EMFILE")
        publisher.send_announce(b"served meanwhile")
        self.assertEqual(reader.await_data(), b"served meanwhile")
        for connection in crowd:
            connection.close()
        freed = time.monotonic()
        self.assert_served(node)
        self.assertLess(time.monotonic() - freed, 10 * TIME_FACTOR)


class Publishing(threading.Thread):
    """Publishes distinct large messages, as fast as the socket takes them, until told to stop."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self._client = client
        self._stop_asked = threading.Event()
        self.published = 0

    def run(self):
        while not self._stop_asked.is_set():
            self._client.send_announce(b"%08d" % self.published + bytes(60000))
            self.published += 1

    def finish(self):
        self._stop_asked.set()
        self.join()
        self._client.send_announce(b"the end")


class Counting(threading.Thread):
    """Reads until the message b'the end' and notes the numbers of those before it."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self._connection = connection
        self.numbers = []

    def run(self):
        while (data := self._connection.await_data()) != b"the end":
            self.numbers.append(int(data[:8]))


class SlowReaders(GossipTestCase):
    """Who reads nothing is disconnected and named in the log; everyone else gets every message."""

    def check(self, connect_slow):
        node = self.gossipd()
        slow = connect_slow(node, receive_buffer_bytes=4096)
        name = slow.address
        publishing = Publishing(self.client(node))
        counting = [Counting(self.client(node, DATA_TYPE)), Counting(self.known_peer(node))]
        for thread in [*counting, publishing]:
            thread.start()
        try:
            node.await_log(re.escape(name), r"queue", r"[0-9]{3,}")
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
