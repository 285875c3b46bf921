#include <gossip/testing/memory_network.hpp>

#include "fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

using gossip::testing::MemoryClient;
using gossip::testing::MemoryNetwork;

constexpr DataType type{540};

Verdict accept(const Notification& /*message*/) {
  return Verdict::accept;
}
Verdict reject(const Notification& /*message*/) {
  return Verdict::reject;
}

std::vector<std::string> texts(const MemoryClient& client) {
  std::vector<std::string> found;
  for (const Notification& message : client.received()) found.emplace_back(message.data.text());
  return found;
}

/// first - middle - last, with a program on each that is registered for the type.
struct Chain {
  explicit Chain(std::uint64_t seed = 1, Config config = {}) : network(seed) {
    config.degree = 1;
    first = &network.add_node(config);
    middle = &network.add_node(network.joining(*first, config));
    last = &network.add_node(network.joining(*middle, config), observer);
    for (Node* node : {first, middle, last}) {
      clients.push_back(&network.add_client(*node));
      clients.back()->notify(type);
    }
    network.run();
  }

  RecordingObserver observer;
  MemoryNetwork network;
  Node* first = nullptr;
  Node* middle = nullptr;
  Node* last = nullptr;
  std::vector<MemoryClient*> clients;
};

TEST_SUITE("MemoryNetwork") {
  TEST_CASE("MemoryNetwork: nodes join through their bootstrappers, and everybody gets to know everybody") {
    MemoryNetwork network;
    const Node& first = network.add_node();
    std::vector<const Node*> nodes{&first};
    for (int i = 1; i < 6; ++i) nodes.push_back(&network.add_node(network.joining(first)));
    network.run();
    for (const Node* node : nodes) CHECK(node->pool().size() == 5);
  }

  TEST_CASE("MemoryNetwork: a message gets as far as programs find it valid") {
    Chain chain;
    chain.clients[0]->announce(type, "hello");
    chain.network.run();
    CHECK(texts(*chain.clients[0]).empty());
    CHECK(texts(*chain.clients[1]) == std::vector<std::string>{"hello"});
    CHECK(texts(*chain.clients[2]).empty());
    chain.clients[1]->accept(chain.clients[1]->received().at(0).message_id);
    chain.network.run();
    CHECK(texts(*chain.clients[2]) == std::vector<std::string>{"hello"});
    chain.clients[2]->reject(chain.clients[2]->take().at(0).message_id);
    chain.network.run();
    CHECK(chain.last->statistics().messages_rejected == 1);
    CHECK(chain.clients[2]->received().empty());
  }

  TEST_CASE("MemoryNetwork: a client decides on each message as it comes, or later") {
    Chain chain;
    chain.clients[1]->decide_with(accept);
    chain.clients[2]->decide_with(reject);
    chain.clients[0]->announce(type, "one");
    chain.clients[0]->announce(type, "two");
    chain.network.run();
    CHECK(texts(*chain.clients[2]) == std::vector<std::string>{"one", "two"});
    CHECK(chain.last->statistics().messages_rejected == 2);
    chain.clients[1]->decide_with([](const Notification&) { return Verdict::later; });
    chain.clients[0]->announce(type, "three");
    chain.network.run();
    CHECK(texts(*chain.clients[1]).back() == "three");
    CHECK(texts(*chain.clients[2]).size() == 2);
  }

  TEST_CASE("MemoryNetwork: data of the largest size travels, more is refused and changes nothing") {
    Chain chain;
    const std::string largest(data_bytes_max, 'x');
    chain.clients[0]->announce(type, largest);
    CHECK_THROWS_WITH_AS(chain.clients[0]->announce(type, largest + "x"),
                         "A message of 65528 bytes of data does not fit into a frame: it may have 65527",
                         std::logic_error);
    CHECK_THROWS_AS(chain.clients[0]->send(Notification{MessageId{1}, type, Payload(largest + "x")}),
                    std::logic_error);
    CHECK_THROWS_AS(
        chain.clients[0]->send(PeerResponse{std::vector<Endpoint>(response_addresses_max + 1, server(2))}),
        std::logic_error);
    chain.network.run();
    CHECK(texts(*chain.clients[1]) == std::vector<std::string>{largest});
  }

  TEST_CASE("MemoryNetwork: bytes that break the protocol close the client's connection, and nothing else") {
    Chain chain;
    const std::string bytes("\0\2\1\xf4", 4);
    chain.clients[0]->send_bytes({});
    chain.clients[0]->send_bytes(std::as_bytes(std::span(bytes)));
    chain.network.run();
    CHECK(chain.clients[0]->closed_because() == CloseReason::remote_closed);
    CHECK_FALSE(chain.clients[0]->is_open());
    CHECK(chain.first->statistics().connections_malformed == 1);
    CHECK(chain.first->pool().size() == 1);
    CHECK(chain.clients[1]->is_open());
    CHECK_THROWS_WITH_AS(chain.clients[0]->notify(type),
                         "This client's connection is closed: it can send nothing more", std::logic_error);
  }

  TEST_CASE("MemoryNetwork: frames of any size of pieces arrive, and a foreign code is skipped") {
    Chain chain;
    std::string bytes("\0\4\1\xfe\0\x3b\1\xf4\0\0\2\x1c",
                      12);  // code 510; then an ANNOUNCE of 51 bytes of data
    bytes += std::string(51, 'x');
    for (const char& byte : bytes) chain.clients[0]->send_bytes(std::as_bytes(std::span(&byte, 1)));
    chain.network.run();
    CHECK(texts(*chain.clients[1]) == std::vector<std::string>{std::string(51, 'x')});
    CHECK(chain.first->statistics().frames_skipped == 1);
  }

  TEST_CASE("MemoryNetwork: what a client sent before it closed is handled, and it receives nothing more") {
    MemoryNetwork network;
    Node& node = network.add_node();
    MemoryClient& reader = network.add_client(node);
    reader.notify(type);
    network.run();
    MemoryClient& writer = network.add_client(node);
    writer.announce(type, "a");
    writer.announce(type, "b");
    writer.close();
    CHECK_FALSE(writer.is_open());
    CHECK_FALSE(writer.closed_because());
    network.run();
    CHECK(texts(reader) == std::vector<std::string>{"a", "b"});
    CHECK(node.api().fetch_identifiers().size() == 1);
    reader.close();
    network.run();
    CHECK(node.api().fetch_identifiers().empty());
    CHECK(node.registrations().registrations(type)->empty());
  }

  TEST_CASE("MemoryNetwork: run() leaves the clock alone, run_for() moves it by what was asked") {
    Chain chain;
    const TimePoint start = chain.network.now();
    chain.clients[0]->announce(type, "hello");
    chain.network.run();
    CHECK(chain.network.now() == start);
    chain.network.run_for(1500ms);
    CHECK(chain.network.now() == start + 1500ms);
  }

  TEST_CASE("MemoryNetwork: the nodes' own timers run on its clock") {
    Chain chain;
    chain.clients[0]->announce(type, "hello");
    chain.network.run_for(1999ms);
    CHECK(chain.observer.all<event::ClientFellSilent>().empty());
    chain.clients[1]->accept(chain.clients[1]->received().at(0).message_id);
    chain.network.run_for(1999ms);
    CHECK(chain.observer.all<event::ClientFellSilent>().empty());
    chain.network.run_for(1ms);
    CHECK(chain.observer.all<event::ClientFellSilent>().size() ==
          1);  // Config::verdict_timeout after it came
  }

  TEST_CASE("MemoryNetwork: run_until() stops at the event that was waited for, or at the limit") {
    Chain chain;
    chain.network.set_delay(*chain.first, *chain.middle, 70ms);
    const TimePoint start = chain.network.now();
    chain.clients[0]->announce(type, "hello");
    CHECK(chain.network.run_until([&] { return !chain.clients[1]->received().empty(); }, 1s));
    CHECK(chain.network.now() == start + 70ms);
    CHECK_FALSE(chain.network.run_until([&] { return !chain.clients[2]->received().empty(); }, 1s));
    CHECK(chain.network.now() == start + 1070ms);
    CHECK(chain.network.run_until([] { return true; }, 0s));
  }

  TEST_CASE("MemoryNetwork: the same seed gives the same run, another seed another") {
    const auto trace = [](std::uint64_t seed) {
      Chain chain(seed);
      for (const char* data : {"a", "b", "c"}) chain.clients[0]->announce(type, data);
      chain.network.run();
      std::vector<MessageId> ids;
      for (const Notification& message : chain.clients[1]->received()) ids.push_back(message.message_id);
      return ids;
    };
    CHECK(trace(1).size() == 3);
    CHECK(trace(1) == trace(1));
    CHECK(trace(1) != trace(2));
  }

  TEST_CASE("MemoryNetwork: a cut link comes back once it is restored and the bootstrapper is tried again") {
    Chain chain;
    chain.network.cut(*chain.middle, *chain.last);
    chain.network.run();
    CHECK(chain.middle->pool().size() == 1);
    CHECK(chain.last->pool().empty());
    chain.network.run_for(10s);
    CHECK(chain.last->pool().empty());
    CHECK_FALSE(chain.observer.all<event::ConnectFailed>().empty());
    chain.network.restore(*chain.middle, *chain.last);
    CHECK(chain.network.run_until([&] { return chain.last->pool().size() == 1; }, 30s));
    chain.clients[1]->announce(type, "again");
    chain.network.run();
    CHECK(texts(*chain.clients[2]) == std::vector<std::string>{"again"});
  }

  TEST_CASE("MemoryNetwork: a node that crashes is gone for the others, and can be looked at") {
    Chain chain;
    chain.clients[1]->announce(type, "before");
    chain.network.run();
    chain.network.crash(*chain.middle);
    chain.network.run_for(1s);
    CHECK(chain.first->pool().empty());
    CHECK(chain.last->pool().empty());
    CHECK(chain.clients[1]->closed_because() == CloseReason::remote_closed);
    CHECK(chain.middle->statistics().client_announces == 1);
    CHECK(chain.last->statistics().connects_failed > 0);
    CHECK_THROWS_WITH_AS(chain.network.add_client(*chain.middle), "The node at 10.0.0.2:6001 has crashed",
                         std::logic_error);
  }

  TEST_CASE("MemoryNetwork: a client of a node that crashes before it was reached is closed") {
    MemoryNetwork network;
    const Node& node = network.add_node();
    MemoryClient& client = network.add_client(node);
    network.crash(node);
    network.run();
    CHECK(client.closed_because() == CloseReason::remote_closed);
  }

  TEST_CASE("MemoryNetwork: a program that hangs pauses who feeds it, and gets everything once it goes on") {
    Config config;
    config.cache_size = 1000;
    MemoryNetwork network;
    RecordingObserver observer;
    Node& node = network.add_node(config, observer);
    MemoryClient& publisher = network.add_client(node);
    MemoryClient& reader = network.add_client(node);
    reader.notify(type);
    network.run();
    reader.pause();
    for (int i = 0; i < 100; ++i) publisher.announce(type, std::to_string(i) + std::string(50'000, '.'));
    network.run();
    CHECK(reader.received().empty());
    CHECK(observer.all<event::ReadingPaused>().size() == 1);
    CHECK(node.statistics().client_announces < 100);
    reader.resume();
    network.run();
    CHECK(observer.all<event::ReadingResumed>().size() == 1);
    REQUIRE(reader.received().size() == 100);
    for (int i = 0; i < 100; ++i) {
      CHECK(reader.received()[static_cast<std::size_t>(i)].data.text().starts_with(std::to_string(i) + "."));
    }
  }

  TEST_CASE(
      "MemoryNetwork: a program that hangs for half a second holds up nobody, and after 5 s is closed") {
    Config config;
    config.cache_size = 1000;
    MemoryNetwork network;
    Node& node = network.add_node(config);
    MemoryClient& publisher = network.add_client(node);
    MemoryClient& reader = network.add_client(node);
    reader.notify(type);
    network.run();
    reader.pause();
    for (int i = 0; i < 100; ++i) publisher.announce(type, std::to_string(i) + std::string(50'000, '.'));
    network.run_for(499ms);
    CHECK(node.statistics().client_announces < 100);
    network.run_for(1ms);
    CHECK(node.statistics().client_announces == 100);
    network.run_for(4500ms);
    CHECK(node.statistics().connections_too_slow == 1);
    CHECK_FALSE(reader.closed_because());
    reader.resume();
    network.run();
    CHECK(reader.closed_because() == CloseReason::remote_closed);
  }

  TEST_CASE("MemoryNetwork: a client may queue 16 MiB for a node that does not read, and no more") {
    MemoryNetwork network;
    MemoryClient& client = network.add_client(network.add_node());
    const std::string data(60'000, '.');
    const auto fill = [&] {
      for (int i = 0; i < 1000; ++i) client.announce(type, data);
    };
    CHECK_THROWS_WITH_AS(
        fill(), "16 MiB wait for a node that does not read them: run the network before sending more",
        std::logic_error);
    network.run();
    client.announce(type, data);
  }

  TEST_CASE("MemoryNetwork: an exchange that never ends is found out") {
    MemoryNetwork network;
    Node& node = network.add_node();
    MemoryClient& ping = network.add_client(node);
    MemoryClient& pong = network.add_client(node);
    int count = 0;
    for (MemoryClient* player : {&ping, &pong}) {
      player->notify(type);
      player->decide_with([player, &count](const Notification&) {
        player->announce(type, std::to_string(++count));
        return Verdict::accept;
      });
    }
    ping.announce(type, "start");
    network.set_events_max(1000);
    CHECK_THROWS_WITH_AS(network.run(), "1000 events at one moment: the network does not come to rest",
                         std::runtime_error);
  }

  TEST_CASE("MemoryNetwork: a program in a node publishes, subscribes and decides, on the network's clock") {
    Chain chain;
    std::vector<std::string> shown;
    std::optional<Ticket> undecided;
    const SubscriptionId subscription =
        chain.network.subscribe(*chain.middle, type, [&](const Received& message) {
          shown.emplace_back(message.data.text());
          undecided = message.ticket;
          return message.data.text() == "good" ? Verdict::accept : Verdict::later;
        });
    CHECK(chain.network.publish(*chain.first, type, "good") == Receipt{Receipt::Outcome::accepted, 1, 1});
    CHECK(shown.empty());
    chain.network.run();
    CHECK(shown == std::vector<std::string>{"good"});
    CHECK(texts(*chain.clients[2]) == shown);
    CHECK(chain.network.publish(*chain.first, type, "good").outcome == Receipt::Outcome::duplicate);

    chain.network.publish(*chain.first, type, "late");
    chain.network.run();
    CHECK(texts(*chain.clients[2]).size() == 1);
    CHECK(chain.network.decide(*chain.middle, undecided.value(), Verdict::accept));
    chain.network.run();
    CHECK(texts(*chain.clients[2]).back() == "late");

    CHECK(chain.network.unsubscribe(*chain.middle, subscription));
    CHECK_FALSE(chain.network.unsubscribe(*chain.middle, subscription));
    chain.network.publish(*chain.first, type, "unseen");
    chain.network.run();
    CHECK(shown.size() == 2);
  }

  TEST_CASE("MemoryNetwork: a subscription to what the cache holds is shown it in the next run") {
    MemoryNetwork network;
    Node& node = network.add_node();
    network.add_client(node).announce(type, "before");
    network.run();
    int shown = 0;
    network.subscribe(node, type, [&](const Received&) {
      ++shown;
      return Verdict::later;
    });
    CHECK(shown == 0);
    network.run();
    CHECK(shown == 1);
  }

  TEST_CASE("MemoryNetwork: a node that crashed publishes nothing and calls nobody") {
    Chain chain;
    int shown = 0;
    const auto count = [&](const Received&) {
      ++shown;
      return Verdict::accept;
    };
    const SubscriptionId subscription = chain.network.subscribe(*chain.middle, type, count);
    chain.network.publish(*chain.first, type, "on its way");
    chain.network.crash(*chain.middle);
    chain.network.run();
    CHECK(shown == 0);
    CHECK(chain.network.publish(*chain.middle, type, "x").outcome == Receipt::Outcome::stopped);
    CHECK_THROWS_AS(chain.network.subscribe(*chain.middle, type, count), std::logic_error);
    CHECK_THROWS_AS(chain.network.unsubscribe(*chain.middle, subscription), std::logic_error);
    CHECK_THROWS_AS(chain.network.decide(*chain.middle, {}, Verdict::accept), std::logic_error);
  }

  TEST_CASE("MemoryNetwork: what is not possible is refused with a sentence") {
    MemoryNetwork network;
    MemoryNetwork other;
    const Node& node = network.add_node();
    const Node& second = network.add_node();
    const Node& stranger = other.add_node();
    const auto foreign = "This node is not one of this network's: add_node() makes them";
    CHECK_THROWS_WITH_AS(network.add_client(stranger), foreign, std::logic_error);
    CHECK_THROWS_WITH_AS(network.cut(node, stranger), foreign, std::logic_error);
    CHECK_THROWS_WITH_AS((void)network.address_of(stranger), foreign, std::logic_error);
    CHECK_THROWS_WITH_AS(network.crash(stranger), foreign, std::logic_error);
    CHECK_THROWS_WITH_AS(network.cut(node, node), "Two nodes are wanted here, and these are one and the same",
                         std::logic_error);
    CHECK_THROWS_WITH_AS(network.set_delay(node, second, -1ms),
                         "Nothing arrives before it is sent: a delay is not negative", std::logic_error);
    CHECK_THROWS_AS(network.run_for(-1ns), std::logic_error);
    CHECK_THROWS_AS((void)network.run_until([] { return true; }, -1ns), std::logic_error);
    CHECK_THROWS_AS(network.add_node(config_with(0)), std::invalid_argument);
    CHECK(to_string(network.address_of(network.add_node())) == "10.0.0.3:6001");
  }

  TEST_CASE("MemoryNetwork: what it calls must not run it") {
    Chain chain;
    chain.clients[1]->decide_with([&](const Notification&) {
      chain.network.run();
      return Verdict::accept;
    });
    chain.clients[0]->announce(type, "hello");
    CHECK_THROWS_WITH_AS(chain.network.run(), "The network runs already: what it calls must not run it",
                         std::logic_error);
    chain.clients[1]->decide_with(accept);
    chain.clients[0]->announce(type, "goes on");
    chain.network.run();
    CHECK(texts(*chain.clients[2]) == std::vector<std::string>{"goes on"});
  }

  TEST_CASE("MemoryNetwork: fifty nodes, and a message that everybody accepts reaches everybody once") {
    MemoryNetwork network(7);
    Config config;
    config.degree = 4;
    const Node& first = network.add_node(config);
    std::vector<MemoryClient*> clients{&network.add_client(first)};
    for (int i = 1; i < 50; ++i) {
      clients.push_back(&network.add_client(network.add_node(network.joining(first, config))));
      network.run();
    }
    for (MemoryClient* client : clients) {
      client->notify(type);
      client->decide_with(accept);
    }
    network.run();
    clients.back()->announce(type, "hello");
    network.run();
    CHECK(clients.back()->received().empty());
    clients.pop_back();
    for (const MemoryClient* client : clients) CHECK(texts(*client) == std::vector<std::string>{"hello"});
  }
}

}  // namespace
}  // namespace gossip::test
