#include <gossip/registration_handler.hpp>

#include "fixture.hpp"

#include <map>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

using Clients = std::vector<ConnectionId>;
constexpr DataType type{7};

TEST_SUITE("registration_handler") {
  TEST_CASE("RegistrationHandler: the clients of a type, in the order they registered") {
    RegistrationHandler handler;
    CHECK(handler.register_client(c(2), type));
    CHECK(handler.register_client(c(1), type));
    CHECK(handler.register_client(c(1), DataType{8}));
    CHECK(*handler.registrations(type) == Clients{c(2), c(1)});
    CHECK(*handler.registrations(DataType{8}) == Clients{c(1)});
  }

  TEST_CASE("RegistrationHandler: nobody registered is an empty list") {
    const RegistrationHandler handler;
    REQUIRE(handler.registrations(type) != nullptr);
    CHECK(handler.registrations(type)->empty());
  }

  TEST_CASE("RegistrationHandler: registering twice is registering once") {
    RegistrationHandler handler;
    CHECK(handler.register_client(c(1), type));
    CHECK_FALSE(handler.register_client(c(1), type));
    CHECK(handler.registrations(type)->size() == 1);
  }

  TEST_CASE("RegistrationHandler: unregister takes a client out of all types, and only that one") {
    RegistrationHandler handler;
    for (const int number : {7, 8, 9}) handler.register_client(c(1), DataType(number));
    handler.register_client(c(2), DataType{8});
    handler.unregister(c(1));
    handler.unregister(c(1));
    CHECK(handler.registrations(DataType{7})->empty());
    CHECK(*handler.registrations(DataType{8}) == Clients{c(2)});
    CHECK(handler.register_client(c(1), DataType{7}));
  }

  TEST_CASE("RegistrationHandler: the first and the last data type, and all in between") {
    RegistrationHandler handler;
    for (std::uint32_t number = 0; number <= 65535; ++number) {
      REQUIRE(handler.register_client(c(1), DataType(number)));
    }
    CHECK(*handler.registrations(DataType{0}) == Clients{c(1)});
    CHECK(*handler.registrations(DataType{65535}) == Clients{c(1)});
    handler.unregister(c(1));
    CHECK(handler.registrations(DataType{65535})->empty());
  }

  TEST_CASE("RegistrationHandler: a list that was handed out does not change any more") {
    RegistrationHandler handler;
    handler.register_client(c(1), type);
    const auto before = handler.registrations(type);
    handler.register_client(c(2), type);
    handler.unregister(c(1));
    CHECK(*before == Clients{c(1)});
    CHECK(*handler.registrations(type) == Clients{c(2)});
  }

  TEST_CASE("RegistrationHandler: the version moves with each change and with nothing else") {
    RegistrationHandler handler;
    std::uint64_t version = handler.version();
    CHECK(version != 0);
    const auto has_moved = [&] { return std::exchange(version, handler.version()) != version; };
    handler.register_client(c(1), type);
    CHECK(has_moved());
    handler.register_client(c(1), type);
    (void)handler.registrations(type);
    handler.unregister(c(2));
    CHECK_FALSE(has_moved());
    handler.unregister(c(1));
    CHECK(has_moved());
  }

  TEST_CASE("RegistrationHandler: a list is made once for all who ask, until it changes") {
    RegistrationHandler handler;
    for (std::uint64_t number = 0; number < 10000; ++number) handler.register_client(c(number), type);
    const auto list = handler.registrations(type);
    CHECK(list->size() == 10000);
    handler.register_client(c(1), DataType{8});
    CHECK(handler.registrations(type) == list);
    for (std::uint64_t number = 0; number < 10000; number += 2) handler.unregister(c(number));
    CHECK(list->size() == 10000);
    CHECK(handler.registrations(type)->size() == 5000);
    CHECK(handler.registrations(type)->front() == c(1));
    CHECK(handler.registrations(type)->back() == c(9999));
  }

  TEST_CASE("RegistrationHandler: random operations against sets") {
    Random random(1);
    RegistrationHandler handler;
    std::map<DataType, std::set<ConnectionId>> model;
    for (int step = 0; step < 20000; ++step) {
      const ConnectionId client = c(random.below(10));
      const DataType any{static_cast<std::uint16_t>(random.below(20))};
      if (random.below(5) == 0) {
        handler.unregister(client);
        for (auto& [key, clients] : model) clients.erase(client);
      } else {
        REQUIRE(handler.register_client(client, any) == model[any].insert(client).second);
      }
      const auto registered = handler.registrations(any);
      REQUIRE(std::set<ConnectionId>(registered->begin(), registered->end()) == model[any]);
      REQUIRE(registered->size() == model[any].size());
    }
  }

  TEST_CASE("RegistrationHandler: four threads at once lose nothing") {
    RegistrationHandler handler;
    const auto work = [&handler](std::uint64_t number) {
      for (int step = 0; step < 2000; ++step) {
        handler.register_client(c(number), type);
        (void)handler.registrations(type)->size();
        if (step % 2 == 1) handler.unregister(c(number));
      }
      handler.register_client(c(number), type);
    };
    std::vector<std::thread> threads;
    for (std::uint64_t number = 1; number <= 4; ++number) threads.emplace_back(work, number);
    for (std::thread& thread : threads) thread.join();
    CHECK(handler.registrations(type)->size() == 4);
  }
}

}  // namespace
}  // namespace gossip::test
