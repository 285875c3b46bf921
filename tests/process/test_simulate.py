"""gossipd simulate: small networks, their reports, and what is refused."""
import json
import os
import resource
import signal
import unittest
import xml.etree.ElementTree

from harness import GossipTestCase
from wire import TIME_FACTOR

SMALL = ("--nodes", "20", "--degree", "3", "--duration", "5s")

KEYS = ("nodes", "seed", "command", "messages", "deliveries", "transmissions", "promised", "reliability", "rmr", "ldh_mean",
        "ldh_max", "delivery_ms", "live_nodes", "frames", "bytes", "traffic_bytes", "joining_seconds",
        "virtual_seconds", "edges", "degree", "degree_distribution", "components", "largest_component",
        "component_sizes", "average_shortest_path", "longest_shortest_path", "path_sources", "clustering_coefficient",
        "degree_assortativity", "trace_hash", "events", "wall_seconds", "cpu_seconds", "events_per_second",
        "bytes_per_node", "failures", "phases", "ok", "violations", "violation_texts")


class Simulate(GossipTestCase):
    def simulate(self, *arguments, code=0):
        finished = self.run_command("simulate", *arguments)
        self.assertEqual(finished.code, code, finished)
        return finished

    def report(self, *arguments):
        return json.loads(self.simulate("--json", *arguments).stdout)


