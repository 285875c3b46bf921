#pragma once
/// \file
/// The parts of the page's HTML, which is well-formed XML, too. Pure.

#include "measures.hpp"
#include "run_report.hpp"

#include <string>
#include <string_view>

namespace gossipd::simulation {

/// `tag` may have attributes: `p class="soft"`.
[[nodiscard]] std::string element(std::string_view tag, std::string_view text);

/// \{
/// A cell of a table: a value, a mean with what it lies between, or a heading of a `scope`, "row" or "col".
[[nodiscard]] std::string cell(std::string_view text);
[[nodiscard]] std::string cell(const SpreadText& text);
[[nodiscard]] std::string head(std::string_view text, std::string_view scope);
/// \}

/// A picture with its title above, and a caption where there is one.
[[nodiscard]] std::string figure(std::string_view title, const std::string& picture,
                                 std::string_view caption);

/// "1 000 nodes".
[[nodiscard]] std::string nodes_of(const RunReport& run);

}  // namespace gossipd::simulation
