/// \file
/// compare-load DIALECT [OPTIONS]: gossipd bench for another server. DIALECT is gossip, nats, redis or relay;
/// the options are those of gossipd bench, of which --type and --verdict mean something to gossip only.

#include "dialects.hpp"

#include <bench.hpp>
#include <exception>
#include <iostream>
#include <options.hpp>
#include <process.hpp>
#include <string>
#include <variant>
#include <vector>

int main(int argc, char** argv) {
  gossipd::prepare_process();
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string name = arguments.empty() ? "" : arguments.front();
  const auto dialect = compare::dialect_named(name);
  if (!dialect && name != "gossip") {
    std::cerr << "Usage: compare-load gossip|nats|redis|relay [OPTIONS of gossipd bench]\n";
    return 2;
  }
  arguments.front() = "bench";
  try {
    const gossipd::Command command = gossipd::parse_command_line(arguments);
    if (const auto* information = std::get_if<gossipd::Information>(&command)) {
      std::cout << information->text;
      return 0;
    }
    if (const auto* wrong = std::get_if<gossipd::WrongUsage>(&command)) {
      std::cerr << "compare-load: " << wrong->reason << '\n';
      return 2;
    }
    const auto& options = std::get<gossipd::BenchOptions>(command);
    return dialect ? gossipd::bench(options, *dialect) : gossipd::bench(options);
  } catch (const std::exception& error) {
    std::cerr << "compare-load: failed unexpectedly: " << error.what() << '\n';
  }
  return 1;
}
