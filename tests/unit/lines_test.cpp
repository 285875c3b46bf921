#include "lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace gossipd {
namespace {

TEST_SUITE("lines") {
  TEST_CASE("LineSplitter: lines are whole wherever the stream is split") {
    const std::string stream = "one\n\ntwo\r\nlast";
    for (std::size_t split = 0; split <= stream.size(); ++split) {
      CAPTURE(split);
      LineSplitter splitter(100);
      std::vector<std::string> lines = splitter.feed(stream.substr(0, split));
      for (std::string& line : splitter.feed(stream.substr(split))) lines.push_back(line);
      CHECK(lines == std::vector<std::string>{"one", "", "two\r"});
      CHECK(splitter.finish() == "last");
      CHECK_FALSE(splitter.finish().has_value());
    }
  }

  TEST_CASE("LineSplitter: a stream that ends in a newline has no further line") {
    LineSplitter splitter(10);
    CHECK(splitter.feed("a\n").size() == 1);
    CHECK_FALSE(splitter.finish().has_value());
  }

  TEST_CASE(
      "LineSplitter: a line may have the most bytes allowed; with one more it is named and ends it all") {
    LineSplitter splitter(3);
    CHECK(splitter.feed("abc\nab") == std::vector<std::string>{"abc"});
    CHECK(splitter.feed("c\n") == std::vector<std::string>{"abc"});
    CHECK_FALSE(splitter.too_long().has_value());
    CHECK(splitter.feed("d\nabcd\ne\n") == std::vector<std::string>{"d"});
    CHECK(splitter.too_long() == 4);
    CHECK(splitter.feed("f\n").empty());
    CHECK_FALSE(splitter.finish().has_value());
  }

  TEST_CASE("LineSplitter: a line is too long before its newline has come") {
    LineSplitter splitter(3);
    CHECK(splitter.feed("ab").empty());
    CHECK(splitter.feed("cd").empty());
    CHECK(splitter.too_long() == 1);
  }
}

}  // namespace
}  // namespace gossipd
