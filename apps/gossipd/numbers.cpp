#include "numbers.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace gossipd {

std::string fixed(double value, int digits) {
  std::array<char, 400> text{};  // which holds the largest double
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
  return {text.data(), error == std::errc{} ? end : text.data()};
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), " ");
  return text;
}

std::string grouped(double value) {
  return grouped(static_cast<std::uint64_t>(value));
}

}  // namespace gossipd
