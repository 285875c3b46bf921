#include "measures.hpp"

#include "numbers.hpp"
#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace gossipd::simulation {
namespace {

double count(std::size_t value) {
  return static_cast<double>(value);
}

/// Of what the live nodes sent and received, in order.
double traffic(const RunReport& run, double share) {
  if (run.traffic_bytes.empty()) return 0;
  std::vector<double> values = run.traffic_bytes;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * count(values.size() - 1))];
}

/// As many digits as say something.
std::string digits(double value) {
  const double size = std::abs(value);
  if (size < 1000) return decimal(value, size >= 10 ? 1 : 3);
  return (value < 0 ? "-" : "") + grouped(size + 0.5);
}

std::string bytes_text(double value) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return decimal(value, unit == 0 ? 0 : 1) + ' ' + units.at(unit);
}

/// So that what is not everything never looks like it.
std::string share_text(double value) {
  std::string text = decimal(value * 100, 2);
  if (text == "100" && value < 1) text = "99.99";
  return text + " %";
}

/// What stands behind the number.
std::string unit_of(const std::string& text) {
  return text.substr(text.find_last_of("0123456789") + 1);
}

}  // namespace

const std::vector<Measure>& measures() {
  using Run = const RunReport&;
  static const std::vector<Measure> all{
      {"Messages", "messages", "published", Style::whole, [](Run run) { return count(run.messages); }},
      {"", "promised", "deliveries promised", Style::whole,
       [](Run run) { return static_cast<double>(run.promised); }},
      {"", "reliability", "reliability: nodes reached", Style::share,
       [](Run run) { return run.reliability; }},
      {"", "rmr", "redundancy (RMR)", Style::number, [](Run run) { return run.rmr; }},
      {"", "ldh_mean", "last delivery hop, mean", Style::number, [](Run run) { return run.ldh_mean; }},
      {"", "ldh_max", "last delivery hop, largest", Style::whole, [](Run run) { return count(run.ldh_max); }},
      {"", "delivery_ms.p50", "delivery time, half of them", Style::ms,
       [](Run run) { return run.delivery_ms.p50; }},
      {"", "delivery_ms.p99", "delivery time, 99 %", Style::ms, [](Run run) { return run.delivery_ms.p99; }},
      {"", "delivery_ms.max", "delivery time, longest", Style::ms,
       [](Run run) { return run.delivery_ms.max; }},
      {"Traffic of a live node", "traffic_bytes.p50", "sent and received, median", Style::bytes,
       [](Run run) { return traffic(run, 0.5); }},
      {"", "traffic_bytes.max", "sent and received, most", Style::bytes,
       [](Run run) { return traffic(run, 1); }},
      {"The overlay at the end", "live_nodes", "nodes alive at the end", Style::whole,
       [](Run run) { return count(run.live_nodes); }},
      {"", "edges", "links", Style::whole, [](Run run) { return count(run.overlay.edges); }},
      {"", "degree.min", "degree, least", Style::whole,
       [](Run run) { return count(run.overlay.degree_min()); }},
      {"", "degree.mean", "degree, mean", Style::number, [](Run run) { return run.overlay.degree_mean(); }},
      {"", "degree.max", "degree, most", Style::whole,
       [](Run run) { return count(run.overlay.degree_max()); }},
      {"", "components", "connected components", Style::whole,
       [](Run run) { return count(run.overlay.components.size()); }},
      {"", "largest_component", "nodes in the largest", Style::whole,
       [](Run run) { return run.overlay.components.empty() ? 0 : count(run.overlay.components.front()); }},
      {"", "average_shortest_path", "average shortest path, links", Style::number,
       [](Run run) { return run.overlay.paths.average; }},
      {"", "clustering_coefficient", "clustering coefficient", Style::number,
       [](Run run) { return run.overlay.clustering; }},
      {"", "degree_assortativity", "degree assortativity", Style::number,
       [](Run run) { return run.overlay.assortativity.value_or(std::numeric_limits<double>::quiet_NaN()); }},
      {"The simulation", "joining_seconds", "joining, virtual seconds", Style::number,
       [](Run run) { return run.joining_seconds; }},
      {"", "events", "events", Style::whole, [](Run run) { return static_cast<double>(run.events); }},
      {"", "events_per_second", "events simulated", Style::per_second,
       [](Run run) { return run.events_per_second(); }},
      {"", "bytes_per_node", "memory per node", Style::bytes, [](Run run) { return run.bytes_per_node; }}};
  return all;
}

const Measure& measure_of(std::string_view key) {
  return *std::find_if(measures().begin(), measures().end(),
                       [&](const Measure& measure) { return measure.key == key; });
}

std::string to_text(Style style, double value) {
  if (std::isnan(value)) return "-";
  switch (style) {
    case Style::share:
      return share_text(value);
    case Style::number:
      return digits(value);
    case Style::whole:
      return grouped(value + 0.5);
    case Style::bytes:
      return bytes_text(value);
    case Style::ms:
      return digits(value) + " ms";
    case Style::per_second:
      return digits(std::floor(value)) + "/s";
  }
  return {};
}

SpreadText spread_text(Style style, const Spread& spread) {
  std::string least = to_text(style, spread.least);
  std::string most = to_text(style, spread.most);
  if (least == most) return {least, {}};
  std::string mean = to_text(style == Style::whole ? Style::number : style, spread.mean);
  const std::string unit = unit_of(mean);
  // Once is enough where all three have the same one.
  if (unit == unit_of(least) && unit == unit_of(most)) {
    least.resize(least.size() - unit.size());
    most.resize(most.size() - unit.size());
  }
  return {mean, least + " to " + most};
}

std::string to_text(Style style, const Spread& spread) {
  const auto [mean, range] = spread_text(style, spread);
  return range.empty() ? mean : mean + " (" + range + ')';
}

}  // namespace gossipd::simulation
