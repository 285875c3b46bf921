/// \file
/// What TCP connections do with the frames of the overlay extension (docs/protocol.md).

#include "fixture.hpp"

#include <vector>

using namespace gossip;
using namespace gossip::test;

namespace {

Data data(std::size_t bytes, unsigned tree = 5) {
  return {Tree(tree), 3, Ttl{4}, DataType{540}, Payload(std::string(bytes, 'd'))};
}

Config extended() {
  Config config = each_threading();
  config.overlay = Overlay::extended;
  return config;
}

/// ANNOUNCEs and DATAs by turns, of `from` to below `to` bytes.
std::vector<Message> by_turns(std::size_t from, std::size_t to) {
  std::vector<Message> messages;
  for (std::size_t size = from; size < to; ++size) {
    if (size % 3 == 0) {
      messages.emplace_back(announce(size));
    } else {
      messages.emplace_back(data(size, static_cast<unsigned>(size % 64)));
    }
  }
  return messages;
}

std::vector<std::byte> bytes_of(const std::vector<Message>& messages) {
  std::vector<std::byte> bytes;
  for (const Message& message : messages) append(bytes, Remote::bytes_of(message));
  return bytes;
}

/// How many of the frames are whole in the first `count` bytes of all.
std::size_t whole_frames(const std::vector<Message>& messages, std::size_t count) {
  std::size_t whole = 0;
  std::size_t end = Remote::bytes_of(messages[0]).size();
  while (end <= count) end += Remote::bytes_of(messages[++whole]).size();
  return whole;
}

}  // namespace

TEST_CASE("a base node skips a HELLO, whatever its body, and closes on a DATA as malformed") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  auto bytes = Remote::bytes_of(Hello{});
  append(bytes, {std::byte{0}, std::byte{5}, std::byte{2}, std::byte{2}, std::byte{0}});
  append(bytes, bytes_of({announce(3), data(3), announce(4)}));
  remote.send(bytes);
  CHECK(server.await("skipped").detail == "514");
  CHECK(server.await("skipped").detail == "514");
  CHECK(server.await("message").message == Message(announce(3)));
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::malformed);
  CHECK(closed.detail == "code 520 is outside 500..519");
  CHECK(remote.read_to_end().empty());
  CHECK(server.count("message") == 1);
}

TEST_CASE("a client of an extended node gets no further with the codes of the extension than elsewhere") {
  Server server(extended());
  server.start();
  Remote remote(server.api);
  remote.send(bytes_of({Hello{}, announce(3), data(3)}));
  CHECK(server.await("skipped").detail == "514");
  CHECK(server.await("message").message == Message(announce(3)));
  CHECK(server.await("closed").detail == "code 520 is outside 500..519");
}

TEST_CASE("an extended node is told of every message of the extension, in order, DATAs among ANNOUNCEs") {
  Server server(extended());
  server.start();
  Remote remote(server.p2p);
  std::vector<Message> messages{Hello{1, 0, 1024, {}, {0x0a000001, 6001}}};
  for (const Message& message : by_turns(0, 50)) messages.push_back(message);
  messages.emplace_back(IHave{{{no_tree, {}}, {Tree{63}, {}}}});
  messages.emplace_back(data(0));
  messages.emplace_back(Graft{{{Tree{0}, {}}}});
  messages.emplace_back(Prune{1});
  messages.emplace_back(DontWant{Ttl{255}, {}});
  messages.emplace_back(data(tree_data_bytes_max));
  remote.send(bytes_of(messages));
  for (const Message& message : messages) CHECK(server.await("message").message == message);
  for (const std::byte byte : Remote::bytes_of(data(9))) remote.send(std::vector<std::byte>{byte});
  CHECK(server.await("message").message == Message(data(9)));
}

TEST_CASE("a connection that is paused in the middle of DATAs and ANNOUNCEs loses none and repeats none") {
  // Wherever the pause comes, what is behind it begins at a frame: the headers of the two differ in length.
  for (const std::size_t paused_at : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{20}}) {
    CAPTURE(paused_at);
    Config config;
    config.overlay = Overlay::extended;
    Server server(config);
    const auto messages = by_turns(0, 60);
    std::size_t handed_over = 0;
    server.react = [&](const Happening& happening) {
      if (happening.what != "message") return;
      if (happening.message == Message(PeerInit{})) {
        server.transport.resume(ConnectionId{1});
      } else if (++handed_over == paused_at) {
        server.transport.pause(ConnectionId{1});
      }
    };
    server.start();
    Remote paused(server.p2p);
    REQUIRE(server.await("accepted").connection == ConnectionId{1});
    paused.send(bytes_of(messages));
    for (std::size_t i = 0; i < paused_at; ++i) CHECK(server.await("message").message == messages[i]);
    Remote other(server.p2p);
    other.send(PeerInit{});
    CHECK(server.await("message").message == Message(PeerInit{}));
    for (std::size_t i = paused_at; i < messages.size(); ++i)
      CHECK(server.await("message").message == messages[i]);
    paused.end_sending();
    CHECK(server.await("closed").reason == CloseReason::remote_closed);
    CHECK(server.count("message") == messages.size() + 1);
  }
}

TEST_CASE("DATAs and ANNOUNCEs arrive in order wherever the stream is split") {
  Server server(extended());
  server.start();
  // More than are handed over at once, and short ones: every byte is the first of a part in some round.
  const auto messages = by_turns(0, 18);
  const auto bytes = bytes_of(messages);
  Remote remote(server.p2p);
  remote.socket_.set_option(tcp::no_delay(true));
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    CAPTURE(split);
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(split);
    remote.send(std::vector<std::byte>(bytes.begin(), middle));
    // What was whole has arrived: the rest cannot be read together with it.
    const std::size_t whole = whole_frames(messages, split);
    bool in_order = true;
    for (std::size_t i = 0; i < whole; ++i)
      in_order = in_order && server.await("message").message == messages[i];
    remote.send(std::vector<std::byte>(middle, bytes.end()));
    for (std::size_t i = whole; i < messages.size(); ++i)
      in_order = in_order && server.await("message").message == messages[i];
    CHECK(in_order);
  }
}

TEST_CASE("a DATA that is malformed closes, and what came before is delivered") {
  Server server(extended());
  server.start();
  Remote remote(server.p2p);
  auto bytes = bytes_of({data(1), announce(2)});
  auto malformed = Remote::bytes_of(data(3));
  malformed[4] = std::byte{64};
  append(bytes, malformed);
  remote.send(bytes);
  CHECK(server.await("message").message == Message(data(1)));
  CHECK(server.await("message").message == Message(announce(2)));
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::malformed);
  CHECK(closed.detail == "DATA of tree 64: it is 0 to 63");
}

TEST_CASE("a HELLO that is malformed closes a connection of an extended node") {
  Server server(extended());
  server.start();
  Remote remote(server.p2p);
  auto bytes = Remote::bytes_of(Hello{});
  bytes[5] = std::byte{5};
  remote.send(bytes);
  CHECK(server.await("closed").detail == "HELLO of address family 5: it is 4 for IPv4 or 6 for IPv6");
}
