#pragma once
/// \file
/// Nodes that are not neighbours and could be (Leitão, Pereira, Rodrigues: 'HyParView', 2007).

#include <gossip/export.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace gossip {

/// A bounded set of server addresses, of which nobody has looked whether they are any good. Where it is full
/// whatever is added takes the place of another, at random: who names many addresses pushes out others' only
/// as often as chance will have it. Lookups are linear. Not thread-safe.
class GOSSIP_EXPORT PassiveView {
 public:
  /// Addresses at most.
  static constexpr std::size_t capacity = 48;

  /// What is in already stays as it is.
  void add(const Endpoint& address, Random& random) { put_off(address, TimePoint::min(), random); }
  /// It is not picked before `until`; where it is not in yet, it is added.
  void put_off(const Endpoint& address, TimePoint until, Random& random);
  /// Of one that is not in: no effect.
  void remove(const Endpoint& address);

  /// A random one of those that are not put off and that `is_wanted`; nothing when there is none.
  [[nodiscard]] std::optional<Endpoint> pick(Random& random, TimePoint now,
                                             const std::function<bool(const Endpoint&)>& is_wanted) const;
  /// So many different ones at random, in random order; all of them where there are fewer.
  [[nodiscard]] std::vector<Endpoint> sample(Random& random, std::size_t count) const;

  /// All of them, put off or not. While none comes or goes their order stays the same.
  [[nodiscard]] std::vector<Endpoint> all() const;
  /// Addresses that it holds.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool contains(const Endpoint& address) const;  ///< put off or not

 private:
  struct Entry {
    Endpoint address;
    TimePoint not_before;
  };

  std::vector<Entry> entries_;
};

}  // namespace gossip
