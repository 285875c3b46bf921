#!/usr/bin/env python3
"""Checks that links in the Markdown documents lead to files and directories of this repository that exist.

Links to other sites and to places within a document are not followed, and code is not looked at. Prints each link that
leads nowhere and exits with 1 if there is one.
"""
import glob
import os
import re
import sys
from urllib.parse import unquote

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCUMENTS = ["*.md", "docs/**/*.md", "examples/**/*.md", "tests/**/*.md"]

FENCE = re.compile(r" {0,3}(```|~~~)")
INDENTED = re.compile(r" {4}|\t")
CODE_SPAN = re.compile(r"(`+).*?\1")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)")
ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|#")


def prose(lines):
    """(number, line) of what is not code: a lambda in C++ looks like a link."""
    fence = None
    after_blank = True  # where an indented line begins a block of code
    for number, line in enumerate(lines, 1):
        mark = FENCE.match(line)
        if mark and fence in (None, mark.group(1)):
            fence = None if fence else mark.group(1)
            after_blank = False
        elif fence is None and not (after_blank and INDENTED.match(line)):
            yield number, CODE_SPAN.sub("", line)
            after_blank = not line.strip()


def links(text):
    """(line number, target) of each link."""
    for number, line in prose(text.splitlines()):
        for match in LINK.finditer(line):
            yield number, match.group(1) or match.group(2)


def check(repository):
    """The faults as sentences."""
    paths = sorted(os.path.relpath(path, repository) for pattern in DOCUMENTS
                   for path in glob.glob(os.path.join(glob.escape(repository), pattern), recursive=True))
    if not paths:
        return ["%s: there is no Markdown document" % repository]
    faults = []
    for path in paths:
        with open(os.path.join(repository, path), encoding="utf-8") as file:
            text = file.read()
        for number, target in links(text):
            if ELSEWHERE.match(target):
                continue
            name = os.path.normpath(os.path.join(os.path.dirname(path), unquote(target.split("#")[0])))
            if name.startswith(("/", "..")):
                faults.append("%s:%d: links to %s, which is outside of the repository" % (path, number, target))
            elif not os.path.exists(os.path.join(repository, name)):
                faults.append("%s:%d: links to %s; there is no %s" % (path, number, target, name))
    return faults


def main():
    faults = check(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
