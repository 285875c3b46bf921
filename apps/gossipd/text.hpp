#pragma once
/// \file
/// Arbitrary bytes as text that is safe to print: UTF-8, one line, JSON, base64, hexadecimal. Nothing here
/// fails; all functions are pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gossipd {

/// One character of UTF-8 text and how many bytes it takes.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};

/// The first character; nothing where the text is empty or does not begin with well-formed UTF-8 (RFC 3629:
/// no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] std::optional<CodePoint> first_code_point(std::string_view text);

/// True for the empty text too.
[[nodiscard]] bool is_utf8(std::string_view text);

/// The text with `\n`, `\t`, `\\` and, for other control characters, line separators and bytes that are not
/// UTF-8,
/// `\xNN` for each byte: always one line, and reversible.
[[nodiscard]] std::string to_one_line(std::string_view text);

/// The same of the first 80 bytes, with `...` after them where there are more: what sentences say of a user's
/// text.
[[nodiscard]] std::string shortened(std::string_view text);

/// The same in single quotation marks.
[[nodiscard]] std::string quoted(std::string_view text);

/// A JSON string with its quotation marks, one line. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(std::string_view text);

/// RFC 4648, section 4, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Two lower-case digits for each byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// ASCII letters only; the locale plays no part.
[[nodiscard]] std::string to_lower(std::string_view text);

/// Without white space at either end.
[[nodiscard]] std::string_view trim(std::string_view text);

/// The parts between the commas, each trimmed; one empty part for an empty text.
template <typename Visitor>
void for_each_part(std::string_view text, Visitor visit) {
  while (true) {
    const std::size_t comma = text.find(',');
    visit(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace gossipd
