"""gossipd bench against real daemons, and against a false one that loses, repeats or changes messages."""
import json
import signal
import socket
import struct
import threading
import unittest

from harness import GossipTestCase
from wire import ANNOUNCE, NOTIFICATION, NOTIFY, frame

# Small enough for a sanitizer, and many batches all the same.
MESSAGES = 20000

# What a message begins with: run, publisher, a check of the header, sequence number.
BODY_HEADER = struct.Struct("<IHHQ")
PROBE = 0xFFFF


class Bench(GossipTestCase):
    """The report of a run, and whether its exit code agrees."""

    def bench(self, *arguments, code=0):
        finished = self.run_command("bench", "--warmup", "0", "--json", *arguments)
        self.assertEqual(finished.code, code, finished)
        report = json.loads(finished.stdout)
        self.assertEqual(report["ok"], code == 0, report)
        return report

    def assert_complete(self, report, messages, subscribers):
        self.assertEqual(report["published"], messages)
        self.assertEqual(report["expected"], messages * subscribers)
        self.assertEqual(report["delivered"], messages * subscribers)
        for key in ("lost", "duplicates", "corrupt"):
            self.assertEqual(report[key], 0, key)
        self.assertEqual(report["pairs"], [])
        self.assertEqual(report["faults"], [])


