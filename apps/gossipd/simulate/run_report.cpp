#include "run_report.hpp"

#include <algorithm>
#include <iterator>

namespace gossipd::simulation {

std::vector<RunGroup> groups_of(const SimulationReport& report) {
  std::vector<RunGroup> groups;
  for (std::size_t index = 0; index < report.runs.size(); ++index) {
    const RunReport& run = report.runs[index];
    const bool begins = index == 0 || run.nodes != report.runs[index - 1].nodes ||
                        run.protocol != report.runs[index - 1].protocol;
    if (begins) groups.push_back({index, 0});
    ++groups.back().count;
  }
  return groups;
}

std::vector<std::string> compared_protocols(const SimulationReport& report) {
  std::vector<std::string> protocols;
  for (const RunReport& run : report.runs) {
    if (std::find(protocols.begin(), protocols.end(), run.protocol) == protocols.end())
      protocols.push_back(run.protocol);
  }
  if (protocols.size() < 2) protocols.clear();
  return protocols;
}

std::vector<std::vector<RunGroup>> groups_by_size(const SimulationReport& report) {
  std::vector<std::vector<RunGroup>> sizes;
  std::size_t nodes = 0;
  for (const RunGroup& group : groups_of(report)) {
    if (sizes.empty() || report.runs[group.first].nodes != nodes) sizes.emplace_back();
    nodes = report.runs[group.first].nodes;
    sizes.back().push_back(group);
  }
  return sizes;
}

SimulationReport with_protocol(const SimulationReport& report, const std::string& protocol) {
  SimulationReport part{report.command, {}};
  std::copy_if(report.runs.begin(), report.runs.end(), std::back_inserter(part.runs),
               [&](const RunReport& run) { return run.protocol == protocol; });
  return part;
}

}  // namespace gossipd::simulation
