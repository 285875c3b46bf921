#include "problem.hpp"

#include "text.hpp"

namespace gossipd {

std::string to_string(const Problem& problem) {
  std::string text = to_one_line(problem.file);
  if (problem.line != 0) text.append(":").append(std::to_string(problem.line));
  if (!text.empty()) text += ": ";
  if (!problem.key.empty()) {
    text.append(shortened(problem.key));
    text.append(problem.value.empty() ? " is empty" : " = " + shortened(problem.value)).append(": ");
  } else if (!problem.value.empty()) {
    text.append(quoted(problem.value)).append(": ");
  }
  return text + problem.wanted;
}

}  // namespace gossipd
