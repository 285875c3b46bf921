#pragma once
/// \file
/// What a program learns of a message that it published.

#include <gossip/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gossip {

/// The answer to publish(). A plain value.
struct Receipt {
  /// What became of the message. One that is refused leaves nothing behind but a
  /// count, and where the node has stopped not even that.
  enum class Outcome : std::uint8_t {
    accepted,            ///< it is on its way
    duplicate,           ///< refused: the same message is in the cache
    duplicate_seen,      ///< refused: the same message was there less than seen_ttl ago
    duplicate_rejected,  ///< refused: a program has found the same message invalid
    too_large,           ///< refused: the data is beyond data_bytes_max
    congested,           ///< refused: what was published earlier has to go first; try again later
    stopped,             ///< refused: the node has stopped
  };

  Outcome outcome = Outcome::stopped;  ///< where it is not `accepted`, both numbers are 0
  std::size_t peers = 0;               ///< peers that it was announced to; none of them may have got it yet
  std::size_t clients = 0;             ///< clients that were notified

  /// False for every reason to refuse.
  [[nodiscard]] bool accepted() const { return outcome == Outcome::accepted; }
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// A phrase for people: "accepted", "refused: ...".
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(Receipt::Outcome outcome);

}  // namespace gossip
