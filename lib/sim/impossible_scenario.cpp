#include <gossip/sim/impossible_scenario.hpp>

#include <utility>

namespace gossip::sim {

ImpossibleScenario::ImpossibleScenario(std::string setting, std::string value, std::string wanted,
                                       std::optional<std::size_t> fault)
    : std::invalid_argument(setting + (value.empty() ? "" : " = " + value) + ": " + wanted),
      setting_(std::move(setting)),
      value_(std::move(value)),
      wanted_(std::move(wanted)),
      fault_(fault) {}

}  // namespace gossip::sim
