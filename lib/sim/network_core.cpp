#include "network_core.hpp"

#include "read_frame.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gossip::sim {
namespace {

/// 10.0.0.1 and on.
constexpr std::size_t nodes_max = 0xfffffe;

const NetworkOptions& checked(const NetworkOptions& options) {
  if (options.window_bytes < frame_bytes_max)
    throw std::invalid_argument("window_bytes is at least a frame, " + std::to_string(frame_bytes_max));
  if (options.link_timeout <= Duration::zero()) throw std::invalid_argument("link_timeout is above 0");
  return options;
}

/// A hostile node can read whatever there is.
std::shared_ptr<const Config> hostile_config() {
  static const auto config = [] {
    auto reading = std::make_shared<Config>();
    reading->overlay = Overlay::extended;
    return std::shared_ptr<const Config>(std::move(reading));
  }();
  return config;
}

}  // namespace

Network::Core::Core(std::uint64_t seed, const NetworkOptions& options)
    : seed_(seed),
      options_(checked(options)),
      random_(mix(seed)),
      digest_key_(std::make_shared<const DigestKey>(mix(~seed), mix(seed))),
      wire_(options_, seed, queue_, frames_, *this),
      book_(digest_key_) {
  wire_.set_now(now_);
  next_audit_ = now_ + options_.audit_period;
}

std::uint64_t Network::Core::seed_for(NodeNumber number, std::uint32_t incarnation) const {
  return mix(mix(mix(seed_) ^ number) ^ incarnation);
}

NodeNumber Network::Core::add_node(std::shared_ptr<const Config> config, bool linked) {
  require_rest();
  if (hosts_.size() >= nodes_max) throw std::logic_error("a simulated network has at most 16777214 nodes");
  config->validate();
  const auto number = static_cast<NodeNumber>(hosts_.size());
  hosts_.push_back(std::make_unique<Host>(*this, number, std::move(config)));
  wire_.sites().emplace_back();
  Host& host = *hosts_.back();
  muted_ = linked;
  start(host);
  muted_ = false;
  if (!host.phantom_dials.empty()) fresh_.push_back(&host);
  return number;
}

NodeNumber Network::Core::add_hostile(std::unique_ptr<Hostile> hostile) {
  require_rest();
  const auto number = static_cast<NodeNumber>(hosts_.size());
  auto made =
      std::make_unique<HostileHost>(*this, number, hostile_config(), std::move(hostile), seed_for(number, 0));
  HostileHost& host = *made;
  hosts_.push_back(std::move(made));
  wire_.sites().push_back({&host, host.config.get(), {}, true, false});
  host.start();
  return number;
}

/// A new node at this place.
void Network::Core::start(Host& host) {
  const auto config = tampering_ == nullptr
                          ? host.config
                          : std::make_shared<const Config>(tampering_->config_of(host.number, *host.config));
  host.node.emplace(NodeCommons(config, digest_key_), host, nobody_, seed_for(host.number, host.incarnation));
  host.has_node = true;
  host.live = true;
  host.timer_due = TimePoint::max();
  live_nodes_ += 1;
  wire_.sites()[host.number] = {&*host.node, host.config.get(), {}, true, false};
  host.node->start(Wire::endpoint_of(host.number), std::nullopt, now_);
  for (const ConnectionId phantom : host.phantom_dials) wire_.close(phantom);
  for (std::size_t program = 0; program < host.programs.size(); ++program) {
    host.node->subscribe(
        host.programs[program].type,
        [&host, program = static_cast<std::uint32_t>(program)](const Received& received) {
          return host.core.judge(host.number, program, received);
        },
        now_);
  }
  arm(host.number);
}

