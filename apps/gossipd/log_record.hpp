#pragma once
/// \file
/// One log record, and how it is written: as a line for people or as a JSON object. Where records come from
/// and where the lines go is not known here.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gossipd {

/// In the order of their weight.
enum class Level : std::uint8_t { trace, debug, info, warning, error, fatal };

enum class LogFormat : std::uint8_t { text, json };

[[nodiscard]] std::string_view to_string(Level level);

/// A fact for programs that read the log. Keys are lower-case words; time, level, event and message are
/// taken.
struct LogField {
  std::string_view key;
  std::variant<std::uint64_t, bool, std::string> value;
  friend bool operator==(const LogField&, const LogField&) = default;
};

struct LogRecord {
  Level level = Level::info;
  std::string_view event;  ///< what kind of record this is, for programs: "connection_opened"
  std::string message;     ///< the same for people, a phrase without a full stop
  std::vector<LogField> fields;
};

/// One line, with its end. Whatever bytes the record holds, the line holds no other line end, and a JSON line
/// is valid JSON. Times are UTC, to the millisecond.
[[nodiscard]] std::string format_record(LogFormat format, const LogRecord& record,
                                        std::chrono::system_clock::time_point time);

}  // namespace gossipd
