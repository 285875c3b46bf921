#include "asio/tcp_connection.hpp"

#include "fixture.hpp"

#include <array>
#include <memory>
#include <vector>

using namespace gossip;
using namespace gossip::test;

namespace {

/// A connection on this thread, whose owner only writes down what it is told.
class Alone final : public detail::TcpConnectionOwner {
 public:
  Alone() {
    tcp::acceptor acceptor(context_, {asio::ip::address_v4::loopback(), 0});
    remote.connect(acceptor.local_endpoint());
    connection = std::make_shared<detail::TcpConnection>(*this, config_, account, thread_, ConnectionId{1},
                                                         Layer::api, acceptor.accept());
    connection->start();
  }
  ~Alone() { connection->abort(); }

  /// Runs what happens until the condition holds; fails when it does not in time.
  template <typename Condition>
  void run_until(Condition condition) {
    const auto due = std::chrono::steady_clock::now() + deadline;
    while (!condition() && std::chrono::steady_clock::now() < due) context_.run_one_until(due);
    REQUIRE(condition());
  }
  /// Runs what is ready to happen and waits for nothing.
  void run_ready() {
    while (context_.poll_one() > 0) continue;
  }

  detail::MemoryAccount account;
  std::vector<std::vector<std::byte>> reads;
  std::optional<detail::ConnectionEnd> end;
  std::size_t written = 0;
  bool read_out = false;

 private:
  void on_bytes(detail::TcpConnection&, std::span<const std::byte> bytes) override {
    reads.emplace_back(bytes.begin(), bytes.end());
  }
  void on_end(ConnectionId, detail::ConnectionEnd&& how) override { end = std::move(how); }
  void on_written(ConnectionId, std::size_t bytes) override { written += bytes; }
  void on_stalled(ConnectionId, detail::Stall) override {}
  void on_read_out(ConnectionId) override { read_out = true; }
  void on_cut_off(ConnectionId, detail::ConnectionEnd&&) override {}
  void on_gone(ConnectionId, Layer) override {}

  Config config_;
  asio::io_context context_{1};
  detail::IoThread thread_{context_, 1s};

 public:
  tcp::socket remote{context_};
  std::shared_ptr<detail::TcpConnection> connection;
};

std::vector<std::byte> pattern(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 8U);
  return bytes;
}

/// A parcel of one frame whose body has so many bytes, and what is on the wire of it.
std::shared_ptr<detail::Parcel> parcel_of(Alone& alone, std::size_t body, std::vector<std::byte>& wire) {
  auto parcel = std::make_shared<detail::Parcel>(alone.account);
  const Frame frame = encode(announce(body, static_cast<char>('a' + wire.size() % 26)));
  parcel->append(frame);
  parcel->seal();
  append(wire, {frame.header().begin(), frame.header().end()});
  append(wire, {frame.body().bytes().begin(), frame.body().bytes().end()});
  return parcel;
}

/// Reads what there is, at most `count` bytes.
std::vector<std::byte> read_some(Alone& alone, std::size_t count) {
  std::vector<std::byte> bytes(count);
  bytes.resize(alone.remote.read_some(asio::buffer(bytes)));
  return bytes;
}

}  // namespace

TEST_CASE("no more is handed over before reading goes on, and then nothing is missing") {
  Alone alone;
  const auto bytes = pattern(300000);
  std::thread sender([&] {
    asio::write(alone.remote, asio::buffer(bytes));
    alone.remote.shutdown(tcp::socket::shutdown_send);
  });
  for (std::size_t taken = 0; !alone.end; ++taken) {
    alone.run_until([&] { return alone.end || alone.reads.size() > taken; });
    alone.run_ready();
    REQUIRE(alone.reads.size() <= taken + 1);
    alone.connection->continue_reading({});
  }
  sender.join();
  CHECK(alone.end->reason == CloseReason::remote_closed);
  std::vector<std::byte> all;
  for (const auto& read : alone.reads) append(all, read);
  CHECK(all == bytes);
}

