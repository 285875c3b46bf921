"""Config files: as existing deployments have them, in all variants, and what `gossipd check` says of wrong ones."""
import os
import signal
import unittest

from harness import GossipTestCase
from processes import EXTRA_ARGUMENTS, eventually
from wire import DATA_TYPE, HELLO, split_address

# Loopback addresses that no default would choose: who listens there has read the config.
CONFIGURED_P2P, CONFIGURED_API = "127.0.0.7", "127.0.0.8"

AS_DEPLOYED = """\
[GLOBAL]
HOSTKEY = /etc/gossip/hostkey.pem

[GOSSIP]
cache_size = 3
max_connections = 30
bootstrapper = {bootstrapper}
listen_address = 127.0.0.7:0
api_address = 127.0.0.8:0
max_ttl = 5
"""

MINIMAL = """\
[GOSSIP]
listen_address = 127.0.0.7:0
api_address = 127.0.0.8:0
"""


class ConfigTestCase(GossipTestCase):
    """Writes config files and starts daemons from them alone."""

    def write_config(self, text):
        path = os.path.join(self.temporary_directory(), "gossip.ini")
        with open(path, "w", encoding="utf-8", newline="") as config:
            config.write(text)
        return path

    def configured(self, text, *arguments, **options):
        """A gossipd that has its addresses from the config unless the options say otherwise."""
        options = {"listen_address": None, "api_address": None, **options}
        return self.gossipd("--config", self.write_config(text), *arguments, **options)

    def assert_configured_addresses(self, node):
        self.assertEqual(split_address(node.p2p)[0], CONFIGURED_P2P)
        self.assertEqual(split_address(node.api)[0], CONFIGURED_API)
        self.assert_served(node)

    def ttl_of_a_clients_announce(self, node):
        """The ttl with which an unlimited message leaves the node: its max_ttl."""
        peer = self.known_peer(node)
        self.client(node).send_announce(b"as far as may be", ttl=0)
        announce = peer.await_announce()
        while announce.data != b"as far as may be":
            announce = peer.await_announce()  # an earlier message, still in the cache
        return announce.ttl


class Config(ConfigTestCase):
    """gossipd --config FILE: files as existing deployments have them, in all their variants."""

    def test_a_file_as_deployed(self):
        bootstrapper = self.listener()
        node = self.configured(AS_DEPLOYED.format(bootstrapper=bootstrapper.address))
        self.assertEqual(bootstrapper.accept().await_peer_request(), node.p2p)
        self.assert_configured_addresses(node)
        self.assertEqual(self.ttl_of_a_clients_announce(node), 5)
        publisher, witness = self.client(node), self.client(node, DATA_TYPE + 2)
        self.await_registration(publisher, witness, data_type=DATA_TYPE + 2)
        messages = [b"message %d" % number for number in range(5)]
        publisher.send_announces(messages, DATA_TYPE + 2)
        self.assertEqual([witness.await_data() for _ in messages], messages)
        late = self.client(node, DATA_TYPE + 2)
        self.assertEqual([late.await_data() for _ in range(3)], messages[-3:])

    def test_without_the_word_run(self):
        command = self.start_command("--config", self.write_config(MINIMAL), *EXTRA_ARGUMENTS)
        command.await_stdout(r"^ready p2p=127\.0\.0\.7:\d+ api=127\.0\.0\.8:\d+$")
        command.signal(signal.SIGTERM)
        self.assertEqual(command.wait(), 0)

    def test_section_and_key_names_in_any_case(self):
        text = MINIMAL.replace("GOSSIP", "gOssip").replace("listen_address", "Listen_Address").replace("api", "API")
        self.assert_configured_addresses(self.configured(text + "MAX_TTL = 4\n"))

    def test_sections_of_other_programs_are_ignored(self):
        others = "[DHT]\nlisten_address = what is this\ncache_size = -1\nunknown = 1\n"
        self.assert_configured_addresses(self.configured(others + MINIMAL + "[NSE]\napi_address = 7\n"))

    def test_p2p_address_for_listen_address(self):
        self.assert_configured_addresses(self.configured(MINIMAL.replace("listen_address", "p2p_address")))

    def test_carriage_returns_comments_blank_lines_and_no_last_newline(self):
        text = "# a comment\n; another\n\n" + MINIMAL.replace(" = ", "=") + "\n# the end\n  max_ttl   =   4  "
        node = self.configured(text.replace("\n", "\r\n"))
        self.assert_configured_addresses(node)
        self.assertEqual(self.ttl_of_a_clients_announce(node), 4)

    def test_host_names(self):
        bootstrapper = self.listener()
        port = split_address(bootstrapper.address)[1]
        node = self.configured(
            "[GOSSIP]\nlisten_address = localhost:0\napi_address = localhost:0\nbootstrapper = localhost:%d\n" % port)
        bootstrapper.accept().await_peer_request()
        self.assert_served(node)

    def test_degree(self):
        for degree, dialled in ((1, False), (2, True)):
            bootstrapper, stranger = self.listener(), self.listener()
            self.configured(MINIMAL + "degree = %d\nbootstrapper = %s\n" % (degree, bootstrapper.address))
            connection = bootstrapper.accept()
            connection.await_peer_request()
            connection.send_peer_response([stranger.address])
            connection.synchronise()
            if dialled:
                stranger.accept()
            self.assertFalse(stranger.was_dialled())

    def test_advertise_address(self):
        bootstrapper = self.listener()
        self.configured(MINIMAL + "advertise_address = 127.0.0.9:4711\nbootstrapper = %s\n" % bootstrapper.address,
                        listen_address="0.0.0.0:0")
        self.assertEqual(bootstrapper.accept().await_peer_request(), "127.0.0.9:4711")

    def test_seen_ttl(self):
        node = self.configured(MINIMAL + "seen_ttl = 0\ncache_size = 1\n")
        publisher, reader = self.client(node), self.client(node, DATA_TYPE)
        self.await_registration(publisher, reader)
        publisher.send_announces([b"one", b"two", b"one"])
        self.assertEqual([reader.await_data() for _ in range(3)], [b"one", b"two", b"one"])

    def test_overlay(self):
        for overlay, hellos in (("base", 0), ("extended", 1)):
            with self.subTest(overlay):
                node = self.configured(MINIMAL + "overlay = %s\n" % overlay)
                peer = self.known_peer(node)
                self.assertEqual(len(peer.arrived(HELLO)), hellos)

    def test_an_empty_bootstrapper_means_none(self):
        self.assert_configured_addresses(self.configured(MINIMAL + "bootstrapper =\n"))

    def test_several_bootstrappers_separated_by_commas(self):
        first, second = self.listener(), self.listener()
        self.configured(MINIMAL + "bootstrapper = %s, %s\n" % (first.address, second.address))
        eventually(lambda: first.was_dialled() or second.was_dialled(), "a connection to one of the bootstrappers")

    def test_the_command_line_wins(self):
        node = self.configured(MINIMAL + "max_ttl = 5\n", listen_address="127.0.0.9:0", max_ttl=9)
        self.assertEqual(split_address(node.p2p)[0], "127.0.0.9")
        self.assertEqual(split_address(node.api)[0], CONFIGURED_API)
        self.assertEqual(self.ttl_of_a_clients_announce(node), 9)

    def test_an_unknown_key_is_a_warning_at_start(self):
        node = self.configured(MINIMAL + "cachesize = 5\n")
        node.await_log(r"warn", r"cachesize")
        self.assert_served(node)

    def test_bare_gossipd_runs_on_loopback(self):
        command = self.start_command(*EXTRA_ARGUMENTS)
        eventually(lambda: command.stdout.snapshot() or not command.is_running(), "readiness or an end")
        if not command.is_running():
            self.assertEqual(command.wait(), 1)
            reason = "\n".join(command.stderr.snapshot())
            self.assertRegex(reason, "(?i)in use")
            self.skipTest("a default port is busy: " + reason)
        command.await_stdout(r"^ready p2p=127\.0\.0\.1:\d+ api=127\.0\.0\.1:\d+$")
        command.signal(signal.SIGTERM)
        self.assertEqual(command.wait(), 0)


