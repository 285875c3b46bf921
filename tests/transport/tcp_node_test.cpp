#include <gossip/asio/tcp_node.hpp>

#include "fixture.hpp"

#include <atomic>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace gossip::test {
namespace {

using Outcome = Receipt::Outcome;
constexpr DataType type{540};

Config on_free_ports(std::vector<HostPort> bootstrappers = {}) {
  Config config;
  config.listen_address = {"127.0.0.1", 0};
  config.api_address = {"127.0.0.1", 0};
  config.bootstrappers = std::move(bootstrappers);
  config.degree = 1;
  return config;
}

TcpNode started(const Config& config, const TcpNodeOptions& options = {}) {
  auto node = TcpNode::start(config, options);
  REQUIRE_MESSAGE(node, node.error().message);
  return *std::move(node);
}

TcpNode joined_to(const TcpNode& other) {
  return started(on_free_ports({to_host_port(other.p2p_address())}));
}

/// Passes values from one thread to another.
template <typename Value>
class Inbox {
 public:
  void put(Value value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    arrived_.notify_all();
  }
  /// The next one; fails the test when none comes.
  Value take() {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, deadline, [&] { return !values_.empty(); }));
    Value value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Value> values_;
};

using Texts = Inbox<std::string>;

/// Puts the text of each message into the inbox and answers with the verdict.
Validator into(Texts& texts, Verdict verdict) {
  return [&texts, verdict](const Received& message) {
    texts.put(std::string(message.data.text()));
    return verdict;
  };
}

/// A client that registers and reads nothing until it is told to.
class SilentClient {
 public:
  explicit SilentClient(const TcpNode& node) : socket_(context_) {
    socket_.open(tcp::v4());
    socket_.set_option(asio::socket_base::receive_buffer_size(4096));
    const Endpoint api = node.api_address().value();
    socket_.connect({asio::ip::address_v4(api.address.ipv4()), api.port});
    const auto notify = std::to_array<unsigned char>({0, 8, 0x01, 0xf5, 0, 0, 0x02, 0x1c});
    asio::write(socket_, asio::buffer(notify));
  }
  void read(std::size_t bytes) {
    std::vector<std::byte> taken(bytes);
    asio::read(socket_, asio::buffer(taken));
  }
  void end() { socket_.close(); }

 private:
  asio::io_context context_;
  tcp::socket socket_;
};

/// Publishes large messages from a thread of its own until one is refused; counts those that are taken.
class Flood {
 public:
  explicit Flood(TcpNode& node) {
    thread_ = std::thread([&node, this] {
      Receipt receipt;
      std::uint64_t number = 0;
      do {
        std::string data(data_bytes, 'x');
        data += std::to_string(number++);
        receipt = node.publish(type, Payload(data));
        if (receipt.accepted()) accepted += 1;
      } while (receipt.accepted() && accepted < limit);
      outcome.put(receipt.outcome);
    });
  }
  ~Flood() { thread_.join(); }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  static constexpr std::size_t data_bytes = 60000;
  static constexpr std::size_t limit = 400;  // 24 MB: far beyond the high-water mark and the socket's buffers
  std::atomic<std::size_t> accepted = 0;
  Inbox<Outcome> outcome;

 private:
  std::thread thread_;
};

/// The descriptors of this process that are sockets.
std::set<int> open_sockets() {
  std::set<int> sockets;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the iterator's own
    if (std::filesystem::read_symlink(entry, gone).string().starts_with("socket:")) {
      sockets.insert(std::stoi(entry.path().filename()));
    }
  }
  return sockets;
}

/// Sees that a node holds up who publishes.
class Congestion final : public Observer {
 public:
  void on_event(const Event& event) override {
    const auto* paused = std::get_if<event::ReadingPaused>(&event);
    if (paused != nullptr && paused->connection == LocalPrograms::publisher) held_up_.put(true);
  }
  void await() { held_up_.take(); }

 private:
  Inbox<bool> held_up_;
};