TEST_CASE("reading out hands over nothing more before the first was taken, and then all that had arrived") {
  Alone alone;
  const auto bytes = pattern(3000);
  // One read waits for bytes already when reading out starts another.
  alone.run_ready();
  asio::write(alone.remote, asio::buffer(bytes));
  alone.connection->read_out();
  alone.run_until([&] { return !alone.reads.empty(); });
  alone.run_ready();
  CHECK(alone.reads.size() == 1);
  std::size_t taken = 0;
  while (!alone.read_out) {
    if (taken < alone.reads.size()) {
      ++taken;
      alone.connection->continue_reading({});
    }
    alone.run_until([&] { return alone.read_out || taken < alone.reads.size(); });
  }
  std::vector<std::byte> all;
  for (const auto& read : alone.reads) append(all, read);
  CHECK(all == bytes);
}

TEST_CASE(
    "what a socket does not take is kept in order, and a little of a large parcel does not keep all of it") {
  Alone alone;
  std::vector<std::byte> wire;
  // Far more than the system takes.
  for (int i = 0; i < 400; ++i) {
    const std::shared_ptr<const detail::Parcel> parcel = parcel_of(alone, 3000 + 60000 * (i % 2), wire);
    alone.connection->write({&parcel, 1});
  }
  const std::size_t left = wire.size() - alone.written;
  REQUIRE(left > 1000000);
  CHECK(alone.account.bytes() < left * 2);

  // Small ones on top of it are gathered: each alone would take a block and a list.
  const std::size_t before = alone.account.bytes();
  for (int i = 0; i < 1000; ++i) {
    const std::shared_ptr<const detail::Parcel> parcel = parcel_of(alone, 10, wire);
    alone.connection->write({&parcel, 1});
  }
  CHECK(alone.account.bytes() - before < 1000 * 60);

  std::vector<std::byte> all;
  while (all.size() < wire.size()) {
    alone.run_ready();
    append(all, read_some(alone, 1 << 20));
  }
  CHECK(all == wire);
  alone.run_until([&] { return alone.written == wire.size(); });
  CHECK(alone.account.bytes() == 0);
}

TEST_CASE(
    "what many have left of one parcel is kept once; who is left with it alone keeps only what it needs") {
  std::array<Alone, 3> alone;
  std::vector<std::byte> wire;
  for (Alone& one : alone) {
    // Far more than the system takes, so that nothing is taken of what follows.
    for (int i = 0; i < 300; ++i) {
      const std::shared_ptr<const detail::Parcel> parcel = parcel_of(one, 60000, wire);
      one.connection->write({&parcel, 1});
    }
    REQUIRE(one.account.bytes() > 1000000);
  }
  detail::MemoryAccount account;
  auto filled = std::make_shared<detail::Parcel>(account);
  filled->append(encode(announce(100)));
  filled->seal();
  REQUIRE(filled->size() * 2 < filled->footprint());
  REQUIRE(filled->size() * 2 * alone.size() >= filled->footprint());
  std::shared_ptr<const detail::Parcel> parcel = std::move(filled);
  const std::size_t size = parcel->size();
  const std::weak_ptr<const detail::Parcel> shared = parcel;
  const std::size_t before = alone[2].account.bytes();
  for (Alone& one : alone) {
    auto share = parcel;
    one.connection->write({&share, 1});
  }
  parcel.reset();
  CHECK(static_cast<std::size_t>(shared.use_count()) == alone.size());
  CHECK(account.bytes() > 0);

  for (std::size_t i = 0; i < 2; ++i) alone[i].connection->abort();
  const std::shared_ptr<const detail::Parcel> next = parcel_of(alone[2], 10, wire);
  alone[2].connection->write({&next, 1});
  CHECK(shared.expired());
  CHECK(account.bytes() == 0);
  CHECK(alone[2].account.bytes() - before >= size);
}

TEST_CASE("a connection that is closed keeps nothing of what it was to write") {
  Alone alone;
  std::vector<std::byte> wire;
  for (int i = 0; i < 400; ++i) {
    const std::shared_ptr<const detail::Parcel> parcel = parcel_of(alone, 60000, wire);
    alone.connection->write({&parcel, 1});
  }
  CHECK(alone.account.bytes() > 1000000);
  alone.connection->abort();
  CHECK(alone.account.bytes() == 0);
  const std::shared_ptr<const detail::Parcel> late = parcel_of(alone, 10, wire);
  const std::size_t written = alone.written;
  alone.connection->write({&late, 1});
  CHECK(alone.written - written == late->size());
}
