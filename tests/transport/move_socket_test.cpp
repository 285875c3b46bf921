#include "asio/move_socket.hpp"

#include "fixture.hpp"

#include <fcntl.h>

using namespace gossip;
using namespace gossip::test;

namespace {

/// The two ends of a connection.
struct Ends {
  asio::io_context context;
  tcp::socket near{context};
  tcp::socket far{context};

  Ends() {
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    near.connect(acceptor.local_endpoint());
    far = acceptor.accept();
  }
};

}  // namespace

TEST_CASE("a socket that was moved to another context is the same connection") {
  Ends ends;
  asio::io_context other;
  auto moved = detail::move_socket(std::move(ends.near), other);
  REQUIRE(moved);
  CHECK(moved->remote_endpoint() == ends.far.local_endpoint());
  asio::write(*moved, asio::buffer("hello", 5));
  std::array<char, 5> received{};
  asio::read(ends.far, asio::buffer(received));
  CHECK(std::string_view(received.data(), received.size()) == "hello");
}

TEST_CASE("a socket that the other context refuses is closed, and the reason told") {
  Ends ends;
  asio::io_context other;
  // That context's poll set has the descriptor already, so it cannot be added.
  tcp::socket in_the_way(other);
  const int descriptor = ends.near.native_handle();
  in_the_way.assign(tcp::v4(), descriptor);

  const auto moved = detail::move_socket(std::move(ends.near), other);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().message == "File exists");
  CHECK(::fcntl(descriptor, F_GETFD) == -1);
  std::array<char, 1> nothing{};
  boost::system::error_code error;
  ends.far.read_some(asio::buffer(nothing), error);
  CHECK(error == asio::error::eof);

  in_the_way.close(error);  // fails, since it was closed under it; the context must still forget it
}
