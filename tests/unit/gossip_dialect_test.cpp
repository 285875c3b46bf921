#include "bench/gossip_dialect.hpp"

#include <gossip/codec.hpp>
#include <gossip/framer.hpp>
#include <gossip/message.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gossipd::load {
namespace {

constexpr gossip::DataType data_type{540};

Bytes bytes_of(const gossip::Frame& frame) {
  Bytes bytes(frame.header().begin(), frame.header().end());
  const auto body = frame.body().bytes();
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

Bytes notification(std::uint16_t id, std::string_view data) {
  return bytes_of(encode(gossip::Notification{gossip::MessageId{id}, data_type, gossip::Payload(data)}));
}

Bytes operator+(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

std::string text_of(const Delivery& delivery) {
  std::string text;
  for (std::size_t at = 0; at < delivery.bytes; ++at)
    text += static_cast<char>(std::to_integer<unsigned char>(delivery.body[at]));
  return text;
}

struct Read {
  std::size_t used = 0;
  std::vector<Delivery> deliveries;
};

Read read(const Bytes& bytes) {
  Read result;
  Bytes reply;
  const auto used = GossipDialect(data_type).read(bytes, 64, result.deliveries, reply);
  REQUIRE(used);
  CHECK(reply.empty());
  result.used = *used;
  return result;
}

TEST_SUITE("gossip dialect") {
  TEST_CASE("It says what the codec says") {
    const GossipDialect dialect(data_type);
    CHECK(dialect.subscriber_greeting() == bytes_of(encode(gossip::Notify{data_type})));
    for (const std::size_t size : {std::size_t{24}, std::size_t{1024}, gossip::data_bytes_max}) {
      const std::string data(size, 'x');
      const Bytes announce = bytes_of(encode(
          gossip::Announce{gossip::unlimited_ttl, data_type, gossip::Payload(std::string_view(data))}));
      const Bytes before = dialect.before_body(size);
      CHECK(before == Bytes(announce.begin(), announce.end() - static_cast<std::ptrdiff_t>(size)));
    }
    CHECK(dialect.after_body(64).empty());
  }

  TEST_CASE("Notifications are deliveries, and everything else is passed over") {
    const Bytes bytes = notification(7, "one") +
                        bytes_of(encode(gossip::Validation{gossip::MessageId{1}, true})) +
                        notification(65535, "") + notification(0, "three");
    const Read result = read(bytes);
    CHECK(result.used == bytes.size());
    REQUIRE(result.deliveries.size() == 3);
    CHECK(text_of(result.deliveries[0]) == "one");
    CHECK(result.deliveries[0].id == 7);
    CHECK(text_of(result.deliveries[1]).empty());
    CHECK(result.deliveries[1].id == 65535);
    CHECK(text_of(result.deliveries[2]) == "three");
  }

  TEST_CASE("What is cut anywhere is left for the next time") {
    const Bytes whole = notification(1, "first");
    const Bytes both = whole + notification(2, "second");
    for (std::size_t cut = 0; cut < both.size(); ++cut) {
      CAPTURE(cut);
      const Read result = read(Bytes(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(cut)));
      CHECK(result.deliveries.size() == (cut < whole.size() ? 0 : 1));
      CHECK(result.used == (cut < whole.size() ? 0 : whole.size()));
    }
  }

  TEST_CASE("A frame of an impossible size or code is an error, behind deliveries that are kept") {
    using std::byte;
    const std::vector<std::pair<Bytes, std::string>> headers{
        {{byte{0}, byte{3}, byte{1}, byte{244}}, "a frame says that it has 3 bytes"},
        {{byte{0}, byte{4}, byte{1}, byte{243}}, "code 499 is outside 500..519"},
        {{byte{0}, byte{4}, byte{2}, byte{8}}, "code 520 is outside 500..519"},
        {{byte{'H'}, byte{'T'}, byte{'T'}, byte{'P'}}, "code 21584 is outside 500..519"}};
    for (const auto& [header, reason] : headers) {
      std::vector<Delivery> deliveries;
      Bytes reply;
      const auto used =
          GossipDialect(data_type).read(notification(1, "first") + header, 64, deliveries, reply);
      REQUIRE_FALSE(used);
      CHECK(used.error().message == "the server broke the protocol: " + reason);
      CHECK(deliveries.size() == 1);
    }
  }

  TEST_CASE("Verdicts are VALIDATIONs, behind what is there already") {
    const Bytes bytes = notification(7, "one") + notification(513, "two");
    Bytes out{std::byte{42}};
    GossipDialect(data_type).accept(read(bytes).deliveries, out);
    CHECK(out == Bytes{std::byte{42}} + bytes_of(encode(gossip::Validation{gossip::MessageId{7}, true})) +
                     bytes_of(encode(gossip::Validation{gossip::MessageId{513}, true})));
  }
}

}  // namespace
}  // namespace gossipd::load
