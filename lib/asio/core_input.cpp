#include <gossip/codec.hpp>
#include <gossip/prefetch.hpp>

#include "core.hpp"

#include <array>
#include <new>
#include <utility>

namespace gossip {
namespace {

namespace asio = boost::asio;

/// ANNOUNCEs that the node is handed at once.
constexpr std::size_t announces_at_once = 16;

/// So far ahead of the frame that is cut off what was read is asked for: the system has written it just now,
/// and that is more than the nearest memory holds.
constexpr std::size_t read_ahead_bytes = 2048;

/// What was cut off a stream: ANNOUNCEs and DATAs, and the frame behind them where that is another.
struct Cut {
  std::size_t announces = 0;
  std::optional<FrameView> other;
};

/// A DATA comes out of the framers of P2P connections only, and of those only with the overlay extension.
Cut cut_announces(Framer& framer, std::span<AnnounceView> announces) {
  Cut cut;
  FrameView frame;
  while (cut.announces < announces.size() && framer.next_whole(frame)) {
    prefetch_behind(frame.body.data(), read_ahead_bytes);
    AnnounceView& view = announces[cut.announces];
    if (!view_announce(view, frame) && !view_data(view, frame)) {
      cut.other = frame;
      break;
    }
    cut.announces += 1;
  }
  return cut;
}

/// Where its frame begins.
const std::byte* frame_of(const AnnounceView& announce) {
  const std::size_t fixed = announce.tree == no_tree ? announce_fixed_bytes : data_fixed_bytes;
  return announce.data.data() - fixed - frame_header_bytes;
}

}  // namespace

/// A connection on the core thread lends what it has read; one on another thread has it copied.
void TcpTransport::Core::on_bytes(detail::TcpConnection& connection, std::span<const std::byte> bytes) {
  if (config_.worker_threads == 0) {
    turn([this, &connection, bytes] { take_bytes(connection.id(), bytes); });
    return;
  }
  std::vector<std::byte> copy;
  try {
    copy.assign(bytes.begin(), bytes.end());
  } catch (const std::bad_alloc&) {
    on_end(connection.id(), {CloseReason::out_of_memory, ""});
    return;
  }
  auto charge = std::make_shared<detail::MemoryCharge>(memory_.account());
  charge->set(copy.size());
  asio::post(context_,
             [this, charge, connection = connection.shared_from_this(), bytes = std::move(copy)]() mutable {
               if (!stopping_.is_finishing()) {
                 turn([this, &connection, &bytes] { take_bytes(connection->id(), bytes); });
                 return;
               }
               asio::post(connection->thread().context(),
                          [connection, bytes = std::move(bytes)] { connection->return_unhandled(bytes); });
             });
}

void TcpTransport::Core::take_bytes(ConnectionId id, std::span<const std::byte> bytes) {
  Link* const link = links_.find(id);
  if (link == nullptr) return;
  link->waits_for_more = false;
  deliver(id, bytes);
}

void TcpTransport::Core::pause(ConnectionId connection) {
  if (Link* link = links_.find(connection)) link->paused = true;
}

void TcpTransport::Core::resume(ConnectionId connection) {
  Link* link = links_.find(connection);
  if (link == nullptr || !std::exchange(link->paused, false) || link->waits_for_more) return;
  turn_later([this, connection] { deliver(connection, {}); });
}

/// Hands over what a connection has brought, until that is all or the node pauses or closes it. Without
/// bytes: what was left.
void TcpTransport::Core::deliver(ConnectionId id, std::span<const std::byte> bytes) {
  Link* const link = links_.find(id);
  if (link == nullptr || link->waits_for_more) return;
  const std::vector<std::byte> unread = std::exchange(link->unread, {});
  link->framer.feed(unread.empty() ? bytes : std::span(unread));
  events_->begin_batch();
  const bool delivered = deliver_frames(*link);
  events_->end_batch();
  if (!delivered) return;
  link->waits_for_more = true;
  link->input_charge.set(link->framer.kept_bytes());
  if (link->ended) {
    end(id, *link->ended);
    return;
  }
  link->progress.inside_one = link->framer.inside_frame();
  if (link->progress.inside_one && !link->progress.completed_one) events_->on_part(id, now_);
  const detail::FrameProgress progress = std::exchange(link->progress, {});
  if (config_.worker_threads == 0) {
    link->connection->continue_reading(progress);
  } else {
    asio::post(link->connection->thread().context(),
               [connection = link->connection, progress] { connection->continue_reading(progress); });
  }
}

/// False where something is left, or the connection is gone.
bool TcpTransport::Core::deliver_frames(Link& link) try {
  std::array<AnnounceView, announces_at_once> announces;
  while (true) {
    const Cut cut = cut_announces(link.framer, announces);
    if (!deliver_announces(link, std::span(announces).first(cut.announces))) return false;
    if (cut.announces == announces.size()) continue;
    if (link.paused || link.closed) {
      keep_unread(link, cut.other ? cut.other->body.data() - frame_header_bytes : nullptr);
      return false;
    }
    if (cut.other) {
      if (!deliver_frame(link, *cut.other)) return false;
      continue;
    }
    const auto frame = link.framer.next();
    if (!frame) {
      end(link.id, {CloseReason::malformed, frame.error().message});
      return false;
    }
    if (!frame.value()) return true;
    if (!deliver_frame(link, *frame.value())) return false;
  }
} catch (const std::bad_alloc&) {
  end(link.id, {CloseReason::out_of_memory, ""});
  return false;
}

/// False where the node paused or closed the connection: what it did not take is kept for later.
bool TcpTransport::Core::deliver_announces(Link& link, std::span<const AnnounceView> announces) {
  for (auto rest = announces; !rest.empty();) {
    if (link.paused || link.closed) {
      keep_unread(link, frame_of(rest.front()));
      return false;
    }
    link.progress.completed_one = true;
    rest = rest.subspan(events_->on_announces(link.id, rest, now_));
    hand_over_if_crowded();
  }
  return true;
}

/// False where it broke the protocol.
bool TcpTransport::Core::deliver_frame(Link& link, const FrameView& frame) {
  link.progress.completed_one = true;
  switch (decode_into(message_, link.info.layer, frame, config_.overlay)) {
    case Decoded::message:
      events_->on_message(link.id, std::move(message_), now_);
      hand_over_if_crowded();
      return true;
    case Decoded::skipped:
      events_->on_skipped(link.id, frame.code, now_);
      return true;
    case Decoded::malformed:
      break;
  }
  end(link.id, {CloseReason::malformed, decode(link.info.layer, frame, config_.overlay).error().message});
  return false;
}

/// What was not handled, from there or from what the framer has not cut on, waits until the node wants it.
void TcpTransport::Core::keep_unread(Link& link, const std::byte* begin) {
  auto rest = link.framer.take_rest();
  if (begin != nullptr) rest = {begin, rest.data() + rest.size()};
  link.unread.assign(rest.begin(), rest.end());
  link.input_charge.set(link.unread.capacity() + link.framer.kept_bytes());
}

void TcpTransport::Core::on_end(ConnectionId connection, detail::ConnectionEnd&& end) {
  turn_later([this, connection, end = std::move(end)]() mutable {
    Link* const link = links_.find(connection);
    if (link == nullptr) return;
    if (end.reason == CloseReason::remote_closed && end.detail.empty() && link->framer.inside_frame()) {
      end.detail = "in the middle of a frame";
    }
    link->ended = std::move(end);
    if (link->waits_for_more) this->end(connection, *link->ended);
  });
}

}  // namespace gossip
