#pragma once
/// \file
/// What is to happen when, in a time that moves only when it is told to.

#include <gossip/types.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace gossip::testing {

/// Actions of the same moment are done in the order in which they were put down. As large as what is put
/// down.
class Agenda {
 public:
  using Action = std::function<void()>;

  [[nodiscard]] TimePoint now() const { return now_; }

  /// Puts an action down for `when`, or for now where that has passed.
  void put(TimePoint when, Action action) { actions_.emplace(std::max(when, now_), std::move(action)); }
  void put(Action action) { put(now_, std::move(action)); }

  /// When the next action is due; nothing when there is none.
  [[nodiscard]] std::optional<TimePoint> next() const {
    if (actions_.empty()) return std::nullopt;
    return actions_.begin()->first;
  }

  /// Does the first action that is due; false when none is.
  bool do_one() {
    if (actions_.empty() || actions_.begin()->first > now_) return false;
    const auto action = actions_.extract(actions_.begin());
    action.mapped()();
    return true;
  }

  /// Precondition: nothing is due before `time`, which has not passed.
  void move_to(TimePoint time) {
    assert(time >= now_ && (actions_.empty() || actions_.begin()->first >= time));
    now_ = time;
  }

 private:
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);  // far enough from zero to look back from
  std::multimap<TimePoint, Action> actions_;
};

}  // namespace gossip::testing
