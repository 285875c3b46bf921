#pragma once
/// \file
/// Latencies of links, as they stand on a command line or in a file. The Error says what would be right.

#include <gossip/error.hpp>
#include <gossip/sim/latency.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gossipd::simulation {

/// "fixed:50ms", "uniform:10ms-100ms", "matrix:10ms,80ms/80ms,12ms" with a row for each region; or these as
/// gossip::sim::Latency::text() has them, which is without the word and with two points in "10ms..100ms".
[[nodiscard]] gossip::Result<gossip::sim::Latency> parse_latency(std::string_view text);

/// A line for each region: its name and, after blanks, the time that it takes from there to each region, in
/// the order of the lines. `#` begins a comment, which ends with the line. The Error names `path` and line.
///
///     #          to:  europe  america  asia
///     europe          8ms     45ms     90ms
///     america         45ms    12ms     80ms
///     asia            90ms    80ms     15ms
[[nodiscard]] gossip::Result<gossip::sim::Latency> parse_regions(std::string_view text,
                                                                 const std::string& path);

/// A file that is longer is refused: room for more than a thousand regions, each with a time to each.
inline constexpr std::size_t regions_bytes_max = std::size_t{1} << 24U;

/// The same of a file; that it cannot be read is an Error too.
[[nodiscard]] gossip::Result<gossip::sim::Latency> read_regions(const std::string& path);

}  // namespace gossipd::simulation
