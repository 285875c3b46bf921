#include "log_record.hpp"

#include "text.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace gossipd {
namespace {

using namespace std::chrono_literals;

/// A leap day, by the calendar of <chrono>.
const std::chrono::system_clock::time_point leap_day =
    std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 23h + 59min + 58s + 7ms + 999us;

LogRecord record(Level level, std::string message) {
  return {level, "tested", std::move(message), {}};
}

TEST_SUITE("log record") {
  TEST_CASE("Text: time in UTC to the millisecond, level, message") {
    CHECK(format_record(LogFormat::text, record(Level::info, "hello"), leap_day) ==
          "2024-02-29T23:59:58.007Z info  hello\n");
    CHECK(format_record(LogFormat::text, record(Level::error, "hello"), leap_day - 8ms) ==
          "2024-02-29T23:59:57.999Z error hello\n");
  }

  TEST_CASE("Text: short names of levels are padded, long ones are whole") {
    CHECK(format_record(LogFormat::text, record(Level::warning, "x"), leap_day).ends_with(" warning x\n"));
    CHECK(format_record(LogFormat::text, record(Level::fatal, "x"), leap_day).ends_with(" fatal x\n"));
  }

  TEST_CASE("In both formats: whatever bytes come in, a record is one line of UTF-8") {
    std::string all_bytes;
    for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
    LogRecord wild = record(Level::info, all_bytes);
    wild.fields = {{"detail", all_bytes}};
    for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
      const std::string line = format_record(format, wild, leap_day);
      CHECK(line.find('\n') == line.size() - 1);
      CHECK(is_utf8(line));
    }
    CHECK(format_record(LogFormat::text, record(Level::info, "a\nb\r\xff"), leap_day)
              .ends_with(" a\\nb\\x0d\\xff\n"));
    CHECK(format_record(LogFormat::json, record(Level::info, "a\"b\\c\xff"), leap_day)
              .find(R"("message":"a\"b\\c\ufffd")") != std::string::npos);
  }

  TEST_CASE("JSON: an object on a line, with the fields in their order and by their types") {
    LogRecord with_fields = record(Level::debug, "hello");
    with_fields.fields = {
        {"connection", std::uint64_t{18446744073709551615U}}, {"valid", false}, {"why", std::string("\"\n")}};
    CHECK(format_record(LogFormat::json, with_fields, leap_day) ==
          R"({"time":"2024-02-29T23:59:58.007Z","level":"debug","event":"tested","message":"hello",)"
          R"("connection":18446744073709551615,"valid":false,"why":"\"\u000a"})"
          "\n");
  }

  TEST_CASE("The levels have names, in the order of their weight") {
    const std::vector<Level> levels{Level::trace,   Level::debug, Level::info,
                                    Level::warning, Level::error, Level::fatal};
    const std::vector<std::string> names{"trace", "debug", "info", "warning", "error", "fatal"};
    for (std::size_t i = 0; i < levels.size(); ++i) {
      CHECK(to_string(levels[i]) == names[i]);
      if (i > 0) CHECK(levels[i - 1] < levels[i]);
    }
  }
}

}  // namespace
}  // namespace gossipd
