/// \file
/// A unit test of one's own, without sockets, waiting, or a test framework: of a controller on a
/// RecordingTransport, and of a program on a MemoryNetwork.

#include <gossip/testing/memory_network.hpp>
#include <gossip/testing/recording_transport.hpp>

#include "census.hpp"

#include <chrono>
#include <iostream>

using namespace gossip;
using namespace std::chrono_literals;

namespace {

int failures = 0;

/// All that a test framework has to do here.
void check(bool holds, const char* what) {
  std::cout << (holds ? "ok      " : "FAILED  ") << what << "\n";
  failures += holds ? 0 : 1;
}

void test_census() {
  testing::RecordingTransport transport;
  Census census(transport, {0x0a000001, 6001});
  const ConnectionId one = transport.add_connection();
  const ConnectionId two = transport.add_connection();

  census.on_connected(one);
  census.on_connected(two);
  check(transport.sent_to<PeerRequest>(two).size() == 1, "the census asks every peer");
  census.on_message(one, Announce{});
  check(transport.closed.empty(), "it is not put off by other messages");
  census.on_message(one, PeerResponse{{{0x0a000002, 6001}, {0x0a000003, 6001}}});
  census.on_message(two, PeerResponse{{{0x0a000003, 6001}, {0x0a000004, 6001}}});
  check(census.nodes() == 3, "it counts each node once");
  check(transport.closed.size() == 2, "it closes who has answered");
}

void test_temperatures() {
  constexpr DataType temperature{540};
  Config config;
  config.degree = 1;  // a line of three: what the display is shown has passed the station
  testing::MemoryNetwork network;
  Node& sensor = network.add_node(config);
  Node& station = network.add_node(network.joining(sensor, config));
  Node& display = network.add_node(network.joining(station, config));
  testing::MemoryClient& screen = network.add_client(display);
  network.subscribe(station, temperature, judge_temperature);
  screen.notify(temperature);
  network.run();

  for (const char* degrees : {"21", "-40", "warm", "61", "3.5", ""})
    network.publish(sensor, temperature, degrees);
  network.run();
  const auto shown = screen.take();
  check(shown.size() == 2, "two of the temperatures are valid");
  check(shown.at(0).data.text() == "21" && shown.at(1).data.text() == "-40", "those two are shown, in order");

  network.crash(station);
  network.publish(sensor, temperature, "20");
  check(!network.run_until([&] { return !screen.received().empty(); }, 1h),
        "without a station nothing is shown");
}

}  // namespace

int main() {
  test_census();
  test_temperatures();
  return failures == 0 ? 0 : 1;
}