void Network::Core::link(NodeNumber from, NodeNumber to) {
  require_rest();
  Host& near = live_host(from);
  Host& far = live_host(to);
  if (from == to || near.is_hostile() || far.is_hostile())
    throw std::logic_error("a link is between two well-behaved nodes");
  const auto [near_end, far_end] = wire_.link(from, to);
  muted_ = true;
  near.node->on_linked(near_end, wire_.info_of(near_end), now_);
  end_phantom_dials(near);
  far.node->on_accepted(far_end, wire_.info_of(far_end), now_);
  end_phantom_dials(far);
  introduce(near, near_end, far);
  introduce(far, far_end, near);
  muted_ = false;
  arm(from);
  arm(to);
}

/// What the other end of a link says first is told here.
void Network::Core::introduce(Host& host, ConnectionId connection, const Host& other) {
  const Endpoint address = Wire::endpoint_of(other.number);
  const auto id = other.node->p2p().node_id();
  if (id) {
    Hello hello;
    hello.node = *id;
    hello.server_address = address;
    host.node->on_message(connection, hello, now_);
  }
  host.node->on_message(connection, PeerInit{address}, now_);
}

/// A linked node was kept from dialling its bootstrappers. It tries them again soon, if it has room then.
void Network::Core::end_phantom_dials(Host& host) {
  for (const ConnectionId phantom : std::exchange(host.phantom_dials, {})) {
    host.node->on_connect_failed(phantom, "it has joined long ago", now_);
  }
}

void Network::Core::crash(NodeNumber number, Ending ending) {
  require_rest();
  Host& host = live_host(number);
  if (!host.is_hostile()) audit_node(host);
  Site& site = wire_.sites()[number];
  site.listening = false;
  site.vanished = ending == Ending::silent;
  ending == Ending::silent ? wire_.vanish(number) : wire_.crash(number);
  host.has_node = false;
  host.live = false;
  host.survivor = false;
  host.incarnation += 1;
  host.delivered = 0;
  host.node.reset();
  live_nodes_ -= host.is_hostile() ? 0 : 1;
}

void Network::Core::restart(NodeNumber number) {
  require_rest();
  Host& crashed = host(number);
  if (crashed.live) throw std::logic_error("only a node that has crashed can be restarted");
  if (crashed.is_hostile()) throw std::logic_error("a hostile node does not come back");
  // What a host without a word had left open ends now that it is back.
  wire_.crash(number);
  book_.forget_node(number);
  start(crashed);
}

void Network::Core::stall(NodeNumber number, Duration time) {
  require_rest();
  Host& host = live_host(number);
  Site& site = wire_.sites()[number];
  site.stalled_until = std::max(site.stalled_until, now_ + time);
  put(site.stalled_until, EventKind::go_on, host);
}

void Network::Core::suspend(NodeNumber number, Duration time) {
  stall(number, time);
  wire_.suspend(number);
}

void Network::Core::subscribe(NodeNumber number, const Program& program) {
  Host& host = live_host(number);
  if (host.is_hostile()) throw std::logic_error("a hostile node runs no programs");
  if (std::ranges::find(host.programs, program.type, &Program::type) != host.programs.end())
    throw std::logic_error("a node has one program for each data type");
  host.programs.push_back(program);
  host.node->subscribe(
      program.type,
      [this, number, index = static_cast<std::uint32_t>(host.programs.size() - 1)](const Received& received) {
        return judge(number, index, received);
      },
      now_);
  arm(number);
}

Receipt Network::Core::publish(NodeNumber number, DataType type, const Payload& data, Ttl ttl, bool valid) {
  Host& host = this->host(number);
  if (!host.node) return {Receipt::Outcome::stopped};
  std::uint32_t message = book_.find(type, data);
  const bool is_new = message == MessageBook::none;
  if (is_new) {
    MessageRecord record;
    record.publisher = number;
    record.data_type = type;
    record.data_bytes = static_cast<std::uint32_t>(data.size());
    record.valid = valid;
    record.published = now_ - zero_;
    message = book_.add(record, data, static_cast<std::uint32_t>(hosts_.size()));
  }
  const Mark before = book_.mark(message, number);
  book_.mark(message, number).set(Mark::arrived | Mark::delivered | Mark::accepted);
  const Receipt receipt = host.node->publish(type, data, ttl, now_);
  arm(number);
  if (!receipt.accepted()) {
    book_.mark(message, number) = before;
    if (is_new) book_.remove_last();
    return receipt;
  }
  events_ += 1;
  seconds_.back().events += 1;
  trace_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  trace_.add(std::uint64_t{number} << 32U | data.size());
  if (is_new) seconds_.back().published += 1;
  if (!before.has(Mark::delivered)) count_delivery(message, host, book_.mark(message, number));
  return receipt;
}

