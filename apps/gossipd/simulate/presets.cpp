#include "presets.hpp"

#include "option_values.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace gossipd::simulation {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

/// The network and the load of the broadcast exercises: every node publishes in turn, half of 100 operations
/// a second. Nodes that seek one peer each make a star around the bootstrapper: each message goes over every
/// link once, in two hops. docs/simulation.md has what meshes need.
Values broadcast() {
  return {{"nodes", "25"},      {"degree", "1"}, {"cache-size", "300"}, {"latency", "fixed:100ms"},
          {"publishers", "25"}, {"rate", "50"},  {"settle", "5s"},      {"duration", "25s"}};
}

/// Pairs of options that say the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 1> synonyms{{{"rate", "publish-every"}}};

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      {"glomers-d", broadcast(), {"Gossip Glomers broadcast, part d", 30, 400, 600}},
      {"glomers-e", broadcast(), {"Gossip Glomers broadcast, part e", 20, 1000, 2000}}};
  return all;
}

const Preset* preset_of(const ParsedOptions& given) {
  const auto name = given.find("preset");
  if (!name) return nullptr;
  std::string names;
  for (const Preset& preset : presets()) {
    if (preset.name == *name) return &preset;
    names.append(names.empty() ? "" : " or ").append(preset.name);
  }
  refuse("preset", *name, names + " is needed");
}

ParsedOptions with_preset(const Preset& preset, const ParsedOptions& given) {
  ParsedOptions all = given;
  for (const auto& preset_value : preset.values) {
    const bool said = std::any_of(synonyms.begin(), synonyms.end(), [&](const auto& pair) {
      return preset_value.first == pair.first && given.has(std::string(pair.second));
    });
    if (!said) all.values.insert(preset_value);
  }
  return all;
}

}  // namespace gossipd::simulation
