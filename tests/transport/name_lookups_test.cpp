#include "asio/name_lookups.hpp"

#include "asio/tcp_dial.hpp"
#include "fixture.hpp"

#include <future>
#include <memory>
#include <string>
#include <vector>

using namespace gossip;
using namespace gossip::test;
using detail::NameLookups;

namespace {

using Found = Result<std::vector<Endpoint>>;

constexpr Endpoint somewhere{0x7f000001, 9};

/// A name server that answers for 'quick', and for every other name once it is released. Lookups that are
/// left to themselves share it and may outlive the test.
class NameServer {
 public:
  [[nodiscard]] NameLookups::LookUp look_up() const {
    return [released = released_](const HostPort& address) -> Found {
      if (address.host != "quick") released.wait();
      return std::vector<Endpoint>{somewhere};
    };
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

}  // namespace

TEST_CASE("a name that nobody answers for holds up no other name") {
  NameServer server;
  asio::io_context context;
  NameLookups lookups(context, server.look_up());
  std::vector<std::string> done;
  lookups.start({"slow", 1}, [&](const Found&) { done.emplace_back("slow"); });
  lookups.start({"quick", 1}, [&](const Found& found) {
    REQUIRE(found);
    CHECK(*found == std::vector<Endpoint>{somewhere});
    done.emplace_back("quick");
  });
  CHECK(done.empty());
  const auto work = asio::make_work_guard(context);
  context.run_one_for(deadline);
  CHECK(done == std::vector<std::string>{"quick"});
  server.release();
  context.run_one_for(deadline);
  CHECK(done == std::vector<std::string>{"quick", "slow"});
}

TEST_CASE("lookups that end wait for nothing, and what is found later is dropped") {
  NameServer server;
  const auto called = std::make_shared<bool>(false);
  {
    asio::io_context context;
    NameLookups lookups(context, server.look_up());
    lookups.start({"slow", 1}, [called](const Found&) { *called = true; });
  }
  CHECK(called.use_count() == 1);
  server.release();
  CHECK_FALSE(*called);
}

TEST_CASE("only so many lookups go on at once; the next one fails and says why") {
  NameServer server;
  asio::io_context context;
  NameLookups lookups(context, server.look_up());
  std::size_t found = 0;
  std::string why;
  const auto note = [&](const Found& result) { result ? void(++found) : void(why = result.error().message); };
  for (std::size_t i = 0; i <= NameLookups::under_way_max; ++i) lookups.start({"slow", 1}, note);
  const auto work = asio::make_work_guard(context);
  context.run_one_for(deadline);
  CHECK(why == "too many names are being looked up");
  CHECK(found == 0);
  server.release();
  while (found < NameLookups::under_way_max && context.run_one_for(deadline) > 0) continue;
  CHECK(found == NameLookups::under_way_max);
  lookups.start({"quick", 1}, note);
  context.run_one_for(deadline);
  CHECK(found == NameLookups::under_way_max + 1);
}

TEST_CASE("dialling a name that nobody answers for fails once the time is over, and can be given up before") {
  NameServer server;
  asio::io_context context;
  NameLookups lookups(context, server.look_up());
  std::string why;
  const auto timed = std::make_shared<detail::TcpDial>(context, lookups, HostPort{"slow", 1}, 20ms,
                                                       [&](const tcp::socket&, const std::string& reason) {
                                                         why = reason;
                                                         context.stop();
                                                       });
  bool called = false;
  const auto given_up =
      std::make_shared<detail::TcpDial>(context, lookups, HostPort{"slow", 1}, 5ms,
                                        [&](const tcp::socket&, const std::string&) { called = true; });
  timed->start();
  given_up->start();
  given_up->cancel();
  context.run_for(deadline);
  CHECK(why == "no answer within 20 ms");
  CHECK_FALSE(called);
  server.release();
}

TEST_CASE("a name without an address is told by the system's resolver") {
  const auto found = detail::look_up({"no-such-host.invalid", 1});
  REQUIRE_FALSE(found);
  CHECK(found.error().condition == Condition::system);
  CHECK_FALSE(found.error().message.empty());
}
