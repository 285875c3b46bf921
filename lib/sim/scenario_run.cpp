#include "scenario_run.hpp"

#include "mix.hpp"
#include "overlay.hpp"
#include "scenario_text.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace gossip::sim {
namespace {

constexpr DataType type{540};

/// What nodes still do after the last one has joined is over by then, where links are of this world.
constexpr Duration settling = std::chrono::seconds(5);

/// Progress is told so often in each phase.
constexpr int progress_steps = 400;

/// Violations of one kind that say more than their number.
constexpr std::uint32_t missing_told = 3;

std::unique_ptr<Hostile> make_hostile(HostileKind kind) {
  constexpr std::uint32_t flood_per_second = 20;
  switch (kind) {
    case HostileKind::malformed:
      return malformed_sender();
    case HostileKind::flood:
      return flooder(flood_per_second);
    case HostileKind::silent:
      return silent_peer();
    case HostileKind::liar:
      return address_liar();
    case HostileKind::false_adverts:
      return false_advertiser();
    case HostileKind::grafter:
      return grafter();
    case HostileKind::bad_hello:
      return bad_greeter();
  }
  return silent_peer();
}

std::shared_ptr<Config> joining_through(const Config& base, std::size_t degree, NodeNumber bootstrappers,
                                        bool extended) {
  auto config = std::make_shared<Config>(base);
  config->degree = degree;
  config->overlay = extended ? Overlay::extended : Overlay::base;
  config->bootstrappers.clear();
  for (NodeNumber node = 0; node < bootstrappers; ++node) {
    config->bootstrappers.push_back(to_host_port(Network::endpoint_of(node)));
  }
  return config;
}

/// A node that joins a network of 200 at once with all others has a few thousand events in a second, and one
/// event for each message from each of its peers besides; what was held up may come at once.
NetworkOptions options_of_network(NetworkOptions options, std::size_t nodes,
                                  std::uint64_t messages_per_second, std::size_t peers) {
  constexpr std::uint64_t for_each_node = 20'000;
  constexpr std::uint64_t for_all = 200'000;
  constexpr std::uint64_t held_up = 10;
  if (options.events_per_second_max == 0) {
    options.events_per_second_max =
        for_all + nodes * (for_each_node + held_up * messages_per_second * (peers + 1));
  }
  return options;
}

}  // namespace

ScenarioRun::ScenarioRun(const Scenario& scenario, std::uint64_t seed)
    : scenario_(scenario),
      seed_(seed),
      random_(mix(seed ^ 0x5ce9a210U)),
      network_(seed, options_of_network(scenario.options_, scenario.nodes_,
                                        static_cast<std::uint64_t>(Duration(std::chrono::seconds(1)) /
                                                                   scenario.publish_pause_),
                                        scenario.base_.max_connections)),
      faults_(scenario.faults()) {
  if (scenario.tampering_ != nullptr) network_.set_tampering(*scenario.tampering_);
}

Result ScenarioRun::run() {
  started_ = network_.now();
  make_nodes();
  const Duration joining = network_.now() - started_;
  choose_publishers();
  plan_faults();
  network_.mark_zero();
  joining_ = false;
  told_ = Duration(-1);
  edges_at_start_ = network_.edges();
  go_through();
  network_.audit();
  Result result = network_.result();
  finish(result);
  result.joining = joining;
  return result;
}

void ScenarioRun::make_nodes() {
  scenario_.wired_ ? wire() : join();
  const TimePoint latest = network_.now() + scenario_.heals_within_;
  while (network_.components() > 1 && network_.now() < latest) network_.run_for(check_period);
  if (network_.components() > 1) {
    network_.report(Violation::Kind::not_live, 0,
                    "the overlay is in " + std::to_string(network_.components()) + " pieces, " +
                        time_text(scenario_.heals_within_) + " after the last node has joined");
  }
  add_hostile_nodes();
}

/// What nodes that join through the first so many are made with: even ones and odd ones.
std::array<std::shared_ptr<const Config>, 2> ScenarioRun::configs_through(NodeNumber bootstrappers) const {
  const auto config = [&](bool extended) {
    return joining_through(scenario_.base_, scenario_.degree_sought(), bootstrappers, extended);
  };
  const bool even = scenario_.protocol_ != Protocol::base;
  const bool odd = scenario_.protocol_ == Protocol::extended;
  const auto first = config(even);
  return {first, even == odd ? first : config(odd)};
}

void ScenarioRun::join() {
  const Duration all = scenario_.join_pause_ * static_cast<std::int64_t>(scenario_.nodes_) + settling;
  const auto bootstrappers = static_cast<NodeNumber>(scenario_.bootstrappers_);
  // Bootstrappers have each other; one that is the node itself is skipped.
  const auto configs = configs_through(bootstrappers);
  for (NodeNumber node = 0; node < scenario_.nodes_; ++node) {
    network_.add_joining_node(configs[node % configs.size()]);
    network_.subscribe(node, type, scenario_.validation_);
    network_.run_for(scenario_.join_pause_);
    tell(all);
  }
  network_.run_for(std::max(settling, 20 * scenario_.options_.latency.longest()));
  tell(all);
}

void ScenarioRun::wire() {
  const auto nodes = static_cast<NodeNumber>(scenario_.nodes_);
  const auto bootstrappers = static_cast<NodeNumber>(scenario_.bootstrappers_);
  auto configs = configs_through(0);
  for (NodeNumber node = 0; node < nodes; ++node) {
    if (node <= bootstrappers) configs = configs_through(std::min(node, bootstrappers));
    network_.add_linked_node(configs[node % configs.size()]);
    network_.subscribe(node, type, scenario_.validation_);
  }
  for (const Edge& edge : random_overlay(nodes, scenario_.degree_sought(), random_))
    network_.link(edge.from, edge.to);
}

