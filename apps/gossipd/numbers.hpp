#pragma once
/// \file
/// Numbers as reports show them, whatever the locale. Pure.

#include <cstdint>
#include <string>

namespace gossipd {

/// With so many digits behind the point.
[[nodiscard]] std::string fixed(double value, int digits);

/// \{
/// Whole, with blanks between the thousands; what is behind the point is cut off.
[[nodiscard]] std::string grouped(std::uint64_t value);
[[nodiscard]] std::string grouped(double value);
/// \}

}  // namespace gossipd
