#pragma once
/// \file
/// Between frames and messages (docs/protocol.md, 'Bodies' and 'The overlay extension'). Stateless; every
/// function may be called from any thread.

#include <gossip/config.hpp>
#include <gossip/error.hpp>
#include <gossip/export.hpp>
#include <gossip/framer.hpp>
#include <gossip/message.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gossip {

/// What precedes the data in the body of an ANNOUNCE.
inline constexpr std::size_t announce_fixed_bytes = 4;

/// The message in a frame that arrived on `layer`. Nothing for a code that is unknown or belongs to the other
/// layer: such a frame is skipped, whatever its body. An Error for a body that does not have the layout of
/// its code: the connection is to be closed. Data is copied out of the frame. To who speaks the base protocol
/// only, Overlay::base, the codes of the overlay extension are unknown, HELLO's among them.
[[nodiscard]] GOSSIP_EXPORT Result<std::optional<Message>> decode(Layer layer, const FrameView& frame,
                                                                  Overlay overlay = Overlay::extended);

/// What decode_into() found.
enum class Decoded {
  message,    ///< a message, which is in its place now
  skipped,    ///< a code that is unknown or belongs to the other layer
  malformed,  ///< a body that does not have the layout of its code; decode() says what is wrong
};

/// The same without an Error to carry, for those who decode millions: `message` is overwritten by a message
/// and else left alone. Throws std::bad_alloc.
[[nodiscard]] GOSSIP_EXPORT Decoded decode_into(Message& message, Layer layer, const FrameView& frame,
                                                Overlay overlay = Overlay::extended);

/// Looks at a well-formed ANNOUNCE where it stands. False for any other frame; `announce` is left alone then.
[[nodiscard]] inline bool view_announce(AnnounceView& announce, const FrameView& frame) {
  if (Code{frame.code} != Code::announce || frame.body.size() < announce_fixed_bytes) return false;
  const auto at = [&frame](std::size_t index) { return std::to_integer<unsigned>(frame.body[index]); };
  announce.tree = no_tree;
  announce.hops = 0;
  announce.ttl = Ttl(static_cast<std::uint8_t>(at(0)));
  announce.data_type = DataType(static_cast<std::uint16_t>(at(2) << 8U | at(3)));
  announce.data = frame.body.subspan(announce_fixed_bytes);
  announce.payload = nullptr;
  return true;
}

/// The same for a well-formed DATA.
[[nodiscard]] inline bool view_data(AnnounceView& announce, const FrameView& frame) {
  if (Code{frame.code} != Code::data || frame.body.size() < data_fixed_bytes) return false;
  const auto at = [&frame](std::size_t index) { return std::to_integer<unsigned>(frame.body[index]); };
  if (at(0) >= trees_max) return false;
  announce.tree = Tree(static_cast<std::uint8_t>(at(0)));
  announce.hops = static_cast<std::uint8_t>(at(1));
  announce.ttl = Ttl(static_cast<std::uint8_t>(at(2)));
  announce.data_type = DataType(static_cast<std::uint16_t>(at(4) << 8U | at(5)));
  announce.data = frame.body.subspan(data_fixed_bytes);
  announce.payload = nullptr;
  return true;
}

/// \{
/// The frame of a message; Announce, Notification and Data share their data with it.
/// Preconditions: at most data_bytes_max bytes of data, in a Data tree_data_bytes_max; at most
/// response_addresses_max addresses; and what the struct says of its fields.
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Announce& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Notify& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Notification& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Validation& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const PeerRequest& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const PeerResponse& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const PeerUpdate& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const PeerInit& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Hello& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Data& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const IHave& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Graft& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Prune& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Ping& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Pong& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const CacheDigest& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Join& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Neighbor& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Disconnect& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Shuffle& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const DontWant& message);
[[nodiscard]] GOSSIP_EXPORT Frame encode(const Message& message);
/// \}

/// \{
/// The frame of an Announce, a Notification or a Data with this data, which it borrows: see Frame. The same
/// bytes as encode() gives.
[[nodiscard]] GOSSIP_EXPORT Frame encode_announce(Ttl ttl, DataType type, const Payload& data);
[[nodiscard]] GOSSIP_EXPORT Frame encode_notification(MessageId id, DataType type, const Payload& data);
[[nodiscard]] GOSSIP_EXPORT Frame encode_data(Tree tree, std::uint8_t hops, Ttl ttl, DataType type,
                                              const Payload& data);
/// \}

}  // namespace gossip