class Check(ConfigTestCase):
    """gossipd check --config FILE: 0, or 1 with file:line, the key, the value and what would be right."""

    # key, value, and what the message must offer instead
    WRONG = (
        ("cachesize", "5", r"cache_size"),
        ("cache_size", "plenty", r"65,?53[56]"),
        ("cache_size", "0", r"65,?53[56]"),
        ("cache_size", "-1", r"65,?53[56]"),
        ("cache_size", "70000", r"65,?53[56]"),
        ("max_connections", "some", r"\b1\b"),
        ("degree", "-2", r"\b[01]\b"),
        ("max_ttl", "256", r"255"),
        ("seen_ttl", "soon", r"seconds|\b0\b"),
        ("overlay", "flat", r"base or extended"),
        ("bootstrapper", "127.0.0.1", r"(host|address):port"),
        ("bootstrapper", "127.0.0.1:6001,nonsense", r"(host|address):port"),
        ("advertise_address", "127.0.0.1:70000", r"65,?535"),
    )

    def check(self, path):
        finished = self.run_command("check", "--config", path)
        return finished.code, finished.stdout + finished.stderr

    def assert_names(self, output, path, line, key, value):
        self.assertIn("%s:%d" % (path, line), output)
        self.assertIn(key, output)
        self.assertIn(value, output)

    def test_a_good_file(self):
        code, output = self.check(self.write_config(AS_DEPLOYED.format(bootstrapper="localhost:6001")))
        self.assertEqual(code, 0, output)

    def test_both_kinds_of_overlay(self):
        for overlay in ("base", "extended"):
            with self.subTest(overlay):
                code, output = self.check(self.write_config(MINIMAL + "overlay = %s\n" % overlay))
                self.assertEqual(code, 0, output)

    def test_wrong_values_and_unknown_keys(self):
        for key, value, right in self.WRONG:
            with self.subTest(key=key, value=value):
                path = self.write_config(MINIMAL + "# so that this is line five\n%s = %s\n" % (key, value))
                code, output = self.check(path)
                self.assertEqual(code, 1, output)
                self.assert_names(output, path, 5, key, value)
                self.assertRegex(output.lower(), right)

    def test_a_wrong_listen_address(self):
        for key in ("listen_address", "api_address", "p2p_address"):
            for value in ("nonsense", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:"):
                with self.subTest(key=key, value=value):
                    path = self.write_config("[GOSSIP]\n%s = %s\n" % (key, value))
                    code, output = self.check(path)
                    self.assertEqual(code, 1, output)
                    self.assert_names(output, path, 2, key, value)

    def test_a_line_that_is_neither_key_nor_section(self):
        path = self.write_config(MINIMAL + "just some words\n")
        code, output = self.check(path)
        self.assertEqual(code, 1, output)
        self.assert_names(output, path, 4, "just some words", "")

    def test_a_missing_file(self):
        path = os.path.join(self.temporary_directory(), "nowhere.ini")
        code, output = self.check(path)
        self.assertEqual(code, 1, output)
        self.assertIn(path, output)


if __name__ == "__main__":
    unittest.main()
