/// \file
/// Any text as a configuration file: whatever it is, each problem says where and what would be right, and
/// what is accepted is a configuration that a node runs with.

#include "../support/violation.hpp"
#include "config_file.hpp"
#include "settings.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gossipd {
namespace {

using gossip::Config;
using gossip::test::require;

void check_problem(const Problem& problem, std::size_t lines) {
  require(!problem.wanted.empty(), "a problem says what would be right");
  require(problem.line <= lines, "a problem names a line that is there");
  const bool of_the_whole_file = problem.key.empty() && problem.value.empty();
  require(problem.line > 0 || of_the_whole_file, "a problem of one line names that line");
  const std::string sentence = to_string(problem);
  require(sentence.starts_with("f.conf:"), "a problem begins with the name of the file");
  require(is_utf8(sentence) && sentence.find('\n') == std::string::npos, "a problem is one line of text");
}

/// Every value that was accepted is shown such that it would be accepted again, as the same.
void check_shown(const Config& config) {
  for (const Setting& setting : settings()) {
    const std::string shown = setting.show(config);
    Config again;
    require(!setting.read(shown, again), "what is shown of a setting can be read");
    require(setting.show(again) == shown, "what is shown of a setting means the same");
  }
}

}  // namespace
}  // namespace gossipd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gossipd;
  const std::string text(data, data + size);
  ConfigReading reading = read_config_text("f.conf", text, {});
  require(reading.option_problems.empty(), "no option is at fault where none was given");
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Problem& problem : reading.all_problems()) check_problem(problem, lines);
  if (!reading.usable()) return 0;
  reading.config.validate();
  check_shown(reading.config);
  (void)drop_own_addresses(reading.config);
  for (const gossip::HostPort& known : reading.config.bootstrappers)
    require(known != reading.config.listen_address, "a node does not join through itself");
  return 0;
}