class Runs(Simulate):
    def test_everybody_gets_everything(self):
        report = self.report(*SMALL)
        self.assertEqual(set(report), set(KEYS))
        self.assertTrue(report["ok"], report)
        self.assertEqual(report["nodes"], 20)
        self.assertEqual(report["seed"], 1)
        self.assertEqual(report["messages"], 50)
        self.assertEqual(report["deliveries"], 50 * 19)
        self.assertEqual(report["reliability"], 1)
        self.assertEqual(report["promised"], 50 * 20)
        self.assertEqual(report["components"], 1)
        self.assertEqual(report["live_nodes"], 20)
        self.assertEqual(sum(report["degree_distribution"]), 20)
        self.assertGreaterEqual(report["degree"]["min"], 3)
        self.assertRegex(report["trace_hash"], "^[0-9a-f]{16}$")
        self.assertEqual(report["violation_texts"], [])
        # A message goes over every link but the one it came by, in one direction at least.
        self.assertGreaterEqual(report["transmissions"], report["deliveries"])
        times = report["delivery_ms"]
        self.assertGreaterEqual(times["p50"], 10)  # no link is faster
        self.assertLessEqual(times["p50"], times["p99"])
        self.assertLessEqual(times["p99"], times["max"])
        self.assertEqual([phase["what"] for phase in report["phases"]], ["all"])

    @unittest.skipIf(TIME_FACTOR > 1, "a sanitizer takes far more address space than it may have here")
    def test_with_less_address_space_than_it_would_like_it_gets_along(self):
        before, most = resource.getrlimit(resource.RLIMIT_AS)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_AS, (before, most))
        resource.setrlimit(resource.RLIMIT_AS, (700 << 20, most))
        limited = self.report("--nodes", "500", "--wired", "--duration", "2s")
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
        self.assertEqual(limited["trace_hash"], self.report("--nodes", "500", "--wired", "--duration", "2s")["trace_hash"])

    def test_the_same_seed_gives_the_same_run_and_another_one_another(self):
        first, again, other = (self.report(*SMALL, "--crash", "0.2@2s", "--seed", seed) for seed in "778")
        self.assertEqual(first["trace_hash"], again["trace_hash"])
        self.assertNotEqual(first["trace_hash"], other["trace_hash"])
        for key in set(KEYS) - {"wall_seconds", "cpu_seconds", "events_per_second", "bytes_per_node"}:
            self.assertEqual(first[key], again[key], key)

    def test_the_command_in_the_report_runs_the_same_again(self):
        first = self.report(*SMALL, "--latency", "matrix:5ms,80ms/70ms,8ms", "--rate", "3", "--partition", "1s@1s:0.3",
                            "--churn", "1/min", "--fault", "break-links:0.1@2s", "--hostile", "silent:1")
        program, command, *arguments = first["command"].split()
        self.assertEqual((program, command), ("gossipd", "simulate"))
        self.assertEqual(self.report(*arguments)["trace_hash"], first["trace_hash"])

    def test_what_a_report_shows_beside_the_run_is_in_its_command(self):
        preset = ("--preset", "glomers-d", "--duration", "7s", "--degree", "5", "--seed", "3")  # as usual without a preset
        for arguments in ((*SMALL, "--settle", "2s"), preset):
            with self.subTest(" ".join(arguments)):
                first = self.report(*arguments)
                again = self.report(*first["command"].split()[2:])
                self.assertGreater(len(first["phases"]), 1)
                for key in set(first) - {"wall_seconds", "cpu_seconds", "events_per_second", "bytes_per_node"}:
                    self.assertEqual(first[key], again[key], key)

    def test_a_crash_leaves_those_who_live(self):
        report = self.report(*SMALL, "--crash", "0.25@2s")
        self.assertEqual(report["live_nodes"], 15)
        self.assertEqual(sum(report["component_sizes"]), 15)
        self.assertEqual([phase["what"] for phase in report["phases"]], ["before", "after crash 25 %"])
        self.assertEqual(sum(phase["messages"] for phase in report["phases"]), report["messages"])

    def test_where_nobody_ran_all_the_time_reliability_says_nothing(self):
        report = self.report("--nodes", "6", "--duration", "6s", "--fault", "restart:1@2s+1s", "--spare-nobody")
        self.assertTrue(report["ok"], report)
        self.assertGreater(report["messages"], 0)
        self.assertIsNone(report["reliability"])
        self.assertEqual(report["promised"], 0)

    def test_a_few_nodes_seek_all_the_others(self):
        report = self.report("--nodes", "3", "--duration", "2s")
        self.assertEqual(report["edges"], 3)
        self.assertEqual(report["command"], "gossipd simulate --nodes 3 --duration 2s")

    def test_regions_from_a_file(self):
        path = os.path.join(self.temporary_directory(), "regions")
        with open(path, "w", encoding="utf-8") as file:
            file.write("near 1ms 200ms\nfar 200ms 1ms  # to itself\n")
        report = self.report(*SMALL, "--latency", "regions:" + path)
        self.assertGreaterEqual(report["delivery_ms"]["max"], 200)

    def test_one_message(self):
        report = self.report("--nodes", "30", "--wired", "--messages", "1", "--duration", "1s")
        self.assertEqual(report["messages"], 1)
        self.assertEqual(report["deliveries"], 29)
        self.assertEqual(report["degree_distribution"], [0, 0, 0, 0, 0, 30])  # as wired
        self.assertIsNone(report["degree_assortativity"])

    def test_several_seeds_and_sizes(self):
        report = self.report("--nodes", "20,10", "--degree", "3", "--duration", "2s", "--seed", "5", "--seeds", "2")
        self.assertEqual([(run["nodes"], run["seed"]) for run in report["runs"]], [(10, 5), (10, 6), (20, 5), (20, 6)])
        self.assertEqual([(size["nodes"], size["runs"]) for size in report["aggregates"]], [(10, 2), (20, 2)])
        hops = [run["ldh_mean"] for run in report["runs"][:2]]
        aggregate = report["aggregates"][0]["ldh_mean"]
        self.assertAlmostEqual(aggregate["mean"], sum(hops) / 2, places=5)
        self.assertEqual((aggregate["min"], aggregate["max"]), (min(hops), max(hops)))

    def test_a_random_scenario(self):
        report = self.report("--random", "--seed", "3")
        self.assertEqual(report["command"], "gossipd simulate --random --seed 3")
        report = self.report("--random", "--protocol", "mixed", "--seed", "3")
        self.assertEqual(report["command"], "gossipd simulate --random --protocol mixed --seed 3")

    def test_protocols_side_by_side(self):
        report = self.report(*SMALL, "--protocol", "base,extended", "--seeds", "2")
        self.assertTrue(report["ok"], report)
        self.assertEqual([(run["protocol"], run["seed"]) for run in report["runs"]],
                         [("base", 1), ("base", 2), ("extended", 1), ("extended", 2)])
        self.assertEqual([(group["protocol"], group["runs"]) for group in report["aggregates"]],
                         [("base", 2), ("extended", 2)])
        self.assertEqual({run["nodes"] for run in report["runs"]}, {20})
        # Each is what it is alone.
        alone = self.report(*SMALL, "--protocol", "extended", "--seed", "2")
        self.assertEqual(set(alone), set(KEYS))
        self.assertEqual(alone["trace_hash"], report["runs"][3]["trace_hash"])
        self.assertEqual(alone["command"], report["runs"][3]["command"])

    def test_protocols_side_by_side_for_people(self):
        text = self.simulate(*SMALL, "--protocol", "base,extended").stdout
        self.assertRegex(text, r"(?s)^Protocol base\n.*\nProtocol extended\n.*\nSide by side, 20 nodes +base +extended\n")
        self.assertRegex(text, r"(?m)^  redundancy \(RMR\) +[0-9.]+ +[0-9.]+$")

    def test_the_exercises_are_solved_over_all_operations(self):
        for preset, below in (("glomers-d", (30, 400, 600)), ("glomers-e", (20, 1000, 2000))):
            with self.subTest(preset):
                report = self.report("--preset", preset)
                self.assertTrue(report["ok"], report)
                yardstick = report["yardstick"]
                self.assertEqual(set(report), set(KEYS) | {"yardstick"})
                self.assertEqual(tuple(yardstick["below"].values()), below)
                self.assertTrue(yardstick["all"]["met"], yardstick)
                self.assertEqual(yardstick["all"]["operations"], 2500)
                self.assertEqual(yardstick["settled"]["operations"], 2000)
                self.assertEqual(yardstick["all"]["frames"], report["frames"])
                # A message goes over 24 links, in two hops.
                self.assertGreaterEqual(yardstick["all"]["frames"], 24 * 1250)
                self.assertGreaterEqual(yardstick["all"]["last_node_ms_max"], 200)

    def test_a_target_that_is_missed_is_said_to_be(self):
        # Everybody hears of a message from each of four others.
        finished = self.simulate("--preset", "glomers-d", "--wired", "--degree", "4", "--duration", "7s")
        self.assertRegex(finished.stdout, r"(?m)^  frames between nodes, per operation +< 30 +[34]\d\.\d, missed +[34]\d\.\d, missed$")
        self.assertRegex(finished.stdout, r"(?m)^settled +5 s +7 s +100 ")

    def test_for_people(self):
        finished = self.simulate(*SMALL)
        for word in ("reliability", "redundancy (RMR)", "clustering coefficient", "20 nodes, seed 1: trace "):
            self.assertIn(word, finished.stdout)
        self.assertEqual(finished.stderr, "")  # no progress where nobody looks at a terminal

    def test_progress(self):
        finished = self.simulate(*SMALL, "--progress")
        self.assertRegex(finished.stderr, r"(?m)^20 nodes \[#* *\] joining, \d+\.\d of \d+ s, [\d ]+ events")


