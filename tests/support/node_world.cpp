#include "node_world.hpp"

#include <gossip/codec.hpp>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace gossip::test {
namespace {

/// Decoded; data is shared with the frame, so that a large message costs no allocation.
Message decoded(const Frame& frame) {
  const auto header = frame.header();
  require(header.size() >= frame_header_bytes, "a frame has a header");
  const auto u16 = [&](std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(header[at]) << 8U |
                                      std::to_integer<unsigned>(header[at + 1]));
  };
  require(u16(0) == frame.size(), "a frame states its own size");
  const Code code{u16(2)};
  if (header.size() == 8 && code == Code::announce)
    return Announce{Ttl{std::to_integer<std::uint8_t>(header[4])}, DataType{u16(6)}, frame.body()};
  if (header.size() == 8 && code == Code::notification)
    return Notification{MessageId{u16(4)}, DataType{u16(6)}, frame.body()};
  if (header.size() == 10 && code == Code::data) {
    return Data{Tree{std::to_integer<std::uint8_t>(header[4])}, std::to_integer<std::uint8_t>(header[5]),
                Ttl{std::to_integer<std::uint8_t>(header[6])}, DataType{u16(8)}, frame.body()};
  }

  std::vector<std::byte> body(header.begin() + frame_header_bytes, header.end());
  body.insert(body.end(), frame.body().bytes().begin(), frame.body().bytes().end());
  auto message = decode(code < Code::peer_request ? Layer::api : Layer::p2p, {u16(2), body});
  require(message && message.value(), "a node sends what can be decoded");
  return *std::move(message.value());
}

}  // namespace

NodeWorld::NodeWorld(const WorldSettings& settings)
    : settings_(settings),
      messages_(settings.config),
      overlay_(settings.config, messages_),
      node_(settings.config, *this, *this, settings.seed) {
  node_.set_ready_handler([this](TimePoint) {
    require(node_.may_publish() && was_held_up_, "a program is told once that it may publish again");
    was_held_up_ = false;
  });
  node_.start(settings_.listen, settings_.advertise, now_);
  finish_event();
}

ConnectionId NodeWorld::accept_client() {
  const ConnectionId id{next_connection_++};
  const ConnectionInfo info{Layer::api, {0x7f000001, 50000}, {0x7f000001, 7001}};
  open(id, info, false);
  tell([&] { node_.on_accepted(id, info, now_); });
  finish_event();
  return id;
}

ConnectionId NodeWorld::accept_peer(const Endpoint& remote, const Endpoint& local) {
  const ConnectionId id{next_connection_++};
  const ConnectionInfo info{Layer::p2p, remote, local};
  open(id, info, false);
  tell([&] { node_.on_accepted(id, info, now_); });
  finish_event();
  return id;
}

void NodeWorld::connected(ConnectionId dial, const Endpoint& remote, const Endpoint& local) {
  if (std::erase_if(dials_, [&](const Dial& other) { return other.connection == dial; }) == 0) return;
  const ConnectionInfo info{Layer::p2p, remote, local};
  open(dial, info, true);
  tell([&] { node_.on_connected(dial, info, now_); });
  finish_event();
}

void NodeWorld::connect_failed(ConnectionId dial) {
  if (std::erase_if(dials_, [&](const Dial& other) { return other.connection == dial; }) == 0) return;
  tell([&] { node_.on_connect_failed(dial, "refused", now_); });
  finish_event();
}

void NodeWorld::closed(ConnectionId connection, CloseReason reason) {
  if (find(connection) == nullptr) return;
  forget(connection);
  tell([&] { node_.on_closed(connection, reason, "gone", now_); });
  finish_event();
}

void NodeWorld::lose(ConnectionId connection) {
  if (Link* link = find(connection)) link->lost = true;
}

void NodeWorld::congest(ConnectionId connection) {
  if (Link* link = find(connection)) link->congested = true;
}

void NodeWorld::stall(ConnectionId connection) {
  Link* link = find(connection);
  if (link == nullptr || link->lost) return;
  link->stalled = true;
  link->told = false;
  tell([&] { node_.on_stalled(connection, now_); });
  finish_event();
}

void NodeWorld::relieve(ConnectionId connection) {
  Link* link = find(connection);
  if (link == nullptr || link->lost) return;
  link->congested = link->stalled = link->told = false;
  tell([&] { node_.on_relieved(connection, now_); });
  finish_event();
}

