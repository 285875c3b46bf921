#include "overlay.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

namespace gossip::sim {
namespace {

/// Who is linked to whom, in one piece of memory.
class Neighbours {
 public:
  Neighbours(NodeNumber nodes, std::size_t degree)
      : degree_(degree), linked_(nodes * degree), counts_(nodes, 0) {}

  [[nodiscard]] bool may_link(NodeNumber one, NodeNumber other) const {
    const auto begin = linked_.begin() + static_cast<std::ptrdiff_t>(one * degree_);
    const auto end = begin + counts_[one];
    return one != other && counts_[one] < degree_ && counts_[other] < degree_ &&
           std::find(begin, end, other) == end;
  }
  void link(NodeNumber one, NodeNumber other) {
    linked_[one * degree_ + counts_[one]++] = other;
    linked_[other * degree_ + counts_[other]++] = one;
  }
  [[nodiscard]] std::size_t missing(NodeNumber node) const { return degree_ - counts_[node]; }

 private:
  std::size_t degree_;
  std::vector<NodeNumber> linked_;
  std::vector<std::uint32_t> counts_;
};

/// Partners that are tried for one end of a link.
constexpr int tries_max = 100;

}  // namespace

std::vector<Edge> random_overlay(NodeNumber nodes, std::size_t degree, Random& random) {
  std::vector<Edge> edges;
  if (nodes < 2) return edges;
  Neighbours neighbours(nodes, std::max<std::size_t>(degree, 1));
  const auto link = [&](NodeNumber one, NodeNumber other) {
    if (!neighbours.may_link(one, other)) return false;
    neighbours.link(one, other);
    edges.push_back({one, other});
    return true;
  };

  std::vector<NodeNumber> ring(nodes);
  std::iota(ring.begin(), ring.end(), NodeNumber{0});
  random.shuffle(std::span(ring));
  for (std::size_t i = 0; i < ring.size(); ++i) (void)link(ring[i], ring[(i + 1) % ring.size()]);

  std::vector<NodeNumber> ends;
  for (NodeNumber node = 0; node < nodes; ++node) ends.insert(ends.end(), neighbours.missing(node), node);
  random.shuffle(std::span(ends));
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
    for (int tries = 0; tries < tries_max && !link(ends[i], ends[i + 1]); ++tries) {
      std::swap(ends[i + 1], ends[i + 1 + random.below(ends.size() - i - 1)]);
    }
  }
  return edges;
}

}  // namespace gossip::sim
