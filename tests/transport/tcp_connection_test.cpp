#include "asio/tcp_connection.hpp"

#include "fixture.hpp"

using namespace gossip;
using namespace gossip::test;

namespace {

/// A connection on this thread, whose owner only writes down what it is told.
class Alone final : public detail::TcpConnectionOwner {
 public:
  Alone() {
    tcp::acceptor acceptor(context_, {asio::ip::address_v4::loopback(), 0});
    remote.connect(acceptor.local_endpoint());
    connection = std::make_shared<detail::TcpConnection>(*this, config_, thread_, ConnectionId{1}, Layer::api,
                                                         acceptor.accept());
    connection->start();
  }
  ~Alone() { connection->abort(); }

  /// Runs what happens until the condition holds; fails when it does not in time.
  template <typename Condition>
  void run_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition() && std::chrono::steady_clock::now() < end) context_.run_one_until(end);
    REQUIRE(condition());
  }
  /// Runs what is ready to happen and waits for nothing.
  void run_ready() {
    while (context_.poll_one() > 0) continue;
  }

  std::vector<detail::Batch> batches;
  bool read_out = false;

 private:
  void on_batch(ConnectionId, detail::Batch&& batch) override { batches.push_back(std::move(batch)); }
  void on_written(ConnectionId, std::size_t) override {}
  void on_stalled(ConnectionId) override {}
  void on_read_out(ConnectionId) override { read_out = true; }
  void on_cut_off(ConnectionId, detail::ConnectionEnd&&) override {}
  void on_gone(ConnectionId) override {}

  Config config_;
  asio::io_context context_{1};
  detail::IoThread thread_{context_, 1s};

 public:
  tcp::socket remote{context_};
  std::shared_ptr<detail::TcpConnection> connection;
};

/// Frames of four bytes, the smallest there are, whose code no message has.
std::vector<std::byte> smallest_frames(std::size_t count) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < count; ++i)
    append(bytes, {std::byte{0}, std::byte{4}, std::byte{2}, std::byte{7}});
  return bytes;
}

}  // namespace

TEST_CASE("a batch has at most 1,024 items, and the next comes when it was taken") {
  Alone alone;
  const auto bytes = smallest_frames(10000);
  asio::write(alone.remote, asio::buffer(bytes));
  alone.remote.shutdown(tcp::socket::shutdown_send);
  std::size_t items = 0;
  for (std::size_t taken = 0; alone.batches.empty() || !alone.batches.back().end; ++taken) {
    alone.run_until([&] { return alone.batches.size() > taken; });
    alone.run_ready();
    REQUIRE(alone.batches.size() == taken + 1);
    CHECK(alone.batches.back().items.size() <= 1024);
    items += alone.batches.back().items.size();
    alone.connection->continue_reading();
  }
  CHECK(items == 10000);
}

TEST_CASE(
    "reading out hands over no second batch before the first was taken, and then all that had arrived") {
  Alone alone;
  const auto bytes = smallest_frames(3000);
  // One read waits for bytes already when reading out starts another.
  alone.run_ready();
  asio::write(alone.remote, asio::buffer(bytes));
  alone.connection->read_out();
  alone.run_until([&] { return !alone.batches.empty(); });
  alone.run_ready();
  CHECK(alone.batches.size() == 1);
  std::size_t taken = 0;
  while (!alone.read_out) {
    if (taken < alone.batches.size()) {
      ++taken;
      alone.connection->continue_reading();
    }
    alone.run_until([&] { return alone.read_out || taken < alone.batches.size(); });
  }
  std::size_t items = 0;
  for (const auto& batch : alone.batches) items += batch.items.size();
  CHECK(items == 3000);
}
