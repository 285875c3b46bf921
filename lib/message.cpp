#include <gossip/message.hpp>

#include <array>

namespace gossip {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::announce:
      return "ANNOUNCE";
    case Code::notify:
      return "NOTIFY";
    case Code::notification:
      return "NOTIFICATION";
    case Code::validation:
      return "VALIDATION";
    case Code::peer_request:
      return "PEER REQUEST";
    case Code::peer_response:
      return "PEER RESPONSE";
    case Code::peer_update:
      return "PEER UPDATE";
    case Code::peer_init:
      return "PEER INIT";
    case Code::hello:
      return "HELLO";
    case Code::data:
      return "DATA";
    case Code::i_have:
      return "IHAVE";
    case Code::graft:
      return "GRAFT";
    case Code::prune:
      return "PRUNE";
    case Code::ping:
      return "PING";
    case Code::pong:
      return "PONG";
    case Code::cache_digest:
      return "DIGEST";
    case Code::join:
      return "JOIN";
    case Code::neighbor:
      return "NEIGHBOR";
    case Code::disconnect:
      return "DISCONNECT";
    case Code::shuffle:
      return "SHUFFLE";
    case Code::dont_want:
      return "IDONTWANT";
  }
  return "unknown";
}

Code code_of(const Message& message) {
  // In the order of the alternatives.
  constexpr std::array codes{Code::announce,     Code::notify,        Code::notification, Code::validation,
                             Code::peer_request, Code::peer_response, Code::peer_update,  Code::peer_init,
                             Code::hello,        Code::data,          Code::i_have,       Code::graft,
                             Code::prune,        Code::ping,          Code::pong,         Code::cache_digest,
                             Code::join,         Code::neighbor,      Code::disconnect,   Code::shuffle,
                             Code::dont_want};
  static_assert(codes.size() == std::variant_size_v<Message>);
  return codes[message.index()];
}

}  // namespace gossip
