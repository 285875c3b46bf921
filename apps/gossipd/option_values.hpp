#pragma once
/// \file
/// From what a command line held to what it means, for those who build a command's options. What cannot be
/// meant is thrown as a UsageError, which parse_command_line makes a WrongUsage of.

#include "option_parser.hpp"
#include "problem.hpp"
#include "values.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gossipd {

/// The sentence that ends up in WrongUsage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void refuse(const std::string& option, const std::string& value, std::string wanted) {
  throw UsageError(to_string(Problem{{}, 0, "--" + option, value, std::move(wanted)}));
}

/// What a parser such as those of values.hpp makes of the option, or of `fallback` where it is not given.
template <typename Parse>
auto parsed_or(const ParsedOptions& given, const std::string& option, std::string_view fallback,
               Parse parse) {
  const std::string text = given.find(option).value_or(std::string(fallback));
  auto result = parse(text);
  if (!result) refuse(option, text, result.error().message);
  return *std::move(result);
}

inline std::string required(const ParsedOptions& given, const std::string& option) {
  if (auto value = given.find(option)) return *std::move(value);
  throw UsageError("--" + option + " is needed");
}

/// One of a few words, each with its meaning.
template <typename Meaning, std::size_t size>
Meaning word_or(const ParsedOptions& given, const std::string& option, Meaning fallback,
                const std::array<std::pair<std::string_view, Meaning>, size>& words) {
  const auto text = given.find(option);
  if (!text) return fallback;
  std::string wanted;
  for (const auto& [word, meaning] : words) {
    if (word == *text) return meaning;
    wanted.append(wanted.empty() ? "" : word == words.back().first ? " or " : ", ").append(word);
  }
  refuse(option, *text, wanted + " is needed");
}

inline auto number_parser(std::uint64_t least, std::uint64_t most) {
  return [least, most](std::string_view text) { return parse_number(text, least, most); };
}

/// A whole number in these bounds.
inline std::uint64_t number_or(const ParsedOptions& given, const std::string& option, std::uint64_t fallback,
                               std::uint64_t least, std::uint64_t most) {
  return parsed_or(given, option, std::to_string(fallback), number_parser(least, most));
}

}  // namespace gossipd
