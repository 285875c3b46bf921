#include "network_core.hpp"

namespace gossip::sim {
namespace {

/// What a node is made to do past its own rules.
class GripOnHost final : public Tampering::Grip {
 public:
  explicit GripOnHost(Host& gripped) : host_(gripped) {}

  void send_to_others(ConnectionId except, const Frame& frame) override {
    for (const Peer& peer : host_.node->pool().peers()) {
      if (peer.connection != except) host_.send(peer.connection, frame);
    }
  }
  void deliver_again(const Announce& again) override {
    for (std::size_t program = 0; program < host_.programs.size(); ++program) {
      if (host_.programs[program].type == again.data_type)
        (void)host_.core.judge(host_.number, program, {again.data_type, again.data, {}});
    }
  }

 private:
  Host& host_;
};

}  // namespace

void Network::Core::tamper(Host& host, ConnectionId connection, const Message& message) {
  GripOnHost grip(host);
  tampering_->on_message(host.number, connection, message, grip);
}

}  // namespace gossip::sim
