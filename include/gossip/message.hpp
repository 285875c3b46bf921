#pragma once
/// \file
/// The messages of docs/protocol.md, 'Bodies' and 'The overlay extension', as plain structs, and the variant
/// that holds any of them. Reserved fields do not appear: they are sent as zero and ignored on receipt.

#include <gossip/export.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace gossip {

struct Digest;

/// Message codes, each with the name of its struct below. A code that is legal and not listed here is
/// skipped.
enum class Code : std::uint16_t {
  announce = 500,
  notify = 501,
  notification = 502,
  validation = 503,
  peer_request = 510,
  peer_response = 511,
  peer_update = 512,
  peer_init = 513,
  hello = 514,
  data = 520,
  i_have = 521,
  graft = 522,
  prune = 523,
  ping = 524,
  pong = 525,
  cache_digest = 526,
  join = 527,
  neighbor = 528,
  disconnect = 529,
  shuffle = 530,
  dont_want = 531,
};

/// \{
/// The first and the last code of the base protocol; a frame with one beyond them is malformed.
inline constexpr std::uint16_t code_min = 500;
inline constexpr std::uint16_t code_max = 519;
/// \}
/// The last code where the overlay extension is spoken.
inline constexpr std::uint16_t code_max_extended = 539;

/// What every frame begins with, size and code, in bytes.
inline constexpr std::size_t frame_header_bytes = 4;
/// The largest frame, its header included, in bytes: what its size field can say.
inline constexpr std::size_t frame_bytes_max = 65535;

/// One complete frame, its header taken off.
struct FrameView {
  std::uint16_t code = 0;           ///< from code_min to code_max, or code_max_extended
  std::span<const std::byte> body;  ///< what follows the header, a view
};

/// Data that an ANNOUNCE or a NOTIFICATION can carry, in bytes.
inline constexpr std::size_t data_bytes_max = frame_bytes_max - frame_header_bytes - 4;

/// Addresses that one PEER RESPONSE can carry.
inline constexpr std::size_t response_addresses_max = (frame_bytes_max - frame_header_bytes) / 6;

/// What precedes the data in the body of a DATA.
inline constexpr std::size_t data_fixed_bytes = 6;

/// Data that a DATA can carry, in bytes; what is larger travels as an ANNOUNCE.
inline constexpr std::size_t tree_data_bytes_max = frame_bytes_max - frame_header_bytes - data_fixed_bytes;

/// The most that a DATA says of how often it was sent.
inline constexpr std::uint8_t hops_max = 255;

/// What an entry takes in the body of an IHAVE or a GRAFT.
inline constexpr std::size_t advert_bytes = 17;

/// Adverts that one IHAVE or GRAFT can carry.
inline constexpr std::size_t adverts_max = (frame_bytes_max - frame_header_bytes) / advert_bytes;

/// What precedes the hashes in the body of a DIGEST.
inline constexpr std::size_t digest_fixed_bytes = 12;

/// Buckets that a DIGEST can have.
inline constexpr std::size_t digest_buckets_max = 256;
/// Hops that a JOIN travels at most.
inline constexpr std::uint8_t join_ttl_max = 6;

/// Addresses that one SHUFFLE can carry.
inline constexpr std::size_t shuffle_addresses_max = 16;

/// What a node must accept at least as the size of a frame: the smallest Hello::frame_bytes_max.
inline constexpr std::uint16_t accepted_frame_bytes_min = 1024;

/// 500, client to node and node to node: spread this.
struct Announce {
  Ttl ttl = unlimited_ttl;  ///< hops still allowed
  DataType data_type{};     ///< what programs register for
  Payload data;             ///< up to data_bytes_max bytes, which only programs understand
  friend bool operator==(const Announce&, const Announce&) = default;
};

/// 501, client to node: notify me of this data type.
struct Notify {
  DataType data_type{};  ///< one; a client sends as many as it wants types
  friend bool operator==(const Notify&, const Notify&) = default;
};

/// 502, node to client: here is a message, to be answered with a Validation.
struct Notification {
  MessageId message_id{};  ///< what this node calls it; the Validation repeats it
  DataType data_type{};    ///< one that the client registered for
  Payload data;            ///< as it was announced
  friend bool operator==(const Notification&, const Notification&) = default;
};

/// 503, client to node: the verdict on a Notification.
struct Validation {
  MessageId message_id{};  ///< that of the Notification
  bool valid = false;      ///< true: it travels on; false: it leaves the cache
  friend bool operator==(const Validation&, const Validation&) = default;
};

