"""How much memory a daemon takes under full load, whoever does not read: it stays below its memory_limit, who is cut
off is named in the log, and nobody else misses anything."""
import json
import re
import signal
import unittest

from harness import GossipTestCase
from processes import STOP_SECONDS, eventually
from wire import DEADLINE_SECONDS, TIME_FACTOR

MEMORY_LIMIT = 64 << 20

# In the log, after the name of the connection.
CUT_OFF = r"\d+ bytes queued, the last one taken \d+ m?s ago"

# What `gossipd bench` publishes.
BENCH_TYPE = 65000

SILENT = 200 if TIME_FACTOR == 1 else 50
PUBLISHERS = 600 if TIME_FACTOR == 1 else 100

# Of 4 KiB: more than twice what the daemon may take.
MESSAGES = 40000 if TIME_FACTOR == 1 else 5000


class FullLoad(GossipTestCase):
    def limited(self, **options):
        return self.gossipd(memory_limit=MEMORY_LIMIT, cache_size=1000, **options)

    def start_load(self, node, *arguments):
        """Publishes at the node, flat out, until end_load() or as many messages as it is told."""
        return self.start_command("bench", "--publish-api", node.api, "--warmup", "0", "--json", *arguments)

    def end_load(self, load, subscribers):
        load.signal(signal.SIGINT)
        self.check_load(load, subscribers)

    def check_load(self, load, subscribers):
        """It ends, and each subscriber has got each message once and unchanged."""
        self.assertEqual(load.wait(STOP_SECONDS + DEADLINE_SECONDS), 0, load.transcript())
        report = json.loads("".join(load.stdout.snapshot()))
        self.assertGreater(report["published"], 0)
        self.assertEqual(report["delivered"], report["published"] * subscribers)
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (0, 0, 0))

    def assert_within_limit(self, node):
        """A sanitizer keeps freed memory aside and shadows the rest: then the figure says nothing."""
        if TIME_FACTOR == 1:
            self.assertLess(node.peak_memory_bytes(), MEMORY_LIMIT)

    def await_cut_off(self, node, silent):
        node.await_log(re.escape(silent.address), CUT_OFF)

    def cut_off(self, node):
        """How many connections were."""
        return sum(re.search(CUT_OFF, line) is not None for line in node.stderr.snapshot())

    def test_a_client_and_a_peer_among_twenty_that_never_read(self):
        node = self.limited()
        second = self.gossipd(bootstrapper=node.p2p, degree=1, cache_size=1000)
        silent_client = self.client(node, BENCH_TYPE, receive_buffer_bytes=4096)
        silent_peer = self.peer(node, receive_buffer_bytes=4096)
        load = self.start_load(node, "--api", node.api + "," + second.api, "--subscribers", "9", "--verdict", "accept",
                               "--size", "1024", "--duration", "600")
        for silent in (silent_client, silent_peer):
            self.await_cut_off(node, silent)
            silent.await_close()
        self.end_load(load, subscribers=18)
        self.assert_within_limit(node)

    def test_two_hundred_clients_that_never_read(self):
        node = self.limited()
        load = self.start_load(node, "--api", node.api, "--stalled", str(SILENT), "--size", "1024",
                               "--duration", "600")
        eventually(lambda: self.cut_off(node) >= SILENT, "all that do not read are cut off")
        self.end_load(load, subscribers=1)
        self.assertEqual(self.cut_off(node), SILENT)
        self.assert_within_limit(node)

    def test_six_hundred_publishers_and_one_client_that_never_reads(self):
        node = self.limited(worker_threads=2)
        silent = self.client(node, BENCH_TYPE, receive_buffer_bytes=4096)
        load = self.start_load(node, "--api", node.api, "--publishers", str(PUBLISHERS), "--size", "4096",
                               "--count", str(MESSAGES))
        self.check_load(load, subscribers=1)
        self.await_cut_off(node, silent)
        self.assert_within_limit(node)


if __name__ == "__main__":
    unittest.main()
