#include "progress_bar.hpp"

#include "numbers.hpp"
#include "quantities.hpp"

#include <algorithm>

namespace gossipd::simulation {
namespace {

constexpr std::size_t bar_width = 20;

std::string left_text(double left) {
  constexpr double minute = 60;
  if (left < 2 * minute) return fixed(left, 0) + " s left";
  return fixed(left / minute, 0) + " min left";
}

}  // namespace

std::string to_text(const RunProgress& progress) {
  const double end = seconds(progress.end);
  const double share = end > 0 ? std::clamp(seconds(progress.now) / end, 0.0, 1.0) : 0;
  const auto done = static_cast<std::size_t>(share * static_cast<double>(bar_width));
  std::string text;
  if (progress.runs > 1)
    text = "run " + std::to_string(progress.run) + " of " + std::to_string(progress.runs) + ", ";
  text += grouped(std::uint64_t{progress.nodes}) + " nodes [" + std::string(done, '#') +
          std::string(bar_width - done, ' ') + "] " + (progress.joining ? "joining, " : "");
  text += fixed(seconds(progress.now), 1) + " of " + fixed(end, 0) + " s, " + grouped(progress.events) +
          " events";
  if (progress.run_seconds <= 0) return text;
  text += ", " + grouped(static_cast<double>(progress.events) / progress.run_seconds) + "/s";
  if (share > 0 && progress.phase_seconds >= 1)
    text += ", " + left_text(progress.phase_seconds * (1 - share) / share);
  return text;
}

}  // namespace gossipd::simulation
