#pragma once
/// \file
/// A Report for people, and as JSON. Pure functions.

#include "load.hpp"

#include <string>

namespace gossipd::load {

/// Several lines: what was asked, the rates, the latencies, the servers, and everything that was wrong.
[[nodiscard]] std::string to_text(const Report& report);

/// One object in one line. The keys, which stay as they are:
/// - `dialect`, `publishers`, `subscribers` (of all nodes), `stalled`, `size_bytes`, `verdict` (accept or
///   none), `rate_wanted` (messages per second; null where flat out), `warm_up_seconds`;
/// - `ok`: nothing lost, twice or changed, and no connection broken; `faults`: sentences;
/// - over the whole run: `published`, `expected` (deliveries), `delivered` (different ones), `lost`,
///   `duplicates`, `corrupt`, `foreign`; `pairs`: for each subscriber and publisher with a loss or a
///   duplicate, the first 100, `node`, `subscriber`, `publisher`, `lost`, `duplicates`;
/// - of the measured window: `window_seconds`, `published_per_second`, `delivered_per_second` (summed over
///   subscribers), `messages_per_second` (the same for each subscriber);
/// - `latency`: `corrected` (true where there is a rate), `samples`, and `p50_us`, `p90_us`, `p99_us`,
///   `p99_9_us`, `max_us`, `mean_us`, which are null without samples: of what was sent in the window nothing
///   came;
/// - `servers`: `pid`, `cpu_seconds` (in the window), `rss_start_bytes`, `rss_peak_bytes`, `rss_end_bytes` of
///   each; `cpu_us_per_message` and `cpu_us_per_delivery` of all together, null without `servers`;
/// - `client_cpu_us`: `per_message_published` and `per_delivery`, what this program took itself;
/// - `stalled_closed`: of the subscribers that never read, how many the server has closed, as far as seen.
[[nodiscard]] std::string to_json(const Report& report);

/// The progress line, without its end. `before` is the one before.
[[nodiscard]] std::string to_text(const Progress& progress, const Progress& before);

}  // namespace gossipd::load
