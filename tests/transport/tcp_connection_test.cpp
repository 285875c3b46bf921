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
  void on_gone(ConnectionId, Layer, std::size_t) override {}

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

/// Reads so many bytes, while the connection writes them.
std::vector<std::byte> read_exactly(Alone& alone, std::size_t count) {
  std::vector<std::byte> all;
  while (all.size() < count) {
    alone.run_ready();
    append(all, read_some(alone, 1 << 20));
  }
  return all;
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

  CHECK(read_exactly(alone, wire.size()) == wire);
  alone.run_until([&] { return alone.written == wire.size(); });
  CHECK(alone.account.bytes() == 0);
}

namespace {

/// Writes to a connection, whose other end does not read, until the system takes no more of it. What was
/// written.
std::vector<std::byte> fill(Alone& alone) {
  std::vector<std::byte> wire;
  for (int i = 0; i < 300; ++i) {
    const std::shared_ptr<const detail::Parcel> parcel = parcel_of(alone, 60000, wire);
    alone.connection->write({&parcel, 1});
  }
  REQUIRE(alone.account.bytes() > 1000000);
  return wire;
}

/// So many bytes in bodies, in a parcel that has room for 131,072.
std::shared_ptr<const detail::Parcel> roomy(detail::MemoryAccount& account, std::size_t body) {
  constexpr std::size_t most = 4000;
  auto parcel = std::make_shared<detail::Parcel>(account);
  while (parcel->size() < 100000) parcel->append(encode(announce(most)));
  parcel->clear();
  for (std::size_t left = body; left > 0; left -= std::min(left, most)) {
    parcel->append(encode(announce(std::min(left, most))));
  }
  parcel->seal();
  REQUIRE(parcel->footprint() > 131072);
  return parcel;
}

std::vector<std::byte> bytes_of(const detail::Parcel& parcel) {
  std::vector<asio::const_buffer> buffers;
  parcel.gather(0, buffers, 1000);
  std::vector<std::byte> bytes(parcel.size());
  asio::buffer_copy(asio::buffer(bytes), buffers);
  return bytes;
}

}  // namespace

TEST_CASE("what many have left of one parcel is kept once, until one is left with it alone") {
  std::array<Alone, 3> alone;
  std::vector<std::byte> wire;
  for (Alone& one : alone) wire = fill(one);
  detail::MemoryAccount account;
  auto parcel = roomy(account, 40000);  // for two it takes less than two copies
  const std::size_t size = parcel->size();
  append(wire, bytes_of(*parcel));
  const std::weak_ptr<const detail::Parcel> shared = parcel;
  for (Alone& one : alone) one.connection->write({&parcel, 1});
  parcel.reset();
  CHECK(shared.use_count() == 3);

  // Something else comes behind it.
  detail::MemoryAccount other;
  const auto next = roomy(other, 120000);
  append(wire, bytes_of(*next));
  for (Alone& one : alone) one.connection->write({&next, 1});
  alone[0].connection->abort();
  for (const std::size_t left : {1, 2}) alone[left].connection->check(detail::steady_now());
  CHECK(shared.use_count() == 2);
  CHECK(account.bytes() > 131072);

  alone[1].connection->abort();
  const std::size_t before = alone[2].account.bytes();
  alone[2].connection->check(detail::steady_now());
  CHECK(shared.expired());
  CHECK(account.bytes() == 0);
  CHECK(alone[2].account.bytes() - before >= size);
  CHECK(alone[2].account.bytes() - before < size * 2);

  CHECK(read_exactly(alone[2], wire.size()) == wire);
}

TEST_CASE(
    "of a parcel that many have kept a little is copied at once, and more when it is known who keeps it") {
  Alone alone;
  std::vector<std::byte> wire = fill(alone);
  detail::MemoryAccount account;
  auto small = roomy(account, 2000);
  auto large = roomy(account, 20000);
  for (auto* parcel : {&small, &large}) {
    append(wire, bytes_of(**parcel));
    const std::vector<std::shared_ptr<const detail::Parcel>> others(20, *parcel);
    alone.connection->write({parcel, 1});
    const std::size_t kept = parcel == &small ? 0 : 1;
    CHECK(static_cast<std::size_t>(parcel->use_count()) == others.size() + 1 + kept);
  }
  const std::weak_ptr<const detail::Parcel> shared = large;
  large.reset();
  CHECK_FALSE(shared.expired());
  const std::shared_ptr<const detail::Parcel> next = parcel_of(alone, 10, wire);
  alone.connection->write({&next, 1});
  CHECK(shared.expired());

  CHECK(read_exactly(alone, wire.size()) == wire);
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
