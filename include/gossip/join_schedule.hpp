#pragma once
/// \file
/// When to try which bootstrapper: exponential back-off with jitter, for ever. It connects to nobody itself.

#include <gossip/export.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace gossip {

/// Each bootstrapper is tried until a connection to it is made, and again whenever restart() says that the
/// node is alone. The pause after a failed attempt doubles from `pause_min` to `pause_max`, each shortened by
/// up to a half at random; it starts over once a connection has lasted for pause_max. Not thread-safe.
class GOSSIP_EXPORT JoinSchedule {
 public:
  /// Nobody is due before start(). Preconditions: pause_min is above 0, and pause_max no less.
  JoinSchedule(std::vector<HostPort> bootstrappers, Duration pause_min, Duration pause_max);

  /// Every bootstrapper is due at once.
  void start(TimePoint now);

  /// The node has no peer left: every bootstrapper that is not being tried already becomes due after a pause,
  /// one that come_back() has put off among them.
  void restart(TimePoint now, Random& random);

  /// A peer was lost: every bootstrapper that is not being tried already becomes due once other ways have had
  /// their time, `pause_max`, shortened like any pause. With `anyway`, whether there is room for it then or
  /// not.
  void come_back(bool anyway, TimePoint now, Random& random);

  /// The network may be in pieces: as restart(), and each of them is to be reached once, whether there is
  /// room for it or not.
  void seek(TimePoint now, Random& random);
  /// True from seek(), or come_back() anyway, until it was joined.
  [[nodiscard]] bool is_sought(std::size_t index) const { return entries_[index].sought; }

  /// The index of one that is due; nothing when none is. It counts as being tried from then on, until
  /// joined() or failed().
  [[nodiscard]] std::optional<std::size_t> take_due(TimePoint now);

  /// A connection to it is made: it is not due again before restart().
  void joined(std::size_t index, TimePoint now);
  /// Returns the pause until the next attempt.
  Duration failed(std::size_t index, TimePoint now, Random& random);
  /// It is this node itself: never again.
  void exclude(std::size_t index);
  /// True from then on.
  [[nodiscard]] bool is_excluded(std::size_t index) const { return entries_[index].state == State::excluded; }

  /// As it was configured. Precondition: index below size().
  [[nodiscard]] const HostPort& address(std::size_t index) const { return entries_[index].address; }
  /// All bootstrappers, those excluded among them.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// When take_due() will have the next; nothing while none waits.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return next_; }

 private:
  enum class State { idle, waiting, trying, excluded };
  struct Entry {
    HostPort address;
    State state = State::idle;
    unsigned failures = 0;
    TimePoint due;
    std::optional<TimePoint> joined_at;
    bool sought = false;
    bool comes_back = false;  ///< waits by come_back(), not since an attempt failed
  };

  void note_next();
  Duration pause_after(unsigned failures, Random& random) const;
  static Duration shortened(Duration pause, Random& random);

  std::optional<TimePoint> next_;  ///< when the first of those that wait is due
  std::vector<Entry> entries_;
  Duration pause_min_;
  Duration pause_max_;
};

}  // namespace gossip
