/// \file
/// Two nodes in two processes: the second joins the first, which publishes; the second leaves with what it
/// has got.

#include "packet_transport.hpp"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sys/wait.h>

namespace {

constexpr DataType greetings{540};

/// Is alone until somebody joins, publishes, and is done once that one has left again.
int run_first(PacketTransport& transport, Node& node) {
  while (node.pool().empty()) transport.turn(node);
  node.publish(greetings, Payload("hello in a packet"), unlimited_ttl, PacketTransport::now());
  while (!node.pool().empty()) transport.turn(node);
  std::cout << "node 1 is alone again" << std::endl;
  return 0;
}

/// Waits for a message.
int run_second(PacketTransport& transport, Node& node) {
  bool received = false;
  const auto validator = [&](const Received& message) {
    std::cout << "node 2 received '" << message.data.text() << "'" << std::endl;
    received = true;
    return Verdict::accept;
  };
  node.subscribe(greetings, validator, PacketTransport::now());
  while (!received) transport.turn(node);
  return 0;
}

int run(const std::string& folder, std::uint16_t number) {
  const Endpoint self{0x7f000001, number};
  Config config;
  if (number != 1) config.bootstrappers = {{"127.0.0.1", 1}};  // tried again until node 1 is there
  NullObserver observer;
  PacketTransport transport(folder, self, config);
  Node node(config, transport, observer, number);
  node.start(self, {}, PacketTransport::now());
  return number == 1 ? run_first(transport, node) : run_second(transport, node);
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "gossip-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return std::perror(folder.c_str()), 1;
  const pid_t child = ::fork();
  if (child < 0) return std::perror("fork"), 1;
  if (child == 0) return run(folder, 2);

  const int failed = run(folder, 1);
  int status = 0;
  const bool ended = ::waitpid(child, &status, 0) == child;
  std::filesystem::remove_all(folder);
  return failed != 0 || !ended || status != 0;
}
