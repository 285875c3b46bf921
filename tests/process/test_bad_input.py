"""Bad input and faults: a clear message in the log, the guilty connection closed, everybody else served."""
import itertools
import json
import os
import random
import re
import struct
import time
import unittest

from harness import GossipTestCase
from processes import REPOSITORY, eventually
from wire import (
    ANNOUNCE, DATA_BYTES_MAX, DATA_TYPE, HELLO, NOTIFY, PEER_REQUEST, TIME_FACTOR, VALIDATION, Client, Peer, announce_frame,
    frame, validation_frame)

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
    return code in own_codes or not 500 <= code <= 519


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

    def test_to_a_base_node_every_frame_of_the_overlay_is_skipped_or_closes(self):
        with open(os.path.join(REPOSITORY, "tests", "overlay_vectors.json"), encoding="utf-8") as file:
            vectors = json.load(file)
        bystander = self.peer(self.node)
        for row in vectors["frames"] + vectors["lenient"] + vectors["malformed"]:
            with self.subTest(row["name"]):
                raw = bytes.fromhex(row["hex"])
                code = struct.unpack_from(">H", raw, 2)[0]
                culprit = self.peer(self.node)
                culprit.send(raw)
                if code == HELLO:
                    self.assertEqual(row.get("base", "ignore"), "ignore")
                    self.assert_works(culprit)
                    culprit.close()  # or the pool gets full, and the bystander may be whom it evicts
                else:
                    self.assertEqual(row.get("base", "close"), "close")
                    culprit.await_close()
                    self.node.await_log(re.escape(culprit.address), r"code %d is outside 500\.\.519" % code)
        self.assert_works(bystander)

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
        self.await_registration(publisher, reader)
        messages = [b"message %d" % number for number in range(20000)]
        publisher.send_announces(messages)
        self.assertEqual([reader.await_data() for _ in messages], messages)

    def test_connections_that_open_and_close_at_once_do_no_harm(self):
        node = self.gossipd(max_connections=1000)
        bystanders = [self.client(node, DATA_TYPE), self.known_peer(node)]
        for number in range(200):
            for connection_class, address in ((Client, node.api), (Peer, node.p2p)):
                connection = connection_class.dial(address)
                if number % 2:
                    connection.reset()
                else:
                    connection.close()
        self.assert_served(node)
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
        self.start()

    def start(self, **options):
        self.node = self.gossipd(**options)
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
        self.start(cache_size=2)
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
        """Fills the cache, again and again, until a newcomer is not sent that message any more.

        For the first two seconds it stays: the voter owes a verdict on it.
        """
        publisher = self.client(self.node)
        numbers = itertools.count()

        def is_gone():
            fillers = [b"filler %d" % next(numbers) for _ in range(4)]  # twice what the cache holds
            publisher.send_announces(fillers)
            newcomer = self.client(self.node, DATA_TYPE)
            replayed = [newcomer.await_data()]
            while replayed[-1] != fillers[-1]:
                replayed.append(newcomer.await_data())
            newcomer.close()
            return data not in replayed
        eventually(is_gone, "the eviction of %r" % data)


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


if __name__ == "__main__":
    unittest.main()
