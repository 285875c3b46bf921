"""IPv6: networks of gossipd with the overlay extension on ::1 and on both families, clients, and what is refused."""
import os
import socket
import unittest

from harness import GossipTestCase
from overlay_peer import await_extended
from processes import free_port
from wire import DATA_TYPE


def why_no_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return ""
    except OSError as error:
        return "no IPv6 loopback address: %s" % error


@unittest.skipIf(why_no_ipv6(), why_no_ipv6())
class Networks(GossipTestCase):
    def extended(self, **options):
        return self.gossipd(**{
            "overlay": "extended", "log_level": "debug", "log_format": "json", "listen_address": "[::1]:0", **options})

    def check_spreads(self, nodes):
        """What a client of each node announces reaches a client of each other one."""
        clients = [self.client(node, DATA_TYPE) for node in nodes]
        for place, publisher in enumerate(clients):
            self.relay(b"from node %d" % place, [publisher] + clients[:place] + clients[place + 1:])

    def test_three_nodes_on_the_loopback_address(self):
        first = self.extended(api_address="[::1]:0")
        self.assertRegex(first.p2p, r"^\[::1\]:\d+$")
        self.assertRegex(first.api, r"^\[::1\]:\d+$")
        nodes = [first] + [self.extended(bootstrapper=first.p2p) for _ in range(2)]
        for node in nodes:
            await_extended(node, 2)
        self.check_spreads(nodes)
        for node in nodes:
            self.assertEqual([line for line in node.stderr.snapshot() if "address_skipped" in line], [])

    def test_a_node_on_both_families_links_one_of_each(self):
        port = free_port()
        middle = self.extended(listen_address="[::]:%d" % port)
        ipv4 = self.extended(listen_address="127.0.0.1:0", bootstrapper="127.0.0.1:%d" % port)
        ipv6 = self.extended(bootstrapper="[::1]:%d" % port)
        await_extended(middle, 2)
        middle.await_log('"link_extended"', r'"\[::1\]:\d+"')
        middle.await_log('"link_extended"', r'"127\.0\.0\.1:\d+"')
        self.check_spreads([middle, ipv4, ipv6])

    def test_a_base_node_and_one_with_an_ipv6_address_link_over_ipv4(self):
        base = self.gossipd(log_level="debug")
        extended = self.extended(
            listen_address="[::]:0", advertise_address="[2001:db8::7]:0", bootstrapper=base.p2p, degree=1)
        self.check_spreads([base, extended])
        base.await_log("0.0.0.0", "not an address that a node can be reached at")

    def test_its_own_addresses_are_no_bootstrappers(self):
        port = free_port()
        other = self.extended()
        node = self.extended(
            listen_address="[::]:%d" % port, bootstrapper="[::1]:%d,127.0.0.1:%d,%s" % (port, port, other.p2p))
        await_extended(node)
        for own in (r"\[::1\]:%d" % port, r"127\.0\.0\.1:%d" % port):
            node.await_log("bootstrapper_is_self", own)

    def test_the_peers_file_has_ipv6_addresses_in_brackets(self):
        directory = self.temporary_directory()
        other = self.extended()
        node = self.extended(bootstrapper=other.p2p, state_dir=directory)
        await_extended(node)
        node.stop()
        with open(os.path.join(directory, "peers"), encoding="ascii") as file:
            self.assertEqual(file.read(), "gossip-peers 1\n%s\n" % other.p2p)
        again = self.extended(state_dir=directory)
        await_extended(again)

    def test_clients_over_ipv6_of_a_base_node(self):
        node = self.gossipd(api_address="[::1]:0")
        reader = self.client(node, DATA_TYPE)
        published = self.run_command("publish", "--api", node.api, "--type", str(DATA_TYPE), "over IPv6")
        self.assertEqual((published.code, published.stderr), (0, ""))
        self.assertEqual(reader.judge(), b"over IPv6")
        bench = self.run_command("bench", "--api", node.api, "--warmup", "0", "--count", "100", "--rate", "100")
        self.assertEqual(bench.code, 0, bench)


class Refusals(GossipTestCase):
    def refusal(self, *arguments):
        finished = self.run_command("run", *arguments)
        self.assertEqual(finished.code, 2)
        return finished.stderr

    def test_ipv6_for_peers_with_the_base_protocol(self):
        for option in ("--listen-address", "--advertise-address", "--bootstrapper"):
            why = self.refusal(option, "[2001:db8::7]:6001")
            self.assertIn("an IPv4 address or a name is needed unless overlay is extended, which is base", why)
            self.assertIn("[2001:db8::7]:6001", why)

    def test_addresses_that_are_not_written_as_they_should_be(self):
        for address, right in (
                ("::1:6001", "an IPv6 address is in brackets, such as [::1]:6001"),
                ("[::1:6001", "the bracket is closed"),
                ("[fe80::1%eth0]:6001", "an address without a scope is needed"),
                ("[fe80::1]:6001", "neither a link-local nor a multicast address")):
            self.assertIn(right, self.refusal("--overlay", "extended", "--listen-address", address))


if __name__ == "__main__":
    unittest.main()
