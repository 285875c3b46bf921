// A program with an io_context of its own, in which a client of the library lives. A daemon, of which there
// is only the socket, sends the client more than it reads. That goes well only if the program and the library
// share what Asio keeps for each thread.

#include <gossip/asio/client.hpp>
#include <gossip/codec.hpp>

#include <boost/asio.hpp>

#include <array>
#include <cstdio>

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int messages = 100;

/// Asks for everything that waits, one after the other, and closes the client then.
void receive(gossip::Client& client, int& received) {
  client.async_receive([&](const error_code& error, const gossip::Received&) {
    received += error ? 0 : 1;
    if (!error && received < messages) {
      receive(client, received);
    } else {
      client.async_close([](const error_code&) {});
    }
  });
}

}  // namespace

int main() {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});

  gossip::ClientConfig config;
  config.api_address.port = acceptor.local_endpoint().port();
  config.inbox_messages_max = 1;
  gossip::Client client(context.get_executor(), config);
  client.subscribe(gossip::DataType{540});

  int received = 0;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        asio::ip::tcp::socket daemon = co_await acceptor.async_accept(asio::use_awaitable);
        for (int message = 0; message < messages; ++message) {
          const gossip::Frame frame = gossip::encode(gossip::Notification{
              gossip::MessageId(static_cast<std::uint16_t>(message)), gossip::DataType{540}, {}});
          co_await asio::async_write(daemon, asio::buffer(frame.header().data(), frame.size()),
                                     asio::use_awaitable);
        }
        receive(client, received);
        std::array<char, 64> ignored{};
        for (error_code error; !error;) {
          co_await daemon.async_read_some(asio::buffer(ignored),
                                          asio::redirect_error(asio::use_awaitable, error));
        }
      },
      asio::detached);
  context.run();
  std::printf("received %d of %d messages\n", received, messages);
  return received == messages ? 0 : 1;
}
