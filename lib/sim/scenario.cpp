#include <gossip/sim/scenario.hpp>

#include "scenario_check.hpp"
#include "scenario_run.hpp"
#include "scenario_text.hpp"

#include <algorithm>
#include <utility>

namespace gossip::sim {

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

std::string_view to_string(HostileKind kind) {
  switch (kind) {
    case HostileKind::malformed:
      return "malformed";
    case HostileKind::flood:
      return "flood";
    case HostileKind::silent:
      return "silent";
    case HostileKind::liar:
      return "liar";
    case HostileKind::false_adverts:
      return "false-adverts";
    case HostileKind::grafter:
      return "grafter";
    case HostileKind::bad_hello:
      return "bad-hello";
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
  has_base_ = true;
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
  join_pause_ = Scenario().join_pause_;  // nobody joins: one that was set says nothing any more
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

Scenario& Scenario::fault(const Fault& fault) {
  faults_.push_back(fault);
  return *this;
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
  has_base_ = false;
  said_options_ = ScenarioRun::options_of(*this);
  said_plug_ins_ = plug_ins();
  return *this;
}

std::vector<Fault> Scenario::faults() const {
  std::vector<Fault> filled = faults_;
  for (Fault& fault : filled) {
    fault.at = fault.at.value_or(duration_ / 2);
    fault.lasting = lasts(fault.kind) ? fault.lasting.value_or(duration_ / 4) : Duration{};
  }
  return filled;
}

std::size_t Scenario::usual_degree() const {
  constexpr std::size_t usual = 5;
  return std::min(usual, std::max<std::size_t>(nodes_, 2) - 1);
}

void Scenario::validate() const {
  ScenarioCheck(*this).check();
}

Result Scenario::run(std::uint64_t seed) const {
  validate();
  return ScenarioRun(*this, seed).run();
}

std::size_t Scenario::plug_ins() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(hostile_, [](const HostileGroup& group) { return group.make != nullptr; }));
}

std::string Scenario::beyond_options() const {
  std::string text;
  const auto add = [&](bool there, const char* what) {
    if (there) text.append(text.empty() ? "" : ", ").append(what);
  };
  add(command_ && ScenarioRun::options_of(*this) != said_options_, "what was set after set_command()");
  add(has_base_, "base_config()");
  add(plug_ins() > said_plug_ins_, "hostile nodes of its own");
  add(tampering_ != nullptr, "tampering()");
  return text;
}

std::string Scenario::command(std::uint64_t seed) const {
  return command_ ? command_(seed) : command_text(*this, seed);
}

}  // namespace gossip::sim
