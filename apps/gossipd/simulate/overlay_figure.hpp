#pragma once
/// \file
/// The picture of the overlay as a part of the page.

#include "run_report.hpp"

#include <string>
#include <string_view>

namespace gossipd::simulation {

/// The overlay of a run with what its colours mean; the classes are those of the figure.
[[nodiscard]] std::string overlay_figure(const RunReport& run, const std::string& title,
                                         std::string_view classes);

}  // namespace gossipd::simulation