TEST_SUITE("tcp node") {
  TEST_CASE("TcpNode: published here, accepted there, received beyond") {
    Texts at_middle;
    Texts at_last;
    TcpNode first = started(on_free_ports());
    TcpNode middle = joined_to(first);
    TcpNode last = joined_to(middle);
    last.subscribe(type, into(at_last, Verdict::accept));
    middle.subscribe(type, into(at_middle, Verdict::accept));
    const Receipt receipt = first.publish(type, Payload("hello"));
    CHECK(receipt.accepted());
    CHECK(at_middle.take() == "hello");
    CHECK(at_last.take() == "hello");
    CHECK(first.publish(type, Payload("hello")).outcome == Outcome::duplicate);
    CHECK(first.publish(type, Payload("again")) == Receipt{Outcome::accepted, 1, 0});
    CHECK(first.peers() == 1);
    CHECK(middle.peers() == 2);
  }

  TEST_CASE("TcpNode: a verdict that is put off is cast from another thread") {
    Inbox<Ticket> tickets;
    Texts at_last;
    TcpNode first = started(on_free_ports());
    TcpNode middle = joined_to(first);
    TcpNode last = joined_to(middle);
    last.subscribe(type, into(at_last, Verdict::accept));
    middle.subscribe(type, [&](const Received& message) {
      tickets.put(message.ticket);
      return Verdict::later;
    });
    first.publish(type, Payload("a"));
    const Ticket ticket = tickets.take();
    CHECK_FALSE(middle.decide(ticket, Verdict::later));
    CHECK(middle.decide(ticket, Verdict::accept));
    CHECK_FALSE(middle.decide(ticket, Verdict::accept));
    CHECK(at_last.take() == "a");
    CHECK(middle.statistics().messages_validated == 1);
  }

  TEST_CASE("TcpNode: a validator may call the node, and runs on one thread") {
    Texts answers;
    Inbox<std::thread::id> threads;
    SubscriptionId subscription{};
    std::mutex assigned;
    TcpNode first = started(on_free_ports());
    TcpNode second = joined_to(first);
    first.subscribe(DataType{1}, into(answers, Verdict::accept));
    std::unique_lock lock(assigned);
    subscription = second.subscribe(type, [&](const Received& message) {
      const std::lock_guard wait(assigned);
      threads.put(std::this_thread::get_id());
      CHECK(second.publish(DataType{1}, Payload("answer")).accepted());
      CHECK(second.decide(message.ticket, Verdict::accept));
      CHECK(second.statistics().messages_validated == 1);
      CHECK(second.peers() == 1);
      second.subscribe(DataType{2}, [&](const Received&) {
        threads.put(std::this_thread::get_id());
        return Verdict::accept;
      });
      CHECK(second.unsubscribe(subscription));
      return Verdict::later;
    });
    lock.unlock();
    first.publish(type, Payload("question"));
    CHECK(answers.take() == "answer");
    first.publish(DataType{2}, Payload("more"));
    CHECK(threads.take() == threads.take());
  }

  TEST_CASE("TcpNode: a publisher waits for a slow client, and everything arrives") {
    Congestion congestion;
    TcpNode node = started(on_free_ports(), {.serve_clients = true, .observer = &congestion});
    SilentClient client(node);
    Flood flood(node);
    congestion.await();
    CHECK(flood.accepted < Flood::limit);
    std::size_t frames = 0;
    for (std::size_t digits = 1; frames < Flood::limit; ++frames) {
      if (frames == 10 || frames == 100) digits += 1;
      client.read(8 + Flood::data_bytes + digits);
    }
    CHECK(flood.outcome.take() == Outcome::accepted);
    CHECK(node.statistics().publishes_congested == 0);
  }

  TEST_CASE("TcpNode: a client that goes holds up no publisher any more") {
    Congestion congestion;
    TcpNode node = started(on_free_ports(), {.serve_clients = true, .observer = &congestion});
    SilentClient client(node);
    Flood flood(node);
    congestion.await();
    client.end();
    CHECK(flood.outcome.take() == Outcome::accepted);
  }

  TEST_CASE("TcpNode: stopping wakes a publisher that waits, and says so") {
    Config config = on_free_ports();
    config.shutdown_timeout = 2 * deadline;  // the node waits for the client, not the publisher
    Congestion congestion;
    TcpNode node = started(config, {.serve_clients = true, .observer = &congestion});
    SilentClient client(node);
    Flood flood(node);
    congestion.await();
    node.stop();
    CHECK(flood.outcome.take() == Outcome::stopped);
    CHECK(flood.accepted < Flood::limit);
    client.end();
  }

  TEST_CASE("TcpNode: what is published after stop() is refused, while it is stopping and ever after") {
    TcpNode node = started(on_free_ports(), {.serve_clients = true});
    SilentClient client(node);
    node.stop();
    for (int i = 0; i < 50; ++i) CHECK(node.publish(type, Payload(std::to_string(i))) == Receipt{});
    node.wait();
    // The system gives the number of the node's thread to the next one.
    std::thread([&] {
      CHECK(node.publish(type, Payload("a")) == Receipt{});
      CHECK(node.subscribe(type, [](const Received&) { return Verdict::accept; }) == SubscriptionId{});
      CHECK(node.statistics().program_announces == 0);
    }).join();
  }

  TEST_CASE("TcpNode: programs that the program starts inherit none of its sockets") {
    const std::set<int> inherited = open_sockets();  // by the tests, from whoever runs them
    Texts texts;
    TcpNode first = started(on_free_ports(), {.serve_clients = true});
    TcpNode second = joined_to(first);
    second.subscribe(type, into(texts, Verdict::accept));
    first.publish(type, Payload("linked"));
    CHECK(texts.take() == "linked");
    std::size_t sockets = 0;
    for (const int descriptor : open_sockets()) {
      if (inherited.contains(descriptor)) continue;
      sockets += 1;
      CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(sockets == 5);  // three listeners and both ends of a link
  }

  TEST_CASE("TcpNode: on the node's thread a publish cannot wait, and is refused as congested") {
    Inbox<Outcome> outcomes;
    TcpNode node = started(on_free_ports(), {.serve_clients = true});
    SilentClient client(node);
    TcpNode other = joined_to(node);
    node.subscribe(DataType{1}, [&](const Received&) {
      Receipt receipt{Outcome::accepted};
      std::string data(Flood::data_bytes, 'y');
      for (std::size_t sent = 0; receipt.accepted() && sent < Flood::limit; ++sent) {
        data += 'y';
        receipt = node.publish(type, Payload(data));
      }
      outcomes.put(receipt.outcome);
      return Verdict::accept;
    });
    other.publish(DataType{1}, Payload("go"));
    CHECK(outcomes.take() == Outcome::congested);
    CHECK(node.statistics().publishes_congested == 1);
  }

  TEST_CASE("TcpNode: after it has stopped everything says so, and the figures stay") {
    Texts texts;
    TcpNode node = started(on_free_ports());
    CHECK(node.publish(type, Payload("a")).accepted());
    node.stop();
    node.stop();
    node.wait();
    CHECK(node.publish(type, Payload("b")) == Receipt{});
    const SubscriptionId nothing = node.subscribe(type, into(texts, Verdict::accept));
    CHECK(nothing == SubscriptionId{});
    CHECK_FALSE(node.unsubscribe(nothing));
    CHECK_FALSE(node.decide(Ticket{}, Verdict::accept));
    CHECK(node.peers() == 0);
    CHECK(node.statistics().added_valid == 1);
  }

  TEST_CASE("TcpNode: what was published before the destructor arrives") {
    Texts texts;
    TcpNode receiver = started(on_free_ports());
    receiver.subscribe(type, into(texts, Verdict::accept));
    constexpr std::size_t messages = 1000;
    {
      // A cache that holds them all: the link may come up at any time.
      Config config = on_free_ports({to_host_port(receiver.p2p_address())});
      config.cache_size = messages;
      Inbox<bool> linked;
      TcpNode sender = started(config);
      sender.subscribe(DataType{1}, [&](const Received&) {
        linked.put(true);
        return Verdict::reject;
      });
      receiver.publish(DataType{1}, Payload("here"));
      CHECK(linked.take());
      for (std::size_t i = 0; i < messages; ++i) sender.publish(type, Payload(std::to_string(i)));
    }
    for (std::size_t i = 0; i < messages; ++i) REQUIRE(texts.take() == std::to_string(i));
  }

  TEST_CASE("TcpNode: many threads publish at once, and every message is accounted for") {
    TcpNode node = started(on_free_ports());
    std::atomic<std::size_t> accepted = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) accepted += node.publish(type, Payload(std::to_string(i))).accepted();
      });
    }
    for (std::thread& thread : threads) thread.join();
    const Statistics counted = node.statistics();
    CHECK(counted.program_announces == 1600);
    CHECK(counted.added_valid == accepted);
    CHECK(counted.duplicates_cached + counted.duplicates_seen + accepted == 1600);
  }

  TEST_CASE("TcpNode: once unsubscribe has returned the validator is gone") {
    TcpNode node = started(on_free_ports());
    const auto token = std::make_shared<int>(7);
    const SubscriptionId subscription =
        node.subscribe(type, [token](const Received&) { return Verdict::accept; });
    CHECK(token.use_count() == 2);
    CHECK(node.unsubscribe(subscription));
    CHECK(token.use_count() == 1);
    CHECK_FALSE(node.unsubscribe(subscription));
  }

  TEST_CASE("TcpNode: clients are served only if the program says so") {
    CHECK_FALSE(started(on_free_ports()).api_address());
    TcpNode node = started(on_free_ports(), {.serve_clients = true});
    REQUIRE(node.api_address());
    SilentClient client(node);
    Receipt receipt;
    for (int i = 0; receipt.clients == 0 && i < 10000; ++i) {
      receipt = node.publish(type, Payload(std::to_string(i)));
    }
    CHECK(receipt.clients == 1);
  }

  TEST_CASE("TcpNode: what keeps it from starting is said") {
    const TcpNode first = started(on_free_ports());
    Config config = on_free_ports();
    config.listen_address = to_host_port(first.p2p_address());
    auto second = TcpNode::start(config);
    REQUIRE_FALSE(second);
    CHECK(second.error().condition == Condition::address_in_use);
    const std::string taken = to_string(first.p2p_address());
    CHECK(second.error().message.starts_with("cannot listen on " + taken + " (listen_address): "));

    config = on_free_ports();
    config.api_address = to_host_port(first.p2p_address());
    CHECK(TcpNode::start(config));  // it is not used
    second = TcpNode::start(config, {.serve_clients = true});
    REQUIRE_FALSE(second);
    CHECK(second.error().message.starts_with("cannot listen on " + taken + " (api_address): "));

    config = on_free_ports();
    config.cache_size = 0;
    second = TcpNode::start(config);
    REQUIRE_FALSE(second);
    CHECK(second.error().condition == Condition::invalid_argument);
    CHECK(second.error().message.find("cache_size") != std::string::npos);

    config = on_free_ports();
    config.advertise_address = HostPort{"no.such.host.invalid", 0};
    second = TcpNode::start(config);
    REQUIRE_FALSE(second);
    CHECK(second.error().message.starts_with("cannot advertise no.such.host.invalid:"));
  }

  TEST_CASE("TcpNode: an observer is told, and a node that was moved goes on") {
    struct Counter final : Observer {
      void on_event(const Event& event) override {
        if (std::holds_alternative<event::MessageAdded>(event)) added += 1;
      }
      std::atomic<int> added = 0;
    } counter;
    TcpNode node = started(on_free_ports(), {.observer = &counter});
    TcpNode moved = std::move(node);
    CHECK(moved.publish(type, Payload("a")).accepted());
    CHECK(counter.added == 1);
  }
}

}  // namespace
}  // namespace gossip::test
