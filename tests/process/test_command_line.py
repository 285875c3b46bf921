"""gossipd as its user meets it: commands, exit codes, signals and logs."""
import base64
import json
import os
import re
import signal
import socket
import subprocess
import time
import unittest

from harness import GossipTestCase
from processes import EXTRA_ARGUMENTS, GOSSIPD, STOP_SECONDS, eventually
from wire import DATA_BYTES_MAX, DATA_TYPE, TIME_FACTOR, Connection, announce_frame, split_address


class Usage(GossipTestCase):
    """--help, --version, and exit code 2 for wrong usage."""

    WRONG = (
        ("--no-such-option",),
        ("no-such-command",),
        ("run", "--no-such-option"),
        ("run", "--cache-size"),
        ("run", "--cache-size", "plenty"),
        ("run", "--listen-address", "nonsense"),
        ("run", "--log-level", "deafening"),
        ("run", "--log-format", "xml"),
        ("check", "--no-such-option"),
        ("publish", "data"),
        ("publish", "--type", "many", "data"),
        ("publish", "--type", "65536", "data"),
        ("publish", "--type", "-1", "data"),
        ("publish", "--type", "540", "--ttl", "256", "data"),
        ("publish", "--type", "540", "--api", "nonsense", "data"),
        ("publish", "--type", "540", "one", "two"),
        ("subscribe",),
        ("subscribe", "--type", "540,many"),
        ("subscribe", "--type", "540", "--format", "xml"),
        ("subscribe", "--type", "540", "--verdict", "maybe"),
        ("subscribe", "--type", "540", "--count", "few"),
        ("bench", "--size", "23"),
        ("bench", "--rate", "0"),
        ("bench", "--verdict", "reject"),
        ("bench", "--pid", "gossipd"),
        ("bench", "argument"),
        ("simulate", "--degree", "0"),
        ("simulate", "argument"),
    )

    def test_wrong_usage_exits_with_2_and_says_why(self):
        for arguments in self.WRONG:
            with self.subTest(" ".join(arguments)):
                finished = self.run_command(*arguments)
                self.assertEqual(finished.code, 2, finished)
                self.assertNotEqual(finished.stderr, "")

    def test_help_of_every_command_has_an_example(self):
        for command in ("run", "check", "publish", "subscribe", "bench", "simulate"):
            with self.subTest(command):
                finished = self.run_command(command, "--help")
                self.assertEqual(finished.code, 0, finished)
                self.assertRegex(finished.stdout, "(?i)example")
                self.assertIn("gossipd " + command, finished.stdout)

    def test_help_names_every_command_and_has_an_example(self):
        finished = self.run_command("--help")
        self.assertEqual(finished.code, 0, finished)
        self.assertRegex(finished.stdout, "(?i)example")
        for command in ("run", "check", "publish", "subscribe", "bench", "simulate"):
            self.assertIn(command, finished.stdout)

    def test_help_of_run_names_every_option(self):
        text = self.run_command("run", "--help").stdout
        for option in ("config", "cache-size", "max-connections", "bootstrapper", "listen-address", "api-address",
                       "max-ttl", "degree", "advertise-address", "seen-ttl", "log-level", "log-format"):
            self.assertIn("--" + option, text)

    def test_version(self):
        finished = self.run_command("--version")
        self.assertEqual(finished.code, 0, finished)
        self.assertRegex(finished.stdout, r"\d+\.\d+")