void NodeWorld::message(ConnectionId connection, const Message& message) {
  const Link* link = find(connection);
  if (link != nullptr && link->paused && settings_.honours_pause) return;
  const bool client = link != nullptr && link->info.layer == Layer::api;
  const auto* notify = std::get_if<Notify>(&message);
  if (client && notify != nullptr) messages_.on_registered(connection, notify->data_type);

  const auto* verdict = std::get_if<Validation>(&message);
  const bool votes = client && verdict != nullptr;
  const bool counts = votes && messages_.owes(connection, verdict->message_id);
  if (votes) messages_.on_vote(connection, now_);
  if (link != nullptr && !client) hear_peer(connection, message);
  decided_by_.clear();
  tell([&] { hand_over(connection, message); });
  require(std::ranges::count(decided_by_, connection) == (counts ? 1 : 0),
          "the first verdict of a client that owes one decides, and no other does");
  finish_event();
}

/// What a peer announces counts where its link allows it.
void NodeWorld::hear_peer(ConnectionId peer, const Message& message) {
  overlay_.on_received(peer, message, now_);
  const auto* const announce = std::get_if<Announce>(&message);
  const auto* const data = std::get_if<Data>(&message);
  if ((announce == nullptr && data == nullptr) || !overlay_.takes(peer, data != nullptr)) return;
  messages_.on_offered(data != nullptr
                           ? Offer{peer, {data->data_type, data->data}, data->ttl, data->tree, data->hops}
                           : Offer{peer, {announce->data_type, announce->data}, announce->ttl});
}

/// Every second ANNOUNCE or DATA comes as a transport has it that does not decode it; its data is gone
/// afterwards.
void NodeWorld::hand_over(ConnectionId connection, const Message& message) {
  AnnounceView view;
  if (const auto* announce = std::get_if<Announce>(&message)) view = *announce;
  if (const auto* data = std::get_if<Data>(&message)) view = *data;
  if (view.data.size() % 2 == 0) {
    node_.on_message(connection, Message(message), now_);
    return;
  }
  std::vector<std::byte> buffer(view.data.begin(), view.data.end());
  view.data = buffer;
  view.payload = nullptr;
  const std::size_t taken = node_.on_announces(connection, std::span(&view, 1), now_);
  require(taken == 1, "what a node is handed it takes");
}

void NodeWorld::frame(ConnectionId connection, const FrameView& frame) {
  const Link* link = find(connection);
  if (link == nullptr || (link->paused && settings_.honours_pause)) return;
  const auto decoded_message = decode(link->info.layer, frame, settings_.config.overlay);
  if (!decoded_message) {
    closed(connection, CloseReason::malformed);
  } else if (decoded_message.value()) {
    message(connection, *decoded_message.value());
  } else {
    overlay_.on_skipped(connection, now_);
    tell([&] { node_.on_skipped(connection, frame.code, now_); });
    finish_event();
  }
}

void NodeWorld::pass(Duration time) {
  now_ += time;
  if (const auto due = node_.next_timer(); due && *due <= now_) {
    tell([&] { node_.on_time(now_); });
    finish_event();
  }
  messages_.check_silence(now_);
  overlay_.on_time(
      [&](ConnectionId id) {
        const Link* const link = find(id);
        return link == nullptr || link->paused;
      },
      now_);
}

void NodeWorld::answer_pings(ConnectionId connection) {
  for (const std::uint32_t token : overlay_.open_pings(connection)) message(connection, Pong{token});
}

Ttl NodeWorld::ttl_of(ConnectionId origin, const Content& content) {
  return Ttl(static_cast<std::uint8_t>((content.data.size() * 7 + value_of(origin)) % 5));
}

std::vector<ConnectionId> NodeWorld::connections(Layer layer) const {
  std::vector<ConnectionId> found;
  for (const Link& link : links_) {
    if (link.info.layer == layer) found.push_back(link.connection);
  }
  return found;
}

ConnectionId NodeWorld::connect(const HostPort& address) {
  const ConnectionId id{next_connection_++};
  const auto endpoint = literal_endpoint(address);
  if (endpoint) {
    require(endpoint->usable(), "a node dials usable addresses only");
    require(*endpoint != settings_.listen && endpoint != settings_.advertise, "a node does not dial itself");
  }
  for (const Dial& dial : dials_) {
    require(!endpoint || literal_endpoint(dial.address) != endpoint, "an address is dialled once at a time");
  }
  dials_.push_back({id, address});
  if (strikes(TransportFault::Kind::refused)) to_refuse_.push_back(id);
  return id;
}

SendResult NodeWorld::send(ConnectionId connection, const Frame& frame) {
  Link* link = find(connection);
  require(link != nullptr, "nothing is sent to a connection that is not there");
  const Message message = decoded(frame);
  const auto* notification = std::get_if<Notification>(&message);
  require((link->info.layer == Layer::api) == (notification != nullptr),
          "clients are sent notifications, and peers anything else");
  if (notification != nullptr) messages_.on_notification(connection, *notification, now_);
  if (link->info.layer == Layer::p2p) overlay_.on_sent(connection, message, now_);
  if (const auto* response = std::get_if<PeerResponse>(&message)) {
    for (const Endpoint& address : response->server_addresses) {
      require(address.usable(), "a node tells usable addresses only");
      require(address != settings_.listen, "a node does not name itself among its peers");
    }
  }
  return answer(*link);
}

