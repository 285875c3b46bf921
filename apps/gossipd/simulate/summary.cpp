#include "summary.hpp"

#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

using gossip::Duration;
using gossip::sim::Fault;
using gossip::sim::FaultKind;
using gossip::sim::MessageRecord;

double milliseconds(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string label_of(const Fault& fault) {
  std::string label(gossip::sim::to_string(fault.kind));
  std::replace(label.begin(), label.end(), '-', ' ');
  if (fault.kind == FaultKind::partition && fault.share == 0.5) return label;
  label += ' ' + decimal(fault.share * 100, 4) + " %";
  return fault.kind == FaultKind::churn ? label + "/min" : label;
}

std::vector<FailureMark> marks_of(const std::vector<Fault>& faults) {
  std::vector<FailureMark> marks;
  marks.reserve(faults.size());
  for (const Fault& fault : faults)
    marks.push_back({seconds(*fault.at), seconds(*fault.at + *fault.lasting), label_of(fault)});
  std::stable_sort(marks.begin(), marks.end(),
                   [](const FailureMark& left, const FailureMark& right) { return left.from < right.from; });
  return marks;
}

// -- messages of a stretch of time
// ----------------------------------------------------------------------------------------

/// Adds up messages, and then says what they were like.
class Tally {
 public:
  void add(const MessageRecord& message) {
    ++messages_;
    survivors_ += message.survivors;
    missed_ += message.missed;
    if (message.delivered < 2) return;
    ++spread_;
    hops_ += message.last_hop;
    const double delay = milliseconds(message.last_delivery);
    delays_ += delay;
    longest_ = std::max(longest_, delay);
    redundancy_ += static_cast<double>(message.transmissions) / (message.delivered - 1) - 1;
  }

  void write_to(Stretch& stretch) const {
    const auto spread = static_cast<double>(std::max<std::size_t>(spread_, 1));
    stretch.messages = messages_;
    stretch.reliability = survivors_ == 0
                              ? std::numeric_limits<double>::quiet_NaN()
                              : 1 - static_cast<double>(missed_) / static_cast<double>(survivors_);
    stretch.rmr = redundancy_ / spread;
    stretch.last_hop = static_cast<double>(hops_) / spread;
    stretch.delivery_ms_mean = delays_ / spread;
    stretch.delivery_ms_max = longest_;
  }

 private:
  std::size_t messages_ = 0;
  std::size_t spread_ = 0;  ///< those that reached another node
  std::uint64_t survivors_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t hops_ = 0;
  double redundancy_ = 0;
  double delays_ = 0;
  double longest_ = 0;
};

using Messages = std::vector<MessageRecord>;

/// In the order in which they were published.
Messages measured(const gossip::sim::Result& result) {
  Messages messages;
  std::copy_if(result.messages.begin(), result.messages.end(), std::back_inserter(messages),
               [](const MessageRecord& message) { return message.valid && !message.hostile; });
  return messages;
}

Stretch stretch_of(const Messages& messages, Stretch stretch) {
  Tally tally;
  for (const MessageRecord& message : messages) {
    const double at = seconds(message.published);
    if (at >= stretch.from && at < stretch.to) tally.add(message);
  }
  tally.write_to(stretch);
  return stretch;
}

std::vector<Stretch> timeline_of(const Messages& messages) {
  std::vector<Stretch> timeline;
  if (messages.empty()) return timeline;
  const double end = seconds(messages.back().published);
  const double step = std::max(1.0, std::ceil((end + 1) / static_cast<double>(timeline_steps_max)));
  auto next = messages.begin();
  for (double from = 0; next != messages.end(); from += step) {
    Tally tally;
    for (; next != messages.end() && seconds(next->published) < from + step; ++next) tally.add(*next);
    Stretch stretch{from, from + step, {}};
    tally.write_to(stretch);
    if (stretch.messages != 0) timeline.push_back(stretch);
  }
  return timeline;
}

/// From each moment at which something settles, fails or heals to the next.
std::vector<Stretch> phases_of(const Messages& messages, const std::vector<FailureMark>& marks, double settle,
                               double end) {
  std::vector<std::pair<double, std::string>> changes;
  if (settle > 0) changes.emplace_back(0, "settling");
  changes.emplace_back(settle, !marks.empty() ? "before" : settle > 0 ? "settled" : "all");
  for (const auto& [from, to, label] : marks) {
    changes.emplace_back(from, (to > from ? "during " : "after ") + label);
    if (to > from) changes.emplace_back(to, "after " + label);
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  std::vector<Stretch> phases;
  for (std::size_t index = 0; index < changes.size(); ++index) {
    const double to = index + 1 < changes.size() ? changes[index + 1].first : end;
    if (to > changes[index].first)
      phases.push_back(stretch_of(messages, {changes[index].first, to, changes[index].second}));
  }
  return phases;
}

// -- how messages spread
// ------------------------------------------------------------------------------------------------------

constexpr int shares = 20;  ///< the curves of messages have 32 places at most
constexpr double never = std::numeric_limits<double>::infinity();

/// When a message had come to a share of the nodes that could have got it, from one known place to the next.
double ms_to(const MessageRecord& message, double share) {
  const std::uint32_t delivered = message.delivered - 1;
  const double wanted = share * (std::max(message.survivors, message.delivered) - 1);
  if (wanted > delivered) return never;
  double before = 0;
  double at_before = 0;
  for (std::size_t place = 0; place <= message.curve.size(); ++place) {
    const bool last = place == message.curve.size();
    const double nodes = last ? delivered : static_cast<double>((place + 1) * message.curve_stride);
    const double at = milliseconds(last ? message.last_delivery : message.curve[place]);
    if (wanted <= nodes)
      return nodes > before ? at_before + (at - at_before) * (wanted - before) / (nodes - before) : at;
    before = nodes;
    at_before = at;
  }
  return at_before;
}

std::vector<ReachedShare> reached_of(const Messages& messages) {
  std::vector<ReachedShare> reached;
  std::vector<double> times;
  for (int step = 1; step <= shares; ++step) {
    const double share = static_cast<double>(step) / shares;
    times.clear();
    for (const MessageRecord& message : messages)
      if (message.survivors > 1 && message.delivered > 0) times.push_back(ms_to(message, share));
    if (times.empty()) break;
    std::sort(times.begin(), times.end());
    const auto at = [&](double part) {
      return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
    };
    reached.push_back({share, at(0.1), at(0.5), at(0.9)});
  }
  return reached;
}

// -- nodes
// ----------------------------------------------------------------------------------------------------------------

void add_nodes(RunReport& report, const gossip::sim::Result& result) {
  std::vector<bool> keep;
  for (const auto& node : result.nodes) {
    keep.push_back(node.live && !node.hostile);
    if (!node.hostile) ++report.nodes;
    if (keep.back())
      report.traffic_bytes.push_back(
          static_cast<double>(node.traffic.bytes_sent + node.traffic.bytes_received));
  }
  report.live_nodes = report.traffic_bytes.size();
  std::vector<Edge> edges;
  for (const auto& [from, to] : result.edges) edges.push_back({from, to});
  report.graph = subgraph(Graph(keep.size(), edges), keep).graph;
  report.overlay = measure(report.graph, result.seed);
  for (const auto& second : result.seconds) {
    report.frames += second.frames;
    report.bytes += second.bytes;
  }
}

std::string hexadecimal(std::uint64_t value) {
  constexpr std::size_t digits = 16;
  std::array<char, digits> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, 16);
  const std::string number(text.data(), end);
  return std::string(digits - number.size(), '0') + number;
}

}  // namespace

