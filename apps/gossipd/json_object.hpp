#pragma once
/// \file
/// Writes JSON, in one line.

#include "numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gossipd {

/// With six digits behind the point; null for what is no number or infinite, which JSON cannot say.
[[nodiscard]] inline std::string json_number(double value) {
  return std::isfinite(value) ? fixed(value, 6) : "null";
}

/// Builds one object. Keys are plain words; values that are no numbers are JSON already, as to_json() of
/// text.hpp makes it.
class JsonObject {
 public:
  JsonObject& add(std::string_view key, const std::string& value) {
    text_.append(text_.empty() ? "{" : ",").append("\"").append(key).append("\":").append(value);
    return *this;
  }
  JsonObject& add(std::string_view key, std::uint64_t value) { return add(key, std::to_string(value)); }
  JsonObject& add(std::string_view key, double value) { return add(key, json_number(value)); }
  [[nodiscard]] std::string text() const { return text_.empty() ? "{}" : text_ + '}'; }

 private:
  std::string text_;
};

/// An array of the first `count_max` items, each as `to_json_of` has it.
template <typename Items, typename ToJson>
std::string json_array(const Items& items, std::size_t count_max, ToJson to_json_of) {
  std::string text = "[";
  for (std::size_t index = 0; index < std::min<std::size_t>(items.size(), count_max); ++index)
    text.append(index == 0 ? "" : ",").append(to_json_of(items[index]));
  return text + ']';
}

}  // namespace gossipd
