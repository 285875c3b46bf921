#include <gossip/content_id.hpp>

#include "intruder.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace gossip::sim {
namespace {

constexpr std::uint64_t every_tree = ~std::uint64_t{0};

ContentId drawn_content(Random& random) {
  ContentId id;
  for (std::byte& byte : id.bytes) byte = static_cast<std::byte>(random.below(256));
  return id;
}

Tree drawn_tree(Random& random) {
  return Tree(static_cast<std::uint8_t>(random.below(trees_max)));
}

/// Speaks the overlay extension: it says HELLO first, with an id that stays the same.
class ExtendedIntruder : public Intruder {
 protected:
  void greet(HostileReach& reach, ConnectionId connection) override {
    say(reach, connection, hello(reach, own_id(reach)));
  }

  const NodeId& own_id(HostileReach& reach) {
    if (!own_id_) {
      own_id_.emplace();
      for (std::byte& byte : own_id_->bytes) byte = static_cast<std::byte>(reach.random().below(256));
    }
    return *own_id_;
  }
  Hello hello(HostileReach& reach, const NodeId& id) {
    Hello hello;
    hello.node = id;
    hello.server_address = claimed_address(reach);
    return hello;
  }

 private:
  std::optional<NodeId> own_id_;
};

class FalseAdvertiser final : public ExtendedIntruder {
 protected:
  void harm(HostileReach& reach, ConnectionId connection) override {
    constexpr std::size_t ids = 300;
    IHave told;
    for (std::size_t i = 0; i < ids; ++i)
      told.adverts.push_back({drawn_tree(reach.random()), drawn_content(reach.random())});
    say(reach, connection, told);
  }
};

class Grafter final : public ExtendedIntruder {
 public:
  void on_message(HostileReach& /*reach*/, ConnectionId /*connection*/, const Message& message) override {
    if (const auto* announce = std::get_if<Announce>(&message)) {
      note({no_tree, content_id(announce->data_type, announce->data.bytes())});
    } else if (const auto* data = std::get_if<Data>(&message)) {
      note({data->tree, content_id(data->data_type, data->data.bytes())});
    } else if (const auto* told = std::get_if<IHave>(&message)) {
      for (const Advert& advert : told->adverts) note(advert);
    }
  }

 protected:
  void harm(HostileReach& reach, ConnectionId connection) override {
    Graft graft{known_};
    graft.wanted.push_back({drawn_tree(reach.random()), drawn_content(reach.random())});
    say(reach, connection, graft);
    say(reach, connection, Prune{every_tree});
    say(reach, connection, DontWant{Ttl{255}, graft.wanted[reach.random().below(graft.wanted.size())].id});
  }

 private:
  static constexpr std::size_t known_max = 16;

  /// The newest few.
  void note(const Advert& advert) {
    if (known_.size() < known_max) {
      known_.push_back(advert);
    } else {
      known_[next_++ % known_max] = advert;
    }
  }

  std::vector<Advert> known_;
  std::size_t next_ = 0;
};

class BadGreeter final : public ExtendedIntruder {
 public:
  void on_message(HostileReach& reach, ConnectionId connection, const Message& message) override {
    if (const auto* told = std::get_if<Hello>(&message)) {
      if (mirrors_.erase(connection) > 0) say(reach, connection, hello(reach, told->node));
      other_ = told->node;
    } else if (const auto* data = std::get_if<Data>(&message)) {
      heard_ = *data;
    }
  }
  void on_closed(HostileReach& reach, ConnectionId connection) override {
    mirrors_.erase(connection);
    ExtendedIntruder::on_closed(reach, connection);
  }

 protected:
  void greet(HostileReach& reach, ConnectionId connection) override {
    switch (reach.random().below(5)) {
      case 0:  // DATA without a HELLO
        return say(reach, connection, invented(reach));
      case 1:  // HELLO twice
        ExtendedIntruder::greet(reach, connection);
        return ExtendedIntruder::greet(reach, connection);
      case 2:  // another node's id
        return say(reach, connection, hello(reach, other_ ? *other_ : own_id(reach)));
      case 3:  // the id of the receiver, once that is known
        mirrors_.insert(connection);
        return;
      default:
        ExtendedIntruder::greet(reach, connection);
    }
  }
  void harm(HostileReach& reach, ConnectionId connection) override {
    const auto byte = [](unsigned value) { return static_cast<std::byte>(value); };
    std::vector<std::byte> bytes;
    switch (reach.random().below(7)) {
      case 0:  // an IHAVE that is not made of whole entries
        bytes = {byte(0), byte(9), byte(2), byte(9), byte(1), byte(2), byte(3), byte(4), byte(5)};
        break;
      case 1:  // a GRAFT of nothing
        bytes = {byte(0), byte(4), byte(2), byte(10)};
        break;
      case 2:  // a PRUNE of no tree
        bytes = {byte(0), byte(12), byte(2), byte(11), byte(0), byte(0),
                 byte(0), byte(0),  byte(0), byte(0),  byte(0), byte(0)};
        break;
      case 3:  // a HELLO that is too short, and late
        bytes = {byte(0), byte(6), byte(2), byte(2), byte(1), byte(4)};
        break;
      case 4:  // somebody's message, by another tree than its own
        if (!heard_) return;
        heard_->tree = drawn_tree(reach.random());
        return say(reach, connection, *heard_);
      default: {  // the same message by two trees
        Data data = invented(reach);
        say(reach, connection, data);
        data.tree = Tree(static_cast<std::uint8_t>((value_of(data.tree) + 1) % trees_max));
        return say(reach, connection, data);
      }
    }
    reach.send(connection, bytes);
  }

 private:
  /// No program finds it valid.
  Data invented(HostileReach& reach) {
    const std::string name = "planted " + std::to_string(reach.self()) + " " + std::to_string(sent_++);
    return {drawn_tree(reach.random()), 0, unlimited_ttl, DataType{540}, Payload(name)};
  }

  std::set<ConnectionId> mirrors_;  ///< connections that are greeted with the other side's own id
  std::optional<NodeId> other_;     ///< who has said HELLO last
  std::optional<Data> heard_;       ///< what has come last
  std::uint64_t sent_ = 0;
};

}  // namespace

std::unique_ptr<Hostile> false_advertiser() {
  return std::make_unique<FalseAdvertiser>();
}

std::unique_ptr<Hostile> grafter() {
  return std::make_unique<Grafter>();
}

std::unique_ptr<Hostile> bad_greeter() {
  return std::make_unique<BadGreeter>();
}

}  // namespace gossip::sim
