#include <gossip/sim/scenario.hpp>

#include "scenario_run.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gossip::sim {
namespace {

/// Messages are told apart by so many bytes.
constexpr std::size_t data_bytes_min = 8;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::invalid_argument(what);
}

void require_share(double share, const std::string& what) {
  require(share >= 0 && share <= 1, what + " is a share from 0 to 1, not " + std::to_string(share));
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::crash:
      return "crash";
    case FaultKind::power_loss:
      return "power-loss";
    case FaultKind::restart:
      return "restart";
    case FaultKind::suspend:
      return "suspend";
    case FaultKind::partition:
      return "partition";
    case FaultKind::one_way:
      return "one-way-partition";
    case FaultKind::stall:
      return "stall";
    case FaultKind::break_links:
      return "break-links";
    case FaultKind::half_open:
      return "half-open-links";
    case FaultKind::churn:
      return "churn";
  }
  return "";
}

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::base:
      return "base";
    case Protocol::extended:
      return "extended";
    case Protocol::mixed:
      return "mixed";
  }
  return "";
}

Scenario& Scenario::nodes(std::size_t count) {
  nodes_ = count;
  return *this;
}

Scenario& Scenario::degree(std::size_t peers) {
  degree_ = peers;
  return *this;
}

Scenario& Scenario::base_config(const Config& config) {
  base_ = config;
  return *this;
}
Scenario& Scenario::protocol(Protocol protocol) {
  protocol_ = protocol;
  return *this;
}
Scenario& Scenario::cache_size(std::size_t messages) {
  base_.cache_size = messages;
  return *this;
}

Scenario& Scenario::hostile(HostileKind kind, std::size_t count) {
  hostile_.push_back({kind, count, {}});
  return *this;
}

Scenario& Scenario::hostile(std::function<std::unique_ptr<Hostile>()> make) {
  hostile_.push_back({HostileKind::silent, 1, std::move(make)});
  return *this;
}

Scenario& Scenario::joined(std::size_t bootstrappers, Duration pause) {
  wired_ = false;
  bootstrappers_ = bootstrappers;
  join_pause_ = pause;
  return *this;
}

Scenario& Scenario::wired(std::size_t bootstrappers) {
  wired_ = true;
  bootstrappers_ = bootstrappers;
  return *this;
}

Scenario& Scenario::latency(const Latency& latency) {
  options_.latency = latency;
  return *this;
}

Scenario& Scenario::bandwidth(std::uint64_t bytes_per_second) {
  options_.bandwidth = bytes_per_second;
  return *this;
}

Scenario& Scenario::link_timeout(Duration time) {
  options_.link_timeout = time;
  return *this;
}

Scenario& Scenario::publishers(std::size_t count) {
  publishers_ = count;
  return *this;
}

Scenario& Scenario::publish_every(Duration pause) {
  publish_pause_ = pause;
  return *this;
}

Scenario& Scenario::data_bytes(std::size_t bytes) {
  data_bytes_ = bytes;
  return *this;
}

Scenario& Scenario::validation(Duration time) {
  validation_ = time;
  return *this;
}

Scenario& Scenario::invalid(double share) {
  invalid_ = share;
  return *this;
}

Scenario& Scenario::messages(std::size_t count) {
  messages_ = count;
  return *this;
}

Scenario& Scenario::crash(double share) {
  return add_fault(FaultKind::crash, share);
}
Scenario& Scenario::power_loss(double share) {
  return add_fault(FaultKind::power_loss, share);
}
Scenario& Scenario::restart(double share) {
  return add_fault(FaultKind::restart, share);
}
Scenario& Scenario::suspend(double share) {
  return add_fault(FaultKind::suspend, share);
}
Scenario& Scenario::partition(double share) {
  return add_fault(FaultKind::partition, share);
}
Scenario& Scenario::one_way_partition(double share) {
  return add_fault(FaultKind::one_way, share);
}
Scenario& Scenario::stall(double share) {
  return add_fault(FaultKind::stall, share);
}
Scenario& Scenario::break_links(double share) {
  return add_fault(FaultKind::break_links, share);
}
Scenario& Scenario::half_open_links(double share) {
  return add_fault(FaultKind::half_open, share);
}
Scenario& Scenario::churn(double share_per_minute) {
  return add_fault(FaultKind::churn, share_per_minute);
}

Scenario& Scenario::fault(const Fault& fault) {
  faults_.push_back(fault);
  return *this;
}

Scenario& Scenario::add_fault(FaultKind kind, double share) {
  return fault({kind, share, {}, {}});
}

