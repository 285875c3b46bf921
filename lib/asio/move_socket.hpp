#pragma once
/// \file
/// A socket stays with the context that it was made for: to change threads its descriptor changes hands.

#include <gossip/error.hpp>

#include <boost/asio.hpp>

namespace gossip::detail {

/// The same connection as a socket of `context`. Precondition: nothing waits on `socket`. After an Error,
/// which is the system's, the connection is closed.
[[nodiscard]] Result<boost::asio::ip::tcp::socket> move_socket(boost::asio::ip::tcp::socket socket,
                                                               boost::asio::io_context& context);

}  // namespace gossip::detail
