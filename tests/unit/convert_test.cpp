#include <gossip/convert.hpp>

#include "fixture.hpp"

namespace gossip::test {
namespace {

CachedMessage message(std::optional<Ttl> onward) {
  CachedMessage message;
  message.data = Payload("data");
  message.origin = p(1);
  message.id = MessageId{5};
  message.data_type = DataType{9};
  message.valid = true;
  message.onward = onward;
  return message;
}

TEST_SUITE("convert") {
  TEST_CASE("TTL: max_ttl caps what enters from clients, 0 and larger becomes it") {
    CHECK(capped_ttl(Ttl{0}, Ttl{5}) == Ttl{5});
    CHECK(capped_ttl(Ttl{4}, Ttl{5}) == Ttl{4});
    CHECK(capped_ttl(Ttl{5}, Ttl{5}) == Ttl{5});
    CHECK(capped_ttl(Ttl{6}, Ttl{5}) == Ttl{5});
    CHECK(capped_ttl(Ttl{255}, Ttl{1}) == Ttl{1});
  }

  TEST_CASE("TTL: max_ttl 0 caps nothing") {
    CHECK(capped_ttl(Ttl{0}, Ttl{0}) == Ttl{0});
    CHECK(capped_ttl(Ttl{255}, Ttl{0}) == Ttl{255});
  }

  TEST_CASE("TTL: n is forwarded as n - 1, 1 not at all, 0 as 0") {
    CHECK(stepped_ttl(Ttl{255}) == Ttl{254});
    CHECK(stepped_ttl(Ttl{2}) == Ttl{1});
    CHECK(stepped_ttl(Ttl{1}) == std::nullopt);
    CHECK(stepped_ttl(Ttl{0}) == Ttl{0});
  }

  TEST_CASE("from_client_announce: valid at once, with the ttl that the client gave, its data not copied") {
    const Announce said = announce("data", 9, 1);
    const IncomingMessage message = from_client_announce(said, c(1), Ttl{0});
    CHECK(message.valid);
    CHECK(message.data_type == DataType{9});
    CHECK(message.data.data() == said.data.bytes().data());
    CHECK(message.data.size() == 4);
    CHECK(message.payload == &said.data);
    CHECK(message.origin == c(1));
    CHECK(message.onward == Ttl{1});
    CHECK(from_client_announce(announce("data", 9, 7), c(1), Ttl{3}).onward == Ttl{3});
  }

  TEST_CASE("from_peer_announce: pending, with its ttl stepped and not capped") {
    const Announce said = announce("data", 9, 200);
    const IncomingMessage message = from_peer_announce(said, p(1));
    CHECK_FALSE(message.valid);
    CHECK(message.origin == p(1));
    CHECK(message.onward == Ttl{199});
    CHECK(from_peer_announce(announce("data", 9, 1), p(1)).onward == std::nullopt);
  }

  TEST_CASE("from_announce_to_notification: type and data stay, the id is new, the data is shared") {
    const Announce said = announce("data", 9, 4);
    const Notification told = from_announce_to_notification(said, MessageId{0});
    CHECK(told == Notification{MessageId{0}, DataType{9}, Payload("data")});
    CHECK(told.data.bytes().data() == said.data.bytes().data());
  }

  TEST_CASE("to_notification and to_announce: a cached message on its next leg, its data shared") {
    const CachedMessage cached = message(Ttl{3});
    CHECK(to_notification(cached) == Notification{MessageId{5}, DataType{9}, Payload("data")});
    CHECK(to_announce(cached) == announce("data", 9, 3));
    CHECK(to_announce(cached)->data.bytes().data() == cached.data.bytes().data());
  }

  TEST_CASE("to_announce: nothing for a message that goes no further") {
    CHECK_FALSE(to_announce(message(std::nullopt)));
    CHECK(to_announce(message(Ttl{0}))->ttl == Ttl{0});
  }
}

}  // namespace
}  // namespace gossip::test
