#include "vectors.hpp"

#include <gossip/codec.hpp>

#include <boost/property_tree/json_parser.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

using boost::property_tree::ptree;

ptree document(const char* file) {
  ptree tree;
  read_json(file, tree);
  return tree;
}

Endpoint endpoint_in(const ptree& fields) {
  return literal_endpoint({fields.get<std::string>("address"), fields.get<std::uint16_t>("port")}).value();
}

Payload data_in(const ptree& fields) {
  return Payload(from_hex(fields.get<std::string>("data_hex")));
}

std::vector<Endpoint> peers_in(const ptree& fields) {
  std::vector<Endpoint> peers;
  for (const auto& [key, value] : fields.get_child("peers"))
    peers.push_back(parse_endpoint(value.data()).value());
  return peers;
}

std::array<std::byte, 16> id_in(const ptree& fields, const char* field) {
  const std::vector<std::byte> bytes = from_hex(fields.get<std::string>(field));
  std::array<std::byte, 16> id{};
  if (bytes.size() != id.size()) throw std::runtime_error("a vector has an id that is not of 16 bytes");
  std::ranges::copy(bytes, id.begin());
  return id;
}

std::vector<Advert> adverts_in(const ptree& fields) {
  std::vector<Advert> adverts;
  for (const auto& [key, entry] : fields.get_child("entries")) {
    adverts.push_back({Tree(entry.get<std::uint16_t>("tree")), {id_in(entry, "id")}});
  }
  return adverts;
}

Hello hello_in(const ptree& fields) {
  const auto number = [&](const char* field) { return fields.get<std::uint16_t>(field); };
  return {static_cast<std::uint8_t>(number("version")),
          fields.get<std::uint32_t>("features"),
          number("frame_bytes_max"),
          {id_in(fields, "node")},
          endpoint_in(fields)};
}

CacheDigest digest_in(const ptree& fields) {
  CacheDigest digest{fields.get<std::uint64_t>("salt"), fields.get<bool>("wants_answer"), {}};
  for (const auto& [key, hash] : fields.get_child("buckets")) {
    digest.buckets.push_back(hash.get_value<std::uint64_t>());
  }
  return digest;
}

Message message_of(Code code, const ptree& fields) {
  const auto number = [&](const char* field) { return fields.get<std::uint16_t>(field); };
  switch (code) {
    case Code::announce:
      return Announce{Ttl(number("ttl")), DataType{number("data_type")}, data_in(fields)};
    case Code::notify:
      return Notify{DataType{number("data_type")}};
    case Code::notification:
      return Notification{MessageId{number("message_id")}, DataType{number("data_type")}, data_in(fields)};
    case Code::validation:
      return Validation{MessageId{number("message_id")}, fields.get<bool>("valid")};
    case Code::peer_request:
      return PeerRequest{endpoint_in(fields)};
    case Code::peer_response:
      return PeerResponse{peers_in(fields)};
    case Code::peer_update:
      return PeerUpdate{
          endpoint_in(fields), Ttl(number("ttl")),
          fields.get<std::string>("update") == "found" ? PeerUpdate::Kind::found : PeerUpdate::Kind::lost};
    case Code::peer_init:
      return PeerInit{endpoint_in(fields)};
    case Code::hello:
      return hello_in(fields);
    case Code::data:
      return Data{Tree(number("tree")), static_cast<std::uint8_t>(number("hops")), Ttl(number("ttl")),
                  DataType{number("data_type")}, data_in(fields)};
    case Code::i_have:
      return IHave{adverts_in(fields)};
    case Code::graft:
      return Graft{adverts_in(fields)};
    case Code::prune:
      return Prune{fields.get<std::uint64_t>("trees")};
    case Code::ping:
      return Ping{fields.get<std::uint32_t>("token")};
    case Code::pong:
      return Pong{fields.get<std::uint32_t>("token")};
    case Code::cache_digest:
      return digest_in(fields);
    case Code::join:
      return Join{static_cast<std::uint8_t>(number("ttl")), endpoint_in(fields)};
    case Code::neighbor:
      return Neighbor{static_cast<Neighbor::Kind>(number("kind"))};
    case Code::disconnect:
      return Disconnect{static_cast<Disconnect::Reason>(number("reason"))};
    case Code::shuffle:
      return Shuffle{static_cast<Shuffle::Kind>(number("kind")), peers_in(fields)};
    case Code::dont_want:
      return DontWant{Ttl(number("ttl")), {id_in(fields, "id")}};
  }
  throw std::runtime_error("a vector has a code that is not known here");
}

std::vector<FrameVector> frames_of(const char* file, const char* list) {
  std::vector<FrameVector> vectors;
  const ptree tree = document(file);
  for (const auto& [key, row] : tree.get_child(list)) {
    vectors.push_back({row.get<std::string>("name"),
                       message_of(Code{row.get<std::uint16_t>("code")}, row.get_child("fields")),
                       from_hex(row.get<std::string>("hex"))});
  }
  return vectors;
}

}  // namespace

std::vector<FrameVector> frame_vectors() {
  return frames_of(GOSSIP_VECTORS, "frames");
}

std::vector<FrameVector> overlay_vectors() {
  return frames_of(GOSSIP_OVERLAY_VECTORS, "frames");
}

std::vector<FrameVector> lenient_overlay_vectors() {
  return frames_of(GOSSIP_OVERLAY_VECTORS, "lenient");
}

std::vector<OverlayMalformedVector> malformed_overlay_vectors() {
  std::vector<OverlayMalformedVector> vectors;
  const ptree tree = document(GOSSIP_OVERLAY_VECTORS);
  for (const auto& [key, row] : tree.get_child("malformed")) {
    vectors.push_back({row.get<std::string>("name"), from_hex(row.get<std::string>("hex")),
                       row.get<std::string>("base") == "close", row.get<std::string>("extended") == "close"});
  }
  return vectors;
}

std::vector<MalformedVector> malformed_vectors() {
  std::vector<MalformedVector> vectors;
  const ptree tree = document(GOSSIP_VECTORS);
  for (const auto& [key, row] : tree.get_child("malformed")) {
    vectors.push_back({row.get<std::string>("name"), from_hex(row.get<std::string>("hex")),
                       row.get<std::string>("result") == "close"});
  }
  return vectors;
}

std::vector<std::byte> from_hex(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::byte> bytes_of(const Frame& frame) {
  std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
  bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
  return bytes;
}

std::string outcome(Code code, const std::vector<std::byte>& body) {
  const auto message = decode(Layer::p2p, {static_cast<std::uint16_t>(code), body});
  if (!message) {
    CHECK(message.error().condition == Condition::malformed);
    return message.error().message;
  }
  return message.value() ? "message" : "skipped";
}

}  // namespace gossip::test
