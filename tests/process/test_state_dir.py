"""gossipd --state-dir: which nodes it knows survives its end, however that comes, and what is wrong with the file."""
import os
import resource
import signal
import unittest

from harness import GossipTestCase
from overlay_peer import await_extended
from processes import eventually, free_port
from wire import DATA_TYPE

HEADER = "gossip-peers 1"


class StateDirTestCase(GossipTestCase):
    def setUp(self):
        self.directory = os.path.join(self.temporary_directory(), "state")
        self.path = os.path.join(self.directory, "peers")

    def extended(self, **options):
        return self.gossipd(overlay="extended", log_level="debug", log_format="json", **options)

    def keeping(self, **options):
        return self.extended(state_dir=self.directory, **options)

    def write_file(self, text):
        os.makedirs(self.directory, exist_ok=True)
        with open(self.path, "wb") as file:
            file.write(text)

    def addresses(self):
        """What the file has; nothing where there is none yet."""
        try:
            with open(self.path, encoding="ascii") as file:
                header, *addresses = file.read().splitlines()
        except FileNotFoundError:
            return []
        self.assertEqual(header, HEADER)
        return addresses

    def await_link(self, node, other):
        node.await_log('"link_extended"', '"server_address": ?"%s"' % other.p2p)

    def assert_linked(self, node, other):
        self.await_link(node, other)
        reader = self.client(other, DATA_TYPE)
        self.client(node).send_announce(b"from a node that is back")
        self.assertEqual(reader.await_data(), b"from a node that is back")


class Returning(StateDirTestCase):
    """A network of three, of which the bootstrapper goes for good."""

    def setUp(self):
        super().setUp()
        self.seed = self.extended()
        self.other = self.extended(bootstrapper=self.seed.p2p)
        await_extended(self.other)
        self.node = self.keeping(bootstrapper=self.seed.p2p)
        self.await_link(self.node, self.seed)
        self.await_link(self.node, self.other)

    def check_return(self):
        self.seed.kill()
        again = self.keeping(bootstrapper=self.seed.p2p)
        self.assert_linked(again, self.other)

    def test_after_an_orderly_stop(self):
        self.node.stop()
        self.assertCountEqual(self.addresses(), [self.seed.p2p, self.other.p2p])
        self.check_return()

    def test_after_a_crash(self):
        eventually(lambda: self.other.p2p in self.addresses(), "the other node in the file")
        self.node.kill()
        self.check_return()

    def test_without_a_state_dir_it_is_alone(self):
        self.node.stop()
        self.seed.kill()
        again = self.extended(bootstrapper=self.seed.p2p)
        again.await_log('"connect_failed"', self.seed.p2p)
        again.await_log('"connect_failed"', self.seed.p2p, '"retry_in_ms": ?[0-9]{4}')  # seconds later
        self.assertFalse(again.peer_connections())


class Alone(StateDirTestCase):
    def test_a_node_that_reaches_nobody_tries_again_and_forgets_nobody(self):
        address = "127.0.0.1:%d" % free_port()
        self.write_file(("%s\n%s\n" % (HEADER, address)).encode())
        node = self.keeping()
        for _ in range(3):
            node.await_log('"connect_failed"', address, start=len(node.stderr.snapshot()))
        self.assertEqual(self.addresses(), [address])
        other = self.extended(listen_address=address)
        self.assert_linked(node, other)
        other.kill()
        node.await_log('"connect_failed"', address, start=len(node.stderr.snapshot()))
        node.stop()
        self.assertEqual(self.addresses(), [address])


class Trouble(StateDirTestCase):
    CORRUPT = (
        (b"", r":1: 'gossip-peers 1' is needed"),
        (bytes(range(256)), r":1: 'gossip-peers 1' is needed"),
        (b"gossip-peers 2\n127.0.0.1:6001\n", r":1: 'gossip-peers 1' is needed"),
        (b"gossip-peers 1\n127.0.0.1:6001\n127.0.0.1:6", r":3: the end of the line is needed"),
        (b"gossip-peers 1\n127.0.0.1:6001\nnonsense\n", r":3: HOST:PORT"),
        (b"gossip-peers 1\n" + 20000 * b"127.0.0.1:6001\n", r": at most 16384 bytes are needed"),
    )

    def test_a_file_that_is_something_else_is_a_warning_and_a_fresh_start(self):
        for text, why in self.CORRUPT:
            with self.subTest(why, text=text[:40]):
                self.write_file(text)
                node = self.keeping()
                node.await_log('"warning"', '"peers_unread"', self.path + why, "peers.corrupt")
                with open(self.path + ".corrupt", "rb") as kept:
                    self.assertEqual(kept.read(), text)
                other = self.extended(bootstrapper=node.p2p)
                self.await_link(node, other)
                node.stop()
                self.assertEqual(self.addresses(), [other.p2p])

    def test_a_second_daemon_with_the_same_directory_ends_with_a_reason_and_after_a_crash_none_is_in_the_way(self):
        node = self.keeping()
        second = self.run_command("run", "--overlay", "extended", "--state-dir", self.directory,
                                  "--listen-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0")
        self.assertEqual(second.code, 1, second)
        self.assertIn("cannot use %s (state_dir): another node uses it" % self.directory, second.stderr)
        node.kill()
        self.assert_served(self.keeping())

    def test_a_directory_that_cannot_be_used_ends_it_with_a_reason(self):
        for directory, why in (("/proc/no/such", "No such file or directory"), (os.devnull, "Not a directory")):
            finished = self.run_command("run", "--overlay", "extended", "--state-dir", directory,
                                        "--listen-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0")
            self.assertEqual(finished.code, 1, finished)
            self.assertIn("cannot use %s (state_dir): " % directory, finished.stderr)
            self.assertIn(why, finished.stderr)

    def test_a_full_disk_is_one_warning_and_the_old_file_stays_until_there_is_room(self):
        address = "127.0.0.1:%d" % free_port()
        self.write_file(("%s\n%s\n" % (HEADER, address)).encode())
        node = self.keeping()
        _, most = resource.prlimit(node.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (4, most))
        other = self.extended(bootstrapper=node.p2p)
        node.await_log('"warning"', '"peers_unsaved"', self.path + ": File too large")
        third = self.extended(bootstrapper=node.p2p)
        self.await_link(node, third)
        self.assertEqual(self.addresses(), [address])
        self.assertEqual(os.listdir(self.directory), ["peers"])
        self.assert_served(node)
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (most, most))
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0)
        node.await_log('"info"', '"peers_saved"', "again")
        self.assertEqual(sum('"peers_unsaved"' in line for line in node.stderr.snapshot()), 1)
        self.assertCountEqual(self.addresses(), [other.p2p, third.p2p, address])

    def test_without_the_overlay_extension_it_is_a_warning_and_nothing_is_written(self):
        node = self.gossipd(state_dir=self.directory)
        node.await_log("warning", "state-dir", "it has no effect unless overlay is extended")
        self.assert_served(node)
        node.stop()
        self.assertFalse(os.path.exists(self.directory))


if __name__ == "__main__":
    unittest.main()
