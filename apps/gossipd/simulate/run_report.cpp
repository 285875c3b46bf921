#include "run_report.hpp"

namespace gossipd::simulation {

std::vector<SizeGroup> by_size(const SimulationReport& report) {
  std::vector<SizeGroup> groups;
  for (std::size_t index = 0; index < report.runs.size(); ++index) {
    if (index == 0 || report.runs[index].nodes != report.runs[index - 1].nodes) groups.push_back({index, 0});
    ++groups.back().count;
  }
  return groups;
}

}  // namespace gossipd::simulation
