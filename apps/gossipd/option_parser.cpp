#include "option_parser.hpp"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include <algorithm>
#include <sstream>

namespace gossipd {
namespace {

namespace po = boost::program_options;

constexpr unsigned line_width = 110;
constexpr unsigned description_width = 70;

po::options_description to_description(const std::vector<OptionSpec>& specs) {
  po::options_description description(line_width, description_width);
  for (const OptionSpec& spec : specs) {
    if (spec.placeholder.empty()) {
      description.add_options()(spec.name.c_str(), spec.help.c_str());
    } else {
      auto* value = po::value<std::string>()->value_name(spec.placeholder);
      description.add_options()(spec.name.c_str(), value, spec.help.c_str());
    }
  }
  return description;
}

/// `--name=` is an empty value, which Boost does not take in this form.
std::vector<std::string> with_empty_values_apart(const std::vector<std::string>& arguments) {
  std::vector<std::string> apart;
  bool in_options = true;
  for (const std::string& argument : arguments) {
    in_options = in_options && argument != "--";
    if (in_options && argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      apart.push_back(argument.substr(0, argument.size() - 1));
      apart.emplace_back();
    } else {
      apart.push_back(argument);
    }
  }
  return apart;
}

}  // namespace

std::optional<std::string> ParsedOptions::find(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

gossip::Result<ParsedOptions> parse_options(const std::vector<OptionSpec>& specs,
                                            const std::vector<std::string>& arguments) {
  using gossip::Condition;
  using gossip::Error;
  namespace style = po::command_line_style;
  ParsedOptions parsed;
  try {
    const auto description = to_description(specs);
    po::command_line_parser parser(with_empty_values_apart(arguments));
    parser.options(description);
    parser.style(style::allow_long | style::long_allow_adjacent | style::long_allow_next);
    for (const po::option& option : parser.run().options) {
      const std::string value = option.value.empty() ? std::string() : option.value.front();
      if (option.string_key.empty()) {
        parsed.arguments.push_back(value);
        continue;
      }
      const auto [before, is_first] = parsed.values.emplace(option.string_key, value);
      if (is_first) continue;
      const auto spec = std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& candidate) {
        return candidate.name == option.string_key;
      });
      if (spec != specs.end() && spec->repeatable) {
        before->second += ',' + value;
      } else {
        return Error{Condition::invalid_argument, "--" + option.string_key + " is given twice"};
      }
    }
  } catch (const po::error& error) {
    return Error{Condition::invalid_argument, error.what()};
  }
  return parsed;
}

std::string describe_options(const std::vector<OptionSpec>& specs) {
  std::ostringstream text;
  text << to_description(specs);
  return text.str();
}

}  // namespace gossipd
