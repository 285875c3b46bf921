"""examples/chat: programs with gossip::Client inside, each beside its own daemon."""
import itertools
import os
import subprocess
import unittest

from harness import GossipTestCase
from processes import REPOSITORY, Process
from wire import split_address

CHAT = os.environ.get("GOSSIP_CHAT", os.path.join(REPOSITORY, "build", "release", "examples", "chat", "gossip-chat"))
CHAT_LINE = 0x4348


class Chatter(Process):
    """A gossip-chat; the test types and reads."""

    def __init__(self, name, node):
        super().__init__("chat of " + name, [CHAT, name, str(split_address(node.api)[1])], stdin=subprocess.PIPE)

    def types(self, text):
        self._popen.stdin.write(text.encode() + b"\n")
        self._popen.stdin.flush()

    def leaves(self):
        """Ends its input; returns the exit code."""
        self._popen.stdin.close()
        return self.wait()

    def shows(self, line, times=1):
        """Waits until it has shown that line so many times."""
        seen = itertools.count(1)
        self.stdout.await_line(lambda shown: shown == line and next(seen) == times, "line %r" % line)


class Chat(GossipTestCase):
    """Three daemons in a row."""

    def chatter(self, name, node):
        chatter = self._own(Chatter(name, node))
        chatter.await_log("-- connected")
        return chatter

    def test_everybody_reads_what_anybody_types_and_leaves_with_the_end_of_input(self):
        nodes = self.chain(["gossipd"] * 3)
        ann, ben, eve = (self.chatter(*pair) for pair in zip(("ann", "ben", "eve"), nodes))
        ann.types("hello")
        for reader in (ben, eve):
            reader.shows("ann: hello")
        # The same again is another line.
        eve.types("hello")
        eve.types("hello")
        for reader in (ann, ben):
            reader.shows("eve: hello", times=2)
        ben.types("last words")
        self.assertEqual(ben.leaves(), 0)
        for reader in (ann, eve):
            reader.shows("ben: last words")
            self.assertEqual(reader.leaves(), 0)

    def test_lines_that_could_play_tricks_are_rejected_and_not_sent(self):
        node = self.gossipd()
        reader = self.chatter("reader", node)
        peer = self.known_peer(node)
        witness = self.known_peer(node)
        for data in (b"1 mallory: \x1b[2J", b"no number: text", b"2 no name", b"3 ann: sound"):
            peer.send_announce(data, CHAT_LINE)
        reader.shows("ann: sound")
        self.assertEqual(witness.await_data(), b"3 ann: sound")
        self.assertEqual(reader.stdout.snapshot(), ["ann: sound"])
        reader.types("\x07")
        reader.await_log("not sent: a line must have no control characters")
        self.assertEqual(reader.leaves(), 0)

    def test_a_daemon_that_restarts_is_found_again(self):
        node = self.gossipd()
        reader, writer = self.chatter("reader", node), self.chatter("writer", node)
        port = split_address(node.api)[1]
        node.stop()
        writer.await_log("-- no connection to the daemon")
        writer.types("said while it was away")
        self.gossipd(api_address="127.0.0.1:%d" % port)
        reader.shows("writer: said while it was away")
        for chatter in (reader, writer):
            self.assertEqual(chatter.leaves(), 0)

    def test_wrong_usage_is_told_with_what_would_be_right(self):
        for arguments in ([], ["ann", "0"], ["ann", "many"], ["ann", "65536"], ["ann", "7001", "more"]):
            run = subprocess.run([CHAT, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 2)
            self.assertIn("usage: gossip-chat NAME [API PORT]", run.stderr)


if __name__ == "__main__":
    unittest.main()
