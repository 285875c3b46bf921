"""A three-node chain under load: everything published arrives, once."""
import os
import unittest

from harness import GossipTestCase
from traffic import BulkReader
from wire import DATA_TYPE, TIME_FACTOR, announce_frame

MESSAGES = int(os.environ.get("GOSSIP_TEST_MESSAGES", "200000"))
DATA_BYTES = 64

# Ten thousand messages a second is a tenth of what the daemon should do: a hang fails, a busy machine does not.
SECONDS_MAX = (20 + MESSAGES / 10000) * TIME_FACTOR


class Throughput(GossipTestCase):
    """Published as fast as the socket takes them, approved by the middle node's client."""

    def check(self, messages, last_votes):
        first, middle, last = self.chain(("gossipd", "gossipd", "gossipd"))
        publisher, voter, reader = self.client(first), self.client(middle, DATA_TYPE), self.client(last, DATA_TYPE)
        self.relay(b"all links are up", (publisher, voter, reader))
        readers = [self.bulk_reader(voter, messages, votes=True), self.bulk_reader(reader, messages, votes=last_votes)]
        for reader in readers:
            reader.start()
        publisher.send(b"".join(announce_frame(data) for data in messages))
        for reader in readers:
            reader.join()
            self.assertEqual(len(reader.received), len(messages))
            self.assertEqual(set(reader.received), set(messages))

    def bulk_reader(self, client, messages, votes):
        return BulkReader(client, len(messages), DATA_BYTES, votes, SECONDS_MAX)

    def messages(self, count):
        return [b"message %08d" % number + bytes(DATA_BYTES - 16) for number in range(count)]

    def test_every_message_arrives_once_at_the_end_of_a_chain(self):
        self.check(self.messages(MESSAGES), last_votes=True)

    def test_every_message_arrives_once_where_the_last_client_only_listens(self):
        self.check(self.messages(MESSAGES // 10), last_votes=False)


if __name__ == "__main__":
    unittest.main()
