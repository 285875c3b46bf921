/// \file
/// docs/protocol.md, 'The overlay extension': the layouts of its messages, each at its edges.

#include <gossip/codec.hpp>
#include <gossip/random.hpp>
#include <gossip/transport.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gossip::test {
namespace {

using Bytes = std::vector<std::byte>;

constexpr Overlay both[] = {Overlay::base, Overlay::extended};

FrameView view_of(const FrameVector& vector) {
  return {static_cast<std::uint16_t>(code_of(vector.message)),
          std::span(vector.bytes).subspan(frame_header_bytes)};
}

/// Of a P2P connection: "message", "skipped", or what is wrong where it closes.
std::string outcome_for(Overlay overlay, const Bytes& bytes) {
  Framer framer(overlay == Overlay::extended ? code_max_extended : code_max);
  framer.feed(bytes);
  const auto frame = framer.next();
  if (!frame) return frame.error().message;
  REQUIRE(frame.value().has_value());
  const auto message = decode(Layer::p2p, *frame.value(), overlay);
  if (!message) {
    CHECK(message.error().condition == Condition::malformed);
    return message.error().message;
  }
  return message.value() ? "message" : "skipped";
}

/// A HELLO in which everything is right, but for what the test changes.
Bytes hello_body(std::size_t size = 32) {
  Bytes body = bytes_of(encode(Hello{}));
  body.erase(body.begin(), body.begin() + frame_header_bytes);
  body.resize(size);
  return body;
}

ContentId id_of(unsigned seed) {
  ContentId id;
  id.bytes.fill(static_cast<std::byte>(seed));
  return id;
}

TEST_SUITE("The overlay extension") {
  TEST_CASE("The overlay extension: every vector is encoded byte for byte") {
    const auto vectors = overlay_vectors();
    CHECK(vectors.size() >= 15);
    for (const FrameVector& vector : vectors) {
      CAPTURE(vector.name);
      CHECK(bytes_of(encode(vector.message)) == vector.bytes);
    }
  }

  TEST_CASE("The overlay extension: every vector is decoded on P2P, and skipped on API") {
    for (const auto& vectors : {overlay_vectors(), lenient_overlay_vectors()}) {
      REQUIRE_FALSE(vectors.empty());
      for (const FrameVector& vector : vectors) {
        CAPTURE(vector.name);
        const auto message = decode(Layer::p2p, view_of(vector));
        REQUIRE(message.has_value());
        CHECK(message.value() == vector.message);
        for (const Overlay overlay : both) {
          const auto on_api = decode(Layer::api, view_of(vector), overlay);
          REQUIRE(on_api.has_value());
          CHECK_FALSE(on_api.value().has_value());
        }
      }
    }
  }

  TEST_CASE("The overlay extension: to a base node HELLO is an unknown code, and the others are malformed") {
    for (const auto& vectors : {overlay_vectors(), lenient_overlay_vectors()}) {
      for (const FrameVector& vector : vectors) {
        CAPTURE(vector.name);
        const bool hello = std::holds_alternative<Hello>(vector.message);
        const std::string code = std::to_string(view_of(vector).code);
        CHECK(outcome_for(Overlay::base, vector.bytes) ==
              (hello ? "skipped" : "code " + code + " is outside 500..519"));
        CHECK(outcome_for(Overlay::extended, vector.bytes) == "message");
      }
    }
  }

  TEST_CASE(
      "The overlay extension: every malformed vector closes where it should, and is skipped elsewhere") {
    const auto vectors = malformed_overlay_vectors();
    CHECK(vectors.size() >= 30);
    for (const OverlayMalformedVector& vector : vectors) {
      CAPTURE(vector.name);
      CHECK((outcome_for(Overlay::base, vector.bytes) != "skipped") == vector.closes_base);
      CHECK((outcome_for(Overlay::extended, vector.bytes) != "skipped") == vector.closes_extended);
      CHECK(outcome_for(Overlay::extended, vector.bytes) != "message");
    }
  }

  TEST_CASE("HELLO: 32 bytes in version 1, 44 with IPv6, at least as many in a later one, and no version 0") {
    for (const unsigned family : {4U, 6U}) {
      const std::size_t right = family == 6 ? 44 : 32;
      for (std::size_t size = 0; size <= 70; ++size) {
        CAPTURE(family);
        CAPTURE(size);
        for (const unsigned version : {0U, 1U, 2U, 255U}) {
          CAPTURE(version);
          Bytes body = hello_body(size);
          if (size > 0) body[0] = static_cast<std::byte>(version);
          if (size > 1) body[1] = static_cast<std::byte>(family);
          const bool good = version == 1 ? size == right : version > 1 && size >= right;
          CHECK((outcome(Code::hello, body) == "message") == good);
        }
      }
    }
    Bytes body = hello_body();
    body[0] = std::byte{0};
    CHECK(outcome(Code::hello, body) == "HELLO of version 0: it is at least 1");
    CHECK(outcome(Code::hello, hello_body(31)) == "HELLO body of 31 bytes: it is at least 32 bytes");
    CHECK(outcome(Code::hello, hello_body(33)) == "HELLO body of 33 bytes: it is 32 bytes in version 1");
    body = hello_body(43);
    body[1] = std::byte{6};
    CHECK(outcome(Code::hello, body) == "HELLO body of 43 bytes: it is 44 bytes in version 1 with IPv6");
    body[0] = std::byte{2};
    CHECK(outcome(Code::hello, body) == "HELLO body of 43 bytes: it is at least 44 bytes with IPv6");
  }

  TEST_CASE("HELLO: the family is 4 or 6 and no other") {
    for (unsigned family = 0; family <= 255; ++family) {
      Bytes body = hello_body(family == 6 ? 44 : 32);
      body[1] = static_cast<std::byte>(family);
      CHECK(outcome(Code::hello, body) ==
            (family == 4 || family == 6
                 ? "message"
                 : "HELLO of address family " + std::to_string(family) + ": it is 4 for IPv4 or 6 for IPv6"));
    }
  }

  TEST_CASE("HELLO: an IPv4 address is not of family 6") {
    Bytes body = hello_body(44);
    body[1] = std::byte{6};
    body[28 + 10] = body[28 + 11] = std::byte{0xff};
    CHECK(outcome(Code::hello, body) == "HELLO with an IPv4 address in family 6: it is of family 4");
    body[28] = std::byte{1};
    CHECK(outcome(Code::hello, body) == "message");
  }

  TEST_CASE("HELLO: frames of 1024 bytes are the least that a sender accepts") {
    const auto accepting = [](std::uint16_t bytes) {
      Bytes body = hello_body();
      body[8] = static_cast<std::byte>(bytes >> 8U);
      body[9] = static_cast<std::byte>(bytes & 0xffU);
      return outcome(Code::hello, body);
    };
    CHECK(accepting(1023) == "HELLO that accepts frames of up to 1023 bytes: it is at least 1024 bytes");
    CHECK(accepting(0) == "HELLO that accepts frames of up to 0 bytes: it is at least 1024 bytes");
    CHECK(accepting(1024) == "message");
    CHECK(accepting(65535) == "message");
  }

  TEST_CASE("DATA: at least 6 bytes, on trees 0 to 63") {
    for (std::size_t size = 0; size <= 12; ++size) {
      CAPTURE(size);
      CHECK(outcome(Code::data, Bytes(size)) ==
            (size >= 6 ? "message"
                       : "DATA body of " + std::to_string(size) + " bytes: it is at least 6 bytes"));
    }
    for (unsigned tree = 0; tree <= 255; ++tree) {
      Bytes body(8);
      body[0] = static_cast<std::byte>(tree);
      CHECK(outcome(Code::data, body) ==
            (tree < 64 ? "message" : "DATA of tree " + std::to_string(tree) + ": it is 0 to 63"));
    }
  }

  TEST_CASE("IHAVE and GRAFT: whole entries, one at least, on trees 0 to 63 or none") {
    for (const Code code : {Code::i_have, Code::graft}) {
      const std::string name(to_string(code));
      for (std::size_t size = 0; size <= 70; ++size) {
        CAPTURE(size);
        const bool good = size > 0 && size % 17 == 0;
        CHECK(outcome(code, Bytes(size)) == (good ? "message"
                                                  : name + " body of " + std::to_string(size) +
                                                        " bytes: it is a multiple of 17 bytes, and not 0"));
      }
      for (unsigned tree = 0; tree <= 255; ++tree) {
        Bytes body(3 * 17);
        body[2 * 17] = static_cast<std::byte>(tree);
        const bool good = tree < 64 || tree == 255;
        CHECK(outcome(code, body) == (good ? "message"
                                           : name + " entry 2 of tree " + std::to_string(tree) +
                                                 ": it is 0 to 63, or 255 for none"));
      }
    }
  }

  TEST_CASE("PRUNE: 8 bytes, with one tree at least") {
    for (std::size_t size = 0; size <= 17; ++size) {
      CAPTURE(size);
      CHECK(outcome(Code::prune, Bytes(size, std::byte{1})) ==
            (size == 8 ? "message" : "PRUNE body of " + std::to_string(size) + " bytes: it is 8 bytes"));
    }
    CHECK(outcome(Code::prune, Bytes(8)) == "PRUNE of mask 0: it names at least one tree");
    for (unsigned tree = 0; tree < trees_max; ++tree) {
      const Prune prune{std::uint64_t{1} << tree};
      const Bytes bytes = bytes_of(encode(prune));
      CHECK(bytes[4 + 7 - tree / 8] == static_cast<std::byte>(1U << tree % 8));
      CHECK(decode(Layer::p2p, {523, std::span(bytes).subspan(4)}).value() == Message(prune));
    }
  }

  TEST_CASE("PING and PONG: 4 bytes") {
    for (const Code code : {Code::ping, Code::pong}) {
      for (std::size_t size = 0; size <= 8; ++size) {
        CAPTURE(size);
        CHECK(outcome(code, Bytes(size)) == (size == 4 ? "message"
                                                       : std::string(to_string(code)) + " body of " +
                                                             std::to_string(size) + " bytes: it is 4 bytes"));
      }
    }
    const Bytes bytes = bytes_of(encode(Ping{0x01020304}));
    CHECK(decode(Layer::p2p, {524, std::span(bytes).subspan(4)}).value() == Message(Ping{0x01020304}));
    CHECK(decode(Layer::p2p, {525, std::span(bytes).subspan(4)}).value() == Message(Pong{0x01020304}));
  }

  TEST_CASE("DIGEST: a power of two of buckets, 1 to 256, and 8 bytes for each behind 12") {
    const auto digest = [](std::size_t buckets, std::size_t size) {
      Bytes body(size);
      if (size < 12) return outcome(Code::cache_digest, body);
      body[10] = static_cast<std::byte>(buckets >> 8U);
      body[11] = static_cast<std::byte>(buckets & 0xffU);
      return outcome(Code::cache_digest, body);
    };
    for (std::size_t size = 0; size < 12; ++size) {
      CHECK(digest(1, size) == "DIGEST body of " + std::to_string(size) + " bytes: it is at least 20 bytes");
    }
    for (std::size_t buckets = 0; buckets <= 65535; ++buckets) {
      const bool good = buckets == 1 || buckets == 2 || buckets == 4 || buckets == 8 || buckets == 16 ||
                        buckets == 32 || buckets == 64 || buckets == 128 || buckets == 256;
      REQUIRE(
          digest(buckets, std::min<std::size_t>(12 + 8 * buckets, 4096)) ==
          (good ? "message"
                : "DIGEST of " + std::to_string(buckets) + " buckets: they are a power of two, at most 256"));
    }
    for (const std::size_t size : {12U, 19U, 21U, 27U, 28U, 36U}) {
      CHECK(digest(1, size) ==
            "DIGEST body of " + std::to_string(size) + " bytes: it is 20 bytes with 1 buckets");
    }
    CHECK(digest(256, 2059) == "DIGEST body of 2059 bytes: it is 2060 bytes with 256 buckets");
    CHECK(digest(256, 2061) == "DIGEST body of 2061 bytes: it is 2060 bytes with 256 buckets");
  }

  TEST_CASE("DIGEST: of the flags only the lowest counts, and what is reserved does not") {
    for (unsigned flags = 0; flags <= 255; ++flags) {
      Bytes body(20);
      body[8] = static_cast<std::byte>(flags);
      body[9] = static_cast<std::byte>(flags);
      body[11] = std::byte{1};
      const auto message = decode(Layer::p2p, {526, body});
      CHECK(message.value() == Message(CacheDigest{0, flags % 2 == 1, {0}}));
    }
  }

  TEST_CASE("Codes 532 to 539 are skipped, whatever their body") {
    for (std::uint16_t code = 532; code <= 539; ++code) {
      CHECK(outcome(Code{code}, Bytes(code % 7)) == "skipped");
    }
  }

  TEST_CASE("The largest DATA, IHAVE and GRAFT, both ways") {
    CHECK(tree_data_bytes_max == 65525);
    std::vector<Advert> adverts;
    for (unsigned i = 0; i < adverts_max; ++i) adverts.push_back({Tree(i % 64), id_of(i)});
    const Data data{Tree{63}, 1, Ttl{2}, DataType{3}, Payload(std::string(tree_data_bytes_max, 'x'))};
    for (const Message& message : {Message(data), Message(IHave{adverts}), Message(Graft{adverts})}) {
      const Bytes bytes = bytes_of(encode(message));
      CHECK(bytes.size() > 65535 - 17);
      CHECK(bytes.size() <= 65535);
      Framer framer(code_max_extended);
      framer.feed(bytes);
      CHECK(decode(Layer::p2p, *framer.next().value()).value() == message);
    }
    CHECK(encode(data).size() == 65535);
  }

  TEST_CASE("DATA: data is shared on the way out, or borrowed, and copied on the way in") {
    const Data data{Tree{5}, 1, Ttl{2}, DataType{540}, Payload("data")};
    const Frame borrowing = encode_data(data.tree, data.hops, data.ttl, data.data_type, data.data);
    CHECK(encode(data).body().bytes().data() == data.data.bytes().data());
    CHECK(&borrowing.body() == &data.data);
    CHECK(bytes_of(borrowing) == bytes_of(encode(data)));
    Bytes body = from_hex("3f010200000361");
    const auto message = decode(Layer::p2p, {520, body});
    body.assign(body.size(), std::byte{0});
    CHECK(message.value() == Message(Data{Tree{63}, 1, Ttl{2}, DataType{3}, Payload("a")}));
  }

  TEST_CASE("What was decoded from random bodies is encoded to what decodes to the same") {
    Random random(5);
    int messages[6] = {};
    constexpr std::uint16_t codes[] = {514, 520, 521, 522, 523, 526};
    for (int round = 0; round < 20000; ++round) {
      const std::size_t which = random.below(6);
      Bytes body(which == 0 ? 31 + random.below(4) : random.below(40));
      for (std::byte& byte : body) byte = static_cast<std::byte>(random.below(3));
      if (which == 0) body[1] = std::byte{4};
      if (which == 0) body[8] = static_cast<std::byte>(3 + random.below(3));
      if (which == 5) body.resize(12 + 8 * random.below(4));
      if (which == 5) body[10] = std::byte{0};
      const auto message = decode(Layer::p2p, {codes[which], body});
      if (!message) continue;
      REQUIRE(message.value());
      messages[which] += 1;
      const Bytes bytes = bytes_of(encode(*message.value()));
      REQUIRE(bytes.size() == (which == 0 ? 32 : body.size()) + 4);
      REQUIRE(decode(Layer::p2p, {codes[which], std::span(bytes).subspan(4)}).value() == *message.value());
    }
    for (const int count : messages) CHECK(count > 50);
  }

  TEST_CASE("view_data: it sees in a DATA what decode() makes of it, and of other frames nothing") {
    std::size_t seen = 0;
    for (const auto& vectors : {overlay_vectors(), lenient_overlay_vectors(), frame_vectors()}) {
      for (const FrameVector& vector : vectors) {
        CAPTURE(vector.name);
        const FrameView frame = view_of(vector);
        AnnounceView view;
        const auto* data = std::get_if<Data>(&vector.message);
        CHECK(view_data(view, frame) == (data != nullptr));
        if (data == nullptr) continue;
        seen += 1;
        CHECK(Data{view.tree, view.hops, view.ttl, view.data_type, view.kept()} == *data);
        CHECK(view.data.data() == frame.body.data() + data_fixed_bytes);
      }
    }
    CHECK(seen >= 4);
    for (const OverlayMalformedVector& vector : malformed_overlay_vectors()) {
      const auto body = std::span(vector.bytes).subspan(4);
      AnnounceView view;
      view.hops = 7;
      CHECK_FALSE(view_data(view, {520, body.first(std::min<std::size_t>(body.size(), 5))}));
      CHECK(view.hops == 7);
    }
    for (const unsigned tree : {63U, 64U, 254U, 255U}) {
      Bytes body(6);
      body[0] = static_cast<std::byte>(tree);
      AnnounceView view;
      CHECK(view_data(view, {520, body}) == (tree < 64));
    }
  }

  TEST_CASE("view_announce: a view that was of a DATA before has nothing left of it") {
    const Bytes data = from_hex("3f0102000003");
    const Bytes announce = from_hex("0500021c");
    AnnounceView view;
    REQUIRE(view_data(view, {520, data}));
    REQUIRE(view.tree == Tree{63});
    REQUIRE(view_announce(view, {500, announce}));
    CHECK(view.tree == no_tree);
    CHECK(view.hops == 0);
    CHECK(view.ttl == Ttl{5});
  }

  TEST_CASE("AnnounceView: it stands for a Data, and shares its payload") {
    const Data data{Tree{5}, 3, Ttl{4}, DataType{7}, Payload("data")};
    const AnnounceView view(data);
    CHECK(Data{view.tree, view.hops, view.ttl, view.data_type, view.kept()} == data);
    CHECK(view.kept().memory() == data.data.memory());
    CHECK(AnnounceView(Announce{}).tree == no_tree);
  }

  TEST_CASE("Code: each message of the extension has one, with the name that the protocol gives it") {
    for (const FrameVector& vector : overlay_vectors()) {
      const auto code =
          std::to_integer<unsigned>(vector.bytes[2]) << 8U | std::to_integer<unsigned>(vector.bytes[3]);
      CHECK(static_cast<unsigned>(code_of(vector.message)) == code);
    }
    CHECK(to_string(Code::hello) == "HELLO");
    CHECK(to_string(Code::data) == "DATA");
    CHECK(to_string(Code::i_have) == "IHAVE");
    CHECK(to_string(Code::graft) == "GRAFT");
    CHECK(to_string(Code::prune) == "PRUNE");
    CHECK(to_string(Code::ping) == "PING");
    CHECK(to_string(Code::pong) == "PONG");
    CHECK(to_string(Code::cache_digest) == "DIGEST");
    CHECK(to_string(Code::join) == "JOIN");
    CHECK(to_string(Code::neighbor) == "NEIGHBOR");
    CHECK(to_string(Code::disconnect) == "DISCONNECT");
    CHECK(to_string(Code::shuffle) == "SHUFFLE");
    CHECK(to_string(Code::dont_want) == "IDONTWANT");
  }

  TEST_CASE(
      "TransportEvents: who does not take ANNOUNCEs and DATAs together gets them one by one, as messages") {
    class Taker final : public TransportEvents {
     public:
      void on_accepted(ConnectionId, const ConnectionInfo&, TimePoint) override {}
      void on_connected(ConnectionId, const ConnectionInfo&, TimePoint) override {}
      void on_connect_failed(ConnectionId, std::string_view, TimePoint) override {}
      void on_message(ConnectionId, Message&& message, TimePoint) override {
        taken.push_back(std::move(message));
      }
      void on_skipped(ConnectionId, std::uint16_t, TimePoint) override {}
      void on_relieved(ConnectionId, TimePoint) override {}
      void on_stalled(ConnectionId, TimePoint) override {}
      void on_closed(ConnectionId, CloseReason, std::string_view, TimePoint) override {}
      void on_time(TimePoint) override {}
      [[nodiscard]] std::optional<TimePoint> next_timer() const override { return std::nullopt; }

      std::vector<Message> taken;
    };
    const Data data{Tree{0}, 3, Ttl{4}, DataType{7}, Payload("data")};
    const Announce announce{Ttl{4}, DataType{7}, Payload("announce")};
    const AnnounceView views[] = {data, announce};
    Taker taker;
    CHECK(taker.on_announces(ConnectionId{1}, views, {}) == 1);
    CHECK(taker.on_announces(ConnectionId{1}, std::span(views).subspan(1), {}) == 1);
    CHECK(taker.taken == std::vector<Message>{data, announce});
  }
}

}  // namespace
}  // namespace gossip::test
