"""examples/embedded: programs with a node inside, joined to each other and to a daemon."""
import os
import subprocess
import unittest

from harness import GossipTestCase
from processes import REPOSITORY, Process
from wire import split_address

EMBEDDED = os.environ.get("GOSSIP_EMBEDDED",
                          os.path.join(REPOSITORY, "build", "release", "examples", "embedded", "embedded"))


class Program(Process):
    """An embedded; the test types and reads."""

    def __init__(self, name, *ports):
        super().__init__(name, [EMBEDDED, *map(str, ports)], stdin=subprocess.PIPE)
        address = self.stdout.await_line(lambda line: line.partition("listening on ")[2], "the address")
        self.port = split_address(address)[1]

    def types(self, text):
        self._popen.stdin.write(text.encode() + b"\n")
        self._popen.stdin.flush()

    def leaves(self):
        """Ends its input; returns the exit code."""
        self._popen.stdin.close()
        return self.wait()

    def shows(self, line):
        self.stdout.await_line(lambda shown: shown == line, "line %r" % line)


class Embedded(GossipTestCase):
    def program(self, name, *ports):
        return self._own(Program(name, *ports))

    def test_what_one_program_publishes_the_others_print_and_pass_on(self):
        first = self.program("first")
        middle = self.program("middle", 0, first.port)
        first.types("hello")
        middle.shows("hello")
        last = self.program("last", 0, middle.port)
        last.shows("hello")
        last.types("bye")
        first.shows("bye")
        for program in (first, middle, last):
            self.assertEqual(program.leaves(), 0)
        self.assertNotIn("bye", last.stdout.snapshot())

    def test_a_line_that_is_known_is_refused_with_the_reason(self):
        program = self.program("program")
        program.types("hello")
        program.types("hello")
        program.await_log("refused: the same message is in the cache already")
        self.assertEqual(program.leaves(), 0)

    def test_a_port_that_is_taken_is_told(self):
        program = self.program("program")
        run = subprocess.run([EMBEDDED, str(program.port)], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot listen on 127.0.0.1:%d (listen_address)" % program.port, run.stderr)
        self.assertEqual(program.leaves(), 0)


if __name__ == "__main__":
    unittest.main()