/// 510: here is my server address; tell me your peers'.
struct PeerRequest {
  /// Where the sender accepts peers, not the source of this connection. IPv6 is sent as 0.0.0.0.
  Endpoint server_address;
  friend bool operator==(const PeerRequest&, const PeerRequest&) = default;
};

/// 511: the server addresses of my peers.
struct PeerResponse {
  /// At most response_addresses_max, IPv4 only; neither end's own.
  std::vector<Endpoint> server_addresses;
  friend bool operator==(const PeerResponse&, const PeerResponse&) = default;
};

/// 512: a node has come or gone.
struct PeerUpdate {
  /// Gone or come, as it is on the wire; any other value is malformed.
  enum class Kind : std::uint8_t { lost = 0, found = 1 };

  Endpoint server_address;  ///< of the node that has come or gone, IPv4 only
  Ttl ttl = unlimited_ttl;  ///< hops still allowed
  Kind kind = Kind::found;  ///< `lost` is passed on and never originated
  friend bool operator==(const PeerUpdate&, const PeerUpdate&) = default;
};

/// 513: here is my server address.
struct PeerInit {
  /// Where the sender accepts peers, not the source of this connection. IPv6 is sent as 0.0.0.0.
  Endpoint server_address;
  friend bool operator==(const PeerInit&, const PeerInit&) = default;
};

/// 514, between nodes, the first frame of either: I speak the overlay extension, and this is who I am.
struct Hello {
  /// Of `features`: whoever opened the link looks whether both are parts of the same network, and will go
  /// away if they are. Nothing is to be sent on it but what is asked for.
  static constexpr std::uint32_t probes = 1;

  std::uint8_t version = 1;               ///< of the extension; 0 is malformed
  std::uint32_t features = 0;             ///< probes, or 0; bits that are not known are ignored
  std::uint16_t frame_bytes_max = 65535;  ///< the largest that it takes: at least accepted_frame_bytes_min
  NodeId node;                            ///< what the sender calls itself
  Endpoint server_address;                ///< where the sender accepts peers
  friend bool operator==(const Hello&, const Hello&) = default;
};

/// 520, between nodes that speak the extension: spread this along a tree.
struct Data {
  Tree tree{};              ///< below trees_max: the one that its publisher's node uses
  std::uint8_t hops = 0;    ///< how often it was sent before; stays at hops_max
  Ttl ttl = unlimited_ttl;  ///< as in Announce
  DataType data_type{};     ///< as in Announce
  Payload data;             ///< as in Announce, but up to tree_data_bytes_max bytes
  friend bool operator==(const Data&, const Data&) = default;
};

/// A message that somebody has, and the tree that it travels by.
struct Advert {
  Tree tree{};   ///< below trees_max, or no_tree: it is to be caught up with, not by a tree
  ContentId id;  ///< of the message
  friend bool operator==(const Advert&, const Advert&) = default;
};

/// 521: I have these, and you can have them.
struct IHave {
  std::vector<Advert> adverts;  ///< 1 to adverts_max
  friend bool operator==(const IHave&, const IHave&) = default;
};

/// 522: send me these, and from now on what travels by their trees.
struct Graft {
  std::vector<Advert> wanted;  ///< 1 to adverts_max, each as its IHAVE had it
  friend bool operator==(const Graft&, const Graft&) = default;
};

/// 523: what travels by these trees I have from others; tell me of it only.
struct Prune {
  std::uint64_t trees = 0;  ///< bit value_of(tree) for each; 0 is malformed
  friend bool operator==(const Prune&, const Prune&) = default;
};

/// 524: are you there? It is answered with a Pong at once.
struct Ping {
  std::uint32_t token = 0;  ///< whatever its sender likes
  friend bool operator==(const Ping&, const Ping&) = default;
};

/// 525: I am.
struct Pong {
  std::uint32_t token = 0;  ///< that of the Ping
  friend bool operator==(const Pong&, const Pong&) = default;
};

/// 526: this is what I have, in short; tell me of what you have where it differs.
struct CacheDigest {
  std::uint64_t salt = 0;              ///< what the ids are hashed with, another each time
  bool wants_answer = false;           ///< where it differs, send me yours
  std::vector<std::uint64_t> buckets;  ///< a power of two of hashes, 1 to digest_buckets_max
  friend bool operator==(const CacheDigest&, const CacheDigest&) = default;
};