Scenario& Scenario::at(Duration time) {
  if (faults_.empty()) throw std::invalid_argument("at() is about the fault named before it: there is none");
  faults_.back().at = time;
  return *this;
}

Scenario& Scenario::lasting(Duration time) {
  if (faults_.empty())
    throw std::invalid_argument("lasting() is about the fault named before it: there is none");
  faults_.back().lasting = time;
  return *this;
}

Scenario& Scenario::spare_nobody() {
  spare_nobody_ = true;
  return *this;
}

Scenario& Scenario::duration(Duration time) {
  duration_ = time;
  return *this;
}

Scenario& Scenario::grace(Duration time) {
  grace_ = time;
  return *this;
}

Scenario& Scenario::heals_within(Duration time) {
  heals_within_ = time;
  return *this;
}

Scenario& Scenario::on_progress(std::function<void(const Progress&)> watch) {
  watch_ = std::move(watch);
  return *this;
}

Scenario& Scenario::tampering(Tampering& tampering) {
  tampering_ = &tampering;
  return *this;
}

Scenario& Scenario::set_command(std::function<std::string(std::uint64_t)> command) {
  command_ = std::move(command);
  return *this;
}

std::vector<Fault> Scenario::faults() const {
  std::vector<Fault> filled = faults_;
  for (Fault& fault : filled) {
    fault.at = fault.at.value_or(duration_ / 2);
    const bool lasts = fault.kind != FaultKind::crash && fault.kind != FaultKind::power_loss &&
                       fault.kind != FaultKind::break_links && fault.kind != FaultKind::half_open;
    fault.lasting = lasts ? fault.lasting.value_or(duration_ / 4) : Duration{};
  }
  return filled;
}

void Scenario::validate() const {
  require(nodes_ >= 1 && nodes_ <= 4'000'000, "nodes: 1 to 4000000, not " + std::to_string(nodes_));
  require(degree_ >= 1, "degree: at least 1, or nobody seeks anybody");
  require(degree_ <= base_.max_connections, "degree: at most max_connections, which is " +
                                                std::to_string(base_.max_connections) + ", not " +
                                                std::to_string(degree_));
  require(!wired_ || degree_ >= 2 || nodes_ <= 2,
          "degree: at least 2 where the overlay is there from the start, or it is in pieces");
  require(
      bootstrappers_ >= 1 && bootstrappers_ <= nodes_,
      "bootstrappers: 1 to " + std::to_string(nodes_) + ", the nodes, not " + std::to_string(bootstrappers_));
  require(join_pause_ >= Duration::zero(), "the pause between two nodes that join is not negative");
  require(publishers_ <= nodes_, "publishers: at most " + std::to_string(nodes_) + ", the nodes, not " +
                                     std::to_string(publishers_));
  require(publish_pause_ > Duration::zero(), "the pause between two messages is above 0");
  require(data_bytes_ >= data_bytes_min && data_bytes_ <= data_bytes_max,
          "data: " + std::to_string(data_bytes_min) + " bytes, by which messages are told apart, to " +
              std::to_string(data_bytes_max) + ", not " + std::to_string(data_bytes_));
  require(validation_ >= Duration::zero(), "a validation takes no negative time");
  require_share(invalid_, "invalid");
  require(duration_ > Duration::zero(), "duration: above 0");
  require(grace_ >= Duration::zero(), "grace: not negative");
  require(heals_within_ >= Duration::zero(), "heals_within: not negative");
  for (const Fault& fault : faults()) {
    const std::string name(to_string(fault.kind));
    require_share(fault.share, name);
    require(*fault.at >= Duration::zero(), name + ": it is not before the start");
    require(*fault.lasting >= Duration::zero(), name + ": it does not last a negative time");
    require(*fault.at + *fault.lasting <= duration_, name + ": it is over by the end, which is at " +
                                                         time_text(duration_) + ", not at " +
                                                         time_text(*fault.at + *fault.lasting));
  }
  const auto partitions = std::ranges::count_if(faults_, [](const Fault& fault) {
    return fault.kind == FaultKind::partition || fault.kind == FaultKind::one_way;
  });
  require(partitions <= 1, "there is one partition at a time, and one in a scenario");
}

Result Scenario::run(std::uint64_t seed) const {
  validate();
  return ScenarioRun(*this, seed).run();
}

std::string Scenario::command(std::uint64_t seed) const {
  return command_ ? command_(seed) : command_text(*this, seed);
}

}  // namespace gossip::sim
