// A program that links gossip::asio: a node listens on a free port, and stops.

#include <gossip/asio/tcp_transport.hpp>
#include <gossip/node.hpp>

#include <cstdio>

int main() {
  using namespace gossip;
  const Config config;
  NullObserver observer;
  TcpTransport transport(config, observer);
  const auto bound = transport.listen(Layer::p2p, {"127.0.0.1", 0});
  if (!bound) {
    std::fprintf(stderr, "%s\n", bound.error().message.c_str());
    return 1;
  }
  Node node(config, transport, observer, 1);
  node.start(*bound, {}, TcpTransport::now());
  transport.stop();
  transport.run(node);
  std::printf("listened on %s\n", to_string(*bound).c_str());
  return 0;
}
