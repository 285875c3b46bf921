#pragma once
/// \file
/// The messages of docs/protocol.md, 'Bodies', as plain structs, and the variant that holds any of them.
/// Reserved fields do not appear: they are sent as zero and ignored on receipt.

#include <gossip/export.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace gossip {

/// Message codes. A code from code_min to code_max that is not listed here is skipped.
enum class Code : std::uint16_t {
  announce = 500,
  notify = 501,
  notification = 502,
  validation = 503,
  peer_request = 510,
  peer_response = 511,
  peer_update = 512,
  peer_init = 513,
};

inline constexpr std::uint16_t code_min = 500;
inline constexpr std::uint16_t code_max = 519;

/// A frame with its header, in bytes.
inline constexpr std::size_t frame_header_bytes = 4;
inline constexpr std::size_t frame_bytes_max = 65535;

/// Data that an ANNOUNCE or a NOTIFICATION can carry, in bytes.
inline constexpr std::size_t data_bytes_max = frame_bytes_max - frame_header_bytes - 4;

/// Addresses that one PEER RESPONSE can carry.
inline constexpr std::size_t response_addresses_max = (frame_bytes_max - frame_header_bytes) / 6;

/// 500, client to node and node to node: spread this.
struct Announce {
  Ttl ttl = unlimited_ttl;
  DataType data_type{};
  Payload data;
  friend bool operator==(const Announce&, const Announce&) = default;
};

/// 501, client to node: notify me of this data type.
struct Notify {
  DataType data_type{};
  friend bool operator==(const Notify&, const Notify&) = default;
};

/// 502, node to client: here is a message, to be answered with a Validation.
struct Notification {
  MessageId message_id{};
  DataType data_type{};
  Payload data;
  friend bool operator==(const Notification&, const Notification&) = default;
};

/// 503, client to node: the verdict on a Notification.
struct Validation {
  MessageId message_id{};
  bool valid = false;
  friend bool operator==(const Validation&, const Validation&) = default;
};

/// 510: here is my server address; tell me your peers'.
struct PeerRequest {
  Endpoint server_address;
  friend bool operator==(const PeerRequest&, const PeerRequest&) = default;
};

/// 511: the server addresses of my peers.
struct PeerResponse {
  std::vector<Endpoint> server_addresses;
  friend bool operator==(const PeerResponse&, const PeerResponse&) = default;
};

/// 512: a node has come or gone.
struct PeerUpdate {
  enum class Kind : std::uint8_t { lost = 0, found = 1 };

  Endpoint server_address;
  Ttl ttl = unlimited_ttl;
  Kind kind = Kind::found;
  friend bool operator==(const PeerUpdate&, const PeerUpdate&) = default;
};

/// 513: here is my server address.
struct PeerInit {
  Endpoint server_address;
  friend bool operator==(const PeerInit&, const PeerInit&) = default;
};

using Message =
    std::variant<Announce, Notify, Notification, Validation, PeerRequest, PeerResponse, PeerUpdate, PeerInit>;

/// "PEER REQUEST" and so on, as docs/protocol.md spells it.
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(Code code);

[[nodiscard]] GOSSIP_EXPORT Code code_of(const Message& message);

}  // namespace gossip
