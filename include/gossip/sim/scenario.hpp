#pragma once
/// \file
/// What is to happen to a simulated network, in a sentence:
///
///     const auto result = Scenario().nodes(100).degree(5).latency(uniform(10ms, 100ms))
///         .publish_every(100ms).partition(0.5).at(10s).lasting(60s).run(seed);
///     if (!result.ok()) std::cerr << result.failure_text();

#include <gossip/config.hpp>
#include <gossip/export.hpp>
#include <gossip/sim/fault.hpp>
#include <gossip/sim/hostile.hpp>
#include <gossip/sim/impossible_scenario.hpp>
#include <gossip/sim/latency.hpp>
#include <gossip/sim/network.hpp>
#include <gossip/sim/result.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gossip::sim {

/// How far a run has come.
struct Progress {
  bool joining = true;       ///< the scenario's zero is still to come
  Duration now{};            ///< virtual time in this phase
  Duration end{};            ///< of this phase
  std::uint64_t events = 0;  ///< handled so far
};

/// Which protocol the nodes of a scenario speak.
enum class Protocol : std::uint8_t {
  base,      ///< the base protocol
  extended,  ///< the overlay extension, too
  mixed,     ///< every other node the base protocol only, beginning with the second
};

/// What options and reports call it: "base" and so on.
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(Protocol protocol);

/// A kind of ready-made hostile node; sim/hostile.hpp describes them.
enum class HostileKind : std::uint8_t {
  malformed,
  flood,
  silent,
  liar,
  false_adverts,
  grafter,
  bad_hello,
};

/// What options and reports call it: "malformed", "false-adverts" and so on.
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(HostileKind kind);

/// Builds up a description and runs it. Setters return the scenario itself, and check nothing: run() does,
/// and throws ImpossibleScenario, a std::invalid_argument with a sentence that says what would be right. A
/// plain value; run() may be called again and again. Times are at most 24 h each.
///
/// A run has two phases. First the nodes join; the scenario's zero is when they have. From then on messages
/// are published and faults happen, for duration(); what is on its way then has grace() to arrive, and what
/// was broken has heals_within() to heal.
class GOSSIP_EXPORT Scenario {
 public:
  /// \{
  /// The time from one message to the next, that of all publishers together.
  static constexpr Duration publish_every_min = std::chrono::microseconds(10);
  static constexpr Duration publish_every_max = std::chrono::seconds(1000);
  /// \}

  /// \{
  /// Who is there: 2 to 4,000,000 nodes, which seek 1 to all other nodes, and at most `max_connections` of
  /// base_config(). Defaults: 100 nodes, which seek 5 peers each, or all others where there are fewer.
  /// `config` is what all nodes have but for bootstrappers and degree.
  Scenario& nodes(std::size_t count);
  Scenario& degree(std::size_t peers);
  Scenario& base_config(const Config& config);
  /// Default: the base protocol. It takes the place of Config::overlay.
  Scenario& protocol(Protocol protocol);
  /// Messages that each node keeps, in place of Config::cache_size.
  Scenario& cache_size(std::size_t messages);
  /// So many hostile nodes of a kind, 1 to 1000, besides the others.
  Scenario& hostile(HostileKind kind, std::size_t count = 1);
  /// One of one's own making, made anew for each run.
  Scenario& hostile(std::function<std::unique_ptr<Hostile>()> make);
  /// \}

  /// \{
  /// How the overlay comes to be. Joined: nodes start one after the other, `pause` apart, and join through
  /// the first `bootstrappers` of them, as they do in life; this is the default, with one bootstrapper and 20
  /// ms. Wired: a random graph in which every node has `degree` peers is there from the start; nodes have the
  /// bootstrappers all the same.
  Scenario& joined(std::size_t bootstrappers = 1, Duration pause = std::chrono::milliseconds(20));
  Scenario& wired(std::size_t bootstrappers = 1);
  /// \}

  /// \{
  /// What links are like: NetworkOptions has the meanings. Default: 10 ms to 100 ms, fixed for each link.
  Scenario& latency(const Latency& latency);
  Scenario& bandwidth(std::uint64_t bytes_per_second);
  Scenario& link_timeout(Duration time);
  /// \}

  /// \{
  /// Who publishes what. `publishers` nodes take turns, so that one message is published every `pause`, all
  /// together, 0.001 to 100,000 in a second. Defaults: one publisher, 100 ms, 100 bytes, 1 ms of validation
  /// at each node, nothing invalid. Of all messages the share `invalid` is found invalid by programs. Where
  /// there is time for one message only, messages(1) has to say so.
  Scenario& publishers(std::size_t count);
  Scenario& publish_every(Duration pause);
  Scenario& data_bytes(std::size_t bytes);
  Scenario& validation(Duration time);
  Scenario& invalid(double share);
  /// Exactly so many messages and no more; 0, the default, is without limit.
  Scenario& messages(std::size_t count);
  /// \}

