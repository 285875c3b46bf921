#pragma once
/// \file
/// Which duplicates may cut a link out of a tree. Messages that are under way at the same time would cut a
/// circle at different places, and the tree would fall apart; so only some may, the same ones at every node.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <vector>

namespace gossip {

/// Watches how many messages each tree carries, and permits pruning for one id in M: the smallest power of
/// two with which permitted ids lie `apart` from each other. Ids with which one node permits it are permitted
/// by every node that sees as many messages or fewer. Bounded by the number of trees. Not thread-safe.
class GOSSIP_EXPORT PrunePace {
 public:
  /// What permitted ids of a tree are apart, at least and about: longer than a message takes to reach all.
  static constexpr Duration apart = std::chrono::seconds(2);
  /// For how long messages are counted before the rate changes.
  static constexpr Duration window = std::chrono::seconds(8);

  /// A new message has come in this tree.
  void count(Tree tree, TimePoint now);
  /// Whether a duplicate with this id may prune.
  [[nodiscard]] bool permits(Tree tree, const ContentId& id) const;

 private:
  struct Rate {
    Tree tree{};
    TimePoint since;
    std::uint32_t counted = 0;
    std::uint32_t before = 0;  ///< in the window before
  };

  std::vector<Rate> rates_;  ///< of the trees that have carried something
};

}  // namespace gossip
