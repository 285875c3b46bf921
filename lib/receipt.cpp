#include <gossip/receipt.hpp>

namespace gossip {

std::string_view to_string(Receipt::Outcome outcome) {
  switch (outcome) {
    case Receipt::Outcome::accepted:
      return "accepted";
    case Receipt::Outcome::duplicate:
      return "refused: the same message is in the cache already";
    case Receipt::Outcome::duplicate_seen:
      return "refused: the same message left the cache a short while ago";
    case Receipt::Outcome::duplicate_rejected:
      return "refused: the same message was found invalid before";
    case Receipt::Outcome::too_large:
      return "refused: it has more data than one message can carry";
    case Receipt::Outcome::congested:
      return "refused: what was published earlier has to go first";
    case Receipt::Outcome::stopped:
      return "refused: the node has stopped";
  }
  return "";
}

}  // namespace gossip
