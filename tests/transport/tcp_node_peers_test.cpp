/// \file
/// How a TcpNode finds others: by several names, and by what an earlier run has kept.

#include <gossip/asio/tcp_node.hpp>

#include "fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace gossip::test {
namespace {

namespace fs = std::filesystem;

/// Lets a test wait for events, and look at what was told.
class Witness final : public Observer {
 public:
  void on_event(const Event& event) override {
    const std::lock_guard lock(mutex_);
    if (const auto* extended = std::get_if<event::LinkExtended>(&event)) {
      links_.push_back(extended->server_address);
    } else if (const auto* read = std::get_if<event::PeersRead>(&event)) {
      told_.push_back("read " + std::to_string(read->addresses));
    } else if (const auto* unread = std::get_if<event::PeersUnread>(&event)) {
      told_.push_back("unread " + std::string(unread->why));
    } else if (const auto* saved = std::get_if<event::PeersSaved>(&event)) {
      told_.push_back((saved->again ? "saved again " : "saved ") + std::to_string(saved->addresses));
    } else if (const auto* unsaved = std::get_if<event::PeersUnsaved>(&event)) {
      told_.push_back("unsaved " + std::string(unsaved->why));
    }
    changed_.notify_all();
  }

  void await_link(const Endpoint& server_address) {
    await([&] { return std::ranges::count(links_, server_address) > 0; },
          "no link to " + to_string(server_address));
  }
  void await_told(const std::string& what) {
    await([&] { return std::ranges::count(told_, what) > 0; }, "not told: " + what);
  }
  [[nodiscard]] std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  void await(const std::function<bool()>& is_so, const std::string& otherwise) {
    std::unique_lock lock(mutex_);
    REQUIRE_MESSAGE(changed_.wait_for(lock, deadline, is_so), otherwise);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Endpoint> links_;
  std::vector<std::string> told_;
};

/// A directory that is gone with the test.
class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "gossip-peers-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { fs::remove_all(path_); }

  [[nodiscard]] std::string path(const std::string& name = {}) const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }

 private:
  fs::path path_;
};

Config extended(std::vector<HostPort> bootstrappers = {}) {
  Config config;
  config.listen_address = {"127.0.0.1", 0};
  config.overlay = Overlay::extended;
  config.bootstrappers = std::move(bootstrappers);
  return config;
}

/// A node, and what it tells.
struct Told {
  explicit Told(const Config& config) {
    auto started = TcpNode::start(config, {.observer = &witness});
    REQUIRE_MESSAGE(started, started.error().message);
    node = std::make_unique<TcpNode>(*std::move(started));
  }
  [[nodiscard]] Endpoint address() const { return node->p2p_address(); }
  /// It has stopped, and its directory is free; what it told is still there.
  void end() { node.reset(); }

  Witness witness;
  std::unique_ptr<TcpNode> node;
};

