#include "scenario_check.hpp"

#include <gossip/message.hpp>

#include "fault_traits.hpp"
#include "scenario_text.hpp"
#include "share.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

namespace gossip::sim {
namespace {

constexpr std::size_t nodes_max = 4'000'000;
constexpr std::size_t hostile_max = 1000;
constexpr std::size_t messages_max = 0xfffffffe;

/// Messages are told apart by so many bytes.
constexpr std::size_t data_bytes_min = 8;

/// Of each time, so that none of their sums is more than a network runs.
constexpr Duration time_max = std::chrono::hours(24);
constexpr Duration joining_max = std::chrono::hours(24) * 30;

void require(bool holds, const std::string& setting, const std::string& value, const std::string& wanted) {
  if (!holds) throw ImpossibleScenario(setting, value, wanted);
}

/// "at least 1", "at most 9", where a number is beyond its bounds.
void require_number(const std::string& setting, std::size_t value, std::size_t least, std::size_t most,
                    const std::string& why) {
  require(value >= least, setting, std::to_string(value), "at least " + std::to_string(least) + " is needed");
  require(value <= most, setting, std::to_string(value), "at most " + std::to_string(most) + why);
}

void require_time(const std::string& setting, Duration time, bool may_be_zero) {
  require(time > Duration::zero() || (may_be_zero && time == Duration::zero()), setting, time_text(time),
          may_be_zero ? "a time of 0 or more is needed" : "a time above 0 is needed");
  require(time <= time_max, setting, time_text(time), "at most 24h is possible");
}

bool is_share(double share) {
  return share >= 0 && share <= 1;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

void ScenarioCheck::check() const {
  check_nodes();
  check_links();
  check_times();
  check_messages();
  check_faults();
}

void ScenarioCheck::check_nodes() const {
  const std::size_t nodes = scenario_.nodes_;
  require_number("nodes", nodes, 2, nodes_max, " are possible");
  const std::size_t degree = scenario_.degree_sought();
  require_number("degree", degree, 1, nodes - 1, " is possible with " + nodes_text());
  const std::size_t room = scenario_.base_.max_connections;
  require(degree <= room, "degree", std::to_string(degree),
          "at most " + std::to_string(room) + " is possible: a node has room for no more connections");
  require(!scenario_.wired_ || degree >= 2 || nodes == 2, "degree", std::to_string(degree),
          "at least 2 is needed where the overlay is there from the start, or it is in pieces");
  require_number("bootstrappers", scenario_.bootstrappers_, 1, nodes, " are possible with " + nodes_text());
  require(scenario_.join_pause_ >= Duration::zero(), "join_pause", time_text(scenario_.join_pause_),
          "a time of 0 or more is needed");
  const Duration pause_max = joining_max / static_cast<std::int64_t>(nodes);
  require(scenario_.join_pause_ <= pause_max, "join_pause", time_text(scenario_.join_pause_),
          "at most " + time_text(pause_max) + " is possible with " + nodes_text() +
              ", which join within 30 days then");
  for (const auto& group : scenario_.hostile_)
    require_number("hostile", group.count, 1, hostile_max, " of a kind are possible");
  try {
    Config config = scenario_.base_;
    config.degree = degree;
    config.bootstrappers.clear();
    config.validate();
  } catch (const std::invalid_argument& wrong) {
    throw ImpossibleScenario("base_config", {}, wrong.what());
  }
}

void ScenarioCheck::check_links() const {
  require_time("link_timeout", scenario_.options_.link_timeout, false);
}

void ScenarioCheck::check_times() const {
  require_time("duration", scenario_.duration_, false);
  require_time("grace", scenario_.grace_, true);
  require_time("heals_within", scenario_.heals_within_, true);
}

void ScenarioCheck::check_messages() const {
  const std::size_t nodes = scenario_.nodes_;
  require_number("publishers", scenario_.publishers_, 1, nodes, " are possible with " + nodes_text());
  const Duration pause = scenario_.publish_pause_;
  require(pause >= Scenario::publish_every_min && pause <= Scenario::publish_every_max, "publish_every",
          time_text(pause),
          "a time from " + time_text(Scenario::publish_every_min) + " to " +
              time_text(Scenario::publish_every_max) + " is needed");
  // The first is published at the very beginning.
  require(pause < scenario_.duration_ || scenario_.messages_ == 1, "publish_every", time_text(pause),
          "that is one message in all, with a duration of " + time_text(scenario_.duration_) +
              ": more in a second are needed, or a limit of 1 message, which says so");
  require(scenario_.messages_ <= messages_max, "messages", std::to_string(scenario_.messages_),
          "at most " + std::to_string(messages_max) + " are possible");
  const std::size_t bytes = scenario_.data_bytes_;
  require(bytes >= data_bytes_min && bytes <= data_bytes_max, "data_bytes", std::to_string(bytes),
          std::to_string(data_bytes_min) + " bytes, by which messages are told apart, to " +
              std::to_string(data_bytes_max) + " are needed");
  require_time("validation", scenario_.validation_, true);
  require(is_share(scenario_.invalid_), "invalid", std::to_string(scenario_.invalid_),
          "a share from 0 to 1 is needed");
}

void ScenarioCheck::check_faults() const {
  for (std::size_t index = 0; index < faults_.size(); ++index) check_by_itself(index);
  for (std::size_t index = 0; index < faults_.size(); ++index) check_reach_of(index);
  const auto is_partition = [](const Fault& fault) {
    return traits_of(fault.kind).target == FaultTarget::sides;
  };
  const auto first = std::ranges::find_if(faults_, is_partition);
  const auto second = first == faults_.end() ? first : std::find_if(first + 1, faults_.end(), is_partition);
  if (second != faults_.end())
    require_of(static_cast<std::size_t>(second - faults_.begin()), false,
               "there is one partition in a scenario, and another one is named before it");
  const bool spared =
      std::ranges::any_of(faults_, [](const Fault& fault) { return traits_of(fault.kind).spares; });
  require(!scenario_.spare_nobody_ || spared, "spare_nobody", {},
          "nobody is spared anyway: it goes with a crash, power-loss, restart, suspend or churn");
}

void ScenarioCheck::check_by_itself(std::size_t index) const {
  const Fault& fault = faults_[index];
  if (!is_share(fault.share))
    throw ImpossibleScenario(std::string(to_string(fault.kind)), std::to_string(fault.share),
                             "a share above 0, and at most 1, is needed", index);
  const std::optional<Duration> asked = scenario_.faults_[index].lasting;
  const std::string end = "the end of the duration, " + time_text(scenario_.duration_);
  require_of(index, *fault.at >= Duration::zero(), "a time of 0 or more is needed");
  require_of(index, *fault.at < scenario_.duration_, "a time before " + end + ", is needed");
  if (!lasts(fault.kind)) {
    require_of(index, asked.value_or(Duration::zero()) == Duration::zero(),
               "it is over at once: it has no length");
    return;
  }
  require_of(index, *fault.lasting > Duration::zero(), "a length above 0 is needed");
  require_of(index, *fault.lasting <= scenario_.duration_ - *fault.at,
             "it has to be over by " + end + ": a duration of at least " +
                 time_text(*fault.at + std::min(*fault.lasting, time_max)) + " would do");
}

/// A fault that is reported as having happened has to happen to somebody.
void ScenarioCheck::check_reach_of(std::size_t index) const {
  const Fault& fault = faults_[index];
  switch (traits_of(fault.kind).target) {
    case FaultTarget::nodes: {
      require_of(index, share_of(scenario_.nodes_, fault.share) > 0,
                 "that is not one of " + nodes_text() + ": a share of at least " +
                     share_text(least_share_of(scenario_.nodes_)) + " is needed");
      check_some_are_hit(index);
      check_some_are_left(index);
      return;
    }
    case FaultTarget::sides:
      return check_sides(index);
    case FaultTarget::links: {
      // There are more where nodes join; there may be fewer after other faults, which then end one at least.
      const std::size_t links = (scenario_.nodes_ * scenario_.degree_sought() + 1) / 2;
      require_of(index, share_of(links, fault.share) > 0,
                 "that may be none of the links, of which there are " + std::to_string(links) +
                     " or a few more: a share of at least " + share_text(least_share_of(links)) +
                     " is needed");
      return;
    }
    case FaultTarget::turnover:
      check_some_are_hit(index);
      return check_turnover(index);
  }
}

void ScenarioCheck::check_some_are_hit(std::size_t index) const {
  const bool spared = spares(faults_[index]);
  const std::size_t nodes = scenario_.nodes_;
  const std::size_t safe = spared ? std::min(scenario_.bootstrappers_ + scenario_.publishers_, nodes) : 0;
  require_of(index, safe < nodes,
             "it would hit nobody, whatever its share: " + spared_text() + " of " + nodes_text() +
                 ": fewer of them are needed, or to spare nobody");
  require_of(index, safe + gone_before(index, false) < nodes,
             "it would hit nobody, whatever its share: all of " + nodes_text() +
                 (spared ? " that are not spared" : "") + " may be gone by then");
}

/// Without a node there is no network, and nothing to say about it.
void ScenarioCheck::check_some_are_left(std::size_t index) const {
  const Fault& fault = faults_[index];
  if (spares(fault) || (fault.kind != FaultKind::crash && fault.kind != FaultKind::power_loss)) return;
  const std::size_t nodes = scenario_.nodes_;
  const std::size_t gone = gone_before(index, true);
  const std::size_t most = gone + 1 < nodes ? nodes - gone - 1 : 0;
  require_of(index, share_of(nodes, fault.share) <= most,
             "no node would be left: a share of at most " + share_text(share_of_all(most, nodes)) +
                 " leaves one of " + nodes_text());
}

void ScenarioCheck::check_sides(std::size_t index) const {
  const std::size_t nodes = scenario_.nodes_;
  const std::size_t cut_off = share_of(nodes, faults_[index].share);
  require_of(index, cut_off > 0,
             "that is not one of " + nodes_text() + ": a share of at least " +
                 share_text(least_share_of(nodes)) + " is needed");
  const std::size_t live = nodes - gone_before(index, false);
  require_of(index, live >= 2, "there may be nobody by then to be parted from others");
  require_of(index, cut_off < live,
             "nobody would be on the other side: a share of at most " +
                 share_text(share_of_all(live - 1, nodes)) + " is needed, of " + nodes_text() +
                 (live == nodes ? "" : " of which " + std::to_string(nodes - live) + " may be gone by then"));
}

void ScenarioCheck::check_turnover(std::size_t index) const {
  const Fault& fault = faults_[index];
  if (replaced_by(fault, scenario_.nodes_) > 0) return;
  const double least = least_share_of(fault, scenario_.nodes_);
  require_of(
      index, false,
      "that replaces none of " + nodes_text() + " in " + time_text(*fault.lasting) + ": " +
          (least <= 1 ? "a share of at least " + share_text(least) + " a minute is needed, or more time"
                      : "even a share of 1 a minute takes longer"));
}

bool ScenarioCheck::spares(const Fault& fault) const {
  return traits_of(fault.kind).spares && !scenario_.spare_nobody_;
}

/// At the same time those named first come first.
bool ScenarioCheck::comes_before(std::size_t index, std::size_t other) const {
  return *faults_[index].at < *faults_[other].at ||
         (*faults_[index].at == *faults_[other].at && index < other);
}

/// Nodes that may be gone when a fault comes, for a time or for good. Those that a churn replaces are gone
/// for moments, each at another.
std::size_t ScenarioCheck::gone_before(std::size_t index, bool for_good) const {
  std::size_t gone = 0;
  for (std::size_t other = 0; other < faults_.size(); ++other) {
    const Fault& fault = faults_[other];
    const bool ends = fault.kind == FaultKind::crash || fault.kind == FaultKind::power_loss;
    const bool is_down =
        fault.kind == FaultKind::restart && !for_good && *fault.at + *fault.lasting >= *faults_[index].at;
    if (comes_before(other, index) && (ends || is_down)) gone += share_of(scenario_.nodes_, fault.share);
  }
  // Publishers are drawn among all nodes, so bootstrappers may be among them.
  const std::size_t safe =
      scenario_.spare_nobody_ ? 0 : std::max(scenario_.bootstrappers_, scenario_.publishers_);
  return std::min(gone, scenario_.nodes_ - safe);
}

std::string ScenarioCheck::nodes_text() const {
  return counted(scenario_.nodes_, "node");
}

std::string ScenarioCheck::spared_text() const {
  return counted(scenario_.bootstrappers_, "bootstrapper") + " and " +
         counted(scenario_.publishers_, "publisher") + " are spared";
}

void ScenarioCheck::require_of(std::size_t index, bool holds, const std::string& wanted) const {
  if (holds) return;
  throw ImpossibleScenario(std::string(to_string(faults_[index].kind)), fault_text(faults_[index]), wanted,
                           index);
}

}  // namespace gossip::sim
