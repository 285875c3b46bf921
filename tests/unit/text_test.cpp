#include "text.hpp"

#include "subscribe.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gossipd {
namespace {

using namespace std::string_literals;

/// Not one character of UTF-8, by RFC 3629.
const std::vector<std::string> not_utf8{"\x80",
                                        "\xbf",
                                        "\xc2",
                                        "\xc0\x80",
                                        "\xc1\xbf",
                                        "\xc2\x20",
                                        "\xe0\x80\x80",
                                        "\xe0\x9f\xbf",
                                        "\xe2\x82",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf0\x9f\x98",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff"};

TEST_SUITE("text") {
  TEST_CASE("UTF-8: the first and the last character of each length") {
    struct Row {
      std::string text;
      char32_t value;
    };
    const std::vector<Row> rows{{"\0"s, 0},
                                {"\x7f", 0x7f},
                                {"\xc2\x80", 0x80},
                                {"\xdf\xbf", 0x7ff},
                                {"\xe0\xa0\x80", 0x800},
                                {"\xed\x9f\xbf", 0xd7ff},
                                {"\xee\x80\x80", 0xe000},
                                {"\xef\xbf\xbf", 0xffff},
                                {"\xf0\x90\x80\x80", 0x10000},
                                {"\xf4\x8f\xbf\xbf", 0x10ffff}};
    for (const Row& row : rows) {
      CAPTURE(row.value);
      const auto character = first_code_point(row.text + "x");
      REQUIRE(character.has_value());
      CHECK(character->value == row.value);
      CHECK(character->bytes == row.text.size());
      CHECK(is_utf8(row.text + row.text));
    }
    CHECK(is_utf8(""));
  }

  TEST_CASE("UTF-8: overlong forms, surrogates, what is above U+10FFFF and what is cut off are none") {
    for (const std::string& text : not_utf8) {
      CAPTURE(to_hex(text));
      CHECK_FALSE(first_code_point(text).has_value());
      CHECK_FALSE(is_utf8("good" + text));
    }
    CHECK_FALSE(first_code_point("").has_value());
  }

  TEST_CASE("to_one_line: newline, tab and backslash have names, other control characters are bytes") {
    CHECK(to_one_line("a\nb\tc\\d") == "a\\nb\\tc\\\\d");
    CHECK(to_one_line("\r\x1b[2J\x7f\0"s) == "\\x0d\\x1b[2J\\x7f\\x00");
    CHECK(to_one_line("plain \"text\" 'here'") == "plain \"text\" 'here'");
    CHECK(to_one_line("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80") == "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    CHECK(to_one_line("") == "");
  }

  TEST_CASE("to_one_line: what some programs take for the end of a line is escaped too") {
    CHECK(to_one_line("\xc2\x85|\xe2\x80\xa8|\xe2\x80\xa9") == "\\xc2\\x85|\\xe2\\x80\\xa8|\\xe2\\x80\\xa9");
  }

  TEST_CASE("to_one_line: bytes that are not UTF-8 are escaped one by one") {
    CHECK(to_one_line("\xff good \xe2\x82") == "\\xff good \\xe2\\x82");
    for (const std::string& text : not_utf8) CHECK(is_utf8(to_one_line(text)));
  }

  TEST_CASE("shortened and quoted: 80 bytes are shown whole, and of more the first 80") {
    CHECK(shortened(std::string(80, 'x')) == std::string(80, 'x'));
    CHECK(shortened(std::string(81, 'x')) == std::string(80, 'x') + "...");
    CHECK(quoted("a\nb") == "'a\\nb'");
  }

  TEST_CASE("to_json: quotation marks, backslashes and control characters are escaped") {
    CHECK(to_json("") == "\"\"");
    CHECK(to_json("say \"hi\" \\ there") == R"("say \"hi\" \\ there")");
    CHECK(to_json("\n\0\x1f\x7f"s) == R"("\u000a\u0000\u001f\u007f")");
    CHECK(to_json("\xc2\x85\xe2\x80\xa8") == R"("\u0085\u2028")");
    CHECK(to_json("\xc3\xbc\xf0\x9f\x98\x80") == "\"\xc3\xbc\xf0\x9f\x98\x80\"");
  }

  TEST_CASE("to_json: bytes that are not UTF-8 become U+FFFD") {
    CHECK(to_json("a\xff\x80z") == R"("a\ufffd\ufffdz")");
    for (const std::string& text : not_utf8) CHECK(is_utf8(to_json(text)));
  }

  TEST_CASE("to_base64: the vectors of RFC 4648") {
    CHECK(to_base64("") == "");
    CHECK(to_base64("f") == "Zg==");
    CHECK(to_base64("fo") == "Zm8=");
    CHECK(to_base64("foo") == "Zm9v");
    CHECK(to_base64("foob") == "Zm9vYg==");
    CHECK(to_base64("fooba") == "Zm9vYmE=");
    CHECK(to_base64("foobar") == "Zm9vYmFy");
    CHECK(to_base64("\xfb\xff\xfe\0"s) == "+//+AA==");
  }

  TEST_CASE("to_hex: two digits for each byte") {
    CHECK(to_hex("\0\x0f\xf0\xff"s) == "000ff0ff");
    CHECK(to_hex("") == "");
  }

  TEST_CASE("trim and for_each_part: white space goes, empty parts stay") {
    std::vector<std::string> parts;
    for_each_part(" a,b ,,\tc d ", [&](std::string_view part) { parts.emplace_back(part); });
    CHECK(parts == std::vector<std::string>{"a", "b", "", "c d"});
    CHECK(trim(" \t\r\n") == "");
  }
}

TEST_SUITE("subscribe") {
  TEST_CASE("Messages: in every format one is one line, and JSON has text only where the data is UTF-8") {
    const auto message = [](std::string_view data) {
      return gossip::Notification{gossip::MessageId{4711}, gossip::DataType{540}, gossip::Payload(data)};
    };
    CHECK(format_message(DataFormat::text, message("a\nb")) == "a\\nb\n");
    CHECK(format_message(DataFormat::text, message("")) == "\n");
    CHECK(format_message(DataFormat::hex, message("a\nb")) == "610a62\n");
    CHECK(format_message(DataFormat::json, message("a\nb")) ==
          R"({"type":540,"id":4711,"data_base64":"YQpi","text":"a\u000ab"})"
          "\n");
    CHECK(format_message(DataFormat::json, message("\xff")) ==
          R"({"type":540,"id":4711,"data_base64":"/w=="})"
          "\n");
    CHECK(format_message(DataFormat::json, message("")) ==
          R"({"type":540,"id":4711,"data_base64":"","text":""})"
          "\n");
  }
}

}  // namespace
}  // namespace gossipd
