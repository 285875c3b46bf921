#include "fault_values.hpp"

#include "quantities.hpp"
#include "text.hpp"
#include "values.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace gossipd::simulation {
namespace {

using gossip::Condition;
using gossip::Duration;
using gossip::Error;
using gossip::Result;
using gossip::sim::Fault;
using gossip::sim::FaultKind;
using gossip::sim::HostileKind;

constexpr double churn_per_minute_max = 60;

constexpr std::array hostile_kinds{HostileKind::malformed,    HostileKind::flood,   HostileKind::silent,
                                   HostileKind::liar,         HostileKind::grafter, HostileKind::bad_hello,
                                   HostileKind::false_adverts};

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

/// All parts between commas, or nothing where one of them is nothing.
template <typename T, typename Parse>
std::optional<std::vector<T>> parse_list(std::string_view text, Parse parse) {
  std::vector<T> list;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    std::optional<T> item = parse(part);
    well_formed = well_formed && item;
    if (well_formed) list.push_back(*std::move(item));
  });
  if (!well_formed) return std::nullopt;
  return list;
}

/// A share above 0.
std::optional<double> share_of(std::string_view text, double most) {
  const auto share = parse_decimal(text, 0, most);
  if (!share || *share <= 0) return std::nullopt;
  return *share;
}

std::optional<Fault> crash_of(std::string_view text) {
  const auto parts = split(text, "@");
  if (!parts) return std::nullopt;
  const auto share = share_of(parts->first, 1);
  const auto at = parse_time(parts->second);
  if (!share || !at) return std::nullopt;
  return Fault{FaultKind::crash, *share, *at, Duration::zero()};
}

/// "10s", or "10s+5s".
bool set_times(Fault& fault, std::string_view text) {
  const auto parts = split(text, "+");
  const auto at = parse_time(parts ? parts->first : text);
  const auto lasting = parse_time(parts ? parts->second : "0s");
  if (!at || !lasting) return false;
  fault.at = *at;
  fault.lasting = *lasting;
  return parts.has_value() == (*lasting > Duration::zero());
}

std::optional<Fault> fault_of(std::string_view text) {
  const auto named = split(text, ":");
  const auto timed = split(named ? named->second : "", "@");
  if (!timed) return std::nullopt;
  const auto kinds = gossip::sim::fault_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](FaultKind candidate) {
    return gossip::sim::to_string(candidate) == named->first;
  });
  const auto share = share_of(timed->first, 1);
  Fault fault;
  if (kind == kinds.end() || !share || !set_times(fault, timed->second)) return std::nullopt;
  fault.kind = *kind;
  fault.share = *share;
  if (lasts(*kind) != (*fault.lasting > Duration::zero())) return std::nullopt;
  return fault;
}

std::optional<HostileNodes> hostile_of(std::string_view text) {
  const auto parts = split(text, ":");
  const auto count = parse_number(parts ? parts->second : "", 0, UINT64_MAX);
  const auto kind = std::find_if(hostile_kinds.begin(), hostile_kinds.end(), [&](HostileKind named) {
    return parts && gossip::sim::to_string(named) == parts->first;
  });
  if (!count || kind == hostile_kinds.end()) return std::nullopt;
  return HostileNodes{*kind, *count};
}

}  // namespace

Result<Faults> parse_crashes(std::string_view text) {
  auto crashes = parse_list<Fault>(text, crash_of);
  if (crashes) return *std::move(crashes);
  return wanted("SHARE@TIME is needed, a share of the nodes above 0 and at most 1, such as 0.3@20s");
}

Result<Faults> parse_partition(std::string_view text) {
  const auto parts = split(text, "@");
  const auto ends = split(parts ? parts->second : "", ":");
  const auto lasting = parse_time(parts ? parts->first : "");
  const auto at = parse_time(ends ? ends->first : parts ? parts->second : "");
  const auto share = ends ? share_of(ends->second, 1) : 0.5;
  if (!lasting || *lasting == Duration::zero() || !at || !share)
    return wanted("LENGTH@TIME is needed, a length above 0, such as 60s@30s");
  return Faults{{FaultKind::partition, *share, *at, *lasting}};
}

Result<Faults> parse_churn(std::string_view text, Duration duration) {
  constexpr std::array<std::pair<std::string_view, double>, 3> per_minute{
      {{"s", 60}, {"min", 1}, {"h", 1.0 / 60}}};
  const auto timed = split(text, "@");
  const auto parts = split(timed ? timed->first : text, "/");
  const auto share = share_of(parts ? parts->first : "", churn_per_minute_max);
  const auto unit = std::find_if(per_minute.begin(), per_minute.end(),
                                 [&](const auto& name) { return parts && name.first == parts->second; });
  Fault fault{FaultKind::churn, 0, Duration::zero(), duration};
  const bool has_times = !timed || (set_times(fault, timed->second) && *fault.lasting > Duration::zero());
  if (share && unit != per_minute.end()) fault.share = *share * unit->second;
  if (fault.share <= 0 || fault.share > 1 || !has_times)
    return wanted(
        "SHARE/UNIT is needed, a share of the nodes above 0 per s, min or h, and at most 1/min, such as "
        "0.1/min");
  return Faults{fault};
}

Result<Faults> parse_faults(std::string_view text) {
  auto faults = parse_list<Fault>(text, fault_of);
  if (faults) return *std::move(faults);
  std::string names;
  const auto kinds = gossip::sim::fault_kinds();
  for (const FaultKind kind : kinds)
    names.append(names.empty()          ? ""
                 : kind == kinds.back() ? " or "
                                        : ", ")
        .append(gossip::sim::to_string(kind));
  return wanted("KIND:SHARE@TIME is needed, with +LENGTH where it lasts, such as stall:0.2@10s+5s; KIND is " +
                names);
}

Result<std::vector<HostileNodes>> parse_hostile(std::string_view text) {
  auto hostile = parse_list<HostileNodes>(text, hostile_of);
  if (hostile) return *std::move(hostile);
  return wanted(
      "KIND:N is needed, a number of malformed, flood, silent, liar, false-adverts, grafter or bad-hello "
      "ones, "
      "such as flood:2");
}

std::string to_text(const Fault& fault) {
  const std::string share = decimal(fault.share, 6);
  const std::string at = '@' + to_string(*fault.at);
  const std::string lasting = to_string(*fault.lasting);
  if (fault.kind == FaultKind::partition) return lasting + at + (fault.share == 0.5 ? "" : ':' + share);
  return share + (fault.kind == FaultKind::churn ? "/min" : "") + at +
         (lasts(fault.kind) ? '+' + lasting : "");
}

std::string to_fault_text(const Fault& fault) {
  return std::string(gossip::sim::to_string(fault.kind)) + ':' + decimal(fault.share, 6) + '@' +
         to_string(*fault.at) + (lasts(fault.kind) ? '+' + to_string(*fault.lasting) : "");
}

}  // namespace gossipd::simulation
