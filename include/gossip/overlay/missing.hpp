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
#include <map>
#include <optional>
#include <vector>

namespace gossip {

/// What comes of itself within `patience` is never asked for. After that one of those who told of it is
/// asked, and every `retry` the next, until all have been. Of each id one question is under way at a time.
/// Bounded in all and for each link, so that one that makes ids up leaves room for the others. What a link
/// tells of beyond that, to be caught up with, waits in its backlog until there is room, and is asked for at
/// once then; what travels by a tree does not wait. Not thread-safe.
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

  /// `backlog_max`: ids that wait of one link at most, 24 bytes each.
  explicit Missing(std::size_t backlog_max = 0) : backlog_max_(backlog_max) {}

  /// One to be asked, and what for.
  struct Question {
    ConnectionId link{};  ///< who told of it
    Advert wanted;        ///< in the tree that it was told of with last, by whoever knew one
  };

  /// The link has told of a message that the node has not got. False: there is no room to remember it, now or
  /// later.
  bool add(IdFingerprint fingerprint, const Advert& advert, ConnectionId link, TimePoint now);
  /// It has come. False: it was not missing.
  bool erase(IdFingerprint fingerprint);

  /// What waited for room and has it now is missing from now on, but for what `is_known`. To be called before
  /// take_due().
  void admit(TimePoint now, const std::function<bool(IdFingerprint)>& is_known);
  /// The link has ended: nothing of it waits any more.
  void forget(ConnectionId link) { backlogs_.erase(link); }

  /// What is to be asked now; nothing: nothing more is. `is_open`: false for a link that has ended, which is
  /// passed over. One that all have been asked for in vain is dropped, and counted in given_up().
  std::optional<Question> take_due(TimePoint now, const std::function<bool(ConnectionId)>& is_open);
  /// When admit() or take_due() will have something to do; nothing while nothing is missing.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// Ids that are missing.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Ids that wait for room.
  [[nodiscard]] std::size_t waiting() const;
  /// True while none is missing, and none waits.
  [[nodiscard]] bool empty() const { return entries_.size() == 0 && backlogs_.empty(); }
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
  /// One that waits for room.
  struct Told {
    IdFingerprint fingerprint{};
    ContentId id;
  };
  /// First in, first out, in one piece of memory.
  template <typename T>
  class Queue {
   public:
    void push(const T& item);
    void pop();
    [[nodiscard]] const T* front() const { return first_ < items_.size() ? &items_[first_] : nullptr; }
    [[nodiscard]] std::size_t size() const { return items_.size() - first_; }

   private:
    std::vector<T> items_;
    std::size_t first_ = 0;
  };
  /// In the order of their times: each comes the same time after it was put in.
  using Turns = Queue<Turn>;

  [[nodiscard]] Turns* next_turns();
  [[nodiscard]] bool has_room(ConnectionId link, std::size_t for_more) const;
  std::uint32_t insert(IdFingerprint fingerprint, const Advert& advert, ConnectionId link);
  [[nodiscard]] bool is_stale(const Turn& turn) const;
  void erase_entry(std::uint32_t slot);
  void drop_stale();

  std::size_t backlog_max_;
  FlatMap<IdFingerprint, Entry> entries_;
  FlatMap<ConnectionId, std::uint32_t> of_links_;  ///< by who told first
  std::map<ConnectionId, Queue<Told>> backlogs_;   ///< none of them empty
  Turns fresh_;                                    ///< after `patience`
  Turns at_once_;                                  ///< of what had to wait
  Turns again_;                                    ///< after `retry`
  std::uint32_t serial_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace gossip
