#pragma once
/// \file
/// What Scenario::validate() throws.

#include <gossip/export.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace gossip::sim {

/// Says which setting of a scenario is impossible, by itself or beside the others, and what would be right.
/// what() is all of it in a sentence; the parts are for programs that call settings by names of their own.
class GOSSIP_EXPORT ImpossibleScenario : public std::invalid_argument {
 public:
  /// `fault` is the place in Scenario::faults() of the fault that it is about.
  ImpossibleScenario(std::string setting, std::string value, std::string wanted,
                     std::optional<std::size_t> fault = std::nullopt);

  /// \{
  /// As the setter is called, or a kind of fault as to_string() has it; what it is set to, empty where that
  /// says nothing; what would be right instead.
  [[nodiscard]] const std::string& setting() const { return setting_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] const std::string& wanted() const { return wanted_; }
  /// \}
  /// Which fault it is about; nothing where it is about none.
  [[nodiscard]] std::optional<std::size_t> fault() const { return fault_; }

 private:
  std::string setting_;
  std::string value_;
  std::string wanted_;
  std::optional<std::size_t> fault_;
};

}  // namespace gossip::sim
