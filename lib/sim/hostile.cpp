#include "intruder.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace gossip::sim {
namespace {

class MalformedSender final : public Intruder {
 protected:
  void harm(HostileReach& reach, ConnectionId connection) override {
    const auto byte = [](unsigned value) { return static_cast<std::byte>(value); };
    std::vector<std::byte> bytes;
    switch (reach.random().below(5)) {
      case 0:  // a size below that of a header
        bytes = {byte(0), byte(3), byte(1), byte(0xf4)};
        break;
      case 1:  // a code of no layer
        bytes = {byte(0), byte(4), byte(0xff), byte(0xff)};
        break;
      case 2:  // a PEER UPDATE of no kind
        bytes = {byte(0), byte(12), byte(2),    byte(0),    byte(10), byte(0),
                 byte(0), byte(9),  byte(0x17), byte(0x71), byte(0),  byte(7)};
        break;
      case 3:  // a frame that is never completed
        bytes = {byte(0), byte(200), byte(1), byte(0xf4), byte(0)};
        break;
      default:
        for (int i = 0; i < 40; ++i) bytes.push_back(byte(static_cast<unsigned>(reach.random().below(256))));
    }
    reach.send(connection, bytes);
  }
};

class Flooder final : public Intruder {
 public:
  explicit Flooder(std::uint32_t messages_per_second) : messages_per_second_(messages_per_second) {}

 protected:
  void harm(HostileReach& reach, ConnectionId connection) override {
    const std::string name = "flood " + std::to_string(reach.self()) + " " + std::to_string(sent_++);
    say(reach, connection, Announce{unlimited_ttl, DataType{540}, Payload(name)});
  }
  [[nodiscard]] Duration pause() const override {
    return Duration(std::chrono::seconds(1)) / std::max(1U, messages_per_second_);
  }

 private:
  const std::uint32_t messages_per_second_;
  std::uint64_t sent_ = 0;
};

class SilentPeer final : public Intruder {
 protected:
  void harm(HostileReach& /*reach*/, ConnectionId /*connection*/) override {}
};

class AddressLiar final : public Intruder {
 protected:
  void harm(HostileReach& reach, ConnectionId connection) override {
    const Endpoint nobody{0x0a000000U + static_cast<std::uint32_t>(reach.random().below(1U << 24U)), 6001};
    const Endpoint unusable{0xe0000001U, 6001};
    const Endpoint other = reach.endpoint_of(pick(reach));
    switch (reach.random().below(4)) {
      case 0:
        return say(reach, connection, PeerUpdate{nobody, unlimited_ttl, PeerUpdate::Kind::found});
      case 1:
        return say(reach, connection, PeerUpdate{other, unlimited_ttl, PeerUpdate::Kind::lost});
      case 2:
        return say(reach, connection, PeerResponse{{nobody, unusable, other}});
      default:
        return say(reach, connection, PeerInit{other});
    }
  }
  [[nodiscard]] Endpoint claimed_address(HostileReach& reach) override {
    return reach.endpoint_of(pick(reach));
  }
};

}  // namespace

std::unique_ptr<Hostile> malformed_sender() {
  return std::make_unique<MalformedSender>();
}

std::unique_ptr<Hostile> flooder(std::uint32_t messages_per_second) {
  return std::make_unique<Flooder>(messages_per_second);
}

std::unique_ptr<Hostile> silent_peer() {
  return std::make_unique<SilentPeer>();
}

std::unique_ptr<Hostile> address_liar() {
  return std::make_unique<AddressLiar>();
}

}  // namespace gossip::sim
