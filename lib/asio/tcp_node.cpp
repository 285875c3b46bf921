#include <gossip/asio/resolve.hpp>
#include <gossip/asio/tcp_node.hpp>
#include <gossip/asio/tcp_transport.hpp>

#include "name_lookups.hpp"
#include "peer_keeper.hpp"
#include "system_seed.hpp"

#include <atomic>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace gossip {
namespace {

/// "cannot listen on HOST:PORT (listen_address): why". What it says begins with the address in some cases.
Error unusable(std::string_view what, const HostPort& address, std::string_view field, const Error& error) {
  const std::string name = to_string(address);
  std::string_view why = error.message;
  if (why.starts_with(name + ": ")) why.remove_prefix(name.size() + 2);
  return {error.condition,
          "cannot " + std::string(what) + " " + name + " (" + std::string(field) + "): " + std::string(why)};
}

Error unusable_directory(const std::string& directory, const Error& error) {
  return {error.condition, "cannot use " + directory + " (state_dir): " + error.message};
}

/// An answer that another thread waits for. Dropped without one, it answers nothing.
template <typename Value>
class Reply {
 public:
  Reply() = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() {
    if (!given_) promise_.set_value(std::nullopt);
  }

  [[nodiscard]] std::future<std::optional<Value>> future() { return promise_.get_future(); }

  /// Gives what `work` returns, or the exception that it throws.
  template <typename Work>
  void give(Work work) {
    given_ = true;
    try {
      promise_.set_value(work());
    } catch (...) {
      promise_.set_exception(std::current_exception());
    }
  }

 private:
  std::promise<std::optional<Value>> promise_;
  bool given_ = false;
};

}  // namespace

