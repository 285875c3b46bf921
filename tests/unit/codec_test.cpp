#include <gossip/codec.hpp>
#include <gossip/random.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace gossip::test {
namespace {

using Bytes = std::vector<std::byte>;

/// "message", "skipped", or "closed" when the bytes break the protocol.
std::string outcome(Layer layer, const Bytes& bytes) {
  Framer framer;
  framer.feed(bytes);
  const auto frame = framer.next();
  if (!frame) return "closed";
  REQUIRE(frame.value().has_value());
  const auto message = decode(layer, *frame.value());
  if (!message) return "closed";
  return message.value() ? "message" : "skipped";
}

Result<std::optional<Message>> decoded(Layer layer, Code code, const std::string& body_hex) {
  const Bytes body = from_hex(body_hex);
  return decode(layer, {static_cast<std::uint16_t>(code), body});
}

constexpr Code api_codes[] = {Code::announce, Code::notify, Code::notification, Code::validation};
constexpr Code p2p_codes[] = {Code::announce, Code::peer_request, Code::peer_response, Code::peer_update,
                              Code::peer_init};

bool belongs(Layer layer, Code code) {
  return layer == Layer::api ? std::ranges::find(api_codes, code) != std::end(api_codes)
                             : std::ranges::find(p2p_codes, code) != std::end(p2p_codes);
}

TEST_SUITE("codec") {
  TEST_CASE("Bodies: every vector is encoded byte for byte") {
    const auto vectors = frame_vectors();
    CHECK(vectors.size() >= 15);
    for (const FrameVector& vector : vectors) {
      CAPTURE(vector.name);
      CHECK(bytes_of(encode(vector.message)) == vector.bytes);
    }
  }

  TEST_CASE("Bodies: every vector is decoded on its layer, and skipped on the other") {
    for (const FrameVector& vector : frame_vectors()) {
      CAPTURE(vector.name);
      const FrameView view{static_cast<std::uint16_t>(code_of(vector.message)),
                           std::span(vector.bytes).subspan(4)};
      for (const Layer layer : {Layer::api, Layer::p2p}) {
        const auto message = decode(layer, view);
        REQUIRE(message.has_value());
        if (belongs(layer, code_of(vector.message))) {
          CHECK(message.value() == vector.message);
        } else {
          CHECK_FALSE(message.value().has_value());
        }
      }
    }
  }

  TEST_CASE("Frame: every malformed vector closes on the layer of its code, framing errors on both") {
    const auto vectors = malformed_vectors();
    CHECK(vectors.size() >= 10);
    for (const MalformedVector& vector : vectors) {
      CAPTURE(vector.name);
      const auto size =
          std::to_integer<unsigned>(vector.bytes[0]) << 8U | std::to_integer<unsigned>(vector.bytes[1]);
      const auto code =
          std::to_integer<unsigned>(vector.bytes[2]) << 8U | std::to_integer<unsigned>(vector.bytes[3]);
      const bool breaks_framing = size < 4 || code < 500 || code > 519;
      for (const Layer layer : {Layer::api, Layer::p2p}) {
        const bool closes = vector.closes && (breaks_framing || belongs(layer, static_cast<Code>(code)));
        CHECK(outcome(layer, vector.bytes) == (closes ? "closed" : "skipped"));
      }
    }
  }

  TEST_CASE("Frame: every code inside 500..519 that is not known is skipped, whatever its body") {
    for (std::uint16_t code = 500; code <= 519; ++code) {
      const Bytes body(code % 7);
      for (const Layer layer : {Layer::api, Layer::p2p}) {
        if (belongs(layer, Code{code})) continue;
        CAPTURE(code);
        const auto message = decode(layer, {code, body}, Overlay::base);
        REQUIRE(message.has_value());
        CHECK_FALSE(message.value().has_value());
      }
    }
  }

  TEST_CASE("Bodies: each body one byte shorter or longer than its layout is malformed") {
    const std::pair<Code, std::vector<std::size_t>> wrong[] = {
        {Code::announce, {0, 1, 2, 3}},        {Code::notify, {0, 3, 5}},
        {Code::notification, {0, 3}},          {Code::validation, {0, 3, 5}},
        {Code::peer_request, {0, 7, 9}},       {Code::peer_response, {1, 5, 7, 13}},
        {Code::peer_update, {0, 6, 7, 9, 10}}, {Code::peer_init, {0, 5, 7, 8}},
    };
    for (const auto& row : wrong) {
      const Code code = row.first;
      for (const std::size_t size : row.second) {
        CAPTURE(to_string(code));
        CAPTURE(size);
        const Bytes body(size);
        const Layer layer = belongs(Layer::api, code) ? Layer::api : Layer::p2p;
        const auto message = decode(layer, {static_cast<std::uint16_t>(code), body});
        REQUIRE_FALSE(message.has_value());
        CHECK(message.error().condition == Condition::malformed);
        CHECK(message.error().message.starts_with(to_string(code)));
      }
    }
  }

  TEST_CASE("Bodies: an ANNOUNCE is malformed on both layers") {
    CHECK_FALSE(decoded(Layer::api, Code::announce, "050000").has_value());
    CHECK_FALSE(decoded(Layer::p2p, Code::announce, "050000").has_value());
  }

  TEST_CASE("Bodies: a PEER UPDATE is lost or found and nothing else") {
    CHECK(decoded(Layer::p2p, Code::peer_update, "0a00000717720801").has_value());
    CHECK(decoded(Layer::p2p, Code::peer_update, "0a00000717720800").has_value());
    CHECK_FALSE(decoded(Layer::p2p, Code::peer_update, "0a00000717720802").has_value());
  }

  TEST_CASE("Bodies: reserved bits are ignored on receipt") {
    CHECK(decoded(Layer::p2p, Code::announce, "05ff021c6869").value() ==
          Message(Announce{Ttl{5}, DataType{540}, Payload("hi")}));
    CHECK(decoded(Layer::api, Code::notify, "ffff021c").value() == Message(Notify{DataType{540}}));
    CHECK(decoded(Layer::api, Code::validation, "1267fffe").value() ==
          Message(Validation{MessageId{4711}, false}));
    CHECK(decoded(Layer::api, Code::validation, "1267ffff").value() ==
          Message(Validation{MessageId{4711}, true}));
    CHECK(decoded(Layer::p2p, Code::peer_request, "0a0000071772ffff").value() ==
          Message(PeerRequest{{0x0a000007, 6002}}));
  }

  TEST_CASE("Bodies: an id of 0 is an id") {
    CHECK(decoded(Layer::api, Code::validation, "00000001").value() ==
          Message(Validation{MessageId{0}, true}));
    CHECK(bytes_of(encode(Notification{MessageId{0}, DataType{0}, {}})) == from_hex("000801f600000000"));
  }

  TEST_CASE("Bodies: the largest ANNOUNCE, NOTIFICATION and PEER RESPONSE, both ways") {
    const Payload data(std::string(data_bytes_max, 'x'));
    PeerResponse response;
    for (std::uint32_t i = 0; i < response_addresses_max; ++i) response.server_addresses.push_back({i, 1});
    const std::pair<Layer, Message> largest[] = {{Layer::api, Announce{Ttl{1}, DataType{2}, data}},
                                                 {Layer::api, Notification{MessageId{1}, DataType{2}, data}},
                                                 {Layer::p2p, response}};
    for (const auto& [layer, message] : largest) {
      const Bytes bytes = bytes_of(encode(message));
      CHECK(bytes.size() > 65529);
      CHECK(bytes.size() <= 65535);
      Framer framer;
      framer.feed(bytes);
      CHECK(decode(layer, *framer.next().value()).value() == message);
    }
  }

  TEST_CASE("codec: data is shared on the way out and copied on the way in") {
    const Announce announce{Ttl{1}, DataType{2}, Payload("data")};
    CHECK(encode(announce).body().bytes().data() == announce.data.bytes().data());
    Bytes body = from_hex("0000000061");
    const auto message = decode(Layer::p2p, {500, body});
    body.assign(5, std::byte{0});
    CHECK(std::get<Announce>(*message.value()).data.text() == "a");
  }

  TEST_CASE("codec: what was decoded from random bodies is encoded to what decodes to the same") {
    Random random(5);
    int messages = 0;
    for (int round = 0; round < 20000; ++round) {
      Bytes body(random.below(14));
      for (std::byte& byte : body) byte = static_cast<std::byte>(random.below(3));
      const auto code = static_cast<std::uint16_t>(500 + random.below(14));
      const Layer layer = random.below(2) == 0 ? Layer::api : Layer::p2p;
      const auto message = decode(layer, {code, body});
      if (!message || !message.value()) continue;
      messages += 1;
      const Bytes bytes = bytes_of(encode(*message.value()));
      REQUIRE(bytes.size() == body.size() + 4);
      REQUIRE(decode(layer, {code, std::span(bytes).subspan(4)}).value() == *message.value());
    }
    CHECK(messages > 1000);
  }

  TEST_CASE("view_announce: it sees in an ANNOUNCE what decode() makes of it, and of other frames nothing") {
    std::size_t announces = 0;
    for (const FrameVector& vector : frame_vectors()) {
      const FrameView frame{static_cast<std::uint16_t>(code_of(vector.message)),
                            std::span(vector.bytes).subspan(frame_header_bytes)};
      AnnounceView view;
      const auto* announce = std::get_if<Announce>(&vector.message);
      CHECK(view_announce(view, frame) == (announce != nullptr));
      if (announce == nullptr) continue;
      announces += 1;
      CHECK(Announce{view.ttl, view.data_type, view.kept()} == *announce);
      CHECK(view.data.data() == frame.body.data() + announce_fixed_bytes);
    }
    CHECK(announces > 0);
    const Bytes body(announce_fixed_bytes);
    AnnounceView view;
    CHECK(view_announce(view, {500, body}));  // without data
    CHECK_FALSE(view_announce(view, {500, std::span(body).first(announce_fixed_bytes - 1)}));
    CHECK_FALSE(view_announce(view, {502, body}));
  }

  TEST_CASE("Code: every message has one, with the name that the protocol gives it") {
    for (const FrameVector& vector : frame_vectors()) {
      const auto code =
          std::to_integer<unsigned>(vector.bytes[2]) << 8U | std::to_integer<unsigned>(vector.bytes[3]);
      CHECK(static_cast<unsigned>(code_of(vector.message)) == code);
    }
    CHECK(to_string(Code::announce) == "ANNOUNCE");
    CHECK(to_string(Code::notify) == "NOTIFY");
    CHECK(to_string(Code::notification) == "NOTIFICATION");
    CHECK(to_string(Code::validation) == "VALIDATION");
    CHECK(to_string(Code::peer_request) == "PEER REQUEST");
    CHECK(to_string(Code::peer_response) == "PEER RESPONSE");
    CHECK(to_string(Code::peer_update) == "PEER UPDATE");
    CHECK(to_string(Code::peer_init) == "PEER INIT");
  }
}

}  // namespace
}  // namespace gossip::test
