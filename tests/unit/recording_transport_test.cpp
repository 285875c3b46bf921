#include <gossip/codec.hpp>
#include <gossip/testing/recording_transport.hpp>

#include "fixture.hpp"

#include <vector>

namespace gossip::test {
namespace {

TEST_SUITE("RecordingTransport") {
  TEST_CASE("RecordingTransport: the ids that a test is given and those that are dialled never meet") {
    RecordingTransport transport;
    const ConnectionId first = transport.add_connection();
    const ConnectionId dialled = transport.connect({"10.0.0.2", 6001});
    const ConnectionId second = transport.add_connection();
    CHECK(first == ConnectionId{1});
    CHECK(second == ConnectionId{2});
    CHECK(dialled == RecordingTransport::first_dialled);
    CHECK(transport.connect({"10.0.0.2", 6001}) > dialled);
    CHECK(first_in_process > dialled);
  }

  TEST_CASE("RecordingTransport: what was sent is kept as messages, by connection and by kind") {
    RecordingTransport transport;
    const ConnectionId one = transport.add_connection();
    const ConnectionId two = transport.add_connection();
    transport.congested = {two};
    CHECK(transport.send(one, encode(announce("a"))) == SendResult::queued);
    CHECK(transport.send(two, encode(announce("b"))) == SendResult::congested);
    transport.stalled = {two};
    CHECK(transport.send(two, encode(PeerInit{own_server})) == SendResult::stalled);
    CHECK(transport.sent.size() == 3);
    CHECK(transport.sent_to<Announce>(two) == std::vector<Announce>{announce("b")});
    CHECK(transport.sent_to<PeerInit>(two) == std::vector<PeerInit>{{own_server}});
    CHECK(transport.sent_to<PeerInit>(one).empty());
    transport.clear();
    CHECK(transport.sent.empty());
  }

  TEST_CASE("RecordingTransport: messages of the overlay extension are kept like others") {
    RecordingTransport transport;
    const ConnectionId peer = transport.add_connection();
    const Data data{Tree{63}, 2, Ttl{3}, DataType{7}, Payload("a")};
    transport.send(peer, encode(Hello{}));
    transport.send(peer, encode(data));
    transport.send(peer, encode(Graft{{{no_tree, {}}}}));
    CHECK(transport.sent_to<Hello>(peer) == std::vector<Hello>{Hello{}});
    CHECK(transport.sent_to<Data>(peer) == std::vector<Data>{data});
    CHECK(transport.sent_to<Graft>(peer) == std::vector<Graft>{Graft{{{no_tree, {}}}}});
  }

  TEST_CASE("RecordingTransport: what is not one whole frame that can be decoded is refused") {
    RecordingTransport transport;
    const auto send = [&](std::string_view bytes) {
      transport.send(transport.add_connection(), Frame(std::as_bytes(std::span(bytes)), {}));
    };
    CHECK_THROWS_AS(send(std::string_view("\0\x09\1\xf4", 4)), std::logic_error);           // cut short
    CHECK_THROWS_AS(send(std::string_view("\0\4\2\x1c", 4)), std::logic_error);             // no such code
    CHECK_THROWS_AS(send(std::string_view("\0\5\1\xf5\0", 5)), std::logic_error);           // no such body
    CHECK_THROWS_AS(send(std::string_view("\0\x08\1\xf5\0\0\0\7x", 9)), std::logic_error);  // one byte more
    CHECK(transport.sent.empty());
  }
}

}  // namespace
}  // namespace gossip::test
