#pragma once
/// \file
/// A report as a page.

#include "run_report.hpp"

#include <string>

namespace gossipd::simulation {

/// One HTML document that needs nothing else: no script, no picture, no font, no network. It is well-formed
/// XML, too. Charts are of the first run of each size; of those `graph` is to be there. Light or dark as the
/// reader has it, readable at 360 pixels, and in print. The same report gives the same page. Precondition:
/// there is a run.
[[nodiscard]] std::string to_page(const SimulationReport& report);

}  // namespace gossipd::simulation
