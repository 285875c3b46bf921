#include "config_file.hpp"

#include "ini.hpp"
#include "settings.hpp"
#include "text.hpp"

#include <algorithm>
#include <cassert>
#include <map>

namespace gossipd {
namespace {

using gossip::Config;
using gossip::Endpoint;
using gossip::HostPort;

/// Broken lines that are reported one by one; more than this is no INI file.
constexpr std::size_t faults_max = 10;

/// A value that was given, and where: later checks speak of it.
struct Given {
  std::string key;  ///< as it was spelled, or the option with its dashes
  std::string value;
  std::string file;  ///< empty for an option
  std::size_t line = 0;
  bool by_default = false;
  bool accepted = true;  ///< by its own row; otherwise it is no use to compare it with others

  [[nodiscard]] Problem problem(std::string wanted) const {
    return {file, line, key, value, std::move(wanted)};
  }
};

/// "20 (gossip.conf:4)".
std::string source_of(const Given& given) {
  std::string source = given.file.empty() ? given.key : given.file + ':' + std::to_string(given.line);
  if (given.by_default) source = "by default";
  return given.value + " (" + source + ')';
}

void sort_by_line(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& left, const Problem& right) { return left.line < right.line; });
}

bool same_address(const HostPort& left, const HostPort& right) {
  const auto one = literal_endpoint(left);
  return left == right || (one && one == literal_endpoint(right));
}

/// True where listening on the one is listening on the other, too: :: is every address of both families.
bool covers(const Endpoint& one, const Endpoint& other) {
  return one.unspecified() && (other.address.is_ipv4() || !one.address.is_ipv4());
}

/// True where one socket cannot listen beside the other.
bool collide(const HostPort& left, const HostPort& right) {
  if (left.port == 0 || left.port != right.port) return false;
  const auto one = literal_endpoint(left);
  const auto other = literal_endpoint(right);
  if (!one || !other) return left == right;
  return *one == *other || covers(*one, *other) || covers(*other, *one);
}

/// Collects values and problems from the sources in the order of their calls: file, options, then the whole.
class ConfigReader {
 public:
  void read_text(const std::string& name, std::string_view text) {
    const Ini ini = parse_ini(text, {"global", "gossip"});
    report_faults(name, ini);
    for (const IniEntry& entry : ini.entries) read_entry(name, entry);
    if (!ini.has_section("gossip")) result_.warnings.push_back({name, 0, {}, {}, "no [GOSSIP] section"});
  }

  void report_unreadable(const std::string& name, const std::string& reason) {
    result_.file_problems.push_back({name, 0, {}, {}, "cannot be read: " + reason});
  }

  void read_option(const OptionValue& option) {
    const Setting* setting = find_option(option.option);
    assert(setting != nullptr);
    apply(*setting, {"--" + option.option, option.value, {}});
  }

  ConfigReading finish() {
    check_degree();
    check_listeners();
    check_state_dir();
    check_families();
    sort_by_line(result_.file_problems);
    return std::move(result_);
  }

 private:
  void report_faults(const std::string& name, const Ini& ini) {
    auto& problems = result_.file_problems;
    for (std::size_t i = 0; i < std::min(ini.faults.size(), faults_max); ++i) {
      const IniFault& fault = ini.faults[i];
      const std::string_view wanted =
          fault.text.starts_with('[') ? "[SECTION]" : "KEY = VALUE, [SECTION] or # COMMENT";
      problems.push_back({name, fault.line, {}, fault.text, std::string(wanted) + " is needed"});
    }
    if (ini.faults.size() <= faults_max) return;
    const std::string more = std::to_string(ini.faults.size() - faults_max);
    const std::size_t next = ini.faults[faults_max].line;
    problems.push_back({name, next, {}, {}, more + " more such lines from here; an INI file is needed"});
  }

  void read_entry(const std::string& name, const IniEntry& entry) {
    const Given given{entry.key, entry.value, name, entry.line};
    const Setting* setting = find_setting(entry.section, entry.key);
    if (setting == nullptr) {
      // What else [GLOBAL] holds is other programs' business.
      if (entry.section == "gossip") report_unknown(given);
      return;
    }
    const auto earlier = given_.find(setting);
    if (earlier == given_.end()) {
      apply(*setting, given);
    } else {
      check_repetition(*setting, earlier->second, given);
    }
  }

  void report_unknown(const Given& given) {
    const std::string_view nearest = nearest_key("gossip", given.key);
    std::string wanted = "no such key in [GOSSIP]";
    if (!nearest.empty()) {
      wanted.append("; did you mean ").append(nearest).append("?");
    } else if (find_setting("global", given.key) != nullptr) {
      wanted += "; it belongs to [GLOBAL]";
    } else {
      wanted += "; it knows";
      for (const Setting& setting : settings()) {
        if (setting.section != "gossip") continue;
        wanted.append(&setting == &settings().front() ? " " : ", ").append(setting.key);
      }
    }
    result_.warnings.push_back(given.problem(std::move(wanted)));
  }