class StandardOutput(GossipTestCase):
    """What cannot be written to standard output is a failure with a reason, whatever was to be written."""

    REASON = "standard output cannot be written: No space left on device"

    def assert_fails(self, *arguments):
        """Standard error, of the command run with a standard output that takes nothing."""
        with open("/dev/full", "wb") as full:
            finished = subprocess.run([GOSSIPD, *arguments], stdin=subprocess.DEVNULL, stdout=full,
                                      stderr=subprocess.PIPE, timeout=STOP_SECONDS)
        stderr = finished.stderr.decode()
        self.assertEqual(finished.returncode, 1, stderr)
        self.assertIn(self.REASON, stderr)
        return stderr

    def test_of_commands_that_end_by_themselves(self):
        path = os.path.join(self.temporary_directory(), "gossip.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[GOSSIP]\ncache_size = 5\n")
        for arguments in (("--help",), ("--version",), ("bench", "--help"), ("check", "--config", path),
                          ("simulate", "--nodes", "4", "--duration", "3s"),
                          ("bench", "--api", self.gossipd().api, "--warmup", "0", "--count", "100")):
            with self.subTest(" ".join(arguments)):
                self.assertEqual(self.assert_fails(*arguments), "gossipd: %s\n" % self.REASON)

    def test_of_a_node_that_nobody_would_learn_is_ready(self):
        stderr = self.assert_fails("run", "--listen-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0",
                                   *EXTRA_ARGUMENTS)
        self.assertRegex(stderr, r"(?m)fatal.*" + self.REASON)
        self.assertRegex(stderr.splitlines()[-1], "stopped")

    def test_of_a_subscriber(self):
        node = self.gossipd()
        self.client(node).send_announce(b"kept for whoever registers")
        self.assert_fails("subscribe", "--api", node.api, "--type", str(DATA_TYPE))


class Publish(GossipTestCase):
    """gossipd publish: its data, its ttl, and an exit code to trust."""

    def setUp(self):
        self.node = self.gossipd()
        self.reader = self.client(self.node, DATA_TYPE)

    def publish(self, *arguments, stdin=b""):
        finished = self.run_command(
            "publish", "--api", self.node.api, "--type", str(DATA_TYPE), *arguments, stdin=stdin)
        self.assertEqual(finished.code, 0, finished)

    def test_data_as_an_argument(self):
        self.publish("hello, world")
        self.assertEqual(self.reader.await_data(), b"hello, world")

    def test_ttl(self):
        peer = self.known_peer(self.node)
        self.publish("--ttl", "3", "near")
        self.assertEqual(peer.await_announce().ttl, 3)

    def test_standard_input_is_one_message(self):
        data = bytes(range(256)) + b"two\nlines\n"
        self.publish(stdin=data)
        self.assertEqual(self.reader.await_data(), data)

    def test_standard_input_of_the_largest_size(self):
        data = os.urandom(DATA_BYTES_MAX)
        self.publish(stdin=data)
        self.assertEqual(self.reader.await_data(), data)

    def test_lines_are_a_message_each(self):
        lines = [b"line %d" % number for number in range(5000)]
        self.publish("--lines", stdin=b"\n".join(lines))
        self.assertEqual([self.reader.await_data() for _ in lines], lines)

    def test_what_is_too_large_fails_with_the_limit_named(self):
        finished = self.run_command(
            "publish", "--api", self.node.api, "--type", str(DATA_TYPE), stdin=bytes(DATA_BYTES_MAX + 1))
        self.assertEqual(finished.code, 1, finished)
        self.assertRegex(finished.stderr, r"65,?527")

    def test_an_unreachable_daemon(self):
        address = self.node.api
        self.node.kill()
        finished = self.run_command("publish", "--api", address, "--type", "540", "lost")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn(address, finished.stderr)
        self.assertRegex(finished.stderr, "(?i)refused")

    def test_a_daemon_that_does_not_take_the_bytes(self):
        deaf = self.listener()
        lines = b"".join(b"line %d of many\n" % number for number in range(1000000))
        directory = self.temporary_directory()
        path = os.path.join(directory, "lines")
        with open(path, "wb") as file:
            file.write(lines)
        with open(path, "rb") as file:
            command = self.start_command("publish", "--api", deaf.address, "--type", "540", "--lines", stdin=file)
        connection = deaf.accept(Connection)
        self.assertTrue(connection.read().startswith(announce_frame(b"line 0 of many")))
        connection.reset()
        self.assertEqual(command.wait(), 1)
        self.assertNotEqual(command.stderr.snapshot(), [])


