#include "log_record.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

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

  TEST_CASE("Text: whatever is in a message, it stays on its line") {
    const std::string line = format_record(LogFormat::text, record(Level::info, "a\nb\r\xff"), leap_day);
    CHECK(line.ends_with(R"( a\nb\x0d\xff)"
                         "\n"));
    CHECK(line.find('\n') == line.size() - 1);
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

  TEST_CASE("Levels are in the order of their weight, and each has its name") {
    CHECK(Level::trace < Level::debug);
    CHECK(Level::warning < Level::error);
    CHECK(to_string(Level::trace) == "trace");
    CHECK(to_string(Level::warning) == "warning");
    CHECK(to_string(Level::fatal) == "fatal");
  }
}

}  // namespace
}  // namespace gossipd
