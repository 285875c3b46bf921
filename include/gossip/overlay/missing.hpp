#pragma once
/// \file
/// Messages that peers have told of and that have not come: whom to ask for them, and when.

#include <gossip/export.hpp>
#include <gossip/flat_map.hpp>
#include <gossip/message.hpp>
#include <gossip/overlay/id_memory.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace gossip {

/// What comes of itself within `patience` is never asked for. After that one of those who told of it is
/// asked, and every `retry` the next, until all have been. Of each id one question is under way at a time.
/// Bounded in all and for each link, so that one that makes ids up leaves room for the others. Not
/// thread-safe.
class GOSSIP_EXPORT Missing {
 public:
  /// How long a message may take by the tree: the validation at the nodes on the way included.
  static constexpr Duration patience = std::chrono::seconds(1);
  /// How long it may take when it was asked for.
  static constexpr Duration retry = std::chrono::milliseconds(250);
  /// Ids at most.
  static constexpr std::size_t size_max = 4096;
  /// Ids of which the same link told first, at most.
  static constexpr std::size_t of_link_max = 512;
  /// Links that are remembered for an id at most.
  static constexpr std::size_t tellers_max = 4;

  /// One to be asked, and what for.
  struct Question {
    ConnectionId link{};  ///< who told of it
    Advert wanted;        ///< in the tree that it was told of with last, by whoever knew one
  };

  /// The link has told of a message that the node has not got. False: there is no room to remember it.
  bool add(IdFingerprint fingerprint, const Advert& advert, ConnectionId link, TimePoint now);
  /// It has come. False: it was not missing.
  bool erase(IdFingerprint fingerprint);

  /// What is to be asked now; nothing: nothing more is. `is_open`: false for a link that has ended, which is
  /// passed over. One that all have been asked for in vain is dropped, and counted in given_up().
  std::optional<Question> take_due(TimePoint now, const std::function<bool(ConnectionId)>& is_open);
  /// When take_due() will have something to say; nothing while nothing is missing.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// Ids that are missing.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// True while none is.
  [[nodiscard]] bool empty() const { return entries_.size() == 0; }
  /// Ids that nobody gave.
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

 private:
  struct Entry {
    Advert advert;
    std::array<ConnectionId, tellers_max> tellers{};
    ConnectionId first{};  ///< who told of it first
    std::uint8_t told = 0;
    std::uint8_t asked = 0;
    std::uint32_t serial = 0;
  };
  struct Turn {
    TimePoint due;
    IdFingerprint fingerprint{};
    std::uint32_t serial = 0;  ///< of the entry: another may have taken its place
  };
  /// Turns in the order of their times: each comes the same time after it was put in.
  class Turns {
   public:
    void push(const Turn& turn);
    void pop();
    [[nodiscard]] const Turn* front() const { return first_ < turns_.size() ? &turns_[first_] : nullptr; }

   private:
    std::vector<Turn> turns_;
    std::size_t first_ = 0;
  };

  [[nodiscard]] Turns* next_turns();
  [[nodiscard]] bool is_stale(const Turn& turn) const;
  void erase_entry(std::uint32_t slot);
  void drop_stale();

  FlatMap<IdFingerprint, Entry> entries_;
  FlatMap<ConnectionId, std::uint32_t> of_links_;  ///< by who told first
  Turns fresh_;
  Turns again_;
  std::uint32_t serial_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace gossip