class Subscribe(GossipTestCase):
    """gossipd subscribe: a line per message, and verdicts as asked for."""

    def setUp(self):
        self.node = self.gossipd()
        self.sender, self.receiver = self.known_peer(self.node), self.known_peer(self.node)

    def subscribe(self, *arguments, types=str(DATA_TYPE)):
        return self.start_command("subscribe", "--api", self.node.api, "--type", types, *arguments)

    def lines_of(self, messages, *arguments):
        """What the subscriber prints for the messages; it ends by itself after as many."""
        self.client(self.node).send_announces(messages)
        subscriber = self.subscribe("--count", str(len(messages)), *arguments)
        self.assertEqual(subscriber.wait(), 0)
        return subscriber.stdout.snapshot()

    def test_text(self):
        self.assertEqual(self.lines_of([b"hello", "grüße".encode()]), ["hello", "grüße"])

    def test_text_of_several_lines_or_bytes_stays_one_line(self):
        self.assertEqual(len(self.lines_of([b"two\nlines\n", b"\xff\xfe\n\0"], "--format", "text")), 2)

    def test_hex(self):
        self.assertEqual(self.lines_of([b"\x00\xffA\n"], "--format", "hex"), ["00ff410a"])

    def test_json_has_type_id_data_and_text_only_where_it_is_text(self):
        binary, text = b"\xff\x00", "grüße \"quoted\"\n".encode()
        first, second = [json.loads(line) for line in self.lines_of([binary, text], "--format", "json")]
        self.assertEqual(base64.b64decode(first["data_base64"]), binary)
        self.assertNotIn("text", first)
        self.assertEqual(base64.b64decode(second["data_base64"]), text)
        self.assertEqual(second["text"], text.decode())
        for line in (first, second):
            self.assertEqual(line["type"], DATA_TYPE)
            self.assertIn(line["id"], range(65536))

    def test_several_types_and_each_line_is_flushed(self):
        subscriber = self.subscribe("--format", "json", types="%d,%d" % (DATA_TYPE, DATA_TYPE + 1))
        publisher = self.client(self.node)
        for data_type in (DATA_TYPE, DATA_TYPE + 1):
            publisher.send_announce(b"type %d" % data_type, data_type)
            subscriber.await_stdout(r'"type": ?%d\b' % data_type)
        self.assertTrue(subscriber.is_running())

    def assert_next_forwarded_is(self, data):
        """The fence: it is approved by a client of ours and must be what the receiver gets next."""
        voter = self.client(self.node, DATA_TYPE + 5)
        self.sender.send_announce(data, DATA_TYPE + 5)
        while voter.judge() != data:
            pass  # an earlier fence, still in the cache
        self.assertEqual(self.receiver.await_data(), data)

    def announce_and_await_line(self, subscriber, data):
        self.sender.send_announce(data)
        subscriber.await_stdout("^%s$" % data.decode())

    def test_no_verdict_unless_asked_for(self):
        for fence, arguments in ((b"fence", ()), (b"another fence", ("--verdict", "none"))):
            subscriber = self.subscribe(*arguments)
            self.announce_and_await_line(subscriber, b"undecided")
            self.assert_next_forwarded_is(fence)
        late = self.client(self.node, DATA_TYPE)
        self.assertEqual(late.judge(), b"undecided")
        self.assertEqual(self.receiver.await_data(), b"undecided")

    def test_accept(self):
        self.subscribe("--verdict", "accept")
        self.sender.send_announce(b"welcome")
        self.assertEqual(self.receiver.await_data(), b"welcome")

    def test_the_last_verdict_of_a_counted_subscription_is_not_lost(self):
        self.sender.send_announces([b"one", b"two"])
        self.sender.synchronise()
        subscriber = self.subscribe("--verdict", "accept", "--count", "2")
        self.assertEqual(subscriber.wait(), 0)
        self.assertEqual([self.receiver.await_data() for _ in range(2)], [b"one", b"two"])

    def test_reject(self):
        subscriber = self.subscribe("--verdict", "reject", "--count", "1")
        self.announce_and_await_line(subscriber, b"unwelcome")
        self.assertEqual(subscriber.wait(), 0)
        self.sender.send_announce(b"unwelcome")
        self.assert_next_forwarded_is(b"fence")
        late = self.client(self.node, DATA_TYPE)
        self.client(self.node).send_announce(b"late fence")
        self.assertEqual(late.await_data(), b"late fence")

    def test_a_verdict_command_gets_the_data_and_decides_by_exit_code(self):
        script = os.path.join(self.temporary_directory(), "judge")
        with open(script, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\ncase $(cat) in good*) exit 0;; bad*) exit 1;; *) exit 7;; esac\n")
        os.chmod(script, 0o755)
        subscriber = self.subscribe("--verdict-command", script)
        for data in (b"bad", b"neither", b"good"):
            self.announce_and_await_line(subscriber, data)
        self.assertEqual(self.receiver.await_data(), b"good")
        late = self.client(self.node, DATA_TYPE)
        self.assertEqual([late.judge(), late.await_data()], [b"neither", b"good"])
        self.assertEqual(self.receiver.await_data(), b"neither")

    def test_a_verdict_command_with_arguments(self):
        self.subscribe("--verdict-command", "grep -q good")
        self.sender.send_announces([b"bad one", b"good one"])
        self.assertEqual(self.receiver.await_data(), b"good one")

    def test_a_verdict_command_that_reads_nothing_still_decides(self):
        self.subscribe("--verdict-command", "true")
        self.sender.send_announce(bytes(60000))
        self.assertEqual(self.receiver.await_data(), bytes(60000))

    def test_an_unreachable_daemon(self):
        address = self.node.api
        self.node.kill()
        finished = self.run_command("subscribe", "--api", address, "--type", "540")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn(address, finished.stderr)

    def test_a_daemon_that_ends_ends_the_subscription_with_a_reason(self):
        subscriber = self.subscribe()
        self.client(self.node).send_announce(b"here")
        subscriber.await_stdout("^here$")
        self.node.kill()
        self.assertEqual(subscriber.wait(), 1)
        self.assertNotEqual(subscriber.stderr.snapshot(), [])


