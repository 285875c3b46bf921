// A program that links gossip::core alone: a node shows it what a peer announces, and takes its verdict. The
// message's id comes from what the core links privately.

#include <gossip/content_id.hpp>
#include <gossip/node.hpp>
#include <gossip/testing/recording_transport.hpp>

#include <cstdio>

int main() {
  using namespace gossip;
  testing::RecordingTransport transport;
  NullObserver observer;
  Node node(Config{}, transport, observer, 1);
  TimePoint now{};
  node.start(Endpoint{0x7f000001, 6001}, {}, now);

  const ConnectionId peer{1};
  const Endpoint remote{0x7f000001, 50000};
  node.on_accepted(peer, {Layer::p2p, remote, Endpoint{0x7f000001, 6001}}, now);
  int shown = 0;
  node.subscribe(
      DataType{540},
      [&](const Received& received) {
        shown += received.data.text() == "hello" ? 1 : 0;
        return Verdict::accept;
      },
      now);
  const Payload hello("hello");
  node.on_message(peer, Announce{unlimited_ttl, DataType{540}, hello}, now);
  const ContentId id = content_id(DataType{540}, hello.bytes());
  std::printf("shown %d, valid %zu\n", shown, node.cache().size());
  return shown == 1 && node.cache().size() == 1 && id.bytes[0] == std::byte{0x6f} ? 0 : 1;
}
