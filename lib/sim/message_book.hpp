#pragma once
/// \file
/// Every message of a simulation, and what each node has done with it: what the measures and the checkers go
/// by. Nodes know nothing of it.

#include <gossip/digest.hpp>
#include <gossip/payload.hpp>
#include <gossip/sim/result.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace gossip::sim {

/// What one node has done with one message, in two bytes.
struct Mark {
  static constexpr std::uint16_t hops_max = 0x07ff;
  static constexpr std::uint16_t counted = 0x0800;  ///< it has delivered, perhaps before it was started anew
  static constexpr std::uint16_t arrived = 0x1000;  ///< hop: hops that it had made then
  static constexpr std::uint16_t delivered = 0x2000;  ///< a program was shown it, or published it
  static constexpr std::uint16_t accepted = 0x4000;   ///< a program found it valid, or published it
  static constexpr std::uint16_t rejected = 0x8000;   ///< a program found it invalid

  std::uint16_t bits = 0;

  [[nodiscard]] bool has(std::uint16_t flag) const { return (bits & flag) != 0; }
  [[nodiscard]] std::uint16_t hop() const { return bits & hops_max; }
  void set(std::uint16_t flag) { bits |= flag; }
};

/// Deliveries by the time that they took, in steps of a sixteenth of it.
class DelayCurve {
 public:
  void add(Duration delay);
  /// The steps that have any, cumulated.
  [[nodiscard]] std::vector<CurvePoint> points() const;

 private:
  std::array<std::uint64_t, 1024> steps_{};
};

/// Messages by number, in the order in which they were published; found again by content. Two bytes for each
/// message and node. Not thread-safe.
class MessageBook {
 public:
  static constexpr std::uint32_t none = 0xffffffffU;

  /// `digest_key`: that of the nodes.
  explicit MessageBook(std::shared_ptr<const DigestKey> digest_key) : digest_key_(std::move(digest_key)) {}

  /// The message with this content; none where there is no such one.
  [[nodiscard]] std::uint32_t find(DataType type, const Payload& data) const;

  /// Precondition: find() does not know it.
  std::uint32_t add(const MessageRecord& record, const Payload& data, std::uint32_t nodes);
  /// Takes back the one added last.
  void remove_last();

  [[nodiscard]] MessageRecord& record(std::uint32_t message) { return records_[message]; }
  [[nodiscard]] const std::vector<MessageRecord>& records() const { return records_; }
  /// What the nodes' caches look it up by.
  [[nodiscard]] const Digest& digest_of(std::uint32_t message) const { return digests_[message]; }

  /// Grows with the network.
  [[nodiscard]] Mark& mark(std::uint32_t message, std::uint32_t node) {
    auto& marks = marks_[message];
    if (node >= marks.size()) marks.resize(node + std::size_t{1});
    return marks[node];
  }
  [[nodiscard]] Mark mark_of(std::uint32_t message, std::uint32_t node) const {
    const auto& marks = marks_[message];
    return node < marks.size() ? marks[node] : Mark{};
  }
  /// Asks for the memory that mark() will need.
  [[gnu::always_inline]] void prefetch(std::uint32_t message, std::uint32_t node) const {
    if (message != none) __builtin_prefetch(marks_[message].data() + node);
  }
  /// The node has started anew, and knows nothing.
  void forget_node(std::uint32_t node);
  /// Times count from now on, which is so long after they began to.
  void begin_anew(Duration time);

  /// A delivery at the node with this mark, so long after publishing. A node that has started anew counts
  /// once all the same.
  void count_delivery(std::uint32_t message, Mark& mark, Duration delay);

  [[nodiscard]] const DelayCurve& curve() const { return curve_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  /// Open addressing; a message is found by where its data lies, or else by its content.
  struct Table {
    std::vector<std::uint32_t> places;
    std::size_t used = 0;
  };

  template <typename Equal>
  [[nodiscard]] static std::uint32_t look_up(const Table& table, std::uint64_t hash, const Equal& equal);
  void enter(Table& table, std::uint64_t hash, std::uint32_t message,
             const std::vector<std::uint64_t>& hashes);
  static void place(Table& table, std::uint64_t hash, std::uint32_t message);
  static void take_out(Table& table, std::uint64_t hash, std::uint32_t message);

  std::shared_ptr<const DigestKey> digest_key_;
  std::vector<MessageRecord> records_;
  std::vector<Digest> digests_;
  std::vector<Payload> data_;
  std::vector<std::vector<Mark>> marks_;
  std::vector<std::uint64_t> by_address_hash_;
  std::vector<std::uint64_t> by_content_hash_;
  Table by_address_;
  Table by_content_;
  DelayCurve curve_;
};

}  // namespace gossip::sim
