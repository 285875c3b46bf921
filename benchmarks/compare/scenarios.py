"""What is compared: for each scenario the servers, what the client is told, and which figures count.

A figure is (key, title, unit, digits); `figures_of` takes them out of what the client reports.
"""
import collections

from servers import Gossipd, GossipdWithStalledPeer, Nats, Redis, Relay

KIB = 1024
MIB = 1024 * 1024

# One that stalls holds the others up for half a second, once: in a shorter run that is more than a hundredth of it.
STALLED_SECONDS_MIN = 60

Figure = collections.namedtuple("Figure", "key title unit digits")

RATE = Figure("messages_per_second", "messages/s", "/s", 0)
DELIVERIES = Figure("delivered_per_second", "deliveries/s", "/s", 0)
CPU = Figure("cpu_us_per_message", "server CPU per message", "us", 3)
CPU_PER_DELIVERY = Figure("cpu_us_per_delivery", "server CPU per delivery", "us", 3)
P50 = Figure("p50_us", "p50", "us", 1)
P99 = Figure("p99_us", "p99", "us", 1)
RSS = Figure("rss_peak_mib", "resident at most", "MiB", 1)

OVERLAY = "gossipd, overlay"

# `start` makes the server; `nodes` of it are subscribed at, counted from the end of the chain.
Contestant = collections.namedtuple("Contestant", "label start nodes arguments")
Scenario = collections.namedtuple("Scenario", "key title contestants arguments warm_up seconds_min figures")

# The cache that the flat-out runs have; the default of 30 is meant for quiet networks.
LARGE_CACHE = ("--cache-size", "4096")


def _gossipd(nodes=1, options=LARGE_CACHE, subscribed=1, arguments=(), label="gossipd", ring=False):
    return Contestant(label, lambda: Gossipd(nodes, options, ring), subscribed, list(arguments))


def _overlay(nodes=1, options=LARGE_CACHE, **more):
    """The same with the overlay extension."""
    return _gossipd(nodes, (*options, "--overlay", "extended"), label=OVERLAY, **more)


def _nats(nodes=1, arguments=(), label="nats"):
    return Contestant(label, lambda: Nats(nodes), 1, list(arguments))


def _redis():
    return Contestant("redis", Redis, 1, [])


def _relay():
    return Contestant("relay", Relay, 1, [])


def _size(size):
    return ["--size", str(size)]


PACED = _size(64) + ["--rate", "5000"]
# 400,000 deliveries/s: half of what a subscriber that stalls takes with it fits no buffer.
MANY_PACED = _size(64) + ["--subscribers", "20", "--rate", "20000"]

SCENARIOS = [
    Scenario("one_64", "one node, 64 B, flat out", [_gossipd(), _overlay(), _nats(), _redis(), _relay()],
             _size(64), 1, 0, [RATE, CPU]),
    Scenario("one_1k", "one node, 1 KiB, flat out", [_gossipd(), _overlay(), _nats(), _redis(), _relay()],
             _size(KIB), 1, 0, [RATE, CPU]),
    Scenario("hop_64", "two nodes, one hop, 64 B, flat out", [_gossipd(2), _overlay(2), _nats(2)], _size(64), 3, 0,
             [RATE, CPU]),
    Scenario("validated", "three nodes, validated at each hop by a client, 64 B, flat out",
             [_gossipd(3, subscribed=2)], _size(64) + ["--verdict", "accept"], 1, 0, [RATE, CPU]),
    Scenario("ring", "three nodes, each linked to both others, validated by a client at each, 64 B, flat out",
             [_gossipd(3, subscribed=2, ring=True), _overlay(3, subscribed=2, ring=True)],
             _size(64) + ["--verdict", "accept"], 3, 0, [RATE, CPU]),
    Scenario("latency_one", "one node, 5,000 messages/s of 64 B",
             [_gossipd(options=()), _overlay(options=()), _nats(), _redis(), _relay()], PACED, 1, 0, [P50, P99, CPU]),
    Scenario("latency_two", "two nodes, one hop, 5,000 messages/s of 64 B", [_gossipd(2, options=()), _overlay(2, options=()), _nats(2)],
             PACED, 3, 0, [P50, P99, CPU]),
    Scenario("fanout_64", "1 to 1,000 subscribers, 64 B, flat out", [_gossipd(), _nats(), _redis()],
             _size(64) + ["--subscribers", "1000"], 1, 0, [DELIVERIES, CPU_PER_DELIVERY, RSS]),
    Scenario("fanout_1k", "1 to 1,000 subscribers, 1 KiB, flat out", [_gossipd(), _nats(), _redis()],
             _size(KIB) + ["--subscribers", "1000"], 1, 0, [DELIVERIES, CPU_PER_DELIVERY, RSS]),
    Scenario("stalled", "20 subscribers, 20,000 messages/s of 64 B, one more or a peer that never reads",
             [_gossipd(options=(), label="gossipd, none stalled"),
              _gossipd(options=(), label="gossipd, one stalled", arguments=["--stalled", "1"]),
              Contestant("gossipd, a peer stalled", GossipdWithStalledPeer, 1, []),
              _nats(label="nats, none stalled"),
              _nats(label="nats, one stalled", arguments=["--stalled", "1"])],
             MANY_PACED, 1, STALLED_SECONDS_MIN, [P50, P99, CPU, RSS]),
]


