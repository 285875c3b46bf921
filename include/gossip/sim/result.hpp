#pragma once
/// \file
/// What a simulation found out, as plain values: measures of single messages, of each second and of each
/// node, the overlay as a graph, and what went wrong.

#include <gossip/export.hpp>
#include <gossip/sim/latency.hpp>
#include <gossip/statistics.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gossip::sim {

/// What became of one message. Times are virtual, since the scenario's zero.
struct MessageRecord {
  NodeNumber publisher = 0;         ///< who published it
  DataType data_type{};             ///< as it was published
  std::uint32_t data_bytes = 0;     ///< size of its data
  bool valid = true;                ///< false: programs find it invalid, so it gets to neighbours only
  bool hostile = false;             ///< a hostile node made it up: it counts in no measure
  bool promised = false;            ///< every survivor has to deliver it: nothing was wrong around its time
  Duration published{};             ///< when
  Duration last_delivery{};         ///< from then to its last delivery
  std::uint32_t delivered = 0;      ///< nodes that delivered it, the publisher among them
  std::uint32_t survivors = 0;      ///< nodes that ran from the zero until the end
  std::uint32_t missed = 0;         ///< those of them that did not deliver it
  std::uint16_t last_hop = 0;       ///< hops that it had made at its last delivery (LDH)
  std::uint64_t transmissions = 0;  ///< ANNOUNCEs that carried it over a link

  /// \{
  /// How it spread: when it had come to `curve_stride` other nodes, to twice as many, and so on, at most 32
  /// times.
  std::vector<Duration> curve{};
  std::uint32_t curve_stride = 1;
  /// \}
};

/// What happened in one second of virtual time.
struct Second {
  std::uint64_t published = 0;      ///< messages
  std::uint64_t delivered = 0;      ///< deliveries, all nodes together
  std::uint64_t transmissions = 0;  ///< ANNOUNCEs sent over links
  std::uint64_t frames = 0;         ///< frames of any kind sent over links
  std::uint64_t bytes = 0;          ///< bytes of them
  std::uint64_t links_opened = 0;   ///< connections that came to be established
  std::uint64_t links_closed = 0;   ///< connections that ended
  std::uint64_t events = 0;         ///< what the simulator did
  std::uint32_t live_nodes = 0;     ///< nodes that ran at the end of the second
};

/// A link of the overlay: a connection that both ends know of.
struct Edge {
  NodeNumber from = 0;  ///< who opened it
  NodeNumber to = 0;    ///< who accepted it
};

/// What a node sent and received over links, frames that were lost on the way among what was sent.
struct Traffic {
  std::uint64_t frames_sent = 0;      ///< of any kind
  std::uint64_t bytes_sent = 0;       ///< of them, headers included
  std::uint64_t frames_received = 0;  ///< handed to the node
  std::uint64_t bytes_received = 0;   ///< of them
};

/// One node at the end.
struct NodeRecord {
  bool live = true;             ///< it runs
  bool hostile = false;         ///< it is none of ours
  bool survivor = true;         ///< it has run all the time since the scenario's zero
  std::uint32_t region = 0;     ///< Latency::region_of()
  std::uint32_t peers = 0;      ///< established connections
  std::uint64_t delivered = 0;  ///< messages, since it was last started
  Traffic traffic;              ///< since the zero
};

/// Something that must not happen.
struct Violation {
  /// Which promise was broken.
  enum class Kind : std::uint8_t {
    delivered_twice,        ///< a program was shown the same message again
    not_delivered,          ///< a survivor did not get a promised message
    forwarded_unvalidated,  ///< a node announced what no program there had found valid
    forwarded_rejected,     ///< a node announced what a program there had found invalid
    beyond_bound,           ///< a cache, a queue or a pool held more than its bound
    accounting,             ///< the counts of a node do not sum
    not_live,               ///< the network did not come together in time, or not to rest
    crashed,                ///< a node threw an exception
  };

  Kind kind{};          ///< which
  Duration at{};        ///< virtual time since the scenario's zero
  NodeNumber node = 0;  ///< where
  std::string what;     ///< a sentence: what happened, with numbers
};

/// "delivered twice" and so on.
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(Violation::Kind kind);

/// A part of the delivery curve: so many deliveries came within this time after their message was published.
struct CurvePoint {
  Duration within{};            ///< upper end of a step; steps are at most 1/16 of it wide
  std::uint64_t delivered = 0;  ///< deliveries up to here, over all messages
};

/// All of it. Equal seeds and scenarios give equal results, on every machine.
struct GOSSIP_EXPORT Result {
  std::uint64_t seed = 0;        ///< what it was run with
  std::string command;           ///< a command line that runs the same again, but for `beyond_command`
  std::string beyond_command;    ///< Scenario::beyond_options(): empty where it is just the same
  std::uint64_t trace_hash = 0;  ///< of all events in their order: equal hashes, equal runs
  std::uint64_t events = 0;      ///< frames, timers, verdicts, publications and faults that were handled
  Duration joining{};            ///< virtual time before the scenario's zero, while nodes joined
  Duration duration{};           ///< virtual time since it

  std::vector<MessageRecord> messages;  ///< in the order in which they were published
  std::vector<Second> seconds;          ///< from the scenario's zero
  std::vector<NodeRecord> nodes;        ///< in the order of their numbers
  std::vector<Edge> edges;              ///< at the end
  std::vector<Edge> edges_at_start;     ///< at the scenario's zero
  std::vector<CurvePoint> curve;        ///< publishers' own deliveries are not in it
  std::vector<Violation> violations;    ///< in the order in which they were found; at most 100
  std::uint64_t violations_in_all = 0;  ///< the others are only counted
  std::uint64_t repeats_after_seen_ttl =
      0;                  ///< deliveries again of what was published longer than seen_ttl ago
  Statistics statistics;  ///< the sum over nodes that ran at the end

  /// Messages that measures are about: valid, and not made up by hostile nodes.
  [[nodiscard]] std::size_t measured_messages() const;
  /// Share of the survivors that delivered, over all messages: 1 only where nobody missed anything. NaN where
  /// that says nothing, since no node ran all the time or nothing was published.
  [[nodiscard]] double reliability() const;
  /// Deliveries without which there is a violation: of every message with MessageRecord::promised one at each
  /// survivor, its publisher among them. 0: whatever got lost, nobody could have insisted on it.
  [[nodiscard]] std::uint64_t promised_deliveries() const;
  /// Relative message redundancy: payload transmissions / (nodes delivering - 1) - 1, the mean over messages
  /// that reached another node.
  [[nodiscard]] double rmr() const;
  /// \{
  /// Last delivery hop, the hops to the node that delivered last: the mean over messages that reached another
  /// node, and the largest. Where several were the last at the same time, the one with the most hops counts.
  [[nodiscard]] double ldh_mean() const;
  [[nodiscard]] std::uint32_t ldh_max() const;
  /// \}
  /// Time from publishing within which this share of all deliveries came, as the upper end of a step of
  /// `curve`; 0 where there were none. Precondition: 0 <= share <= 1.
  [[nodiscard]] Duration delivery_time(double share) const;
  /// Time from publishing to the last delivery: the mean over messages.
  [[nodiscard]] Duration last_delivery_mean() const;
  /// The longest of them, exactly.
  [[nodiscard]] Duration last_delivery_max() const;

  /// True where nothing was violated.
  [[nodiscard]] bool ok() const { return violations_in_all == 0; }
  /// What went wrong, one line each, then the seed and the command that shows it again, and what of the
  /// scenario that command cannot say; empty where ok().
  [[nodiscard]] std::string failure_text() const;
};

}  // namespace gossip::sim
