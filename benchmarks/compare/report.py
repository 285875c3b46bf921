"""The results of all rounds, and what is said of them: JSON, a Markdown table, and a summary of the targets."""
import datetime
import json
import os
import platform
import statistics

from scenarios import SCENARIOS, TARGETS, figures_of


class Results:
    """What the client reported: for each scenario and contestant one report a round, in the order of the rounds."""

    def __init__(self, settings, versions):
        self.settings = settings
        self.versions = versions
        self.missing = {}   # a server's name: why it is left out
        self.commands = {}  # scenario, contestant: the commands of its servers, and the client's arguments
        self._reports = {}  # scenario, contestant: the reports, None for a run that failed
        self.failures = []  # sentences

    def add(self, scenario, contestant, report, commands, arguments):
        self._reports.setdefault((scenario, contestant), []).append(report)
        self.commands[scenario, contestant] = (commands, arguments)
        if report is None:
            self.failures.append("%s, %s: the client reported nothing" % (scenario, contestant))
        elif not report["ok"]:
            self.failures.append("%s, %s: lost %d, twice %d, changed %d; %s" % (
                scenario, contestant, report["lost"], report["duplicates"], report["corrupt"],
                "; ".join(report["faults"]) or "no connection broke"))

    def rounds(self, scenario, contestant):
        return self._reports.get((scenario, contestant), [])

    def values(self, scenario, key, contestant):
        """One for each round; None where it failed."""
        return [None if report is None else figures_of(report)[key] for report in self.rounds(scenario, contestant)]

    def median(self, scenario, key, contestant):
        values = [value for value in self.values(scenario, key, contestant) if value is not None]
        return statistics.median(values) if values else None

    def _pairs(self, scenario, key, one, other):
        pairs = zip(self.values(scenario, key, one), self.values(scenario, key, other))
        return [pair for pair in pairs if pair[0] is not None and pair[1] is not None]

    def ratio(self, scenario, key, one, other):
        """The median of the ratios within each round, which drift of the machine does not touch."""
        ratios = [a / b for a, b in self._pairs(scenario, key, one, other) if b]
        return statistics.median(ratios) if ratios else None

    def difference(self, scenario, key, one, other):
        differences = [a - b for a, b in self._pairs(scenario, key, one, other)]
        return statistics.median(differences) if differences else None

    def damage(self, scenario, contestant):
        """Messages lost, twice or changed in all rounds."""
        reports = [report for report in self.rounds(scenario, contestant) if report is not None]
        if not reports:
            return None
        return sum(report["lost"] + report["duplicates"] + report["corrupt"] for report in reports)

    def scenarios(self):
        """Those that have results, each with the labels of those contestants that do."""
        for scenario in SCENARIOS:
            labels = [contestant.label for contestant in scenario.contestants
                      if any(self.rounds(scenario.key, contestant.label))]
            if labels:
                yield scenario, labels


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    return {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")}


def shown(value, digits):
    return "-" if value is None else "{:,.{}f}".format(value, digits)


def _table(rows):
    """Markdown; the first row is the head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| --- |" + " ---: |" * (len(rows[0]) - 1))
    return "\n".join(lines)


def _scenario_table(results, scenario, labels):
    compared = "gossipd" in labels and "nats" in labels
    head = [scenario.title] + ["%s, %s" % (figure.title, figure.unit) if figure.unit != "/s" else figure.title
                               for figure in scenario.figures]
    rows = [head]
    for label in labels:
        rows.append([label] + [shown(results.median(scenario.key, figure.key, label), figure.digits)
                               for figure in scenario.figures])
    if compared:
        ratios = [results.ratio(scenario.key, figure.key, "gossipd", "nats") for figure in scenario.figures]
        rows.append(["gossipd : nats"] + ["-" if ratio is None else "%.2f" % ratio for ratio in ratios])
    return _table(rows)


def target_rows(results):
    titles = {scenario.key: scenario.title for scenario in SCENARIOS}
    for target in TARGETS:
        measured = target.measure(results)
        if measured is None:
            continue
        yield (titles[target.scenario], target.title, target.wanted, target.shown % measured,
               "yes" if target.met(measured) else "no")


def _targets(results):
    rows = [("scenario", "figure", "target", "measured", "met"), *target_rows(results)]
    if len(rows) == 1:
        return "None of the targets was measured in this run."
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| --- | --- | --- | --- | --- |")
    return "\n".join(lines)


def _commands(results):
    lines = []
    for (scenario, contestant), (commands, arguments) in results.commands.items():
        lines.append("%s, %s:" % (scenario, contestant))
        lines += ["    " + " ".join(word or "''" for word in command) for command in commands]
        lines.append("    client: " + " ".join(arguments))
    return "\n".join(lines)


def to_markdown(results):
    here = machine()
    rounds = results.settings["rounds"]
    parts = [
        "# gossipd beside other servers",
        "Written by `benchmarks/compare/run`, %s, which a person runs by hand: %s, %d cores, Linux %s, with a load "
        "average of %.1f before. Everything is on that one machine: the servers, and the client with one thread that "
        "publishes and one that subscribes." %
        (here["date"], here["processor"], here["cores"], here["kernel"], results.settings["load_average_before"]),
        "Medians of %d round%s of %d s each; a round runs every server once, one after the other. Ratios are medians of "
        "the ratios within each round. Absolute figures drift from run to run and from machine to machine: only ratios "
        "of one run mean something." % (rounds, "" if rounds == 1 else "s", results.settings["seconds"]),
        "Servers: " + "; ".join(results.versions.values()) + ". gossipd runs with its defaults, so with worker threads "
        "0, but for a cache of 4,096 messages where it is flat out.",
        "![Bars of the figures below](compare.svg)",
        "## Targets", _targets(results), "## Figures"]
    for scenario, labels in results.scenarios():
        parts.append(_scenario_table(results, scenario, labels))
    parts.append("CPU is the processor time of all server processes, of the kernel on their behalf too. Latency is "
                 "counted from the moment at which a message was due (corrected for coordinated omission), and "
                 "includes the client's own. Resident memory is the largest of one process.")
    if results.missing or results.failures:
        parts.append("## What went wrong")
        lines = ["- %s was left out: %s" % item for item in results.missing.items()]
        lines += ["- " + failure for failure in results.failures]
        parts.append("\n".join(lines))
    parts += ["## Commands", "```\n" + _commands(results) + "\n```"]
    return "\n\n".join(parts) + "\n"


def to_json(results):
    scenarios = {}
    for scenario, labels in results.scenarios():
        contestants = {}
        for label in labels:
            commands, arguments = results.commands[scenario.key, label]
            contestants[label] = {
                "medians": {figure.key: results.median(scenario.key, figure.key, label) for figure in scenario.figures},
                "servers": commands, "client": arguments, "rounds": results.rounds(scenario.key, label)}
        scenarios[scenario.key] = {"title": scenario.title, "contestants": contestants}
        if "gossipd" in labels and "nats" in labels:
            scenarios[scenario.key]["gossipd_to_nats"] = {
                figure.key: results.ratio(scenario.key, figure.key, "gossipd", "nats") for figure in scenario.figures}
    keys = ("scenario", "figure", "target", "measured", "met")
    return json.dumps({"machine": machine(), "settings": results.settings, "versions": results.versions,
                       "missing": results.missing, "failures": results.failures,
                       "targets": [dict(zip(keys, row)) for row in target_rows(results)],
                       "scenarios": scenarios}, indent=1) + "\n"
