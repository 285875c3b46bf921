#include <gossip/convert.hpp>

namespace gossip {

Ttl capped_ttl(Ttl ttl, Ttl max_ttl) {
  if (max_ttl == unlimited_ttl) return ttl;
  return ttl == unlimited_ttl || ttl > max_ttl ? max_ttl : ttl;
}

std::optional<Ttl> stepped_ttl(Ttl ttl) {
  if (ttl == unlimited_ttl) return unlimited_ttl;
  if (ttl == Ttl{1}) return std::nullopt;
  return Ttl(value_of(ttl) - 1);
}

IncomingMessage from_client_announce(const AnnounceView& announce, ConnectionId client, Ttl max_ttl) {
  return {
      announce.data_type, announce.data, announce.payload, true, client, capped_ttl(announce.ttl, max_ttl)};
}

IncomingMessage from_peer_announce(const AnnounceView& announce, ConnectionId peer) {
  return {announce.data_type,        announce.data, announce.payload, false, peer,
          stepped_ttl(announce.ttl), nullptr,       announce.tree};
}

Notification from_announce_to_notification(const Announce& announce, MessageId id) {
  return {id, announce.data_type, announce.data};
}

Notification to_notification(const CachedMessage& message) {
  return {message.id, message.data_type, message.data};
}

std::optional<Announce> to_announce(const CachedMessage& message) {
  if (!message.onward) return std::nullopt;
  return Announce{*message.onward, message.data_type, message.data};
}

}  // namespace gossip
