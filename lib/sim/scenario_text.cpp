#include "scenario_text.hpp"

#include "scenario_run.hpp"
#include "share.hpp"

namespace gossip::sim {

std::string time_text(Duration time) {
  const std::int64_t nanoseconds = time.count();
  if (nanoseconds % 1'000'000'000 == 0) return std::to_string(nanoseconds / 1'000'000'000) + "s";
  if (nanoseconds % 1'000'000 == 0) return std::to_string(nanoseconds / 1'000'000) + "ms";
  if (nanoseconds % 1'000 == 0) return std::to_string(nanoseconds / 1'000) + "us";
  return std::to_string(nanoseconds) + "ns";
}

std::string fault_text(const Fault& fault) {
  return share_text(fault.share) + "@" + time_text(*fault.at) +
         (lasts(fault.kind) ? "+" + time_text(*fault.lasting) : std::string());
}

std::string ScenarioRun::options_of(const Scenario& scenario) {
  const Scenario standard;
  std::string text;
  const auto number = [&](const char* option, std::uint64_t value, std::uint64_t usual) {
    if (value != usual) text += std::string(" --") + option + " " + std::to_string(value);
  };
  const auto time = [&](const char* option, Duration value, Duration usual) {
    if (value != usual) text += std::string(" --") + option + " " + time_text(value);
  };
  number("nodes", scenario.nodes_, standard.nodes_);
  number("degree", scenario.degree_sought(), scenario.usual_degree());
  if (scenario.protocol_ != Protocol::base)
    text += " --protocol " + std::string(to_string(scenario.protocol_));
  number("cache-size", scenario.base_.cache_size, standard.base_.cache_size);
  if (scenario.wired_) text += " --wired";
  number("bootstrappers", scenario.bootstrappers_, standard.bootstrappers_);
  time("join-pause", scenario.join_pause_, standard.join_pause_);
  number("publishers", scenario.publishers_, standard.publishers_);
  if (scenario.publish_pause_ != standard.publish_pause_) {
    const auto pause = static_cast<std::uint64_t>(scenario.publish_pause_.count());
    constexpr std::uint64_t per_second = 1'000'000'000'000'000;  // in millionths
    const bool is_rate = pause > 0 && per_second % pause == 0;
    text += is_rate ? " --rate " + millionths_text(per_second / pause)
                    : " --publish-every " + time_text(scenario.publish_pause_);
  }
  number("size", scenario.data_bytes_, standard.data_bytes_);
  time("validation", scenario.validation_, standard.validation_);
  if (scenario.invalid_ > 0) text += " --invalid " + share_text(scenario.invalid_);
  number("messages", scenario.messages_, standard.messages_);
  if (scenario.options_.latency.text() != standard.options_.latency.text())
    text += " --latency " + scenario.options_.latency.text();
  number("bandwidth", scenario.options_.bandwidth, standard.options_.bandwidth);
  time("link-timeout", scenario.options_.link_timeout, standard.options_.link_timeout);
  for (const auto& group : scenario.hostile_) {
    if (!group.make)
      text += " --hostile " + std::string(to_string(group.kind)) + ":" + std::to_string(group.count);
  }
  // All in one form, so that faults stay in the order in which they were named: with the same seed another
  // order draws other nodes.
  for (const Fault& fault : scenario.faults())
    text.append(" --fault ").append(to_string(fault.kind)).append(":" + fault_text(fault));
  if (scenario.spare_nobody_) text += " --spare-nobody";
  time("duration", scenario.duration_, standard.duration_);
  time("grace", scenario.grace_, standard.grace_);
  time("heals-within", scenario.heals_within_, standard.heals_within_);
  return text;
}

std::string command_text(const Scenario& scenario, std::uint64_t seed) {
  constexpr std::uint64_t usual_seed = 1;
  return "gossipd simulate" + ScenarioRun::options_of(scenario) +
         (seed == usual_seed ? std::string() : " --seed " + std::to_string(seed));
}

}  // namespace gossip::sim