  /// Two names of one setting may both be there as long as they agree; a key may not come twice.
  void check_repetition(const Setting& setting, const Given& earlier, const Given& given) {
    const std::string line = std::to_string(earlier.line);
    if (to_lower(earlier.key) == to_lower(given.key)) {
      result_.file_problems.push_back(
          given.problem("line " + line + " has this key already; one of them is too many"));
      return;
    }
    Config one;
    Config other;
    const bool agree = !setting.read(earlier.value, one) && !setting.read(given.value, other) &&
                       setting.show(one) == setting.show(other);
    if (agree) return;
    result_.file_problems.push_back(given.problem("it means the same as " + earlier.key + ", which is " +
                                                  shortened(earlier.value) + " in line " + line +
                                                  "; one of them is too many"));
  }

  void apply(const Setting& setting, Given given) {
    if (auto wanted = setting.read(given.value, result_.config)) {
      given.accepted = false;
      report(given, *std::move(wanted));
    }
    given_[&setting] = std::move(given);
  }

  void check_degree() {
    if (result_.config.degree <= result_.config.max_connections) return;
    const Given degree = given_or_default("degree");
    const Given limit = given_or_default("max_connections");
    if (!degree.accepted || !limit.accepted) return;
    report(degree, "at most max_connections is needed, which is " + source_of(limit));
  }

  void check_listeners() {
    if (!collide(result_.config.listen_address, result_.config.api_address)) return;
    Given culprit = given_or_default("api_address");
    Given other = given_or_default("listen_address");
    if (!culprit.accepted || !other.accepted) return;
    if (culprit.by_default) std::swap(culprit, other);
    report(culprit, "an address of its own is needed; " + other.key + " is " + source_of(other));
  }

  /// The node starts all the same: who tries out what the base protocol does need not take it away.
  void check_state_dir() {
    if (result_.config.state_dir.empty() || result_.config.overlay == gossip::Overlay::extended) return;
    const Given overlay = given_or_default("overlay");
    if (!overlay.accepted) return;
    result_.warnings.push_back(
        given_or_default("state_dir")
            .problem("it has no effect unless overlay is extended, which is " + source_of(overlay)));
  }

  /// The base protocol has no room for an IPv6 address. What a name stands for is found out later.
  void check_families() {
    const Config& config = result_.config;
    if (config.overlay == gossip::Overlay::extended) return;
    if (is_ipv6(config.listen_address)) report_ipv6("listen_address");
    if (config.advertise_address && is_ipv6(*config.advertise_address)) report_ipv6("advertise_address");
    if (std::any_of(config.bootstrappers.begin(), config.bootstrappers.end(), gossip::is_ipv6))
      report_ipv6("bootstrapper");
  }

  void report_ipv6(std::string_view key) {
    const Given given = given_or_default(key);
    const Given overlay = given_or_default("overlay");
    if (!given.accepted || !overlay.accepted) return;
    report(given,
           "an IPv4 address or a name is needed unless overlay is extended, which is " + source_of(overlay));
  }

  [[nodiscard]] Given given_or_default(std::string_view key) const {
    const Setting* setting = find_setting("gossip", key);
    const auto found = given_.find(setting);
    if (found != given_.end()) return found->second;
    Given given{std::string(key), setting->show(Config{}), {}};
    given.by_default = true;
    return given;
  }

  void report(const Given& given, std::string wanted) {
    auto& problems = given.file.empty() ? result_.option_problems : result_.file_problems;
    problems.push_back(given.problem(std::move(wanted)));
  }

  ConfigReading result_;
  std::map<const Setting*, Given> given_;
};

void read_options(ConfigReader& reader, const std::vector<OptionValue>& options) {
  for (const OptionValue& option : options) reader.read_option(option);
}

}  // namespace

std::vector<Problem> ConfigReading::all_problems() const {
  std::vector<Problem> all = warnings;
  all.insert(all.end(), file_problems.begin(), file_problems.end());
  all.insert(all.end(), option_problems.begin(), option_problems.end());
  sort_by_line(all);
  return all;
}

ConfigReading read_config_text(const std::string& name, std::string_view text,
                               const std::vector<OptionValue>& options) {
  ConfigReader reader;
  reader.read_text(name, text);
  read_options(reader, options);
  return reader.finish();
}

ConfigReading read_config(const std::optional<std::string>& path, const std::vector<OptionValue>& options) {
  ConfigReader reader;
  if (path) {
    const auto text = read_ini_file(*path);
    if (text) {
      reader.read_text(*path, *text);
    } else {
      reader.report_unreadable(*path, text.error().message);
    }
  }
  read_options(reader, options);
  return reader.finish();
}

std::vector<HostPort> drop_own_addresses(Config& config) {
  std::vector<HostPort> own{config.listen_address};
  if (config.advertise_address) {
    own.push_back(*config.advertise_address);
    if (own.back().port == 0) own.back().port = config.listen_address.port;
  }
  std::vector<HostPort> dropped;
  std::erase_if(config.bootstrappers, [&](const HostPort& bootstrapper) {
    const bool is_own = std::any_of(
        own.begin(), own.end(), [&](const HostPort& address) { return same_address(bootstrapper, address); });
    if (is_own) dropped.push_back(bootstrapper);
    return is_own;
  });
  return dropped;
}

}  // namespace gossipd
