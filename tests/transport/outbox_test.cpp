#include "asio/outbox.hpp"

#include <gossip/codec.hpp>
#include <gossip/framer.hpp>

#include <boost/asio.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

using namespace gossip;
using namespace gossip::detail;

namespace {

Frame numbered(int number, std::size_t bytes = 0) {
  std::string text = std::to_string(number) + ' ';
  if (text.size() < bytes) text.resize(bytes, 'x');
  return encode(Announce{unlimited_ttl, DataType{1}, Payload(text)});
}

/// The numbers of the frames in a parcel from an offset on, and that nothing else is in it.
std::vector<int> numbers(const Parcel& parcel) {
  std::vector<boost::asio::const_buffer> buffers;
  parcel.gather(0, buffers, 1000);
  std::vector<std::byte> bytes;
  for (const auto& buffer : buffers) {
    const auto* data = static_cast<const std::byte*>(buffer.data());
    bytes.insert(bytes.end(), data, data + buffer.size());
  }
  CHECK(bytes.size() == parcel.size());
  Framer framer;
  framer.feed(bytes);
  std::vector<int> found;
  while (const auto frame = framer.next().value()) {
    const auto message = decode(Layer::api, *frame).value();
    found.push_back(std::stoi(std::string(std::get<Announce>(*message).data.text())));
  }
  CHECK_FALSE(framer.inside_frame());
  return found;
}

std::vector<int> numbers(const Outgoing& outgoing) {
  std::vector<int> all;
  std::size_t bytes = 0;
  for (const auto& parcel : outgoing.parcels) {
    const auto some = numbers(*parcel);
    all.insert(all.end(), some.begin(), some.end());
    bytes += parcel->size();
  }
  CHECK(outgoing.bytes == bytes);
  return all;
}

/// Connections 1, 2, 3 and an outbox between them.
struct Desk {
  MemoryAccount account;
  Outbox outbox{account, true};
  std::vector<Outgoing> connections = std::vector<Outgoing>(3);

  void send(std::size_t to, int number, std::size_t bytes = 0) {
    outbox.send(connections[to - 1], numbered(number, bytes));
  }
  void broadcast(const std::vector<ConnectionId>& to, int number, std::size_t bytes = 0) {
    Fanout* fanout = outbox.find(to);
    if (fanout == nullptr) {
      fanout = &outbox.open(to);
      for (const ConnectionId id : to) outbox.join(*fanout, connections[value_of(id) - 1]);
    }
    fanout->parcel->append(numbered(number, bytes));
  }
  /// As the core does at the end of a turn.
  void hand_over() {
    outbox.seal();
    for (Outgoing& outgoing : connections) outgoing = {};
    outbox.finish_turn();
  }
};

const std::vector<ConnectionId> all{ConnectionId{1}, ConnectionId{2}, ConnectionId{3}};
const std::vector<ConnectionId> first_two{ConnectionId{1}, ConnectionId{2}};
const std::vector<ConnectionId> last{ConnectionId{3}};

}  // namespace

TEST_CASE("frames for the same connections stand in one parcel that all of them share") {
  Desk desk;
  for (int i = 0; i < 100; ++i) desk.broadcast(all, i);
  desk.outbox.seal();
  for (const Outgoing& outgoing : desk.connections) {
    REQUIRE(outgoing.parcels.size() == 1);
    CHECK(outgoing.parcels.front() == desk.connections.front().parcels.front());
    CHECK(numbers(outgoing).size() == 100);
  }
}

TEST_CASE("each connection gets what it was sent in order, alone or with others") {
  for (const std::size_t bytes : {0U, 3000U, 5000U}) {
    CAPTURE(bytes);
    Desk desk;
    desk.send(1, 1, bytes);
    desk.broadcast(all, 2, bytes);
    desk.broadcast(all, 3, bytes);
    desk.send(2, 4, bytes);
    desk.broadcast(first_two, 5, bytes);
    desk.broadcast(last, 6, bytes);
    desk.broadcast(first_two, 7, bytes);
    desk.broadcast(all, 8, bytes);
    desk.send(1, 9, bytes);
    desk.outbox.seal();
    CHECK(numbers(desk.connections[0]) == std::vector{1, 2, 3, 5, 7, 8, 9});
    CHECK(numbers(desk.connections[1]) == std::vector{2, 3, 4, 5, 7, 8});
    CHECK(numbers(desk.connections[2]) == std::vector{2, 3, 6, 8});
  }
}

