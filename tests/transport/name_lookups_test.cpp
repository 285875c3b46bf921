#include "asio/name_lookups.hpp"

#include "asio/tcp_dial.hpp"
#include "fixture.hpp"

#include <deque>
#include <future>
#include <memory>
#include <string>
#include <utility>
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

/// A listener on 127.0.0.1, whose backlog takes whoever connects, or is full and drops everybody.
class Listening {
 public:
  explicit Listening(bool full = false) : acceptor_(context_) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(full ? 0 : 8);
    for (int i = 0; full && i < 8; ++i) {
      auto& socket = pending_.emplace_back(context_);
      socket.async_connect(acceptor_.local_endpoint(), [](const boost::system::error_code&) {});
    }
  }
  [[nodiscard]] Endpoint endpoint() const { return {0x7f000001, acceptor_.local_endpoint().port()}; }
  /// Nobody listens there any more.
  void close() { acceptor_.close(); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::deque<tcp::socket> pending_;
};

Endpoint refusing() {
  Listening closed;
  const Endpoint endpoint = closed.endpoint();
  closed.close();
  return endpoint;
}

/// What comes of dialling a name that has these addresses: the one that it is connected to, or why it is not.
std::string outcome(const std::vector<Endpoint>& addresses, Duration time_limit,
                    detail::TcpDial::IsOwn is_own = nullptr) {
  asio::io_context context;
  NameLookups lookups(context, [addresses](const HostPort&) -> Found { return addresses; });
  std::string text;
  const auto note = [&](const tcp::socket& socket, const std::string& why) {
    const auto port = why.empty() ? socket.remote_endpoint().port() : std::uint16_t{0};
    text = why.empty() ? to_string(Endpoint{0x7f000001, port}) : why;
    context.stop();
  };
  std::make_shared<detail::TcpDial>(context, lookups, HostPort{"several", 1}, time_limit, note,
                                    std::move(is_own))
      ->start();
  context.run_for(deadline);
  return text;
}

}  // namespace

TEST_CASE("of a name with several addresses the next is tried when one refuses, until one accepts") {
  const Listening first;
  const Listening second;
  const Endpoint refuses = refusing();
  CHECK(outcome({first.endpoint(), second.endpoint()}, deadline) == to_string(first.endpoint()));
  CHECK(outcome({refuses, refuses, second.endpoint(), first.endpoint()}, deadline) ==
        to_string(second.endpoint()));
  CHECK(outcome({refuses, refuses}, deadline) == "Connection refused");
}

TEST_CASE("of a name with several addresses one that does not answer takes only its share of the time") {
  const Listening silent(true);
  const Listening answers;
  CHECK(outcome({silent.endpoint(), silent.endpoint(), answers.endpoint()}, 2s) ==
        to_string(answers.endpoint()));
  CHECK(outcome({silent.endpoint(), silent.endpoint()}, 100ms) == "no answer within 100 ms");
  CHECK(outcome({silent.endpoint(), refusing()}, 200ms) == "Connection refused");
}

TEST_CASE("of a name with several addresses those of the process itself are passed over, unless all are") {
  const Listening own;
  const Listening other;
  const auto is_own = [&](const Endpoint& endpoint) { return endpoint == own.endpoint(); };
  CHECK(outcome({own.endpoint(), other.endpoint(), own.endpoint()}, deadline, is_own) ==
        to_string(other.endpoint()));
  CHECK(outcome({own.endpoint(), own.endpoint()}, deadline, is_own) == to_string(own.endpoint()));
}

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
  const auto given_up = std::make_shared<detail::TcpDial>(
      context, lookups, HostPort{"slow", 1}, 5ms,
      [&](const tcp::socket&, const std::string&) { called = true; },
      [&](const Endpoint&) { return called = true; });
  timed->start();
  given_up->start();
  given_up->cancel();
  context.run_for(deadline);
  CHECK(why == "no answer within 20 ms");
  CHECK_FALSE(called);

  // What is found too late leads to nothing.
  server.release();
  context.restart();
  const auto work = asio::make_work_guard(context);
  while (given_up.use_count() > 1 && context.run_one_for(deadline) > 0) continue;
  CHECK(given_up.use_count() == 1);
  CHECK_FALSE(called);
}

TEST_CASE("dialling that was given up before it began does not begin") {
  asio::io_context context;
  NameLookups lookups(context, [](const HostPort&) -> Found { return std::vector{somewhere}; });
  bool called = false;
  const auto dial =
      std::make_shared<detail::TcpDial>(context, lookups, HostPort{"quick", 1}, deadline,
                                        [&](const tcp::socket&, const std::string&) { called = true; });
  dial->cancel();
  dial->start();
  CHECK(context.run_for(deadline) == 0);
  CHECK_FALSE(called);
}

TEST_CASE("a name without an address is told by the system's resolver") {
  for (const Families families : {Families::ipv4, Families::both}) {
    const auto found = detail::look_up({"no-such-host.invalid", 1}, families);
    REQUIRE_FALSE(found);
    CHECK(found.error().condition == Condition::system);
    CHECK_FALSE(found.error().message.empty());
  }
}
