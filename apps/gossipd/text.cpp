#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gossipd {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view white_space = " \t\r\n\v\f";

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

void append_hex(std::string& out, std::uint8_t byte) {
  out += hex_digits[byte >> 4U];
  out += hex_digits[byte & 0xfU];
}

/// Control characters, and those that some programs take for the end of a line.
bool breaks_lines(char32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x2028 || value == 0x2029;
}

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return CodePoint{first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return std::nullopt;

  char32_t value = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const std::uint8_t next = byte_at(text, i);
    if ((next & 0xc0U) != 0x80) return std::nullopt;
    value = value << 6U | (next & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < least[bytes] || value > 0x10ffff || surrogate) return std::nullopt;
  return CodePoint{value, bytes};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_code_point(text);
    if (!character) return false;
    text.remove_prefix(character->bytes);
  }
  return true;
}

std::string to_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_code_point(text);
    const std::size_t bytes = character ? character->bytes : 1;
    if (text[0] == '\n') {
      line += "\\n";
    } else if (text[0] == '\t') {
      line += "\\t";
    } else if (text[0] == '\\') {
      line += "\\\\";
    } else if (character && !breaks_lines(character->value)) {
      line += text.substr(0, bytes);
    } else {
      for (std::size_t i = 0; i < bytes; ++i) append_hex(line += "\\x", byte_at(text, i));
    }
    text.remove_prefix(bytes);
  }
  return line;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t bytes_max = 80;
  if (text.size() <= bytes_max) return to_one_line(text);
  return to_one_line(text.substr(0, bytes_max)) + "...";
}

std::string quoted(std::string_view text) {
  std::string marked = "'";
  return marked.append(shortened(text)).append("'");
}

std::string to_json(std::string_view text) {
  std::string json = "\"";
  json.reserve(text.size() + 2);
  while (!text.empty()) {
    const auto character = first_code_point(text);
    const std::size_t bytes = character ? character->bytes : 1;
    if (!character) {
      json += "\\ufffd";
    } else if (character->value == '"' || character->value == '\\') {
      (json += '\\') += text[0];
    } else if (breaks_lines(character->value)) {
      append_hex(json += "\\u", static_cast<std::uint8_t>(character->value >> 8U));
      append_hex(json, static_cast<std::uint8_t>(character->value & 0xffU));
    } else {
      json += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return json += '"';
}

std::string to_base64(std::string_view bytes) {
  std::string encoded;
  encoded.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | (i < bytes.size() ? byte_at(bytes, i) : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      encoded += i <= bytes.size() ? base64_digits[group >> (18U - 6U * i) & 0x3fU] : '=';
    }
  }
  return encoded;
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) append_hex(hex, byte_at(bytes, i));
  return hex;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lower;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

}  // namespace gossipd
