#include <gossip/error.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace gossip {
namespace {

TEST_SUITE("error") {
  TEST_CASE("Result: it holds a value or an error") {
    const Result<int> seven(7);
    REQUIRE(seven.has_value());
    CHECK(*seven == 7);
    const Result<int> failed(Error{Condition::malformed, "no"});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().condition == Condition::malformed);
    CHECK(failed.error().message == "no");
  }

  TEST_CASE("Result: a value that can only be moved can be taken out") {
    Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
    const std::unique_ptr<int> value = std::move(*result);
    CHECK(*value == 3);
  }

  TEST_CASE("Condition: every one has words of its own") {
    CHECK(to_string(Condition::malformed) == "malformed");
    CHECK(to_string(Condition::invalid_argument) == "invalid argument");
    CHECK(to_string(Condition::address_in_use) == "address in use");
    CHECK(to_string(Condition::system) == "system error");
  }
}

}  // namespace
}  // namespace gossip
