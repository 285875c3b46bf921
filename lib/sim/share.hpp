#pragma once
/// \file
/// Shares, in whole millionths, so that they say the same on every machine and as text.

#include <gossip/sim/fault.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace gossip::sim {

/// A share of so many, rounded to whole ones. Precondition of all here: shares are from 0 to 1.
[[nodiscard]] std::size_t share_of(std::size_t all, double share);

/// Nodes that a churn replaces; it has a length, of a day at most. Rounded down.
[[nodiscard]] std::size_t replaced_by(const Fault& churn, std::size_t nodes);

/// The least share that is one of so many. Precondition: there are any.
[[nodiscard]] double least_share_of(std::size_t all);

/// So many of all, or the next lower share that there is. Precondition: there are any.
[[nodiscard]] double share_of_all(std::size_t some, std::size_t all);

/// The least share for which a churn of this length replaces anybody; above 1 where there is none.
[[nodiscard]] double least_share_of(const Fault& churn, std::size_t nodes);

/// "0.25"; digits as needed, six of them behind the point at most.
[[nodiscard]] std::string share_text(double share);

/// A number of millionths, in the same way.
[[nodiscard]] std::string millionths_text(std::uint64_t millionths);

}  // namespace gossip::sim
