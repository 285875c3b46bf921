#pragma once
/// \file
/// From the text of one value, as it stands in a file or on a command line, to what it means. Where a text
/// means nothing, the Error says what would be right, in words that follow the value and a colon.

#include <gossip/error.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace gossipd {

/// Decimal digits and nothing else, from `least` to `most`.
[[nodiscard]] gossip::Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least,
                                                         std::uint64_t most);

/// HOST:PORT; HOST is an IPv4 address, an IPv6 address in brackets, or a name. `port_min` is 0 where the
/// system may pick a port, and otherwise 1.
[[nodiscard]] gossip::Result<gossip::HostPort> parse_address(std::string_view text, std::uint16_t port_min);

/// Any number of HOST:PORT, separated by commas; an empty text is none.
[[nodiscard]] gossip::Result<std::vector<gossip::HostPort>> parse_addresses(std::string_view text);

/// Data types, separated by commas, at least one. One that is named twice counts once.
[[nodiscard]] gossip::Result<std::vector<gossip::DataType>> parse_data_types(std::string_view text);

}  // namespace gossipd
