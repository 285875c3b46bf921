#pragma once
/// \file
/// A report for people, and as JSON. Pure functions.

#include "run_report.hpp"

#include <string>

namespace gossipd::simulation {

/// The measures: a line for each and a column for each size, or of many sizes a line for each with the chief
/// measures; over several seeds the mean, with least and most. Then the phases between failures, and what
/// must not have happened. Several protocols: all of that for each of them, and in the end the chief
/// measures side by side, a table for each size.
[[nodiscard]] std::string to_text(const SimulationReport& report);

/// One object in one line. The keys of a run, which stay as they are:
/// - what was run: `nodes`, `seed`, `command` (which runs the same again);
/// - messages: `messages`, `deliveries`, `transmissions`, `promised` (deliveries, one for each promised
///   message and survivor, without which something would be violated), `reliability` (1 only where nobody
///   missed anything, null where no node survived or nothing was published), `rmr`, `ldh_mean`, `ldh_max`,
///   `delivery_ms` with `p50`, `p99`, `max`;
/// - nodes: `live_nodes`, `frames`, `bytes` (both of all nodes, since the first message), `traffic_bytes`
/// (sent and
///   received by a live node) with `p50`, `max`; `joining_seconds`, `virtual_seconds`;
/// - the overlay at the end: `edges`, `degree` with `min`, `mean`, `max`; `degree_distribution` (nodes of
/// degree 0,
///   1 and so on), `components`, `largest_component`, `component_sizes` (the first 100),
///   `average_shortest_path`, `longest_shortest_path`, `path_sources` (nodes that were measured from),
///   `clustering_coefficient`, `degree_assortativity` (null where undefined);
/// - the simulation: `trace_hash` (16 hexadecimal digits), `events`, `wall_seconds`, `cpu_seconds`,
///   `events_per_second` (of wall-clock time), `bytes_per_node`;
/// - `failures`: `from_seconds`, `to_seconds`, `what`; `phases` between them: `from_seconds`, `to_seconds`,
/// `what`,
///   `messages`, `reliability`, `rmr`, `ldh_mean`, `delivery_ms_mean`, `delivery_ms_max` (both to the last
///   node);
/// - with a preset `yardstick`: `name` of the exercise, `below` (what it asks for), `all` and `settled` (of
///   messages published after `settle_seconds`) with `operations`, `frames`, `frames_per_operation`,
///   `last_node_ms_median`, `last_node_ms_max` (null where a message did not get everywhere),
///   `not_everywhere` (how many those are), `met`;
/// - `ok`: nothing was violated; `violations` (how many), `violation_texts` (the first of them).
///
/// One run is that object itself. Several are an object with `ok`, `runs`, and `aggregates`: for each size
/// `nodes`, `runs`, and of each measure that the text report shows `mean`, `min` and `max`, or null where it
/// is undefined in one of the runs. Where several protocols are compared each of `runs` has `protocol`, too,
/// and there is an aggregate for each size and protocol, with `protocol`.
[[nodiscard]] std::string to_json(const SimulationReport& report);

}  // namespace gossipd::simulation
