"""A three-node chain under load: everything published arrives, once."""
import os
import struct
import threading
import time
import unittest

from harness import GossipTestCase
from wire import DATA_TYPE, NOTIFICATION, TIME_FACTOR, VALIDATION, announce_frame

MESSAGES = int(os.environ.get("GOSSIP_TEST_MESSAGES", "200000"))
DATA_BYTES = 64

# Ten thousand messages a second is a tenth of what the daemon should do: a hang fails, a busy machine does not.
SECONDS_MAX = (20 + MESSAGES / 10000) * TIME_FACTOR

_NOTIFICATION_FRAME = struct.Struct(">HHHH%ds" % DATA_BYTES)
_VALIDATION_FRAME = struct.Struct(">HHHH")


class BulkReader(threading.Thread):
    """Reads an expected number of notifications, all of one size, and approves them if it is a voter.

    It takes large chunks and answers each with one send: the daemon is what is measured, not this reader.
    """

    def __init__(self, client, expected, votes):
        super().__init__(daemon=True)
        self._client = client
        self._expected = expected
        self._votes = votes
        self.received = []

    def run(self):
        deadline = time.monotonic() + SECONDS_MAX
        unframed = b""
        while len(self.received) < self._expected:
            unframed += self._client.read(deadline)
            whole = len(unframed) - len(unframed) % _NOTIFICATION_FRAME.size
            self._take(unframed[:whole])
            unframed = unframed[whole:]

    def _take(self, frames):
        votes = []
        for size, code, message_id, data_type, data in _NOTIFICATION_FRAME.iter_unpack(frames):
            if (size, code, data_type) != (_NOTIFICATION_FRAME.size, NOTIFICATION, DATA_TYPE):
                raise AssertionError("a frame of size %d and code %d, type %d" % (size, code, data_type))
            self.received.append(data)
            votes.append(_VALIDATION_FRAME.pack(_VALIDATION_FRAME.size, VALIDATION, message_id, 1))
        if self._votes:
            self._client.send(b"".join(votes))


class Throughput(GossipTestCase):
    """Published as fast as the socket takes them, approved by the middle node's client."""

    def check(self, messages, last_votes):
        first, middle, last = self.chain(("gossipd", "gossipd", "gossipd"))
        publisher, voter, reader = self.client(first), self.client(middle, DATA_TYPE), self.client(last, DATA_TYPE)
        self.relay(b"all links are up", (publisher, voter, reader))
        readers = [BulkReader(voter, len(messages), votes=True), BulkReader(reader, len(messages), votes=last_votes)]
        for reader in readers:
            reader.start()
        publisher.send(b"".join(announce_frame(data) for data in messages))
        for reader in readers:
            reader.join()
            self.assertEqual(len(reader.received), len(messages))
            self.assertEqual(set(reader.received), set(messages))

    def messages(self, count):
        return [b"message %08d" % number + bytes(DATA_BYTES - 16) for number in range(count)]

    def test_every_message_arrives_once_at_the_end_of_a_chain(self):
        self.check(self.messages(MESSAGES), last_votes=True)

    def test_every_message_arrives_once_where_the_last_client_only_listens(self):
        self.check(self.messages(MESSAGES // 10), last_votes=False)


if __name__ == "__main__":
    unittest.main()
