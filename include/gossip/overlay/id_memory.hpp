#pragma once
/// \file
/// Which messages a node has had, by the names that they have everywhere: what peers tell of without sending
/// it is looked up here.

#include <gossip/export.hpp>
#include <gossip/flat_map.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace gossip {

/// 64 bits of a content id, mixed with a secret: peers choose ids, and must not choose where they go.
enum class IdFingerprint : std::uint64_t {};

/// The number, for hash tables.
[[nodiscard]] constexpr std::uint64_t value_of(IdFingerprint fingerprint) {
  return static_cast<std::uint64_t>(fingerprint);
}

/// Makes fingerprints. Two ids have the same one with a probability of 2^-64.
class GOSSIP_EXPORT IdKey {
 public:
  /// Draws a secret.
  explicit IdKey(Random& random) : first_(random.next()), second_(random.next()) {}

  /// The same for the same id.
  [[nodiscard]] IdFingerprint operator()(const ContentId& id) const;

 private:
  std::uint64_t first_;
  std::uint64_t second_;
};

/// Ids of messages, each for `lifetime` since it was last noted or up to a second less, and of more than
/// `size_max` those noted last. Memory grows with what is held, about 40 bytes for each. Not thread-safe.
class GOSSIP_EXPORT IdMemory {
 public:
  /// At least one id is kept.
  IdMemory(Duration lifetime, std::size_t size_max) : lifetime_(lifetime), size_max_(size_max) {}

  /// The node has got the message, or still has it, and calls it so.
  void note(IdFingerprint id, MessageId message, TimePoint now);

  /// True for one noted within `lifetime`.
  [[nodiscard]] bool knows(IdFingerprint id, TimePoint now) const;
  /// What the node called the message when it was last noted, within `lifetime`. It may have gone since, and
  /// another may be called so.
  [[nodiscard]] std::optional<MessageId> find(IdFingerprint id, TimePoint now) const;

  /// Ids held; some may be too old.
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  static constexpr std::uint32_t none = 0xffffffffU;

  struct Known {
    std::uint32_t older = none;
    std::uint32_t newer = none;
    std::uint32_t since = 0;  ///< in seconds
    MessageId message{};
  };

  [[nodiscard]] bool is_over(const Known& known, TimePoint now) const;
  void drop_oldest();
  void append(std::uint32_t slot);
  void unlink(std::uint32_t slot);

  Duration lifetime_;
  std::size_t size_max_;
  FlatMap<IdFingerprint, Known> known_;
  std::uint32_t oldest_ = none;
  std::uint32_t newest_ = none;
};

}  // namespace gossip
