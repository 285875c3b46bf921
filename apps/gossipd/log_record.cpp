#include "log_record.hpp"

#include "text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace gossipd {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warning", "error", "fatal"};

/// "2026-11-22T18:00:00.123Z".
std::string to_string(std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  std::array<char, 8> fraction{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>((milliseconds - seconds).count()));
  return std::string(date.data()) + fraction.data();
}

struct ValueAsJson {
  std::string operator()(std::uint64_t number) const { return std::to_string(number); }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(const std::string& text) const { return to_json(text); }
};

std::string as_json(const LogRecord& record, std::chrono::system_clock::time_point time) {
  std::string line = R"({"time":")" + to_string(time) + R"(","level":")";
  line.append(to_string(record.level)).append(R"(","event":)").append(to_json(record.event));
  line.append(R"(,"message":)").append(to_json(record.message));
  for (const LogField& field : record.fields) {
    line.append(",").append(to_json(field.key)).append(":").append(std::visit(ValueAsJson{}, field.value));
  }
  return line += "}\n";
}

std::string as_text(const LogRecord& record, std::chrono::system_clock::time_point time) {
  constexpr std::size_t level_width = 5;
  std::string level(to_string(record.level));
  if (level.size() < level_width) level.resize(level_width, ' ');
  return to_string(time) + ' ' + level + ' ' + to_one_line(record.message) + '\n';
}

}  // namespace

std::string_view to_string(Level level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::string format_record(LogFormat format, const LogRecord& record,
                          std::chrono::system_clock::time_point time) {
  return format == LogFormat::json ? as_json(record, time) : as_text(record, time);
}

}  // namespace gossipd
