#!/usr/bin/env python3
"""The programs in the documents. A block of C++ is a program if the line before it names it,

    <!-- program: NAME -->
    ```cpp

and a block of text is what that program prints if the line before it says <!-- output: NAME -->.

    programs.py extract DOCUMENT NAME FILE        writes the program to FILE, with lines numbered as in DOCUMENT
    programs.py run DOCUMENT NAME COMMAND...      runs COMMAND, which must exit with 0 and print what DOCUMENT says
    programs.py check DOCUMENT=NAME,NAME...       every block of C++ in each DOCUMENT is one of these programs

Exits with 1 and says what is wrong and where.
"""
import difflib
import re
import subprocess
import sys

TIMEOUT_SECONDS = 240

MARKER = re.compile(r"<!-- (program|output): ([a-z][a-z0-9_]*) -->")
FENCE = re.compile(r"```(\w*)")


class Fault(Exception):
    """What is wrong, as a sentence for people."""


class Block:
    """A fenced block; kind and name come from its marker and are None without one."""

    def __init__(self, document, line, language, marker):
        self.where = "%s:%d" % (document, line)
        self.line = line  # of its first line of content
        self.language = language
        self.kind, self.name = marker.groups() if marker else (None, None)
        self.lines = []


def read_blocks(document):
    with open(document, encoding="utf-8") as file:
        lines = file.read().splitlines()
    blocks, block, before = [], None, ""
    for number, line in enumerate(lines, start=1):
        if block is not None:
            if line.rstrip() == "```":
                blocks.append(block)
                block = None
            else:
                block.lines.append(line)
        elif fence := FENCE.fullmatch(line.rstrip()):
            block = Block(document, number + 1, fence.group(1), MARKER.fullmatch(before.strip()))
        elif MARKER.fullmatch(before.strip()):
            raise Fault("%s:%d: a marker stands right before the fence of its block" % (document, number - 1))
        before = line
    if block is not None:
        raise Fault("%s: the fence of this block is never closed" % block.where)
    return blocks


def find_block(document, kind, name):
    found = [block for block in read_blocks(document) if (block.kind, block.name) == (kind, name)]
    if len(found) > 1:
        raise Fault("%s: there is a second block <!-- %s: %s -->" % (found[1].where, kind, name))
    return found[0] if found else None


def extract(document, name, file):
    block = find_block(document, "program", name)
    if block is None:
        raise Fault("%s has no block <!-- program: %s -->" % (document, name))
    with open(file, "w", encoding="utf-8") as out:
        out.write('#line %d "%s"\n' % (block.line, document))
        out.write("\n".join(block.lines) + "\n")


def run(document, name, *command):
    output = find_block(document, "output", name)
    expected = "\n".join(output.lines) + "\n" if output else ""
    try:
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Fault("%s of %s has not ended within %d s" % (name, document, TIMEOUT_SECONDS)) from error
    if ran.returncode != 0:
        raise Fault("%s of %s exited with %d" % (name, document, ran.returncode))
    if ran.stdout != expected:
        difference = difflib.unified_diff(expected.splitlines(), ran.stdout.splitlines(),
                                          output.where if output else document, "printed", lineterm="")
        raise Fault("%s of %s printed something else:\n%s" % (name, document, "\n".join(difference)))


def check(*documents):
    for argument in documents:
        document, _, names = argument.partition("=")
        expected = set(filter(None, names.split(",")))
        blocks = read_blocks(document)
        programs = [block for block in blocks if block.language == "cpp" or block.kind == "program"]
        for block in programs:
            if block.kind != "program":
                raise Fault("%s: a block of C++ without a marker: nobody compiles it" % block.where)
            if block.language != "cpp":
                raise Fault("%s: a program is in a block that begins with ```cpp" % block.where)
            if block.name not in expected:
                raise Fault("%s: %s is not in tests/readme/CMakeLists.txt" % (block.where, block.name))
        for block in blocks:
            if block.kind == "output" and block.name not in expected:
                raise Fault("%s: the output of a program that does not exist: %s" % (block.where, block.name))
        for name in sorted(expected - {block.name for block in programs}):
            raise Fault("%s has no block <!-- program: %s -->" % (document, name))


def main():
    commands = {"extract": extract, "run": run, "check": check}
    try:
        commands[sys.argv[1]](*sys.argv[2:])
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
