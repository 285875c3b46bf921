#pragma once
/// \file
/// One run of a scenario: who does what to the network when, and what was promised.

#include <gossip/random.hpp>
#include <gossip/sim/scenario.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gossip::sim {

/// Made for one run. Not thread-safe.
class ScenarioRun {
 public:
  /// `scenario` must outlive it, and be valid.
  ScenarioRun(const Scenario& scenario, std::uint64_t seed);

  Result run();

  /// What an option of the command line says, for each setting that is not at its default.
  static std::string options_of(const Scenario& scenario);

 private:
  /// An overlay that is to heal is looked at so often.
  static constexpr Duration check_period = std::chrono::seconds(1);

  /// Something that is done to the network at a time.
  struct Deed {
    Duration at{};
    std::function<void()> action;
  };

  void make_nodes();
  [[nodiscard]] std::array<std::shared_ptr<const Config>, 2> configs_through(NodeNumber bootstrappers) const;
  void join();
  void wire();
  void add_hostile_nodes();
  void choose_publishers();
  void plan_faults();
  void plan(const Fault& fault);
  void plan_partition(const Fault& fault, bool one_way);
  void plan_churn(const Fault& fault);
  void plan_on_links(const Fault& fault, const std::function<bool()>& action);
  void plan_on_nodes(const Fault& fault, const std::function<void(NodeNumber)>& action);
  void plan_check_of_liveness();
  void check_liveness(Duration when, Duration latest);
  void at(Duration time, std::function<void()> action);
  void publish(std::size_t number);
  void go_through();
  void run_until(Duration time);
  void finish(Result& result);
  void tell(Duration end);

  [[nodiscard]] std::vector<NodeNumber> draw(std::size_t count, bool spares);
  [[nodiscard]] bool is_spared(NodeNumber node) const;
  [[nodiscard]] Duration over_at(const Fault& fault) const;
  [[nodiscard]] Duration end() const;
  [[nodiscard]] Duration margin() const;
  [[nodiscard]] bool is_promised(Duration published) const;

  const Scenario& scenario_;
  const std::uint64_t seed_;
  Random random_;
  Network network_;
  const std::vector<Fault> faults_;
  std::vector<NodeNumber> publishers_;
  std::vector<Deed> deeds_;
  TimePoint started_;
  Duration told_{-1};
  bool joining_ = true;
  std::vector<Edge> edges_at_start_;
  std::size_t next_publisher_ = 0;
};

}  // namespace gossip::sim