class Pages(Simulate):
    def test_the_page_is_well_formed_and_alone(self):
        path = os.path.join(self.temporary_directory(), "report.html")
        self.simulate(*SMALL, "--crash", "0.2@2s", "--report", path)
        with open(path, encoding="utf-8") as file:
            page = file.read()
        root = xml.etree.ElementTree.fromstring(page)
        self.assertEqual([heading.text for heading in root.iter("h3")],
                         ["Delivery", "Reliability", "Redundancy", "Delay", "Degree distribution", "Traffic per node",
                          "Before and after failures", "The overlay"])
        self.assertEqual(len(list(root.iter("svg"))), 7)
        self.assertEqual(len([circle for circle in root.iter("circle") if "node" in circle.get("class")]), 16)
        self.assertNotIn("//", page)
        self.assertFalse({"script", "link", "img", "iframe", "object", "use", "image"} &
                         {element.tag for element in root.iter()})

    def test_a_page_over_several_sizes(self):
        path = os.path.join(self.temporary_directory(), "report.html")
        self.simulate("--nodes", "10,20", "--degree", "3", "--duration", "2s", "--report", path)
        root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual([heading.text for heading in root.iter("h2")],
                         ["Measures", "Cost against size", "10 nodes, seed 1", "20 nodes, seed 1"])

    def test_a_page_that_compares_protocols_is_alone_too(self):
        path = os.path.join(self.temporary_directory(), "report.html")
        self.simulate(*SMALL, "--crash", "0.2@2s", "--protocol", "base,extended,mixed", "--report", path)
        with open(path, encoding="utf-8") as file:
            page = file.read()
        root = xml.etree.ElementTree.fromstring(page)
        self.assertEqual([heading.text for heading in root.iter("h2")],
                         ["Side by side, 20 nodes", "Measures", "20 nodes, base, seed 1", "20 nodes, extended, seed 1",
                          "20 nodes, mixed, seed 1"])
        self.assertEqual([heading.text for heading in root.iter("h3") if "overlay" in heading.text],
                         ["The overlay, base", "The overlay, extended", "The overlay, mixed"])
        self.assertNotIn("//", page)
        self.assertFalse({"script", "link", "img", "iframe", "object", "use", "image"} &
                         {element.tag for element in root.iter()})

    def test_a_file_that_cannot_be_written_is_named_before_anything_is_run(self):
        path = os.path.join(self.temporary_directory(), "missing", "report.html")
        # It would take hours.
        finished = self.simulate("--nodes", "100000", "--duration", "24h", "--report", path, code=1)
        self.assertIn(path + ": cannot be written: No such file or directory", finished.stderr)
        self.assertEqual(finished.stdout, "")

    def test_a_run_that_is_interrupted_leaves_what_was_there(self):
        path = os.path.join(self.temporary_directory(), "report.html")
        for before in (None, "before"):
            with self.subTest(before):
                if before:
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(before)
                # It would take hours.
                command = self.start_command("simulate", "--nodes", "1000", "--duration", "24h", "--progress",
                                             "--report", path)
                command.await_log("joining")
                command.signal(signal.SIGINT)
                self.assertEqual(command.wait(), -signal.SIGINT)
                if before:
                    with open(path, encoding="utf-8") as file:
                        self.assertEqual(file.read(), before)
                else:
                    self.assertFalse(os.path.exists(path))

    def test_a_run_that_is_refused_leaves_a_file_as_it_is(self):
        path = os.path.join(self.temporary_directory(), "report.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write("before")
        self.simulate("--degree", "0", "--report", path, code=2)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "before")