/// 527, on its way from neighbour to neighbour: a node has joined.
struct Join {
  std::uint8_t ttl = 0;     ///< hops that are left: up to join_ttl_max
  Endpoint server_address;  ///< where the newcomer accepts peers
  friend bool operator==(const Join&, const Join&) = default;
};

/// 528, from whoever opened the link: the other side is a neighbour, or from now on if it was a probe.
struct Neighbor {
  /// As it is on the wire; any other value is malformed.
  enum class Kind : std::uint8_t {
    low = 0,   ///< it wants one neighbour more, and has enough to live on
    high = 1,  ///< it has too few: somebody else is to make room
  };
  Kind kind = Kind::low;  ///< the last one counts
  friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

/// 529, the last frame on a link: it is over, though both nodes are well.
struct Disconnect {
  /// As it is on the wire; any other value is malformed.
  enum class Reason : std::uint8_t {
    no_room = 0,     ///< others have the place
    probe_over = 1,  ///< a probe has found nothing new
    leaving = 2,     ///< the sender stops, and is not to be dialled
  };
  Reason reason = Reason::no_room;  ///< of the sender
  friend bool operator==(const Disconnect&, const Disconnect&) = default;
};

/// 530: some nodes that I know of.
struct Shuffle {
  /// As it is on the wire; any other value is malformed.
  enum class Kind : std::uint8_t { asks = 0, answers = 1 };
  Kind kind = Kind::asks;                  ///< what asks is answered
  std::vector<Endpoint> server_addresses;  ///< 1 to shuffle_addresses_max where it asks, else from 0
  friend bool operator==(const Shuffle&, const Shuffle&) = default;
};

/// 531: I have got this large message, and do not want it again, unless it may go further than mine.
struct DontWant {
  Ttl ttl{1};    ///< with which it came, not 0: a Data with this or less is not wanted
  ContentId id;  ///< of the message
  friend bool operator==(const DontWant&, const DontWant&) = default;
};

/// An Announce or a Data whose data has not been copied: it stands in a read buffer, or in a payload that may
/// be shared.
struct AnnounceView {
  /// To be filled in.
  AnnounceView() = default;
  /// \{
  /// A view of one that is at hand, which must outlive it.
  AnnounceView(const Announce& announce)  // NOLINT(google-explicit-constructor): it stands for it
      : ttl(announce.ttl),
        data_type(announce.data_type),
        data(announce.data.bytes()),
        payload(&announce.data) {}
  AnnounceView(const Data& message)  // NOLINT(google-explicit-constructor): it stands for it
      : tree(message.tree),
        hops(message.hops),
        ttl(message.ttl),
        data_type(message.data_type),
        data(message.data.bytes()),
        payload(&message.data) {}
  /// \}

  Tree tree = no_tree;               ///< as in Data; an Announce has none
  std::uint8_t hops = 0;             ///< as in Data; 0 for an Announce
  Ttl ttl = unlimited_ttl;           ///< as in Announce
  DataType data_type{};              ///< as in Announce
  std::span<const std::byte> data;   ///< as in Announce
  const Payload* payload = nullptr;  ///< where the data is shared from; null: whoever keeps it copies it
  /// MessageCache::digest() of type and data under the key of the node that takes it, where that is at hand.
  /// With another one the same message would be taken for a new one.
  const Digest* digest = nullptr;

  /// The data, to be kept. Throws std::bad_alloc.
  [[nodiscard]] Payload kept() const { return payload != nullptr ? *payload : Payload(data); }
};

/// Any of them, in the order of their codes.
using Message = std::variant<Announce, Notify, Notification, Validation, PeerRequest, PeerResponse,
                             PeerUpdate, PeerInit, Hello, Data, IHave, Graft, Prune, Ping, Pong, CacheDigest,
                             Join, Neighbor, Disconnect, Shuffle, DontWant>;

/// The one that is viewed: a Data where it has a tree, else an Announce. Throws std::bad_alloc.
[[nodiscard]] inline Message to_message(const AnnounceView& view) {
  if (view.tree == no_tree) return Announce{view.ttl, view.data_type, view.kept()};
  return Data{view.tree, view.hops, view.ttl, view.data_type, view.kept()};
}

/// "PEER REQUEST" and so on, as docs/protocol.md spells it.
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(Code code);

/// What stands in the header of its frame.
[[nodiscard]] GOSSIP_EXPORT Code code_of(const Message& message);

}  // namespace gossip