Endpoint address_of_nobody() {
  asio::io_context context;
  tcp::acceptor closed(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return {0x7f000001, closed.local_endpoint().port()};
}

TEST_SUITE("tcp node: peers") {
  TEST_CASE(
      "TcpNode: of several bootstrappers by name each is tried, and one that has no address is no harm") {
    Told first(extended());
    Told second(extended());
    Told joiner(extended({{"no-such-host.invalid", 6001},
                          {"LocalHost", address_of_nobody().port},
                          {"LocalHost", first.address().port},
                          {"LOCALHOST", second.address().port}}));
    joiner.witness.await_link(first.address());
    joiner.witness.await_link(second.address());
  }

  TEST_CASE(
      "TcpNode: with its bootstrapper gone a node comes back through a peer that an earlier run has kept") {
    const Directory directory;
    Told other(extended());
    Config config;
    {
      Told bootstrapper(extended({to_host_port(other.address())}));
      bootstrapper.witness.await_link(other.address());
      config = extended({to_host_port(bootstrapper.address())});
      config.state_dir = directory.path();
      Told before(config);
      before.witness.await_link(bootstrapper.address());
      before.witness.await_link(other.address());
      before.end();
      CHECK(before.witness.told().back() == "saved 2");
    }
    Told after(config);
    after.witness.await_link(other.address());
    CHECK(after.witness.told().front() == "read 2");
  }

  TEST_CASE("TcpNode: what it knows is written while it runs, for one that does not come to its end") {
    const Directory directory;
    Told other(extended());
    Config config = extended({to_host_port(other.address())});
    config.state_dir = directory.path("made by the node");
    Told node(config);
    node.witness.await_link(other.address());
    node.witness.await_told("saved 1");
    std::ifstream file(directory.path("made by the node/peers"));
    std::string header;
    std::string address;
    std::getline(file, header);
    std::getline(file, address);
    CHECK(header == "gossip-peers 1");
    CHECK(address == to_string(other.address()));
  }

  TEST_CASE("TcpNode: a program may keep the addresses itself") {
    Told other(extended());
    Told before(extended({to_host_port(other.address())}));
    before.witness.await_link(other.address());
    Config config = extended();
    config.known_peers = before.node->remember_peers();
    CHECK(config.known_peers == std::vector{other.address()});
    before.node->stop();
    before.node->wait();
    CHECK(before.node->remember_peers().empty());
    Told after(config);
    after.witness.await_link(other.address());
  }

  TEST_CASE("TcpNode: a second one with the same state_dir does not start; once the first has gone it does") {
    const Directory directory;
    Config config = extended();
    config.state_dir = directory.path();
    Told first(config);
    const auto second = TcpNode::start(config);
    REQUIRE_FALSE(second);
    CHECK(second.error().message ==
          "cannot use " + directory.path() + " (state_dir): another node uses it; each needs one of its own");
    first.end();
    CHECK(TcpNode::start(config));
    config.state_dir = "/proc/no/such";
    const auto third = TcpNode::start(config);
    REQUIRE_FALSE(third);
    CHECK(third.error().message ==
          "cannot use /proc/no/such (state_dir): it cannot be made: No such file or directory");
  }

  TEST_CASE("TcpNode: a file that is none is told, kept under another name, and no reason not to start") {
    const Directory directory;
    std::ofstream(directory.path("peers")) << "gossip-peers 1\n127.0.0.1\n";
    Config config = extended();
    config.state_dir = directory.path();
    Told node(config);
    CHECK(node.witness.told() ==
          std::vector<std::string>{"unread " + directory.path("peers") +
                                   ":2: HOST:PORT, HOST being an IPv4 address, or an IPv6 address in "
                                   "brackets, is needed; it is set aside as peers.corrupt"});
    CHECK(fs::exists(directory.path("peers.corrupt")));
    CHECK_FALSE(fs::exists(directory.path("peers")));
  }

  TEST_CASE(
      "TcpNode: that the file cannot be written is told once, and that it can be again; the node goes on") {
    const Directory directory;
    fs::create_directory(directory.path("peers.new"));  // in the way, even for root
    Told other(extended());
    Config config = extended({to_host_port(other.address())});
    config.state_dir = directory.path();
    const std::string unsaved = "unsaved " + directory.path("peers") + ": File exists";
    {
      Told node(config);
      node.witness.await_told(unsaved);
      CHECK(node.node->peers() == 1);
      node.end();
      CHECK(node.witness.told() == std::vector{unsaved});
    }
    Told node(config);
    node.witness.await_told(unsaved);
    fs::remove(directory.path("peers.new"));
    node.end();
    CHECK(node.witness.told() == std::vector<std::string>{unsaved, "saved again 1"});
  }

  TEST_CASE("TcpNode: with the base protocol only state_dir is not touched") {
    const Directory directory;
    Config config = extended();
    config.overlay = Overlay::base;
    config.state_dir = directory.path("none");
    { const Told node(config); }
    CHECK_FALSE(fs::exists(directory.path("none")));
  }
}

}  // namespace
}  // namespace gossip::test