bool Network::Core::decide(NodeNumber number, const Ticket& ticket, Verdict verdict) {
  Host& host = this->host(number);
  if (!host.node || verdict == Verdict::later) return false;
  const auto cached = host.node->cache().get(ticket.message);
  const std::uint32_t message = cached && cached->sequence == ticket.sequence
                                    ? message_of(cached->data_type, cached->data)
                                    : MessageBook::none;
  Mark before;
  if (message != MessageBook::none) {
    before = book_.mark(message, number);
    book_.mark(message, number).set(verdict == Verdict::accept ? Mark::accepted : Mark::rejected);
  }
  const bool decided = host.node->decide(ticket, verdict, now_);
  if (!decided && message != MessageBook::none) book_.mark(message, number) = before;
  arm(number);
  return decided;
}

Verdict Network::Core::judge(NodeNumber number, std::size_t program, const Received& received) {
  Host& host = *hosts_[number];
  const std::uint32_t message = message_of(received.data_type, received.data);
  Mark& mark = book_.mark(message, number);
  if (mark.has(Mark::delivered)) {
    const Duration age = now_ - zero_ - book_.record(message).published;
    if (age < host.config->seen_ttl) {
      report(Violation::Kind::delivered_twice, number,
             "message " + std::to_string(message) + " was delivered again");
    } else {
      repeats_after_seen_ttl_ += 1;
    }
  } else {
    mark.set(Mark::delivered);
    count_delivery(message, host, mark);
  }
  const Program& judging = host.programs[program];
  const MessageRecord& record = book_.record(message);
  const bool valid = record.valid && !record.hostile;
  const Verdict verdict =
      judging.judge ? judging.judge(number, received) : (valid ? Verdict::accept : Verdict::reject);
  if (verdict == Verdict::later) return verdict;
  if (judging.validation == Duration::zero()) {
    book_.mark(message, number).set(verdict == Verdict::accept ? Mark::accepted : Mark::rejected);
    return verdict;
  }
  if (free_verdicts_.empty()) {
    free_verdicts_.push_back(static_cast<std::uint32_t>(verdicts_.size()));
    verdicts_.emplace_back();
  }
  const std::uint32_t slot = free_verdicts_.back();
  free_verdicts_.pop_back();
  verdicts_[slot] = {received.ticket, message, verdict};
  put(now_ + judging.validation, EventKind::decide, host, slot);
  return Verdict::later;
}

/// What nobody has published a hostile node has made up.
std::uint32_t Network::Core::message_of(DataType type, const Payload& data) {
  const std::uint32_t known = book_.find(type, data);
  if (known != MessageBook::none) return known;
  MessageRecord record;
  record.data_type = type;
  record.data_bytes = static_cast<std::uint32_t>(data.size());
  record.hostile = true;
  record.published = now_ - zero_;
  return book_.add(record, data, 0);
}

std::uint32_t Network::Core::launch(NodeNumber number, const Frame& frame) {
  FlyingFrame flying{frame, 0, MessageBook::none, 0, false};
  const std::uint16_t code = code_of(flying);
  if (is_content(flying, code)) {
    const Payload& body = flying.frame.body();
    flying.message = message_of(read_content(flying, code, body).data_type, body);
    const Mark mark = book_.mark(flying.message, number);
    check_forwarding(*hosts_[number], flying.message, mark);
    flying.hop = static_cast<std::uint16_t>(std::min<unsigned>(mark.hop() + 1U, Mark::hops_max));
  }
  return frames_.add(std::move(flying));
}

