// A chat without a server. Each line that is typed goes to the daemon on this host and from there, validated
// hop by hop, to everybody who chats at any daemon of the network:
//
//     gossip-chat NAME [API PORT]

#include <gossip/asio/client.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;

/// Whoever wants to chat registers for this type.
constexpr gossip::DataType chat_line{0x4348};

/// What goes over the network: the time in microseconds, a space, "NAME: TEXT". The time makes a message of a
/// line that says the same as an earlier one; without it the network would drop it as a duplicate.
std::string encode(std::string_view name, std::string_view text) {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  const auto number = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return std::to_string(number) + ' ' + std::string(name) + ": " + std::string(text);
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// "NAME: TEXT"; nothing where it is no line of this chat, or could play tricks with a terminal.
std::optional<std::string_view> decode(std::string_view data) {
  const std::size_t number_size = std::min(data.find(' '), data.size());
  const std::string_view number = data.substr(0, number_size);
  const std::string_view line = data.substr(std::min(number_size + 1, data.size()));
  const bool numbered = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  if (!numbered || line.find(": ") == std::string_view::npos || has_control_characters(line))
    return std::nullopt;
  return line;
}

/// The latest lines. After a reconnection the daemon sends again what it has in its cache.
class History {
 public:
  bool knows(std::string_view data) const {
    return std::find(lines_.begin(), lines_.end(), data) != lines_.end();
  }
  void add(std::string_view data) {
    lines_.emplace_back(data);
    if (lines_.size() > lines_max) lines_.pop_front();
  }

 private:
  static constexpr std::size_t lines_max = 1000;
  std::deque<std::string> lines_;
};

gossip::Verdict show(const gossip::Received& received, History& history) {
  const std::string_view data = received.data.text();
  const auto line = decode(data);
  if (!line) return gossip::Verdict::reject;
  if (!history.knows(data)) {
    history.add(data);
    std::cout << *line << std::endl;
  }
  return gossip::Verdict::accept;
}

void tell(const gossip::ConnectionChange& change) {
  if (change.connected) {
    std::cerr << "-- connected" << std::endl;
  } else {
    std::cerr << "-- no connection to the daemon: " << change.why.message() << "; next attempt in "
              << change.retry_in.count() << " ms" << std::endl;
  }
}

/// Publishes standard input line by line, each once the one before is on its way.
void chat(gossip::Client& client, std::string_view name) {
  std::string text;
  while (std::getline(std::cin, text)) {
    const std::string data = encode(name, text);
    if (!decode(data)) {
      std::cerr << "-- not sent: a line must have no control characters" << std::endl;
    } else if (data.size() > gossip::data_bytes_max) {
      std::cerr << "-- not sent: a line and its name can have at most " << gossip::data_bytes_max - 18
                << " bytes" << std::endl;
    } else {
      client.async_publish(chat_line, gossip::Payload(data), asio::use_future).get();
    }
  }
  client.async_close(asio::use_future).get();
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

int main(int argc, char** argv) {
  gossip::ClientConfig config;
  const auto port = argc == 3 ? parse_port(argv[2]) : config.api_address.port;
  if (argc < 2 || argc > 3 || !port || has_control_characters(argv[1])) {
    std::cerr << "usage: gossip-chat NAME [API PORT]\n"
                 "NAME has no control characters; the port is from 1 to 65535, and 7001 without one\n";
    return 2;
  }
  config.api_address.port = *port;
  try {
    History history;
    asio::thread_pool thread(1);
    gossip::Client client(thread.get_executor(), config, tell);
    client.subscribe(chat_line, [&](const gossip::Received& received) { return show(received, history); });
    chat(client, argv[1]);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "-- " << error.what() << std::endl;
    return EXIT_FAILURE;
  }
}