class Refusals(Simulate):
    REFUSED = (
        (("--degree", "0"), "--degree = 0: at least 1 is needed"),
        (("--nodes", "10", "--degree", "10"), "at most 9 is possible with 10 nodes"),
        (("--degree", "31"), "a node has room for no more connections"),
        (("--crash", "1.5@20s"), "a share of the nodes above 0 and at most 1"),
        (("--crash", "0.3@40s"), "a time before the end of the duration, 30s, is needed"),
        (("--partition", "60s@20s"), "a duration of at least 80s would do"),
        (("--partition", "1s@31s"), "a time before the end of the duration"),
        (("--publishers", "101"), "at most 100 are possible with 100 nodes"),
        (("--size", "65528"), "8 bytes, by which messages are told apart, to 65527 are needed"),
        (("--rate", "0"), "a number from 0.001"),
        (("--latency", "slow"), "fixed:TIME, uniform:TIME-TIME"),
        (("--churn", "2/min"), "at most 1/min"),
        (("--churn", "0.01/min"), "replaces none of 100 nodes in 30s: a share of at least 0.019995 a minute"),
        (("--nodes", "10", "--publishers", "9", "--crash", "0.3@5s"), "it would hit nobody"),
        (("--fault", "crash:1@5s", "--spare-nobody"), "no node would be left: a share of at most 0.99"),
        (("--spare-nobody",), "--spare-nobody: nobody is spared anyway"),
        (("--link-timeout", "0s"), "--link-timeout = 0s: a time above 0 is needed"),
        (("--wired", "--join-pause", "1s"), "--join-pause says nothing with --wired"),
        (("--seed", "18446744073709551615", "--seeds", "2"), "at most 1 is possible"),
        (("--random", "--nodes", "9"), "--nodes cannot be used with it"),
        (("--preset", "glomers"), "--preset = glomers: glomers-d or glomers-e is needed"),
        (("--preset", "glomers-e", "--nodes", "9"), "--publishers is 25 by --preset glomers-e"),
        (("--settle", "31s"), "a time before the end of the duration, 30s, is needed"),
        (("--settle", "5s", "--crash", "0.3@4s"), "nothing may fail before"),
        (("--random", "--protocol", "base,mixed"), "--protocol needs to name one"),
        (("--protocol", "base,"), "base, extended or mixed is needed, or several of them between commas"),
    )

    def test_what_is_impossible_exits_with_2_and_says_what_would_be_right(self):
        for arguments, reason in self.REFUSED:
            with self.subTest(" ".join(arguments)):
                finished = self.simulate(*arguments, code=2)
                self.assertTrue(finished.stderr.startswith("gossipd simulate: "), finished.stderr)
                self.assertIn(reason, finished.stderr)
                self.assertEqual(finished.stdout, "")

    def test_a_file_of_regions_that_is_wrong_is_named_with_its_line(self):
        path = os.path.join(self.temporary_directory(), "regions")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# to here  there\nhere  1ms 20ms\nthere 20ms\n")
        finished = self.simulate("--latency", "regions:" + path, code=1)
        self.assertIn(path + ":3: there = 1 times: one for each of the 2 regions is needed", finished.stderr)
        finished = self.simulate("--latency", "regions:" + path + ".missing", code=1)
        self.assertIn(path + ".missing: cannot be read: No such file or directory", finished.stderr)

    def test_a_file_of_regions_without_end_is_refused(self):
        finished = self.simulate("--latency", "regions:/dev/zero", code=1)
        self.assertEqual(finished.stderr,
                         "gossipd: --latency: /dev/zero: cannot be read: a file of at most 16777216 bytes is needed")


if __name__ == "__main__":
    unittest.main()