SendResult NodeWorld::answer(Link& link) {
  sends_ += 1;
  if (strikes(TransportFault::Kind::gone)) {
    link.lost = true;
    to_close_.push_back(link.connection);
  }
  if (link.lost) return SendResult::queued;
  if (strikes(TransportFault::Kind::congested)) link.congested = true;
  if (strikes(TransportFault::Kind::stalled)) link.stalled = true;
  if (link.stalled) return SendResult::stalled;
  if (!link.congested) return SendResult::queued;
  link.told = true;
  return SendResult::congested;
}

void NodeWorld::close(ConnectionId connection, CloseReason reason) {
  require(find(connection) != nullptr, "a node closes connections that are there");
  overlay_.on_closed_by_node(connection, reason, now_);
  forget(connection);
}

void NodeWorld::pause(ConnectionId connection) {
  Link* link = find(connection);
  require(link != nullptr, "a node pauses connections that are there");
  link->paused = true;
}

void NodeWorld::resume(ConnectionId connection) {
  Link* link = find(connection);
  require(link != nullptr, "a node resumes connections that are there");
  if (link->paused) overlay_.on_resumed(connection, now_);
  link->paused = false;
}

void NodeWorld::on_event(const Event& event) {
  if (const auto* added = std::get_if<event::MessageAdded>(&event)) {
    const auto cached = node_.cache().get(added->id);
    require(cached.has_value(), "what was added is cached");
    require(cached->origin == added->origin && cached->data_type == added->data_type &&
                cached->data.size() == added->data_bytes,
            "the event of an addition describes the message");
    const Ttl ttl = ttl_of(added->origin, {cached->data_type, cached->data});
    messages_.on_added(*cached, added->layer, ttl, now_);
  } else if (const auto* evicted = std::get_if<event::MessageEvicted>(&event)) {
    messages_.on_evicted(evicted->id, evicted->valid, now_);
  } else if (const auto* decided = std::get_if<event::MessageDecided>(&event)) {
    messages_.on_decided(decided->id, decided->valid, decided->client);
    decided_by_.push_back(decided->client);
  } else if (const auto* dropped = std::get_if<event::MessageDropped>(&event)) {
    messages_.on_dropped(dropped->origin, dropped->data_type);
  } else if (const auto* silent = std::get_if<event::ClientFellSilent>(&event)) {
    messages_.on_fell_silent(silent->client, now_);
  } else if (const auto* paused = std::get_if<event::ReadingPaused>(&event)) {
    if (paused->connection == LocalPrograms::publisher) was_held_up_ = true;
  }
}

NodeWorld::Link* NodeWorld::find(ConnectionId connection) {
  const auto found = std::ranges::find(links_, connection, &Link::connection);
  return found == links_.end() ? nullptr : &*found;
}

void NodeWorld::open(ConnectionId connection, const ConnectionInfo& info, bool dialled) {
  Link link;
  link.connection = connection;
  link.info = info;
  link.dialled = dialled;
  links_.push_back(link);
  if (info.layer == Layer::api) return messages_.on_client_opened(connection);
  messages_.on_peer_opened(connection);
  overlay_.on_opened(connection, dialled, now_);
}

void NodeWorld::forget(ConnectionId connection) {
  messages_.on_closed(connection);
  overlay_.on_ended(connection);
  std::erase_if(links_, [&](const Link& link) { return link.connection == connection; });
}

/// True for the one call that the fault is about.
bool NodeWorld::strikes(TransportFault::Kind kind) {
  if (!settings_.fault || settings_.fault->kind != kind) return false;
  const std::size_t call = kind == TransportFault::Kind::refused ? ++connects_ : sends_;
  if (call != settings_.fault->call) return false;
  fault_happened_ = true;
  return true;
}

void NodeWorld::finish_event() {
  while (node_.next_timer() == TimePoint{})
    tell([&] { node_.on_time(now_); });  // programs are still to be called
  if (broken_while_called_) throw Violation(*broken_while_called_);
  require(!was_held_up_ || !node_.may_publish(), "a program is told that it may publish again");
  const Stock stock = node_.stock();
  messages_.check(node_.cache());
  if (stock.waiting == 0) messages_.on_none_waiting();
  overlay_.finish_event([&](ConnectionId id) {
    const Link* const link = find(id);
    return link != nullptr && (link->congested || link->stalled);
  });
  check_connections();
  check_paused(stock);
  check_sums(stock);
  for (const ConnectionId id : std::exchange(to_close_, {})) closed(id, CloseReason::queue_full);
  for (const ConnectionId id : std::exchange(to_refuse_, {})) connect_failed(id);
}

}  // namespace gossip::test
