#include "move_socket.hpp"

#include <unistd.h>

namespace gossip::detail {

using boost::asio::ip::tcp;

Result<tcp::socket> move_socket(tcp::socket socket, boost::asio::io_context& context) {
  boost::system::error_code error;
  const auto descriptor = socket.release(error);
  if (error) return Error{Condition::system, error.message()};
  tcp::socket moved(context);
  moved.assign(tcp::v4(), descriptor, error);
  if (error) {
    ::close(descriptor);  // nobody else has it any more
    return Error{Condition::system, error.message()};
  }
  return moved;
}

}  // namespace gossip::detail