// There is one for each node on TCP, and its members are made in this order: what a cache line's alignment of
// the node costs is nothing beside a socket. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
class TcpNode::Core {
 public:
  /// `keeper`: null where what the node remembers is kept nowhere.
  Core(const Config& config, Observer* observer, std::unique_ptr<detail::PeerKeeper> keeper)
      : config_(config),
        observer_(observer != nullptr ? *observer : nobody_),
        transport_(config, observer_),
        node_(config, transport_, observer_, detail::system_seed()),
        keeper_(std::move(keeper)) {
    node_.set_ready_handler([this](TimePoint now) { publish_waiting(now); });
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() {
    stop();
    wait();
  }

  std::optional<Error> start(bool serve_clients);
  void stop();
  void wait();

  Receipt publish(Announce&& announce);

  /// Has `work` done on the node's thread and returns what it returns; nothing where the node has stopped.
  template <typename Work>
  auto on_core(Work work) -> std::optional<std::invoke_result_t<Work, Node&, TimePoint>>;

  [[nodiscard]] Statistics statistics();
  [[nodiscard]] Endpoint p2p_address() const { return p2p_; }
  [[nodiscard]] std::optional<Endpoint> api_address() const { return api_; }
  [[nodiscard]] std::optional<Endpoint> advertised_address() const { return advertised_; }

 private:
  /// A publisher on another thread, which waits for its receipt.
  struct Waiting {
    Announce announce;
    Reply<Receipt> receipt;
  };

  std::optional<Error> listen(bool serve_clients);
  void start_keeper();
  void remember_at_the_end();
  Receipt publish(const Announce& announce, TimePoint now);
  void publish_or_wait(const std::shared_ptr<Waiting>& waiting, TimePoint now);
  void publish_waiting(TimePoint now);
  [[nodiscard]] bool is_core_thread() const { return core_thread_ == std::this_thread::get_id(); }

  const Config config_;
  NullObserver nobody_;
  Observer& observer_;
  TcpTransport transport_;
  Node node_;
  Endpoint p2p_;
  std::optional<Endpoint> api_;
  std::optional<Endpoint> advertised_;
  std::deque<std::shared_ptr<Waiting>> waiting_;  ///< at most one for each thread of the program
  std::atomic<std::thread::id> core_thread_;      ///< none while the node's thread does not run
  std::atomic<bool> stopping_ = false;
  std::mutex joining_;
  std::thread thread_;
  std::unique_ptr<detail::PeerKeeper> keeper_;
  std::vector<Endpoint> remembered_;  ///< in the end
};

std::optional<Error> TcpNode::Core::listen(bool serve_clients) {
  const auto p2p = transport_.listen(Layer::p2p, config_.listen_address);
  if (!p2p) return unusable("listen on", config_.listen_address, "listen_address", p2p.error());
  p2p_ = *p2p;
  if (serve_clients) {
    const auto api = transport_.listen(Layer::api, config_.api_address);
    if (!api) return unusable("listen on", config_.api_address, "api_address", api.error());
    api_ = *api;
  }
  if (config_.advertise_address) {
    HostPort address = *config_.advertise_address;
    if (address.port == 0) address.port = p2p_.port;
    const auto advertised = resolve(address, detail::families_of_peers(config_));
    if (!advertised) return unusable("advertise", address, "advertise_address", advertised.error());
    advertised_ = *advertised;
  }
  return std::nullopt;
}

std::optional<Error> TcpNode::Core::start(bool serve_clients) {
  if (auto error = listen(serve_clients)) return error;
  node_.start(p2p_, advertised_, TcpTransport::now());
  thread_ = std::thread([this] {
    core_thread_ = std::this_thread::get_id();
    transport_.run(node_);
    waiting_.clear();
    core_thread_ = std::thread::id{};  // the system gives it to another thread
  });
  if (keeper_) start_keeper();
  return std::nullopt;
}

void TcpNode::Core::start_keeper() {
  const auto ask = [this] { return on_core([](Node& node, TimePoint) { return node.remember_peers(); }); };
  const auto tell = [this](const Event& event) {
    on_core([&](Node&, TimePoint) {
      observer_.on_event(event);
      return true;
    });
  };
  keeper_->start(ask, tell);
}

/// While it still has its peers. Where there is no memory for it, what the file has must do.
void TcpNode::Core::remember_at_the_end() {
  try {
    if (keeper_) remembered_ = node_.remember_peers();
  } catch (const std::bad_alloc&) {
    remembered_.clear();
  }
}

void TcpNode::Core::stop() {
  stopping_ = true;
  transport_.post([this](TimePoint) {
    waiting_.clear();
    remember_at_the_end();
  });
  transport_.stop();
}

void TcpNode::Core::wait() {
  const std::lock_guard lock(joining_);
  if (!thread_.joinable()) return;
  thread_.join();
  if (keeper_) keeper_->finish(remembered_, [this](const Event& event) { observer_.on_event(event); });
}

template <typename Work>
auto TcpNode::Core::on_core(Work work) -> std::optional<std::invoke_result_t<Work, Node&, TimePoint>> {
  if (is_core_thread()) return work(node_, transport_.event_time());
  auto reply = std::make_shared<Reply<std::invoke_result_t<Work, Node&, TimePoint>>>();
  auto answer = reply->future();
  // The transport owns the reply from here on, and may drop the work.
  transport_.post([this, reply = std::move(reply), &work](TimePoint now) {
    reply->give([&] { return work(node_, now); });
  });
  return answer.get();
}

Receipt TcpNode::Core::publish(Announce&& announce) {
  if (stopping_) return {Receipt::Outcome::stopped};
  if (is_core_thread()) return publish(announce, transport_.event_time());
  auto waiting = std::make_shared<Waiting>();
  waiting->announce = std::move(announce);
  auto receipt = waiting->receipt.future();
  transport_.post([this, waiting = std::move(waiting)](TimePoint now) { publish_or_wait(waiting, now); });
  return receipt.get().value_or(Receipt{Receipt::Outcome::stopped});
}

Receipt TcpNode::Core::publish(const Announce& announce, TimePoint now) {
  return node_.publish(announce.data_type, announce.data, announce.ttl, now);
}

/// Nobody overtakes those that wait already. What a publisher is not given a receipt for has met a stop.
void TcpNode::Core::publish_or_wait(const std::shared_ptr<Waiting>& waiting, TimePoint now) {
  if (stopping_) return;
  try {
    waiting_.push_back(waiting);
  } catch (const std::bad_alloc&) {
    waiting->receipt.give([]() -> Receipt { throw; });
  }
  publish_waiting(now);
}

void TcpNode::Core::publish_waiting(TimePoint now) {
  while (!waiting_.empty() && node_.may_publish()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->receipt.give([&] { return publish(next->announce, now); });
  }
}

Statistics TcpNode::Core::statistics() {
  if (const auto counted = on_core([](const Node& node, TimePoint) { return node.statistics(); }))
    return *counted;
  wait();
  return node_.statistics();
}

Result<TcpNode> TcpNode::start(const Config& config, const TcpNodeOptions& options) try {
  Config complete = config;
  std::unique_ptr<detail::PeerKeeper> keeper;
  if (config.overlay == Overlay::extended && !config.state_dir.empty()) {
    auto file = detail::PeerFile::open(config.state_dir);
    if (!file) return unusable_directory(config.state_dir, file.error());
    keeper = std::make_unique<detail::PeerKeeper>(*std::move(file));
    const auto known = keeper->read([&](const Event& event) {
      if (options.observer != nullptr) options.observer->on_event(event);
    });
    complete.known_peers.insert(complete.known_peers.begin(), known.begin(), known.end());
  }
  auto core = std::make_unique<Core>(complete, options.observer, std::move(keeper));
  if (auto error = core->start(options.serve_clients)) return *std::move(error);
  return TcpNode(std::move(core));
} catch (const std::invalid_argument& wrong) {
  return Error{Condition::invalid_argument, wrong.what()};
} catch (const std::runtime_error& lacking) {
  return Error{Condition::system, std::string("cannot start a node: ") + lacking.what()};
}

TcpNode::TcpNode(std::unique_ptr<Core> core) : core_(std::move(core)) {}
TcpNode::~TcpNode() = default;
TcpNode::TcpNode(TcpNode&&) noexcept = default;
TcpNode& TcpNode::operator=(TcpNode&&) noexcept = default;

Receipt TcpNode::publish(DataType type, Payload data, Ttl ttl) {
  return core_->publish({ttl, type, std::move(data)});
}

SubscriptionId TcpNode::subscribe(DataType type, Validator validator) {
  const auto id = core_->on_core(
      [&](Node& node, TimePoint now) { return node.subscribe(type, std::move(validator), now); });
  return id.value_or(SubscriptionId{});
}

bool TcpNode::unsubscribe(SubscriptionId subscription) {
  const auto done =
      core_->on_core([&](Node& node, TimePoint now) { return node.unsubscribe(subscription, now); });
  return done.value_or(false);
}

bool TcpNode::decide(const Ticket& ticket, Verdict verdict) {
  const auto done =
      core_->on_core([&](Node& node, TimePoint now) { return node.decide(ticket, verdict, now); });
  return done.value_or(false);
}

Statistics TcpNode::statistics() const {
  return core_->statistics();
}

std::vector<Endpoint> TcpNode::remember_peers() {
  return core_->on_core([](Node& node, TimePoint) { return node.remember_peers(); })
      .value_or(std::vector<Endpoint>());
}

std::size_t TcpNode::peers() const {
  return core_->on_core([](const Node& node, TimePoint) { return node.pool().size(); }).value_or(0);
}

Endpoint TcpNode::p2p_address() const {
  return core_->p2p_address();
}

std::optional<Endpoint> TcpNode::advertised_address() const {
  return core_->advertised_address();
}

std::optional<Endpoint> TcpNode::api_address() const {
  return core_->api_address();
}

void TcpNode::stop() {
  core_->stop();
}

void TcpNode::wait() {
  core_->wait();
}

}  // namespace gossip
