"""The overlay extension where each node has a network interface of its own, and cables are cut: nobody gets a FIN.

Skipped where the machine permits no network namespaces.
"""
import json
import unittest

from namespaces import LocalNetwork, NotPermitted
from test_overlay import OverlayTestCase
from wire import TIME_FACTOR

NODES_AT_EACH_SWITCH = 3
NODES = 2 * NODES_AT_EACH_SWITCH
P2P_PORT, API_PORT = 6001, 7001

# Whoever has lost fewer than half of its peers looks for more after 30 s, and a cut may begin just before.
HEALING_SECONDS = 60 * TIME_FACTOR


class Cables(OverlayTestCase):
    def setUp(self):
        try:
            self.network = LocalNetwork(NODES_AT_EACH_SWITCH, NODES_AT_EACH_SWITCH)
        except NotPermitted as reason:
            self.skipTest("no network namespaces: %s" % reason)
        self.addCleanup(self.network.close)
        self.hosts = self.network.hosts

    def start(self, place, **options):
        """A node at that host; it joins through the first one, or is it."""
        host = self.hosts[place]
        options = {"log_level": "debug", "log_format": "json", "overlay": "extended", "cache_size": 1000, "degree": 4,
                   **options}
        return self.gossipd(
            namespace=host.namespace, listen_address="%s:%d" % (host.address, P2P_PORT),
            api_address="127.0.0.1:%d" % API_PORT,
            bootstrapper="%s:%d" % (self.hosts[0].address, P2P_PORT) if place else None, **options)

    def start_all(self, base=()):
        """A node at each host; those at the places in `base` speak the base protocol only."""
        self.nodes = [self.start(place, overlay="base" if place in base else "extended") for place in range(NODES)]
        self.clients, self.readers = self.crowd(self.nodes)
        self.check_exchange(self.clients, self.readers)

    def publish(self, places, name):
        """One message from each; returns them by their places."""
        published = {place: b"%s from %d" % (name, place) for place in places}
        for place, data in published.items():
            self.clients[place].send_announce(data)
        return published

    def await_at(self, places, published, seconds=HEALING_SECONDS):
        """Returns once each of the places has all of it but its own."""
        for place in places:
            self.readers[place].await_all([data for source, data in published.items() if source != place], seconds)

    def assert_not_at(self, places, published):
        for place in places:
            self.assertEqual(set(self.readers[place].received()) & set(published.values()), set())

    def extended_links(self):
        """(connection, server address) of each such link that is open now, for each place."""
        found = []
        for node in self.nodes:
            links = {}
            for line in node.stderr.snapshot():
                told = json.loads(line)
                if told["event"] == "link_extended":
                    links[told["connection"]] = told["server_address"]
                elif told["event"] == "connection_closed":
                    links.pop(told["connection"], None)
            found.append(links)
        return found

    def await_given_up(self, cut_off, before):
        """Returns once these pairs of places have found all links dead that they had with each other before."""
        reasons = []
        for place, other in cut_off:
            address = "%s:%d" % (self.hosts[other].address, P2P_PORT)
            for connection in [link for link, server in before[place].items() if server == address]:
                def accepts(line, connection=connection):
                    told = json.loads(line)
                    ends = told["event"] == "connection_closed" and told["connection"] == connection
                    return told["reason"] if ends else None
                reasons.append(self.nodes[place].stderr.await_line(
                    accepts, "end of the link from %d to %d" % (place, other)))
        # One or the other may have been about to end anyway.
        self.assertIn("silent", reasons)

    def assert_each_message_once(self):
        for reader in self.readers:
            received = reader.received()
            self.assertEqual(len(received), len(set(received)))

    def check_cut_host(self, cut):
        """One cable is cut: the others go on, both sides find out, and what was missed is caught up with."""
        others = [place for place in range(NODES) if place != cut]
        before = self.extended_links()
        self.hosts[cut].cable.cut()
        at_once = self.publish(others, b"just after the cut")
        self.await_at(others, at_once)
        self.await_given_up([(place, cut) for place in others], before)
        self.await_given_up([(cut, place) for place in others], before)
        meanwhile = self.publish(range(NODES), b"meanwhile")
        of_the_others = {place: meanwhile[place] for place in others}
        self.await_at(others, of_the_others)
        self.assert_not_at([cut], {**at_once, **of_the_others})
        self.assert_not_at(others, {cut: meanwhile[cut]})
        self.hosts[cut].cable.restore()
        self.await_at([cut], at_once)
        self.await_at(range(NODES), meanwhile)
        self.await_at(range(NODES), self.publish(range(NODES), b"in the end"))
        self.assert_each_message_once()

    def test_a_host_whose_cable_is_cut_is_given_up_and_caught_up_when_it_is_back(self):
        self.start_all()
        self.check_cut_host(NODES - 1)

    def test_the_same_for_the_host_through_which_all_have_joined(self):
        self.start_all()
        self.check_cut_host(0)

    def test_the_same_with_a_base_node_among_the_others(self):
        self.start_all(base=[2])
        self.check_cut_host(NODES - 1)

    def test_a_base_node_whose_cable_is_cut_is_caught_up_when_it_is_back(self):
        """It has no PINGs: its connections last, and TCP sends again what was lost."""
        base = NODES - 1
        self.start_all(base=[base])
        others = range(base)
        self.hosts[base].cable.cut()
        meanwhile = self.publish(range(NODES), b"meanwhile")
        of_the_others = {place: meanwhile[place] for place in others}
        self.await_at(others, of_the_others)
        self.assert_not_at([base], of_the_others)
        self.assert_not_at(others, {base: meanwhile[base]})
        self.hosts[base].cable.restore()
        self.await_at(range(NODES), meanwhile)
        self.assert_each_message_once()

    def check_two_halves(self):
        """The cable between the switches is cut: two networks, and afterwards one again."""
        left, right = range(NODES_AT_EACH_SWITCH), range(NODES_AT_EACH_SWITCH, NODES)
        before = self.extended_links()
        self.network.trunk.cut()
        for half, other in ((left, right), (right, left)):
            self.await_given_up([(place, far) for place in half for far in other], before)
        meanwhile = self.publish(range(NODES), b"meanwhile")
        halves = [{place: meanwhile[place] for place in half} for half in (left, right)]
        self.await_at(left, halves[0])
        self.await_at(right, halves[1])
        self.assert_not_at(left, halves[1])
        self.assert_not_at(right, halves[0])
        self.network.trunk.restore()
        self.await_at(range(NODES), meanwhile)
        self.await_at(range(NODES), self.publish(range(NODES), b"in the end"))
        self.assert_each_message_once()

    def test_two_halves_become_one_network_again(self):
        self.start_all()
        self.check_two_halves()

    def test_two_halves_with_a_base_node_in_each_become_one_network_again(self):
        self.start_all(base=[1, NODES - 1])
        self.check_two_halves()


if __name__ == "__main__":
    unittest.main()