RunReport summarise(const gossip::sim::Result& result, const std::vector<Fault>& faults, Duration settle) {
  const Messages messages = measured(result);
  RunReport report;
  report.seed = result.seed;
  report.command = result.command;
  report.messages = messages.size();
  report.deliveries = result.curve.empty() ? 0 : result.curve.back().delivered;
  for (const MessageRecord& message : messages) report.transmissions += message.transmissions;
  report.promised = result.promised_deliveries();
  report.reliability = result.reliability();
  report.rmr = result.rmr();
  report.ldh_mean = result.ldh_mean();
  report.ldh_max = result.ldh_max();
  // Quantiles are the upper ends of steps, which may be beyond the longest of all.
  const Duration longest = result.last_delivery_max();
  report.delivery_ms = {milliseconds(std::min(result.delivery_time(0.5), longest)),
                        milliseconds(std::min(result.delivery_time(0.99), longest)), milliseconds(longest)};
  report.reached = reached_of(messages);
  report.failures = marks_of(faults);
  report.timeline = timeline_of(messages);
  const double end = report.timeline.empty() ? seconds(result.duration) : report.timeline.back().to;
  report.phases = phases_of(messages, report.failures, seconds(settle), end);
  report.joining_seconds = seconds(result.joining);
  report.seconds = seconds(result.duration);
  add_nodes(report, result);
  report.trace_hash = hexadecimal(result.trace_hash);
  report.events = result.events;
  for (const auto& violation : result.violations)
    report.violations.push_back(std::string(to_string(violation.kind)) + ", at " +
                                decimal(seconds(violation.at)) + " s, node " +
                                std::to_string(violation.node) + ": " + violation.what);
  report.violations_in_all = result.violations_in_all;
  return report;
}

}  // namespace gossipd::simulation