void ScenarioRun::add_hostile_nodes() {
  bool any = false;
  for (const auto& group : scenario_.hostile_) {
    for (std::size_t i = 0; i < group.count; ++i) {
      network_.add_hostile(group.make ? group.make() : make_hostile(group.kind));
      any = true;
    }
  }
  if (any) network_.run_for(settling);
}

void ScenarioRun::choose_publishers() {
  std::vector<NodeNumber> nodes(scenario_.nodes_);
  for (NodeNumber node = 0; node < nodes.size(); ++node) nodes[node] = node;
  random_.shuffle(std::span(nodes));
  publishers_.assign(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(scenario_.publishers_));
}

/// The next deed is at the back. Those of the same time are done in the order in which they were planned.
void ScenarioRun::at(Duration time, std::function<void()> action) {
  const auto place = std::ranges::lower_bound(deeds_, time, std::greater<>{}, &Deed::at);
  deeds_.insert(place, {time, std::move(action)});
}

/// Everything is over, and has had its time.
Duration ScenarioRun::end() const {
  Duration end = scenario_.duration_ + scenario_.grace_;
  for (const Fault& fault : faults_) end = std::max(end, over_at(fault) + scenario_.heals_within_);
  return end;
}

void ScenarioRun::go_through() {
  const Duration end = this->end();
  const std::size_t messages_max = scenario_.messages_ == 0 ? SIZE_MAX : scenario_.messages_;
  std::size_t published = 0;
  while (true) {
    const Duration next_message = scenario_.publish_pause_ * static_cast<std::int64_t>(published);
    const bool publishes =
        !publishers_.empty() && published < messages_max && next_message < scenario_.duration_;
    const Duration next_deed = deeds_.empty() ? Duration::max() : deeds_.back().at;
    if (next_deed <= end && (!publishes || next_deed <= next_message)) {
      run_until(next_deed);
      const auto action = std::move(deeds_.back().action);
      deeds_.pop_back();
      action();
    } else if (publishes) {
      run_until(next_message);
      publish(published++);
    } else {
      break;
    }
  }
  run_until(end);
}

void ScenarioRun::run_until(Duration time) {
  const Duration end = this->end();
  const Duration step = std::max(end / progress_steps, Duration(1));
  while (network_.now() - network_.zero() < time) {
    network_.run_until(network_.zero() + std::min(time, network_.now() - network_.zero() + step));
    tell(end);
  }
}

void ScenarioRun::tell(Duration end) {
  if (!scenario_.watch_) return;
  const Duration now = network_.now() - (joining_ ? started_ : network_.zero());
  if (told_ >= Duration::zero() && now - told_ < end / progress_steps && now < end) return;
  told_ = now;
  scenario_.watch_({joining_, now, end, network_.events()});
}

/// The publishers take turns, those that have crashed are passed over.
void ScenarioRun::publish(std::size_t number) {
  std::vector<std::byte> data(scenario_.data_bytes_);
  const std::uint64_t name = mix(seed_) ^ number;
  for (std::size_t i = 0; i < 8; ++i) data[i] = static_cast<std::byte>(name >> 8U * (7 - i) & 0xffU);
  const bool valid =
      scenario_.invalid_ == 0 ||
      random_.below(1'000'000) >= static_cast<std::uint64_t>(std::llround(scenario_.invalid_ * 1e6));
  for (std::size_t tries = 0; tries < publishers_.size(); ++tries) {
    const NodeNumber node = publishers_[next_publisher_++ % publishers_.size()];
    if (!network_.is_live(node)) continue;
    (void)network_.publish(node, type, Payload(data), unlimited_ttl, valid);
    return;
  }
}

/// A message that was published so long before a fault has got everywhere.
Duration ScenarioRun::margin() const {
  constexpr int hops = 30;
  return std::max<Duration>(std::chrono::seconds(2),
                            hops * (scenario_.options_.latency.longest() + scenario_.validation_));
}

bool ScenarioRun::is_promised(Duration published) const {
  return std::ranges::none_of(faults_,
                              [&](const Fault& fault) {
                                return published >= *fault.at - margin() &&
                                       published <= over_at(fault) + scenario_.heals_within_;
                              }) &&
         published + margin() <= end();
}

/// What only the scenario knows: who lived through, and what they were promised.
void ScenarioRun::finish(Result& result) {
  std::vector<NodeNumber> survivors;
  for (NodeNumber node = 0; node < result.nodes.size(); ++node) {
    const NodeRecord& record = result.nodes[node];
    if (record.live && record.survivor && !record.hostile) survivors.push_back(node);
  }
  std::uint64_t missing_untold = 0;
  for (std::size_t number = 0; number < result.messages.size(); ++number) {
    MessageRecord& message = result.messages[number];
    if (message.hostile || !message.valid) continue;
    message.promised = is_promised(message.published);
    message.survivors = static_cast<std::uint32_t>(survivors.size());
    for (const NodeNumber node : survivors) {
      if (network_.has_delivered(node, number)) continue;
      message.missed += 1;
      if (!message.promised) continue;
      if (message.missed > missing_told) {
        missing_untold += 1;
      } else {
        network_.report(Violation::Kind::not_delivered, node,
                        "message " + std::to_string(number) + ", published at " +
                            time_text(message.published) + " by node " + std::to_string(message.publisher) +
                            ", did not arrive");
      }
    }
  }
  const Result checked = network_.result();
  result.violations = checked.violations;
  result.violations_in_all = checked.violations_in_all + missing_untold;
  result.edges_at_start = edges_at_start_;
  result.seed = seed_;
  result.command = scenario_.command(seed_);
  result.beyond_command = scenario_.beyond_options();
}

}  // namespace gossip::sim