class Signals(GossipTestCase):
    """SIGINT, SIGTERM and SIGHUP: stop accepting, flush for at most 10 s, exit 0. A second signal exits at once."""

    def check_quick_end(self, number):
        node = self.gossipd()
        for _ in range(3):
            self.client(node, DATA_TYPE)
            self.known_peer(node)
        started = time.monotonic()
        node.signal(number)
        self.assertEqual(node.wait(), 0)
        # Nothing is queued: half of the time that a flush may take is more than enough.
        self.assertLess(time.monotonic() - started, 5 * TIME_FACTOR)

    def test_sigterm_ends_quickly_with_0(self):
        self.check_quick_end(signal.SIGTERM)

    def test_sigint_ends_quickly_with_0(self):
        self.check_quick_end(signal.SIGINT)

    def test_sighup_ends_quickly_with_0(self):
        self.check_quick_end(signal.SIGHUP)

    def test_the_log_names_the_signal_and_tells_the_end(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                node = self.gossipd()
                node.signal(number)
                self.assertEqual(node.wait(), 0)
                node.await_log("stopping on " + number.name)
                node.await_log("stopped")

    def test_a_second_sighup_does_not_cut_the_flush_short(self):
        node = self.stuck_node()
        node.signal(signal.SIGHUP)
        node.await_log("stopping on SIGHUP")
        node.signal(signal.SIGHUP)
        self.assertEqual(node.wait(), 0)
        node.await_log("stopped")

    def test_sighup_is_ignored_where_it_was_at_the_start(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        node = self.gossipd()
        signal.signal(signal.SIGHUP, before)
        node.signal(signal.SIGHUP)
        self.assert_served(node)
        node.signal(signal.SIGTERM)
        self.assertEqual(node.wait(), 0)
        node.await_log("stopping on SIGTERM")

    def test_a_subscriber_ends_with_0(self):
        node = self.gossipd()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                subscriber = self.start_command("subscribe", "--api", node.api, "--type", str(DATA_TYPE))
                subscriber.await_log("subscribed to")
                subscriber.signal(number)
                self.assertEqual(subscriber.wait(), 0)

    def test_what_is_queued_is_flushed(self):
        node = self.gossipd()
        slow = self.client(node, DATA_TYPE, receive_buffer_bytes=4096)
        publisher, witness = self.client(node), self.client(node, DATA_TYPE)
        messages = [b"%08d" % number + bytes(60000) for number in range(40)]
        for message in messages:
            publisher.send_announce(message)
            self.assertEqual(witness.await_data(), message)
        node.signal(signal.SIGTERM)
        self.assertEqual([slow.await_data() for _ in messages], messages)
        slow.await_close()
        self.assertEqual(node.wait(), 0)

    def stuck_node(self):
        """A node that has so much queued for a client which reads nothing that it paused the publisher."""
        node = self.gossipd()
        self.client(node, DATA_TYPE, receive_buffer_bytes=4096)
        distinct = b"".join(announce_frame(b"%08d" % number + bytes(60000)) for number in range(1000))
        self.client(node).send_until_stuck(distinct)
        return node

    def is_refused(self, address):
        """Whether nobody accepts connections there any more."""
        with socket.socket() as probe:
            return probe.connect_ex(split_address(address)) != 0

    def test_a_flush_that_gets_nowhere_ends_within_10_seconds_with_0(self):
        node = self.stuck_node()
        started = time.monotonic()
        node.signal(signal.SIGTERM)
        eventually(lambda: self.is_refused(node.api) and self.is_refused(node.p2p), "no new connections")
        self.assertEqual(node.wait(), 0)
        # A busy machine may take a little longer than the 10 s.
        self.assertLess(time.monotonic() - started, 12 * TIME_FACTOR)

    def test_a_second_signal_ends_the_flush_at_once(self):
        node = self.stuck_node()
        started = time.monotonic()
        node.signal(signal.SIGTERM)
        eventually(lambda: self.is_refused(node.api), "no new connections")
        node.signal(signal.SIGTERM)
        node.exit_code_expected = node.wait()
        self.assertLess(time.monotonic() - started, 2 * TIME_FACTOR)


class Logs(GossipTestCase):
    """Logs go to stderr, as text or JSON, from the level asked for."""

    def log_of_a_short_life(self, **options):
        """All log lines of a node that served somebody, met a malformed frame, and ended."""
        node = self.gossipd(**options)
        self.assert_served(node)
        culprit = self.peer(node)
        culprit.send(b"noise that is no frame \" \\ \x00\x01")
        culprit.await_close()
        node.signal(signal.SIGTERM)
        node.wait()
        self.assertEqual(len(node.stdout.snapshot()), 1, "stdout is for the ready line")
        return node.stderr.snapshot()

    def test_every_line_of_a_json_log_is_a_json_object(self):
        lines = self.log_of_a_short_life(log_format="json", log_level="debug")
        self.assertGreater(len(lines), 1)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict, line)

    def test_the_level_decides_how_much_is_logged(self):
        quiet, loud = self.log_of_a_short_life(log_level="error"), self.log_of_a_short_life(log_level="debug")
        self.assertEqual(quiet, [])
        self.assertGreater(len(loud), 1)

    def test_text_is_the_default(self):
        default, text = self.log_of_a_short_life(), self.log_of_a_short_life(log_format="text")
        self.assertGreater(len(default), 0)
        self.assertFalse([line for line in default + text if re.match(r"\s*\{", line)])


if __name__ == "__main__":
    unittest.main()
