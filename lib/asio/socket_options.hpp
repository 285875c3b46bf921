#pragma once
/// \file
/// What every connection of the library is set to.

#include <boost/asio.hpp>

#include <fcntl.h>

namespace gossip::detail {

/// Programs that this one starts do not inherit the socket.
template <typename Socket>
void close_on_exec(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

/// Nothing waits for a fuller packet, a host that vanished without a word is found after a minute and a half,
/// and programs that this one starts do not inherit the connection.
inline void set_options(boost::asio::ip::tcp::socket& socket) {
  using KeepAliveIdle = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using KeepAliveInterval = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using KeepAliveCount = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  boost::system::error_code ignored;  // a socket that is gone already shows it at the first read
  socket.non_blocking(true, ignored);
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  socket.set_option(KeepAliveIdle(60), ignored);
  socket.set_option(KeepAliveInterval(10), ignored);
  socket.set_option(KeepAliveCount(3), ignored);
  close_on_exec(socket);
}

}  // namespace gossip::detail