class Daemons(Bench):
    def test_one_daemon_flat_out(self):
        node = self.gossipd(cache_size=1000)
        report = self.bench("--api", node.api, "--count", str(MESSAGES), "--pid", str(node.pid))
        self.assert_complete(report, MESSAGES, 1)
        self.assertIsNone(report["rate_wanted"])
        self.assertFalse(report["latency"]["corrected"])
        self.assertEqual(report["latency"]["samples"], MESSAGES)
        self.assertGreater(report["messages_per_second"], 0)
        self.assertGreater(report["cpu_us_per_message"], 0)
        (server,) = report["servers"]
        self.assertEqual(server["pid"], node.pid)
        self.assertGreater(server["rss_start_bytes"], 0)
        self.assertGreaterEqual(server["rss_peak_bytes"], server["rss_start_bytes"])

    def test_several_publishers_and_subscribers(self):
        node = self.gossipd(cache_size=1000)
        report = self.bench("--api", node.api, "--count", "5000", "--publishers", "7", "--subscribers", "5",
                            "--size", "1024")
        self.assert_complete(report, 5000, 5)

    def test_the_smallest_and_the_largest_message(self):
        node = self.gossipd()
        for size in ("24", "25", "65527"):
            with self.subTest(size):
                self.assert_complete(self.bench("--api", node.api, "--count", "100", "--size", size), 100, 1)

    def test_at_a_rate(self):
        node = self.gossipd()
        report = self.bench("--api", node.api, "--count", "500", "--rate", "1000", "--publishers", "3")
        self.assert_complete(report, 500, 1)
        self.assertEqual(report["rate_wanted"], 1000)
        self.assertTrue(report["latency"]["corrected"])
        # The schedule sets the pace: the last of 500 is due after 499 ms, and nothing is sent before it is due.
        self.assertGreaterEqual(report["window_seconds"], 0.499)
        self.assertGreater(report["latency"]["p50_us"], 0)
        self.assertLessEqual(report["latency"]["p50_us"], report["latency"]["p99_us"])
        self.assertLessEqual(report["latency"]["p99_us"], report["latency"]["max_us"])

    def test_a_duration_with_a_warm_up(self):
        node = self.gossipd()
        report = self.run_command("bench", "--api", node.api, "--warmup", "1", "--duration", "1", "--rate", "1000",
                                  "--json")
        self.assertEqual(report.code, 0, report)
        report = json.loads(report.stdout)
        self.assert_complete(report, 2000, 1)
        self.assertEqual(report["latency"]["samples"], 1000)
        self.assertEqual(report["published_per_second"], 1000)

    def test_a_rate_that_is_too_much(self):
        node = self.gossipd(cache_size=1000)
        report = self.bench("--api", node.api, "--duration", "1", "--rate", "4000000000", code=1)
        self.assertRegex(report["faults"][0], "the server did not keep up with the rate: it took [0-9]+ of 4000000000")
        # What was published all the same was delivered.
        self.assertEqual(report["lost"], 0)
        self.assertEqual(report["delivered"], report["published"])

    def test_two_daemons(self):
        first, second = self.chain(("gossipd", "gossipd"))
        report = self.bench("--api", first.api + "," + second.api, "--count", "5000", "--verdict", "accept",
                            "--subscribers", "2")
        self.assert_complete(report, 5000, 4)

    def test_two_daemons_that_speak_the_overlay_extension(self):
        first = self.gossipd(overlay="extended", cache_size=1000)
        second = self.gossipd(overlay="extended", cache_size=1000, bootstrapper=first.p2p, log_level="debug")
        second.await_log("speaks the overlay extension")
        report = self.bench("--api", first.api + "," + second.api, "--count", "5000", "--verdict", "accept",
                            "--subscribers", "2")
        self.assert_complete(report, 5000, 4)

    def test_three_daemons_where_clients_accept(self):
        first, second, third = self.chain(("gossipd", "gossipd", "gossipd"))
        report = self.bench("--api", second.api + "," + third.api, "--publish-api", first.api, "--count", "5000",
                            "--verdict", "accept")
        self.assert_complete(report, 5000, 2)

    def test_without_subscribers_it_only_publishes(self):
        node = self.gossipd()
        report = self.bench("--api", node.api, "--count", "1000", "--subscribers", "0")
        self.assert_complete(report, 1000, 0)

    def test_subscribers_that_never_read(self):
        node = self.gossipd()
        report = self.bench("--api", node.api, "--count", "1000", "--stalled", "2")
        self.assert_complete(report, 1000, 1)
        self.assertEqual(report["stalled"], 2)

    def test_what_others_publish_is_ignored(self):
        node = self.gossipd(cache_size=100)
        self.bench("--api", node.api, "--count", "100")
        report = self.bench("--api", node.api, "--count", "1000")
        self.assert_complete(report, 1000, 1)
        self.assertGreater(report["foreign"], 0)  # of the run before, replayed from the cache

    def test_for_people(self):
        node = self.gossipd()
        finished = self.run_command("bench", "--api", node.api, "--warmup", "0", "--count", "2000", "--rate", "1000",
                                    "--progress")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("nothing lost, nothing twice, every byte intact", finished.stdout)
        self.assertRegex(finished.stderr, r"(?m)^\d+ s: published \d+")

    def test_a_signal_ends_it_with_a_report(self):
        node = self.gossipd()
        command = self.start_command("bench", "--api", node.api, "--warmup", "0", "--duration", "600", "--rate", "1000",
                                     "--progress", "--json", stdin=None)
        command.await_log("published")
        command.signal(signal.SIGINT)
        self.assertEqual(command.wait(), 0)
        report = json.loads("".join(command.stdout.snapshot()))
        self.assert_complete(report, report["published"], 1)
        self.assertLess(report["window_seconds"], 600)

    def test_a_signal_before_anything_is_measured_is_a_failure(self):
        node = self.gossipd()
        for number in (signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                command = self.start_command("bench", "--api", node.api, "--warmup", "600", "--rate", "1000", "--progress",
                                             stdin=None)
                command.await_log("published")
                command.signal(number)
                self.assertEqual(command.wait(), 1)
                command.await_log("^gossipd: nothing was measured")
                self.assertNotIn("nothing lost", "".join(command.stdout.snapshot()))

    def test_nobody_there(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % unused.getsockname()[1]
        finished = self.run_command("bench", "--api", address)
        self.assertEqual(finished.code, 1, finished)
        self.assertIn(address, finished.stderr)

    def test_what_is_no_daemon_is_named_at_once(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        connections = []

        def answer():
            for _ in range(2):  # the subscriber and the publisher
                connections.append(server.accept()[0])
                connections[-1].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        address = "127.0.0.1:%d" % server.getsockname()[1]
        faults = self.bench("--api", address, code=1)["faults"]
        thread.join()
        for connection in connections:
            connection.close()
        reason = "0 at %s: the server broke the protocol: code 21584 is outside 500..519" % address
        self.assertIn(faults[0], ("subscriber " + reason, "publisher " + reason))
        self.assertNotIn("within 10 s", "".join(faults))

    def test_no_such_process(self):
        node = self.gossipd()
        finished = self.run_command("bench", "--api", node.api, "--pid", str(2 ** 31 - 1))
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("no process", finished.stderr)


class FalseDaemon:
    """Hands each ANNOUNCE to who sent a NOTIFY, but first `alter` makes a list of bodies of each body.

    `alter` gets the body, and its sequence number, or None for a probe. One thread for each connection.
    """

    def __init__(self, alter):
        self._alter = alter
        self._subscribers = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.api = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._connections = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # not connected any more
            connection.close()

    def hang_up(self):
        for subscriber in self._subscribers:
            subscriber.shutdown(socket.SHUT_RDWR)
        self._subscribers.clear()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection.makefile("rb") as stream:
            try:
                while True:
                    size, code = struct.unpack(">HH", stream.read(4))
                    self._handle(connection, code, stream.read(size - 4))
            except (OSError, ValueError, struct.error):
                return  # the end of the stream, or of the test

    def _handle(self, connection, code, body):
        if code == NOTIFY:
            self._subscribers.append(connection)
        if code != ANNOUNCE:
            return
        _, publisher, _, sequence = BODY_HEADER.unpack_from(body, 4)
        for data in self._alter(body[4:], None if publisher == PROBE else sequence):
            for subscriber in list(self._subscribers):
                subscriber.sendall(frame(NOTIFICATION, b"\0\1" + body[2:4] + data))


class Faults(Bench):
    """Whatever a daemon does to messages is found."""

    def false_daemon(self, alter):
        daemon = FalseDaemon(alter)
        self.addCleanup(daemon.close)
        return daemon

    def report_on(self, alter, code=1, *arguments):
        return self.bench("--api", self.false_daemon(alter).api, "--count", "100", *arguments, code=code)

    def test_a_daemon_that_does_it_right_passes(self):
        report = self.report_on(lambda data, sequence: [data], 0)
        self.assert_complete(report, 100, 1)

    def test_messages_in_another_order_pass(self):
        held = []

        def swap(data, sequence):
            if sequence is None:
                return [data]
            held.append(data)
            return [held.pop(), held.pop()] if len(held) == 2 else []
        self.assert_complete(self.report_on(swap, 0), 100, 1)

    def test_one_lost(self):
        report = self.report_on(lambda data, sequence: [] if sequence == 42 else [data])
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (1, 0, 0))
        (pair,) = report["pairs"]
        self.assertEqual((pair["subscriber"], pair["publisher"], pair["lost"]), (0, 0, 1))

    def test_the_last_one_lost(self):
        report = self.report_on(lambda data, sequence: [] if sequence == 99 else [data])
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (1, 0, 0))

    def test_one_twice(self):
        report = self.report_on(lambda data, sequence: [data, data] if sequence == 42 else [data])
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (0, 1, 0))
        self.assertEqual(report["pairs"][0]["duplicates"], 1)

    def test_the_last_one_twice(self):
        report = self.report_on(lambda data, sequence: [data, data] if sequence == 99 else [data])
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (0, 1, 0))

    def test_one_changed(self):
        def change(data, sequence):
            return [data[:-1] + bytes([data[-1] ^ 1])] if sequence == 42 else [data]
        report = self.report_on(change)
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (1, 0, 1))

    def test_a_changed_number_in_a_message_without_filler(self):
        def change(data, sequence):
            return [data[:9] + bytes([data[9] ^ 1]) + data[10:]] if sequence == 42 else [data]
        report = self.report_on(change, 1, "--size", "24")
        self.assertEqual((report["lost"], report["duplicates"], report["corrupt"]), (1, 0, 1))

    def test_one_shorter(self):
        report = self.report_on(lambda data, sequence: [data[:-1]] if sequence == 42 else [data])
        self.assertEqual((report["lost"], report["corrupt"]), (1, 1))

    def test_a_connection_that_is_closed_is_named(self):
        daemon = None

        def hang_up(data, sequence):
            if sequence == 42:
                daemon.hang_up()
            return [data]
        daemon = self.false_daemon(hang_up)
        report = self.bench("--api", daemon.api, "--count", "100", code=1)
        self.assertEqual(report["lost"], 58)
        self.assertEqual(report["faults"], ["subscriber 0 at %s: the server closed the connection" % daemon.api])

    def test_nothing_ever_comes(self):
        daemon = self.false_daemon(lambda data, sequence: [])
        report = self.bench("--api", daemon.api, code=1)
        self.assertEqual(report["published"], 0)
        self.assertEqual(report["faults"], ["not every subscriber at %s got a message that was published at %s within 10 s "
                                            "of subscribing" % (daemon.api, daemon.api)])


if __name__ == "__main__":
    unittest.main()
