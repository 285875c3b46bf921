#pragma once
/// \file
/// Whether a scenario is possible, and makes sense: the one place that knows, for the builder in C++ and for
/// the command line.

#include <gossip/sim/scenario.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace gossip::sim {

/// Made for one look. The scenario must outlive it.
class ScenarioCheck {
 public:
  explicit ScenarioCheck(const Scenario& scenario) : scenario_(scenario), faults_(scenario.faults()) {}

  /// Throws ImpossibleScenario about the first thing that is.
  void check() const;

 private:
  void check_nodes() const;
  void check_links() const;
  void check_messages() const;
  void check_times() const;
  void check_faults() const;
  void check_by_itself(std::size_t index) const;
  void check_reach_of(std::size_t index) const;
  void check_some_are_hit(std::size_t index) const;
  void check_some_are_left(std::size_t index) const;
  void check_sides(std::size_t index) const;
  void check_turnover(std::size_t index) const;

  [[nodiscard]] bool spares(const Fault& fault) const;
  [[nodiscard]] bool comes_before(std::size_t index, std::size_t other) const;
  [[nodiscard]] std::size_t gone_before(std::size_t index, bool for_good) const;
  [[nodiscard]] std::string nodes_text() const;
  [[nodiscard]] std::string spared_text() const;
  void require_of(std::size_t index, bool holds, const std::string& wanted) const;

  const Scenario& scenario_;
  const std::vector<Fault> faults_;
};

}  // namespace gossip::sim
