#include <gossip/ip_address.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace gossip {
namespace {

constexpr std::size_t groups_all = 8;

using Groups = std::array<std::uint16_t, groups_all>;

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int octet = 0; octet < 4; ++octet) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || value > 255 || digits > 3 || (digits > 1 && text.front() == '0'))
      return std::nullopt;
    address = address << 8U | value;
    text.remove_prefix(digits);
    if (octet < 3) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

/// Some of the groups of an IPv6 address, from the first one on.
struct Part {
  Groups groups{};
  std::size_t count = 0;
};

/// 1 to 4 hexadecimal digits.
std::optional<std::uint16_t> parse_group(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() > 4) return std::nullopt;
  return value;
}

/// Groups with a colon between each two; an empty text is none. The last two may be an IPv4 address.
std::optional<Part> parse_part(std::string_view text, bool is_end) {
  Part part;
  if (text.empty()) return part;
  while (true) {
    const std::size_t colon = text.find(':');
    const bool is_last = colon == std::string_view::npos;
    const auto group = parse_group(text.substr(0, colon));
    const auto ipv4 = !group && is_last && is_end ? parse_ipv4(text) : std::nullopt;
    const std::size_t more = ipv4 ? 2 : 1;
    if ((!group && !ipv4) || part.count + more > groups_all) return std::nullopt;
    if (ipv4) part.groups[part.count++] = static_cast<std::uint16_t>(*ipv4 >> 16U);
    part.groups[part.count++] = ipv4 ? static_cast<std::uint16_t>(*ipv4 & 0xffffU) : *group;
    if (is_last) return part;
    text.remove_prefix(colon + 1);
  }
}

std::optional<IpAddress> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto before = parse_part(text.substr(0, gap), !has_gap);
  const auto after = has_gap ? parse_part(text.substr(gap + 2), true) : Part{};
  if (!before || !after) return std::nullopt;
  const std::size_t count = before->count + after->count;
  if (has_gap ? count >= groups_all : count != groups_all) return std::nullopt;
  Groups groups = before->groups;
  std::copy_n(after->groups.begin(), after->count, groups.end() - static_cast<std::ptrdiff_t>(after->count));
  IpAddress::Bytes bytes{};
  for (std::size_t i = 0; i < groups_all; ++i) {
    bytes[2 * i] = static_cast<std::byte>(groups[i] >> 8U);
    bytes[2 * i + 1] = static_cast<std::byte>(groups[i] & 0xffU);
  }
  return IpAddress::v6(bytes);
}

std::string ipv4_text(std::uint32_t address) {
  std::string text;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    if (!text.empty()) text += '.';
    text += std::to_string(address >> (shift - 8) & 0xffU);
  }
  return text;
}

/// The groups from first to last with a colon between each two.
std::string joined(const Groups& groups, std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i < last; ++i) {
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    if (i > first) text += ':';
    text.append(digits.data(), end);
  }
  return text;
}

}  // namespace

std::string to_string(const IpAddress& address) {
  if (address.is_ipv4()) return ipv4_text(address.ipv4());
  Groups groups{};
  for (std::size_t i = 0; i < groups_all; ++i)
    groups[i] = static_cast<std::uint16_t>((i < 4 ? address.high() : address.low()) >> (48 - i % 4 * 16));
  // Of several longest runs of zeros the first one; a single zero is none.
  std::size_t gap = 0;
  std::size_t gap_size = 1;
  for (std::size_t first = 0; first < groups_all; ++first) {
    std::size_t last = first;
    while (last < groups_all && groups[last] == 0) ++last;
    if (last - first <= gap_size) continue;
    gap = first;
    gap_size = last - first;
  }
  if (gap_size == 1) return joined(groups, 0, groups_all);
  return joined(groups, 0, gap) + "::" + joined(groups, gap + gap_size, groups_all);
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_ipv6(text);
  if (const auto ipv4 = parse_ipv4(text)) return IpAddress(*ipv4);
  return std::nullopt;
}

}  // namespace gossip