  /// \{
  /// What goes wrong: share 0 to 1, of nodes or links. at() and lasting() are about the fault named last;
  /// without them a fault happens in the middle of the duration, and lasts a quarter of it. It comes before
  /// the end of the duration, and is over by then. Publishers and bootstrappers are spared by crash(),
  /// power_loss(), restart(), suspend() and churn(), unless spare_nobody() says otherwise.
  ///
  /// A fault is to happen to somebody, or a run would be measured under what never was. Impossible is a share
  /// that rounds to no node or may round to no link, one of nodes that all are spared or gone by then, a
  /// partition without anybody on one side, and a crash that leaves no node.
  Scenario& crash(double share) { return fault({FaultKind::crash, share, {}, {}}); }
  Scenario& power_loss(double share) { return fault({FaultKind::power_loss, share, {}, {}}); }
  Scenario& restart(double share) { return fault({FaultKind::restart, share, {}, {}}); }
  Scenario& suspend(double share) { return fault({FaultKind::suspend, share, {}, {}}); }
  Scenario& partition(double share) { return fault({FaultKind::partition, share, {}, {}}); }
  Scenario& one_way_partition(double share) { return fault({FaultKind::one_way, share, {}, {}}); }
  Scenario& stall(double share) { return fault({FaultKind::stall, share, {}, {}}); }
  Scenario& break_links(double share) { return fault({FaultKind::break_links, share, {}, {}}); }
  Scenario& half_open_links(double share) { return fault({FaultKind::half_open, share, {}, {}}); }
  Scenario& churn(double share_per_minute) { return fault({FaultKind::churn, share_per_minute, {}, {}}); }
  Scenario& fault(const Fault& fault);
  Scenario& at(Duration time);
  Scenario& lasting(Duration time);
  Scenario& spare_nobody();
  /// \}

  /// \{
  /// How long. Messages are published for `time` since the scenario's zero, then the network runs on for
  /// grace(). heals_within(): how long after the last node has joined, and after the last fault, the overlay
  /// may take to be in one piece; messages published after that, and those published before the first fault,
  /// must reach every survivor. Defaults: 30 s, 10 s, 30 s.
  Scenario& duration(Duration time);
  Scenario& grace(Duration time);
  Scenario& heals_within(Duration time);
  /// \}

  /// Called now and then during a run: often enough for a progress bar.
  Scenario& on_progress(std::function<void(const Progress&)> watch);
  /// Tampering with the nodes, for tests of the checkers. It must outlive the runs.
  Scenario& tampering(Tampering& tampering);

  /// Throws ImpossibleScenario, which says what is impossible and what would be right.
  void validate() const;

  /// Runs it. Whatever is violated is in the result; it throws only what validate() throws.
  [[nodiscard]] Result run(std::uint64_t seed) const;

  /// The command line of `gossipd simulate` for this scenario with a seed; what is at its default is left
  /// out, and so is what no option can say: beyond_options() names it.
  [[nodiscard]] std::string command(std::uint64_t seed) const;
  /// What of this scenario command() leaves out, so that it runs another one: "base_config(), tampering()";
  /// empty where it runs the same.
  [[nodiscard]] std::string beyond_options() const;
  /// What command() returns from now on, for scenarios that a shorter command makes: it says all that has
  /// been set, also what options cannot say, but for tampering().
  Scenario& set_command(std::function<std::string(std::uint64_t seed)> command);

  /// \{
  /// What was set.
  [[nodiscard]] std::size_t node_count() const { return nodes_; }
  [[nodiscard]] std::size_t degree_sought() const { return degree_.value_or(usual_degree()); }
  [[nodiscard]] Duration total_duration() const { return duration_; }
  [[nodiscard]] Duration total_grace() const { return grace_; }
  /// All times filled in, in the order in which they were named.
  [[nodiscard]] std::vector<Fault> faults() const;
  /// \}

 private:
  friend class ScenarioCheck;
  friend class ScenarioRun;
  struct HostileGroup {
    HostileKind kind{};
    std::size_t count = 0;
    std::function<std::unique_ptr<Hostile>()> make;
  };

  [[nodiscard]] std::size_t usual_degree() const;
  [[nodiscard]] std::size_t plug_ins() const;

  std::size_t nodes_ = 100;
  std::optional<std::size_t> degree_;
  Config base_{};
  Protocol protocol_ = Protocol::base;
  bool has_base_ = false;  ///< base_config() was called, and command_ does not say it
  std::vector<HostileGroup> hostile_;
  bool wired_ = false;
  std::size_t bootstrappers_ = 1;
  Duration join_pause_ = std::chrono::milliseconds(20);
  NetworkOptions options_{.latency = uniform(std::chrono::milliseconds(10), std::chrono::milliseconds(100))};
  std::size_t publishers_ = 1;
  Duration publish_pause_ = std::chrono::milliseconds(100);
  std::size_t data_bytes_ = 100;
  Duration validation_ = std::chrono::milliseconds(1);
  double invalid_ = 0;
  std::size_t messages_ = 0;
  std::vector<Fault> faults_;
  bool spare_nobody_ = false;
  Duration duration_ = std::chrono::seconds(30);
  Duration grace_ = std::chrono::seconds(10);
  Duration heals_within_ = std::chrono::seconds(30);
  std::function<void(const Progress&)> watch_;
  Tampering* tampering_ = nullptr;
  std::function<std::string(std::uint64_t)> command_;
  std::string said_options_;       ///< of what command_ says
  std::size_t said_plug_ins_ = 0;  ///< hostile nodes of one's own that command_ says
};

}  // namespace gossip::sim