TEST_CASE("more fanouts than are kept open lose nothing") {
  Desk desk;
  std::vector<int> expected;
  for (int i = 0; i < 20; ++i) {
    // Sets of connections that overlap, none twice in a row.
    const std::vector<std::vector<ConnectionId>> sets{
        all, first_two, last, {ConnectionId{1}}, {ConnectionId{2}, ConnectionId{3}}, {ConnectionId{2}}};
    const auto& set = sets[static_cast<std::size_t>(i) % sets.size()];
    desk.broadcast(set, i);
    if (set.front() == ConnectionId{1}) expected.push_back(i);
  }
  desk.outbox.seal();
  CHECK(numbers(desk.connections[0]) == expected);
}

TEST_CASE("a connection that goes takes nothing with it") {
  Desk desk;
  desk.broadcast(all, 1);
  desk.outbox.forget(desk.connections[1]);
  desk.broadcast(all, 2);
  desk.outbox.seal();
  CHECK(numbers(desk.connections[0]) == std::vector{1, 2});
  CHECK(desk.connections[1].parcels.empty());
  CHECK(numbers(desk.connections[2]) == std::vector{1, 2});
}

TEST_CASE("the account has what is kept, and nothing once that is gone") {
  Desk desk;
  desk.broadcast(all, 1, 3000);
  desk.broadcast(all, 2, 60000);
  CHECK(desk.account.bytes() == 0);
  desk.outbox.seal();
  const auto kept = desk.connections[1].parcels;
  CHECK(desk.account.bytes() >= 63000);
  CHECK(desk.account.bytes() < 2 * 63000);  // once, however many share it
  desk.hand_over();
  CHECK(desk.account.bytes() >= 63000);
  CHECK(numbers(*kept.front()) == std::vector{1, 2});
}

TEST_CASE("a parcel that nobody kept is used again") {
  Desk desk;
  desk.broadcast(all, 1, 3000);
  desk.outbox.seal();
  const Parcel* const first = desk.connections[0].parcels.front().get();
  desk.hand_over();
  CHECK(desk.account.bytes() == 0);
  desk.broadcast(first_two, 2);
  desk.outbox.seal();
  CHECK(desk.connections[0].parcels.front().get() == first);
  CHECK(numbers(desk.connections[0]) == std::vector{2});
}

TEST_CASE("a parcel copies small bodies and shares large ones") {
  MemoryAccount account;
  for (const std::size_t bytes : {Parcel::shared_bytes_min - 1, Parcel::shared_bytes_min}) {
    Parcel parcel(account);
    const Frame frame = numbered(1, bytes);
    parcel.append(frame);
    std::vector<boost::asio::const_buffer> buffers;
    parcel.gather(0, buffers, 10);
    CHECK(buffers.size() == (bytes < Parcel::shared_bytes_min ? 1 : 2));
    if (buffers.size() == 2) CHECK(buffers[1].data() == frame.body().bytes().data());
  }
}

TEST_CASE("a parcel gathers from any offset, and no more buffers than it is asked for") {
  MemoryAccount account;
  Parcel parcel(account);
  for (int i = 0; i < 10; ++i) parcel.append(numbered(i, i % 2 == 0 ? 100 : 5000));
  std::vector<boost::asio::const_buffer> whole;
  parcel.gather(0, whole, 100);
  CHECK(boost::asio::buffer_size(whole) == parcel.size());
  for (const std::size_t offset :
       {std::size_t{0}, std::size_t{1}, std::size_t{108}, std::size_t{5000}, parcel.size()}) {
    std::vector<boost::asio::const_buffer> rest;
    parcel.gather(offset, rest, 100);
    CHECK(boost::asio::buffer_size(rest) == parcel.size() - offset);
    Parcel copy(account);
    copy.append(parcel, offset);
    CHECK(copy.size() == parcel.size() - offset);
  }
  std::vector<boost::asio::const_buffer> few;
  parcel.gather(0, few, 3);
  CHECK(few.size() == 3);
}