void Network::Core::check_forwarding(Host& host, std::uint32_t message, const Mark& mark) {
  if (mark.has(Mark::accepted)) return;
  const bool rejected = mark.has(Mark::rejected);
  report(rejected ? Violation::Kind::forwarded_rejected : Violation::Kind::forwarded_unvalidated, host.number,
         "message " + std::to_string(message) + " was announced to a peer, and " +
             (rejected ? "its program had found it invalid" : "no program had found it valid"));
}

void Network::Core::count_delivery(std::uint32_t message, Host& host, Mark& mark) {
  host.delivered += 1;
  seconds_.back().delivered += 1;
  book_.count_delivery(message, mark, now_ - zero_ - book_.record(message).published);
}

void Network::Core::on_transmit(NodeNumber number, const FlyingFrame& flying, std::size_t bytes) {
  Traffic& traffic = hosts_[number]->traffic;
  traffic.frames_sent += 1;
  traffic.bytes_sent += bytes;
  Second& second = seconds_.back();
  second.frames += 1;
  second.bytes += bytes;
  if (flying.message == MessageBook::none) return;
  book_.record(flying.message).transmissions += 1;
  second.transmissions += 1;
}

/// Returns the hops that the message has made.
inline std::uint16_t Network::Core::note_frame(Host& host, const FlyingFrame& flying) {
  host.traffic.frames_received += 1;
  host.traffic.bytes_received += flying.frame.size();
  const std::uint16_t hop = std::max<std::uint16_t>(flying.hop, 1);
  trace_.add(std::uint64_t{flying.message} << 32U | std::uint64_t{hop} << 20U | flying.frame.size());
  return hop;
}

const Digest& Network::Core::on_announce(NodeNumber number, ConnectionId connection,
                                         const FlyingFrame& flying, const AnnounceView& announce) {
  Host& host = *hosts_[number];
  const std::uint16_t hop = note_frame(host, flying);
  const std::uint32_t known = flying.message != MessageBook::none
                                  ? flying.message
                                  : message_of(announce.data_type, *announce.payload);
  Mark& mark = book_.mark(known, number);
  if (!mark.has(Mark::arrived)) mark.bits = static_cast<std::uint16_t>(mark.bits | Mark::arrived | hop);
  if (tampering_ != nullptr && !host.is_hostile()) tamper(host, connection, to_message(announce));
  return book_.digest_of(known);
}

void Network::Core::on_message(NodeNumber number, ConnectionId connection, const FlyingFrame& flying,
                               const Message& message) {
  Host& host = *hosts_[number];
  note_frame(host, flying);
  for (const std::byte byte : flying.frame.header()) trace_.add(std::to_integer<std::uint64_t>(byte));
  for (const std::byte byte : flying.frame.body().bytes()) trace_.add(std::to_integer<std::uint64_t>(byte));
  if (tampering_ != nullptr && !host.is_hostile()) tamper(host, connection, message);
}

void Network::Core::on_link(bool opened) {
  (opened ? seconds_.back().links_opened : seconds_.back().links_closed) += 1;
}

Host& Network::Core::host(NodeNumber number) const {
  if (number >= hosts_.size()) {
    throw std::logic_error("there is no node " + std::to_string(number) + ": there are " +
                           std::to_string(hosts_.size()));
  }
  return *hosts_[number];
}

Host& Network::Core::live_host(NodeNumber number) const {
  Host& found = host(number);
  if (!found.live) throw std::logic_error("node " + std::to_string(number) + " has crashed");
  return found;
}

void Network::Core::require_rest() const {
  if (running_) throw std::logic_error("this may not be called while an event is handled");
}

}  // namespace gossip::sim
