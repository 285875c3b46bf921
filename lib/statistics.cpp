#include <gossip/statistics.hpp>

#include <array>
#include <string_view>

namespace gossip {

std::optional<std::string> discrepancy(const Statistics& counted, const Stock& stock) {
  struct Sum {
    std::string_view left_name;
    std::uint64_t left;
    std::string_view right_name;
    std::uint64_t right;
  };
  const std::uint64_t added = counted.added_valid + counted.added_pending;
  const std::uint64_t ever_valid = counted.added_valid + counted.messages_validated;
  const std::array sums{
      Sum{"announces that came in",
          counted.client_announces + counted.program_announces + counted.peer_announces,
          "added, duplicate, refused and waiting",
          added + counted.duplicates_cached + counted.duplicates_seen + counted.duplicates_rejected +
              counted.announces_refused + counted.publishes_too_large + counted.publishes_congested +
              stock.waiting},
      Sum{"added", added, "delivered and unclaimed", counted.messages_delivered + counted.messages_unclaimed},
      Sum{"added as pending", counted.added_pending, "validated, rejected, evicted and still pending",
          counted.messages_validated + counted.messages_rejected + counted.evicted_pending + stock.pending},
      Sum{"ever valid", ever_valid, "forwarded, expired and unneeded",
          counted.messages_forwarded + counted.forwards_expired + counted.forwards_unneeded},
      Sum{"ever valid", ever_valid, "evicted and still in the cache", counted.evicted_valid + stock.valid},
  };
  for (const Sum& sum : sums) {
    if (sum.left == sum.right) continue;
    return std::string(sum.left_name) + ": " + std::to_string(sum.left) + ", but " +
           std::string(sum.right_name) + ": " + std::to_string(sum.right);
  }
  return std::nullopt;
}

std::string to_string(const Statistics& statistics) {
  struct Counter {
    std::string_view name;
    std::uint64_t Statistics::*value;
  };
  constexpr std::array counters{
      Counter{"client_announces", &Statistics::client_announces},
      Counter{"program_announces", &Statistics::program_announces},
      Counter{"peer_announces", &Statistics::peer_announces},
      Counter{"added_valid", &Statistics::added_valid},
      Counter{"added_pending", &Statistics::added_pending},
      Counter{"duplicates_cached", &Statistics::duplicates_cached},
      Counter{"duplicates_seen", &Statistics::duplicates_seen},
      Counter{"duplicates_rejected", &Statistics::duplicates_rejected},
      Counter{"announces_refused", &Statistics::announces_refused},
      Counter{"publishes_too_large", &Statistics::publishes_too_large},
      Counter{"publishes_congested", &Statistics::publishes_congested},
      Counter{"messages_delivered", &Statistics::messages_delivered},
      Counter{"messages_unclaimed", &Statistics::messages_unclaimed},
      Counter{"messages_validated", &Statistics::messages_validated},
      Counter{"messages_rejected", &Statistics::messages_rejected},
      Counter{"evicted_pending", &Statistics::evicted_pending},
      Counter{"messages_forwarded", &Statistics::messages_forwarded},
      Counter{"forwards_expired", &Statistics::forwards_expired},
      Counter{"forwards_unneeded", &Statistics::forwards_unneeded},
      Counter{"evicted_valid", &Statistics::evicted_valid},
      Counter{"notifications_sent", &Statistics::notifications_sent},
      Counter{"announces_sent", &Statistics::announces_sent},
      Counter{"data_sent", &Statistics::data_sent},
      Counter{"verdicts_ignored", &Statistics::verdicts_ignored},
      Counter{"validators_failed", &Statistics::validators_failed},
      Counter{"links_extended", &Statistics::links_extended},
      Counter{"adverts_sent", &Statistics::adverts_sent},
      Counter{"adverts_received", &Statistics::adverts_received},
      Counter{"adverts_dropped", &Statistics::adverts_dropped},
      Counter{"digests_sent", &Statistics::digests_sent},
      Counter{"digests_received", &Statistics::digests_received},
      Counter{"digests_unanswered", &Statistics::digests_unanswered},
      Counter{"grafts_sent", &Statistics::grafts_sent},
      Counter{"grafts_received", &Statistics::grafts_received},
      Counter{"grafts_unanswered", &Statistics::grafts_unanswered},
      Counter{"declines_sent", &Statistics::declines_sent},
      Counter{"declines_received", &Statistics::declines_received},
      Counter{"data_declined", &Statistics::data_declined},
      Counter{"forwards_again", &Statistics::forwards_again},
      Counter{"missing_given_up", &Statistics::missing_given_up},
      Counter{"pings_sent", &Statistics::pings_sent},
      Counter{"prunes_sent", &Statistics::prunes_sent},
      Counter{"prunes_received", &Statistics::prunes_received},
      Counter{"joins_passed_on", &Statistics::joins_passed_on},
      Counter{"neighbors_refused", &Statistics::neighbors_refused},
      Counter{"shuffles_received", &Statistics::shuffles_received},
      Counter{"shuffles_ignored", &Statistics::shuffles_ignored},
      Counter{"probes_started", &Statistics::probes_started},
      Counter{"probes_kept", &Statistics::probes_kept},
      Counter{"addresses_skipped", &Statistics::addresses_skipped},
      Counter{"updates_repeated", &Statistics::updates_repeated},
      Counter{"connects_failed", &Statistics::connects_failed},
      Counter{"connections_evicted", &Statistics::connections_evicted},
      Counter{"duplicate_links", &Statistics::duplicate_links},
      Counter{"frames_skipped", &Statistics::frames_skipped},
      Counter{"connections_malformed", &Statistics::connections_malformed},
      Counter{"connections_timed_out", &Statistics::connections_timed_out},
      Counter{"connections_too_slow", &Statistics::connections_too_slow},
      Counter{"connections_silent", &Statistics::connections_silent},
      Counter{"connections_out_of_memory", &Statistics::connections_out_of_memory},
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
