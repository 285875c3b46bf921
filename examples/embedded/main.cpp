/// A node inside a program. Each line of input is published; what others publish is printed, and travels on.
/// Run two of them:    embedded 6101        and        embedded 6102 6101
#include <gossip/asio/tcp_node.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  const auto port = [&](int i) { return static_cast<std::uint16_t>(i < argc ? std::atoi(argv[i]) : 0); };
  gossip::Config config;
  config.listen_address = {"127.0.0.1", port(1)};  // 0 picks a free one
  if (argc > 2) config.bootstrappers = {{"127.0.0.1", port(2)}};
  auto node = gossip::TcpNode::start(config);
  if (!node) {
    std::cerr << node.error().message << '\n';
    return EXIT_FAILURE;
  }
  std::cout << "listening on " << to_string(node->p2p_address()) << std::endl;

  constexpr gossip::DataType type{540};
  node->subscribe(type, [](const gossip::Received& message) {
    std::cout << message.data.text() << std::endl;
    return gossip::Verdict::accept;
  });
  for (std::string line; std::getline(std::cin, line);) {
    const gossip::Receipt receipt = node->publish(type, gossip::Payload(line));
    if (!receipt.accepted()) std::cerr << to_string(receipt.outcome) << '\n';
  }
}
