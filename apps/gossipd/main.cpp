/// \file
/// gossipd: which subcommand it is, and the exit code: 0 done, 1 failed, 2 wrong usage.

#include "bench.hpp"
#include "options.hpp"
#include "output.hpp"
#include "process.hpp"
#include "publish.hpp"
#include "run.hpp"
#include "simulate.hpp"
#include "subscribe.hpp"

#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

namespace {

using namespace gossipd;

struct Execute {
  int operator()(const RunOptions& options) const { return run(options); }
  int operator()(const CheckOptions& options) const { return check(options); }
  int operator()(const PublishOptions& options) const { return publish(options); }
  int operator()(const SubscribeOptions& options) const { return subscribe(options); }
  int operator()(const BenchOptions& options) const { return bench(options); }
  int operator()(const simulation::SimulateOptions& options) const { return simulate(options); }
  int operator()(const Information& information) const { return print(information.text) ? 0 : 1; }
  int operator()(const WrongUsage& wrong) const {
    std::cerr << wrong.command << ": " << wrong.reason << "\nTry '" << wrong.command << " --help'.\n";
    return 2;
  }
};

}  // namespace

int main(int argc, char** argv) {
  prepare_process();
  try {
    return std::visit(Execute{}, parse_command_line(std::vector<std::string>(argv + 1, argv + argc)));
  } catch (const std::exception& error) {
    std::cerr << "gossipd: failed unexpectedly: " << error.what() << '\n';
  } catch (...) {
    std::cerr << "gossipd: failed unexpectedly\n";
  }
  return 1;
}
