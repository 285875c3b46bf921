"""SIGTERM while much is under way: the daemon ends in time, with exit code 0, and who is owed something gets it."""
import signal
import time
import unittest

from harness import GossipTestCase
from traffic import Flooding
from wire import DATA_TYPE, TIME_FACTOR, announce_frame

# Far from the 10 s that it may take, which only a reader that takes nothing and a voter that never ends use up.
SECONDS_MAX = 5 * TIME_FACTOR


class Stopping(GossipTestCase):

    def terminate(self, node):
        node.signal(signal.SIGTERM)
        return time.monotonic()

    def assert_ended(self, node, asked):
        self.assertEqual(node.wait(), 0)
        self.assertLess(time.monotonic() - asked, SECONDS_MAX)

    def assert_handled(self, publisher, witness):
        """Everything that the publisher sent before is handled."""
        publisher.send_announce(b"handled", DATA_TYPE + 1)
        self.assertEqual(witness.await_data(), b"handled")

    def test_a_client_gets_all_notifications_although_it_goes_on_voting(self):
        node = self.gossipd()
        publisher, voter = self.client(node), self.client(node, DATA_TYPE)
        witness = self.client(node, DATA_TYPE + 1)
        self.await_registration(publisher, voter)
        messages = [b"%08d" % number + bytes(32) for number in range(20000)]
        publisher.send_announces(messages)
        self.assert_handled(publisher, witness)
        asked = self.terminate(node)
        # Each verdict is sent on its own, so that many reach a daemon that has stopped reading.
        self.assertEqual([voter.judge() for _ in messages], messages)
        voter.close()
        self.assert_ended(node, asked)

    def test_a_client_that_votes_slowly_gets_all_notifications(self):
        node = self.gossipd()
        publisher, voter = self.client(node), self.client(node, DATA_TYPE)
        witness = self.client(node, DATA_TYPE + 1)
        self.await_registration(publisher, voter)
        messages = [b"%08d" % number for number in range(20)]
        publisher.send_announces(messages)
        self.assert_handled(publisher, witness)
        asked = self.terminate(node)
        # Twice as long as a client has that is silent.
        for message in messages:
            self.assertEqual(voter.judge(), message)
            time.sleep(0.05)
        voter.close()
        self.assert_ended(node, asked)

    def test_a_newcomer_gets_all_of_the_cache_although_it_goes_on_sending(self):
        count = 900
        node = self.gossipd(cache_size=2000)
        publisher, witness = self.client(node), self.client(node, DATA_TYPE + 1)
        publisher.send_announces(b"%08d" % number + bytes(1000) for number in range(count))
        self.assert_handled(publisher, witness)
        newcomer = self.known_peer(node)
        asked = self.terminate(node)
        numbers = []
        for _ in range(count):
            newcomer.send_peer_init(newcomer.address)
            numbers.append(int(newcomer.await_data()[:8]))
        self.assertEqual(numbers, list(range(count)))
        newcomer.close()
        self.assert_ended(node, asked)

    def check_flood(self, connect):
        node = self.gossipd()
        reader = self.client(node, DATA_TYPE)
        flooding = Flooding(connect(node), b"".join(announce_frame(b"%08d" % number) for number in range(10000)))
        flooding.start()
        reader.await_data()
        asked = self.terminate(node)
        reader.await_close()
        self.assert_ended(node, asked)
        flooding.join()

    def test_a_peer_that_never_stops_sending(self):
        self.check_flood(self.peer)

    def test_a_client_that_never_stops_publishing(self):
        self.check_flood(self.client)


if __name__ == "__main__":
    unittest.main()
