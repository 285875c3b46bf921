#include "client_link.hpp"

#include <gossip/codec.hpp>

#include "socket_options.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <utility>
#include <variant>
#include <vector>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Buffers in one gathering write.
constexpr std::size_t gather_max = 64;

/// Bytes of registrations and verdicts that wait above which nothing is read.
constexpr std::size_t control_bytes_max = 65536;

const error_code malformed = boost::system::errc::make_error_code(boost::system::errc::bad_message);

}  // namespace

ClientLink::ClientLink(asio::ip::tcp::socket socket, PublishQueue& publishes, ClientLinkOwner& owner)
    : socket_(std::move(socket)), publishes_(publishes), owner_(owner) {
  set_options(socket_);
}

void ClientLink::start() {
  read();
  write_more();
}

void ClientLink::send(const Notify& notify) {
  control_.append(encode(notify));
  registered_at_ = written_ + staged_.size() + control_.size();
}

void ClientLink::send(const Validation& validation) {
  control_.append(encode(validation));
}

void ClientLink::write_more() {
  if (!open_ || writing_ || half_ended_) return;
  if (staged_.empty()) {
    staged_.append(std::exchange(control_, {}));
    publishes_.stage(staged_, written_);
  }
  if (staged_.empty()) {
    if (finishing_) end_half();
    return;
  }
  std::vector<asio::const_buffer> buffers;
  for (const auto span : staged_.front(gather_max)) buffers.emplace_back(span.data(), span.size());
  writing_ = true;
  socket_.async_write_some(buffers, [self = shared_from_this()](const error_code& error, std::size_t bytes) {
    self->writing_ = false;
    if (!self->open_) return;
    if (error) return self->end(error);
    self->staged_.consume(bytes);
    self->written_ += bytes;
    self->publishes_.on_written(self->written_);
    self->write_more();
    self->owner_.on_written();
    self->deliver();
  });
}

void ClientLink::deliver() {
  if (!open_ || reading_) return;
  const auto self = shared_from_this();  // the owner lets go of a link that ends
  while (owner_.wants_more() && control_.size() <= control_bytes_max) {
    if (!hand_over_next()) {
      if (open_) read();
      break;
    }
  }
  write_more();
}

/// False where there was nothing to hand over, or the link has ended over it.
bool ClientLink::hand_over_next() {
  const auto frame = framer_.next();
  if (!frame) {
    end(malformed);
    return false;
  }
  if (!frame.value()) return false;
  auto message = decode(Layer::api, *frame.value());
  if (!message) {
    end(malformed);
    return false;
  }
  // The other messages of this layer belong to the other direction: they are skipped, like unknown ones.
  auto* const notification = message.value() ? std::get_if<Notification>(&*message.value()) : nullptr;
  if (notification != nullptr) owner_.on_notification(std::move(*notification));
  return true;
}

void ClientLink::read() {
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->on_read(error, bytes);
                          });
}

void ClientLink::on_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  if (!open_) return;
  if (error) return end(error);
  if (finishing_) return read();
  framer_.feed(std::span(buffer_).first(bytes));
  deliver();
}

void ClientLink::finish() {
  finishing_ = true;
  if (!reading_) read();
  write_more();
}

void ClientLink::end_half() {
  half_ended_ = true;
  error_code error;
  socket_.shutdown(asio::socket_base::shutdown_send, error);
  // A connection that is gone already shows it where it is read.
}

void ClientLink::end(const error_code& error) {
  const bool done = half_ended_ && error == asio::error::eof;
  if (!done) return owner_.on_link_ended(error);
  owner_.on_link_ended(everything_taken() ? error_code() : error_code(asio::error::connection_aborted));
}

/// A daemon that ended its half before it saw the end of this one leaves bytes that it has not acknowledged.
bool ClientLink::everything_taken() {
  int bytes = 0;
  return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

void ClientLink::close() {
  open_ = false;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace gossip::detail
