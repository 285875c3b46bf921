#include <gossip/statistics.hpp>

#include <array>
#include <string_view>

namespace gossip {

std::string to_string(const Statistics& statistics) {
  struct Counter {
    std::string_view name;
    std::uint64_t Statistics::*value;
  };
  constexpr std::array counters{
      Counter{"client_announces", &Statistics::client_announces},
      Counter{"peer_announces", &Statistics::peer_announces},
      Counter{"messages_added", &Statistics::messages_added},
      Counter{"duplicates_cached", &Statistics::duplicates_cached},
      Counter{"duplicates_seen", &Statistics::duplicates_seen},
      Counter{"duplicates_rejected", &Statistics::duplicates_rejected},
      Counter{"announces_refused", &Statistics::announces_refused},
      Counter{"notifications_sent", &Statistics::notifications_sent},
      Counter{"announces_sent", &Statistics::announces_sent},
      Counter{"messages_validated", &Statistics::messages_validated},
      Counter{"messages_rejected", &Statistics::messages_rejected},
      Counter{"verdicts_ignored", &Statistics::verdicts_ignored},
      Counter{"evicted_valid", &Statistics::evicted_valid},
      Counter{"evicted_pending", &Statistics::evicted_pending},
      Counter{"addresses_skipped", &Statistics::addresses_skipped},
      Counter{"updates_repeated", &Statistics::updates_repeated},
      Counter{"connects_failed", &Statistics::connects_failed},
      Counter{"connections_evicted", &Statistics::connections_evicted},
      Counter{"duplicate_links", &Statistics::duplicate_links},
      Counter{"frames_skipped", &Statistics::frames_skipped},
      Counter{"connections_malformed", &Statistics::connections_malformed},
      Counter{"connections_timed_out", &Statistics::connections_timed_out},
      Counter{"connections_too_slow", &Statistics::connections_too_slow},
  };
  static_assert(sizeof(Statistics) == counters.size() * sizeof(std::uint64_t), "a counter is missing here");

  std::string text;
  for (const Counter& counter : counters) {
    const std::uint64_t value = statistics.*counter.value;
    if (value == 0) continue;
    if (!text.empty()) text += ' ';
    text.append(counter.name).append("=").append(std::to_string(value));
  }
  return text;
}

}  // namespace gossip
