#!/usr/bin/env python3
"""Checks that the manual, both completions and the configuration file know exactly what gossipd itself does.

check_documents.py GOSSIPD SHARE: the program, and the directory with its documents. The truth is what
`gossipd COMMAND --help` prints. Prints each fault and exits with 1 if there is one.
"""
import os
import re
import subprocess
import sys

COMMANDS = ["run", "check", "publish", "subscribe", "bench", "simulate"]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def commands_of(gossipd):
    found = re.findall(r"^  gossipd \[?([a-z]+)\b", output_of(gossipd, "--help").split("Examples:")[0], re.MULTILINE)
    return list(dict.fromkeys(found))


def options_of(gossipd, command):
    return set(re.findall(r"^  (--[a-z-]+)", output_of(gossipd, command, "--help"), re.MULTILINE))


def valued_options_of(gossipd, command):
    return set(re.findall(r"^  (--[a-z-]+) [A-Z]", output_of(gossipd, command, "--help"), re.MULTILINE))


def section(text, begin, end):
    match = re.search(begin + r"\n(.*?)" + end, text, re.MULTILINE | re.DOTALL)
    return match.group(1) if match else ""


def options_in_manual(manual, command):
    text = section(manual, r"^\.Ss " + command, r"^\.S[sh] ")
    return {"--" + name for name in re.findall(r"^\.It Fl -([a-z-]+)", text, re.MULTILINE)}


def options_in_zsh(completion, command):
    """All of them, and those that take a value."""
    text = section(completion, r"^_gossipd_%s\(\) \{" % command, r"^\}")
    found = re.findall(r"(?<!\w)(--[a-z-]+)(=?)\[", text)
    return {name for name, _ in found}, {name for name, value in found if value}


def offered_by_bash(path, *words):
    """What bash offers after these words, of which the last is the one that is being typed."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gossipd; printf "%s\\n" "${COMPREPLY[@]}"'
    # compopt has nothing to act on outside of a completion.
    script = "compopt() { :; }; " + script
    return set(output_of("bash", "-c", script, "bash", path, *words).split())


def main():
    gossipd, share = sys.argv[1:]
    manual = read(share, "gossipd.1")
    zsh = read(share, "_gossipd")
    bash = os.path.join(share, "gossipd.bash")
    faults = []

    def compare(what, found, right):
        for name in sorted(right - found):
            faults.append("%s lacks %s" % (what, name))
        for name in sorted(found - right):
            faults.append("%s has %s, which gossipd does not know" % (what, name))

    compare("this script", set(COMMANDS), set(commands_of(gossipd)))
    compare("the manual", set(re.findall(r"^\.Ss (\w+)", manual, re.MULTILINE)), set(COMMANDS))
    compare("zsh's list of commands", set(re.findall(r"^    '([a-z]+):", zsh, re.MULTILINE)), set(COMMANDS))
    compare("bash's list of commands", offered_by_bash(bash, "gossipd", ""),
            set(COMMANDS) | {"--help", "--version"} | options_of(gossipd, "run"))

    for command in COMMANDS:
        right = options_of(gossipd, command)
        if "--help" not in right:
            faults.append("gossipd %s --help: no options were found in it" % command)
        compare("the manual, for %s," % command, options_in_manual(manual, command), right)
        in_zsh, taking_in_zsh = options_in_zsh(zsh, command)
        compare("zsh, for %s," % command, in_zsh, right)
        compare("bash, for %s," % command, offered_by_bash(bash, "gossipd", command, "--"), right)

        # Bash takes an option for one with a value exactly if it offers no options after it.
        taking = valued_options_of(gossipd, command)
        taking_in_bash = {option for option in right
                          if not offered_by_bash(bash, "gossipd", command, option, "--")}
        compare("zsh, for %s with values," % command, taking_in_zsh, taking)
        compare("bash, for %s with values," % command, taking_in_bash, taking)

    # Keys of the file are options of run.
    keys = re.findall(r"^#?([a-z_]+) =", read(share, "gossipd.conf"), re.MULTILINE)
    right = options_of(gossipd, "run") - {"--help", "--config", "--log-level", "--log-format", "--hostkey"}
    compare("gossipd.conf", {"--" + key.replace("_", "-") for key in keys}, right)

    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