def figures_of(report):
    """The figures of one run, from the client's JSON object."""
    return {
        "messages_per_second": report["messages_per_second"],
        "delivered_per_second": report["delivered_per_second"],
        "cpu_us_per_message": report["cpu_us_per_message"],
        "cpu_us_per_delivery": report["cpu_us_per_delivery"],
        "p50_us": report["latency"]["p50_us"],
        "p99_us": report["latency"]["p99_us"],
        "rss_peak_mib": max(server["rss_peak_bytes"] for server in report["servers"]) / MIB,
    }


# -- what is wanted --------------------------------------------------------------------------------

# `measure` takes the results (report.py) and returns what was measured, or None where it was not; `met` judges that.
Target = collections.namedtuple("Target", "scenario title wanted measure met shown")


def _ratio(scenario, figure, bound, at_least=False):
    sign = "at least" if at_least else "at most"
    return Target(scenario, figure.title, "%s %g x NATS" % (sign, bound),
                  lambda results: results.ratio(scenario, figure.key, "gossipd", "nats"),
                  lambda ratio: ratio >= bound if at_least else ratio <= bound, "%.2f x")


def _with_overlay(scenario, figure):
    """The overlay extension costs no more than this, whatever the figure is."""
    wanted, met = (("at least 0.95 x", lambda ratio: ratio >= 0.95) if figure is RATE
                   else ("at most 1.05 x", lambda ratio: ratio <= 1.05))
    return Target(scenario, figure.title + ", overlay", wanted + " that without it",
                  lambda results: results.ratio(scenario, figure.key, OVERLAY, "gossipd"), met, "%.2f x")


def _faultless(scenario, label, title="lost, twice or changed"):
    return Target(scenario, title, "none", lambda results: results.damage(scenario, label), lambda damage: damage == 0, "%d")


def _stalled(who):
    """What one that stalls costs the others, and the server: the targets."""
    label = "gossipd, %s stalled" % who
    return [
        Target("stalled", "p99, %s stalled" % who, "at most 1.1 x that with none stalled",
               lambda results: results.ratio("stalled", P99.key, label, "gossipd, none stalled"),
               lambda ratio: ratio <= 1.1, "%.2f x"),
        Target("stalled", "more memory than with none stalled, %s stalled" % who,
               "at most 17 MiB: what may be queued for a connection",
               lambda results: results.difference("stalled", RSS.key, label, "gossipd, none stalled"),
               lambda mib: mib <= 17, "%.1f MiB"),
    ]


TARGETS = [
    _ratio("one_64", RATE, 3.5, at_least=True),
    _ratio("one_64", CPU, 0.3),
    _ratio("one_1k", RATE, 1.9, at_least=True),
    _ratio("one_1k", CPU, 0.5),
    _ratio("hop_64", RATE, 3, at_least=True),
    _ratio("hop_64", CPU, 0.35),
    Target("validated", RATE.title, "at least 500,000/s",
           lambda results: results.median("validated", "messages_per_second", "gossipd"),
           lambda rate: rate >= 500000, "%.0f/s"),
    _faultless("validated", "gossipd"),
    _faultless("ring", "gossipd"),
    _faultless("ring", OVERLAY, "lost, twice or changed, overlay"),
    _ratio("latency_one", P50, 0.8),
    _ratio("latency_one", P99, 0.8),
    _ratio("latency_one", CPU, 0.3),
    _ratio("latency_two", P50, 0.8),
    _ratio("latency_two", P99, 0.8),
    _ratio("latency_two", CPU, 0.3),
    _ratio("fanout_64", DELIVERIES, 5, at_least=True),
    Target("fanout_64", RSS.title, "under 64 MiB",
           lambda results: results.median("fanout_64", "rss_peak_mib", "gossipd"), lambda mib: mib < 64, "%.1f MiB"),
    _ratio("fanout_1k", DELIVERIES, 1.7, at_least=True),
    Target("fanout_1k", RSS.title, "under 64 MiB",
           lambda results: results.median("fanout_1k", "rss_peak_mib", "gossipd"), lambda mib: mib < 64, "%.1f MiB"),
    *_stalled("one"),
    *_stalled("a peer"),
    *(_with_overlay(scenario, figure) for scenario in ("one_64", "one_1k", "hop_64", "ring")
      for figure in (RATE, CPU)),
    *(_with_overlay(scenario, figure) for scenario in ("latency_one", "latency_two") for figure in (P50, P99, CPU)),
]
