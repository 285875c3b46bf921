"""The overlay extension among peers that break it and among nodes that crash."""
import json
import os
import random
import re
import resource
import signal
import time
import unittest

from overlay_peer import (
    DATA, DIGEST, DISCONNECT, EMPTY_DIGEST, GRAFT, IDONTWANT, IHAVE, JOIN, NEIGHBOR, PING, PONG, PRUNE, SHUFFLE,
    adverts_frame, await_extended, content_id, data_frame, digest_frame, hello_frame)
from processes import allow_descriptors
from test_overlay import OverlayTestCase
from wire import ANNOUNCE, DATA_TYPE, HELLO, TIME_FACTOR, announce_frame, frame

FLOOD_IDS = 100000
FLOOD_BYTES_MAX = 4 << 20  # more than the flood itself has; 512 ids of one link are remembered

PASSIVE_VIEW = 48  # addresses

DAEMONS = 30
CRASHES = 10
PUBLISHERS = 3
MESSAGES = 300
UNDER_WAY = 10  # published and not yet seen at another publisher
SURVIVAL_SECONDS = 60 * TIME_FACTOR


class Misbehaviour(OverlayTestCase):
    """Who breaks the protocol is closed, with one line that says who and why; everybody else is served."""

    def setUp(self):
        self.node = self.extended()
        self.bystander = self.known_peer(self.node)

    def assert_closed(self, culprit, why):
        culprit.await_close()
        self.node.await_log(re.escape(culprit.address), '"warning"', why)
        self.assert_others_are_served()
        lines = [json.loads(line) for line in self.node.stderr.snapshot()]
        warnings = [line for line in lines if line["level"] == "warning"]
        self.assertEqual([(line["event"], line["peer"]) for line in warnings],
                         [("connection_closed", culprit.address)])

    def assert_not_closed(self, suspect):
        suspect.synchronise()
        self.assert_others_are_served()
        self.assertNotIn('"warning"', "\n".join(self.node.stderr.snapshot()))

    def assert_others_are_served(self):
        """One that was there before, by the base protocol, and a newcomer that speaks the extension."""
        data = b"from a bystander " + os.urandom(8)
        client, newcomer = self.client(self.node, DATA_TYPE), self.greeting()
        self.bystander.send_announce(data)
        while client.judge() != data:
            pass  # what an earlier one has left in the cache
        newcomer.send_data(data + b" and a newcomer")
        self.assertEqual(client.judge(), data + b" and a newcomer")
        for connection in (client, newcomer):
            connection.close()

    def greeting(self):
        peer = self.overlay_peer(self.node)
        peer.greet()
        return peer

    def test_a_second_hello(self):
        culprit = self.greeting()
        culprit.say_hello()
        self.assert_closed(culprit, "second HELLO")

    def test_a_hello_that_is_malformed(self):
        culprit = self.overlay_peer(self.node)
        culprit.send(hello_frame(bytes(16), culprit.address, frame_bytes_max=1023))
        self.assert_closed(culprit, "HELLO.*1023")

    def test_bodies_that_are_malformed(self):
        for code, length, why in ((IHAVE, 16, "IHAVE"), (IHAVE, 0, "IHAVE"), (GRAFT, 18, "GRAFT"), (PRUNE, 7, "PRUNE"),
                                  (DATA, 5, "DATA"), (DIGEST, 20, "DIGEST of 0 buckets"), (DIGEST, 19, "DIGEST"),
                                  (PING, 3, "PING"), (PONG, 5, "PONG"), (JOIN, 7, "JOIN"), (NEIGHBOR, 3, "NEIGHBOR"),
                                  (DISCONNECT, 5, "DISCONNECT"), (SHUFFLE, 11, "SHUFFLE"),
                                  (SHUFFLE, 65524, "SHUFFLE entry 0 of address family 0"), (IDONTWANT, 16, "IDONTWANT"),
                                  (IDONTWANT, 17, "IDONTWANT")):
            with self.subTest(code=code, length=length):
                self.setUp()
                culprit = self.greeting()
                culprit.send(frame(code, bytes(length)))
                self.assert_closed(culprit, why)

    def test_a_shuffle_of_8190_addresses(self):
        culprit = self.greeting()
        culprit.send(frame(SHUFFLE, bytes(4) + bytes((4, 0, 0, 9, 127, 0, 0, 1)) * 8190))
        self.assert_closed(culprit, "SHUFFLE of more than 16 addresses")

    def test_a_hello_of_another_length(self):
        for length in (0, 31, 33):
            with self.subTest(length):
                self.setUp()
                culprit = self.overlay_peer(self.node)
                culprit.send(frame(HELLO, (b"\1\4" + bytes(length))[:length]))
                self.assert_closed(culprit, "HELLO")

    def test_a_hello_behind_another_frame_makes_no_extended_link(self):
        culprit = self.overlay_peer(self.node)
        culprit.send(announce_frame(b"first"))
        culprit.say_hello()
        culprit.synchronise()
        self.assert_not_closed(culprit)
        culprit.send_data(b"bad")
        self.assert_closed(culprit, "DATA on a link that is not extended")

    def test_an_answer_of_10000_addresses_is_dialled_little_by_little(self):
        """And not all of it is remembered."""
        suspect = self.greeting()
        suspect.send_peer_response("127.%d.%d.1:9" % (1 + place // 250, place % 250) for place in range(10000))
        self.assert_not_closed(suspect)
        others = set(suspect.synchronise())
        self.assertLessEqual(len(others), PASSIVE_VIEW + 2)  # of whoever is connected as well

    def test_a_code_above_the_extensions(self):
        culprit = self.greeting()
        culprit.send(frame(539, b"from the future") + frame(540))
        self.assert_closed(culprit, "540")

    def test_frames_of_the_extension_without_a_hello(self):
        wanted = [content_id(b"wanted")]
        for raw, name in ((data_frame(b"early"), "DATA"), (adverts_frame(IHAVE, wanted), "IHAVE"),
                          (adverts_frame(GRAFT, wanted), "GRAFT"), (frame(PRUNE, bytes(7) + b"\1"), "PRUNE"),
                          (EMPTY_DIGEST, "DIGEST"), (frame(PING, bytes(4)), "PING"), (frame(PONG, bytes(4)), "PONG"),
                          (frame(JOIN, b"\0\4" + bytes(6)), "JOIN"), (frame(NEIGHBOR, bytes(4)), "NEIGHBOR"),
                          (frame(DISCONNECT, bytes(4)), "DISCONNECT"),
                          (frame(SHUFFLE, b"\1" + bytes(3)), "SHUFFLE"),
                          (frame(IDONTWANT, b"\1" + bytes(16)), "IDONTWANT")):
            with self.subTest(name):
                self.setUp()
                culprit = self.overlay_peer(self.node)
                culprit.send(raw)
                self.assert_closed(culprit, name + " on a link that is not extended")

    def test_what_came_before_a_data_without_a_hello_counts_and_nothing_behind_it(self):
        client = self.client(self.node, DATA_TYPE)
        culprit = self.overlay_peer(self.node)
        before = [b"before %d" % number for number in range(3)]
        culprit.send(b"".join(map(announce_frame, before)) + data_frame(b"bad") + announce_frame(b"behind"))
        self.assertEqual([client.judge() for _ in before], before)
        self.assert_closed(culprit, "DATA on a link that is not extended")
        self.bystander.send_announce(b"fence")
        while (data := client.judge()) != b"fence":
            self.assertTrue(data.startswith(b"from a bystander"), data)

    def test_a_graft_for_a_thousand_unknown_ids_is_not_answered(self):
        suspect = self.greeting()
        suspect.send_graft([os.urandom(16) for _ in range(1000)])
        for _ in range(1000):
            suspect.send_graft([os.urandom(16)])
        suspect.synchronise()
        self.assertEqual([suspect.arrived(code) for code in (DATA, IHAVE, GRAFT, ANNOUNCE)], [[]] * 4)
        self.assert_not_closed(suspect)

    def test_a_flood_of_made_up_ids_takes_no_memory_to_speak_of(self):
        suspect = self.greeting()
        self.assert_not_closed(suspect)
        before = self.node.memory_bytes()
        generator = random.Random(1)
        for _ in range(FLOOD_IDS // 1000):
            suspect.send_i_have([generator.randbytes(16) for _ in range(1000)])
        self.assert_not_closed(suspect)
        suspect.await_graft()
        self.assert_not_closed(suspect)
        if TIME_FACTOR == 1:
            self.assertLess(self.node.peak_memory_bytes() - before, FLOOD_BYTES_MAX)

    def test_a_flood_of_grafts_for_what_is_there_is_answered_as_it_is_read(self):
        """Whoever asks faster than it reads is not read from, and others are served meanwhile."""
        large = bytes(60000)
        self.publish_early(self.node, large)
        suspect = self.greeting()
        suspect.send(EMPTY_DIGEST)
        suspect.await_i_have()
        for _ in range(30):  # 180 MB, in frames that fit into the buffers of the system
            suspect.send_graft([content_id(large)] * 100)
        self.assert_others_are_served()
        answers = [suspect.await_tree_data().data for _ in range(300)]
        self.assertGreater(answers.count(large), 290)  # the others are what came from others meanwhile
        if TIME_FACTOR == 1:
            self.assertLess(self.node.peak_memory_bytes(), 128 << 20)


    def test_a_flood_of_ids_that_are_not_wanted_takes_no_memory_to_speak_of(self):
        suspect = self.greeting()
        self.assert_not_closed(suspect)
        before = self.node.memory_bytes()
        generator = random.Random(2)
        for _ in range(FLOOD_IDS // 1000):
            suspect.send(b"".join(frame(IDONTWANT, b"\1" + generator.randbytes(16)) for _ in range(1000)))
        self.assert_not_closed(suspect)
        if TIME_FACTOR == 1:
            self.assertLess(self.node.peak_memory_bytes() - before, FLOOD_BYTES_MAX)

    def test_a_flood_of_digests_is_answered_once_a_second(self):
        self.publish_early(self.node, *(b"%d" % number for number in range(900)))
        suspect = self.greeting()
        began = time.monotonic()
        for _ in range(1000):
            suspect.send(digest_frame([0] * 256, wants_answer=True))
        suspect.synchronise()
        answers = suspect.arrived(DIGEST)[1:]  # behind the one that a new link gets
        self.assertGreaterEqual(len(answers), 4)
        self.assertLessEqual(len(answers), 5 + time.monotonic() - began)
        self.assertEqual(len(suspect.arrived(IHAVE)), len(answers))
        self.assert_not_closed(suspect)


class Crashes(OverlayTestCase):
    def need(self, processes, descriptors):
        limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
        if limit != resource.RLIM_INFINITY and limit < processes:
            self.skipTest("no more than %d processes may run" % limit)
        if not allow_descriptors(descriptors):
            self.skipTest("no more than %d descriptors may be open" % descriptors)

    def start_network(self):
        """The first is everybody's bootstrapper."""
        nodes = [self.extended(degree=5, log_level="warning")]
        joiners = [self.extended(degree=5, log_level="warning", bootstrapper=nodes[0].p2p, wait=False)
                   for _ in range(DAEMONS - 1)]
        return nodes + [node.await_ready() for node in joiners]

    def test_a_node_that_hangs_is_given_up_and_is_back_when_it_goes_on(self):
        first = self.extended()
        second = self.extended(bootstrapper=first.p2p)
        await_extended(first)
        clients, readers = self.crowd([first, second])
        second.signal(signal.SIGSTOP)
        try:
            first.await_log('"connection_closed"', '"silent"')
            clients[0].send_announce(b"published meanwhile")
        finally:
            second.signal(signal.SIGCONT)
        readers[1].await_all([b"published meanwhile"])
        clients[1].send_announce(b"back")
        readers[0].await_all([b"back"])

    def test_every_message_comes_to_every_survivor_once_while_a_third_is_killed(self):
        self.need(processes=20 * DAEMONS, descriptors=20 * DAEMONS)
        nodes = self.start_network()
        clients, readers = self.crowd(nodes)
        victims = random.sample(range(PUBLISHERS, DAEMONS), CRASHES)
        kill_at = {MESSAGES // 3 + 5 * turn: victim for turn, victim in enumerate(victims)}
        published = [b"message %d" % number for number in range(MESSAGES)]
        for number, data in enumerate(published):
            if number in kill_at:
                nodes[kill_at[number]].kill()
            clients[number % PUBLISHERS].send_announce(data)
            if number >= UNDER_WAY:
                seen = published[number - UNDER_WAY]
                readers[(number - UNDER_WAY + 1) % PUBLISHERS].await_all([seen], SURVIVAL_SECONDS)
        deadline = time.monotonic() + SURVIVAL_SECONDS
        for place in set(range(DAEMONS)) - set(victims):
            own = published[place::PUBLISHERS] if place < PUBLISHERS else []
            wanted = sorted(set(published) - set(own))
            readers[place].await_all(wanted, deadline - time.monotonic())
            self.assertEqual(sorted(readers[place].received()), wanted)


if __name__ == "__main__":
    unittest.main()
