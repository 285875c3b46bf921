/// \file
/// The connections of a MemoryNetwork keep the contract of gossip/transport.hpp.

#include "testing/wire.hpp"

#include <gossip/codec.hpp>

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

using gossip::testing::Agenda;
using gossip::testing::Party;
using gossip::testing::Wire;

/// Writes down every event as a word or two.
class Listener final : public TransportEvents {
 public:
  void on_accepted(ConnectionId id, const ConnectionInfo& info, TimePoint) override {
    connection = id;
    add("accepted " + std::string(to_string(info.layer)) + " at " + to_string(info.local));
  }
  void on_connected(ConnectionId id, const ConnectionInfo& info, TimePoint) override {
    connection = id;
    add("connected to " + to_string(info.remote));
  }
  void on_connect_failed(ConnectionId, std::string_view why, TimePoint) override {
    add("failed: " + std::string(why));
  }
  void on_message(ConnectionId, Message&& message, TimePoint) override {
    add(describe(message));
    if (react) react();
  }
  void on_skipped(ConnectionId, std::uint16_t code, TimePoint) override {
    add("skipped " + std::to_string(code));
  }
  void on_relieved(ConnectionId, TimePoint) override { add("relieved"); }
  void on_stalled(ConnectionId, TimePoint) override { add("stalled"); }
  void on_closed(ConnectionId, CloseReason reason, std::string_view detail, TimePoint) override {
    add("closed: " + std::string(to_string(reason)) + (detail.empty() ? "" : ", " + std::string(detail)));
  }
  void on_time(TimePoint) override {}
  [[nodiscard]] std::optional<TimePoint> next_timer() const override { return std::nullopt; }

  std::string take() { return std::exchange(text_, ""); }

  ConnectionId connection{};
  std::function<void()> react;

 private:
  void add(const std::string& line) { text_ += (text_.empty() ? "" : "; ") + line; }

  std::string text_;
};

Config small_queues() {
  Config config;
  config.cache_size = 1;
  config.queue_low_water_bytes = 1000;
  config.queue_high_water_bytes = 2000;
  config.queue_bytes_max = 4000;
  return config;
}

/// A dialler at 10.0.0.1 and an acceptor at 10.0.0.2:6001.
struct Line {
  Line() {
    wire.listen(server(2), Layer::p2p, far_party);
    connection = wire.connect(near_party, Layer::p2p, to_host_port(server(2)));
  }

  /// Connected, and what that said is forgotten.
  void establish() {
    run();
    (void)near.take();
    (void)far.take();
  }
  void run() {
    while (agenda.do_one()) {
    }
  }
  void run_for(Duration time) {
    const TimePoint end = agenda.now() + time;
    run();
    while (agenda.next() && *agenda.next() <= end) {
      agenda.move_to(*agenda.next());
      run();
    }
    agenda.move_to(end);
  }
  SendResult send(std::string_view data) { return wire.send(connection, encode(announce(data))); }
  SendResult send_bytes(std::string_view bytes) {
    return wire.send(connection, Frame(std::as_bytes(std::span(bytes)), {}));
  }
  /// The far end stops reading; 66 frames of 1000 bytes are what the connection holds, and three are queued.
  void fill() {
    wire.pause(far.connection);
    for (int i = 0; i < 69; ++i) send(std::string(992, '.'));
    run();
  }

  Config limits = small_queues();
  Agenda agenda;
  Wire wire{agenda};
  Listener near;
  Listener far;
  Party near_party{&near, server(1).address, &limits};
  Party far_party{&far, server(2).address, &limits};
  ConnectionId connection{};
};

TEST_SUITE("Wire") {
  TEST_CASE("Wire: a connection is told of at both ends, and never from inside a call") {
    Line line;
    CHECK(line.near.take() == "");
    CHECK(line.far.take() == "");
    line.run();
    CHECK(line.far.take() == "accepted p2p at 10.0.0.2:6001");
    CHECK(line.near.take() == "connected to 10.0.0.2:6001");
    CHECK(line.near.connection == line.connection);
    CHECK(line.far.connection != line.connection);
    line.send("a");
    CHECK(line.far.take() == "");
    line.run();
    CHECK(line.far.take() == "ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("Wire: a dial where nobody listens, or by a name, fails and says why") {
    Line line;
    line.establish();
    line.wire.connect(line.near_party, Layer::p2p, to_host_port(server(9)));
    line.run();
    CHECK(line.near.take() == "failed: nobody listens there");
    line.wire.connect(line.near_party, Layer::p2p, {"a.name", 6001});
    line.run();
    CHECK(line.near.take() == "failed: there are no names here, only addresses");
  }

  TEST_CASE("Wire: nothing follows for a dial that was closed") {
    Line line;
    line.wire.close(line.connection);
    line.run();
    CHECK(line.near.take() == "");
    CHECK(line.far.take() == "");
  }

  TEST_CASE("Wire: a dial that is closed once the listener was reached ends there and tells nothing") {
    Line line;
    line.wire.set_delay({server(1).address, server(2).address}, 10ms);
    line.run_for(0s);
    CHECK(line.far.take() == "accepted p2p at 10.0.0.2:6001");
    line.wire.close(line.connection);
    line.run_for(1s);
    CHECK(line.near.take() == "");
    CHECK(line.far.take() == "closed: closed by the other side");
  }

  TEST_CASE("Wire: an acceptor that closes at once is told of as connected, then closed") {
    Line line;
    line.agenda.do_one();
    line.wire.close(line.far.connection);
    line.run();
    CHECK(line.near.take() == "connected to 10.0.0.2:6001; closed: closed by the other side");
  }

  TEST_CASE("Wire: bytes are cut into frames wherever they are split, and unknown codes are skipped") {
    Line line;
    line.establish();
    for (const char byte : std::string("\0\x0a\1\xf4\0\0\0\7hi", 10)) line.send_bytes({&byte, 1});
    line.send_bytes(std::string_view("\0\4\1\xf8\0\4\2\x07", 8));
    line.run();
    CHECK(line.far.take() == "ANNOUNCE 7 hi ttl 0; skipped 504; skipped 519");
  }

  TEST_CASE("Wire: bytes that break the protocol close the connection, after what came before") {
    Line line;
    line.establish();
    line.send("a");
    line.send_bytes(std::string_view("\0\3\1\xf4", 4));
    line.send("b");
    line.run();
    CHECK(line.far.take() ==
          "ANNOUNCE 7 a ttl 0; closed: it broke the protocol, a frame of size 3 is smaller than its 4-byte "
          "header");
    CHECK(line.near.take() == "closed: closed by the other side");
    CHECK(line.send("c") == SendResult::queued);
    line.run();
    CHECK(line.far.take() == "");
  }

  TEST_CASE(
      "Wire: a node that speaks the base protocol skips a HELLO, whatever its body, and takes no DATA") {
    Line line;
    line.establish();
    line.wire.send(line.connection, encode(Hello{}));
    line.send_bytes(std::string_view("\0\5\2\2\0", 5));
    line.send("a");
    line.wire.send(line.connection, encode(Data{Tree{5}, 3, Ttl{4}, DataType{7}, Payload("b")}));
    line.run();
    CHECK(line.far.take() ==
          "skipped 514; skipped 514; ANNOUNCE 7 a ttl 0; closed: it broke the protocol, code 520 is outside "
          "500..519");
  }

  TEST_CASE("Wire: a node that speaks the overlay extension is handed its messages") {
    Line line;
    line.limits.overlay = Overlay::extended;
    line.establish();
    line.wire.send(line.connection, encode(Hello{1, 0, 1024, {}, server(1)}));
    line.wire.send(line.connection, encode(Data{Tree{5}, 3, Ttl{4}, DataType{7}, Payload("b")}));
    line.wire.send(line.connection, encode(IHave{{{Tree{63}, {}}, {no_tree, {}}}}));
    line.wire.send(line.connection, encode(Graft{{{Tree{0}, {}}}}));
    line.wire.send(line.connection, encode(Prune{0x8000000000000001U}));
    line.send_bytes(std::string_view("\0\4\2\x1b", 4));
    line.run();
    CHECK(
        line.far.take() ==
        "HELLO 0000 10.0.0.1:6001; DATA 7 b ttl 4 tree 5 hops 3; IHAVE 63:0000 255:0000; GRAFT 0:0000; PRUNE "
        "0 63; skipped 539");
    line.send_bytes(std::string_view("\0\4\2\x1c", 4));
    line.run();
    CHECK(line.far.take() == "closed: it broke the protocol, code 540 is outside 500..539");
  }

  TEST_CASE("Wire: a body that cannot be decoded closes the connection") {
    Line line;
    line.establish();
    line.send_bytes(std::string_view("\0\5\2\1\0", 5));
    line.run();
    CHECK(line.far.take() == "closed: it broke the protocol, PEER INIT body of 1 bytes: it is 6 bytes");
  }

  TEST_CASE("Wire: close() writes what is queued first, in order, and the end comes last") {
    Line line;
    line.establish();
    line.fill();
    line.send("last");
    line.wire.close(line.connection);
    CHECK(line.send("too late") == SendResult::queued);
    line.run();
    CHECK(line.far.take() == "");
    line.wire.resume(line.far.connection);
    line.run();
    const std::string told = line.far.take();
    CHECK(told.ends_with("ANNOUNCE 7 last ttl 0; closed: closed by the other side"));
    CHECK(line.near.take() == "");
  }

  TEST_CASE("Wire: an end in the middle of a frame says so") {
    Line line;
    line.establish();
    line.send_bytes(std::string_view("\0\x0a\1", 3));
    line.wire.close(line.connection);
    line.run();
    CHECK(line.far.take() == "closed: closed by the other side, in the middle of a frame");
  }

  TEST_CASE("Wire: who closes hears nothing more, not even of what had arrived") {
    Line line;
    line.establish();
    line.far.react = [&] { line.wire.close(line.far.connection); };
    line.send("a");
    line.send("b");
    line.run();
    CHECK(line.far.take() == "ANNOUNCE 7 a ttl 0");
    CHECK(line.near.take() == "closed: closed by the other side");
  }

  TEST_CASE("Wire: pause() keeps what arrives, also the end, and resume() delivers it in order") {
    Line line;
    line.establish();
    line.far.react = [&] { line.wire.pause(line.far.connection); };
    for (const char* data : {"a", "b", "c"}) line.send(data);
    line.wire.close(line.connection);
    line.run();
    CHECK(line.far.take() == "ANNOUNCE 7 a ttl 0");
    line.wire.resume(line.far.connection);
    line.wire.resume(line.far.connection);
    CHECK(line.far.take() == "");
    line.run();
    CHECK(line.far.take() == "ANNOUNCE 7 b ttl 0");
    line.far.react = nullptr;
    line.wire.resume(line.far.connection);
    line.run();
    CHECK(line.far.take() == "ANNOUNCE 7 c ttl 0; closed: closed by the other side");
  }

  TEST_CASE("Wire: above high water a send is congested, below low water relief follows once") {
    Line line;
    line.establish();
    line.fill();
    CHECK(line.wire.queued_bytes(line.connection) == 3000);
    CHECK(line.send("a") == SendResult::congested);
    line.wire.resume(line.far.connection);
    line.run();
    CHECK(line.near.take() == "relieved");
    CHECK(line.wire.queued_bytes(line.connection) == 0);
    CHECK(line.send("b") == SendResult::queued);
  }

  TEST_CASE("Wire: relief waits for low water") {
    Line line;
    line.limits.queue_bytes_max = 1'000'000;
    line.establish();
    line.wire.pause(line.far.connection);
    for (int i = 0; i < 70; ++i)
      line.send(std::string(992, '.'));  // 1000 bytes on the wire, 4 of them queued
    CHECK(line.wire.queued_bytes(line.connection) == 4000);
    line.run();
    int handed_over = 0;
    line.far.react = [&] {
      ++handed_over;
      line.wire.pause(line.far.connection);
    };
    const auto one_more = [&] {
      line.wire.resume(line.far.connection);
      line.run();
    };
    for (const std::size_t left : {3000, 2000, 1000}) {
      one_more();
      CHECK(line.wire.queued_bytes(line.connection) == left);
      CHECK(line.near.take() == "");
    }
    one_more();
    CHECK(line.near.take() == "relieved");
    CHECK(handed_over == 4);
  }

  TEST_CASE(
      "Wire: a peer with a long queue is stalled at three fifths of the limit, and closed at the limit") {
    Line line;
    line.establish();
    line.fill();
    line.run_for(2999ms);
    CHECK(line.near.take() == "");
    line.run_for(1ms);
    CHECK(line.near.take() == "stalled");
    CHECK(line.send("a") == SendResult::stalled);
    line.run_for(1999ms);
    CHECK(line.near.take() == "");
    line.run_for(1ms);
    CHECK(line.near.take().starts_with("closed: it took none of its queue for too long, "));
    (void)line.far.take();
    line.wire.resume(line.far.connection);
    line.run();
    CHECK(line.far.take().ends_with("; closed: closed by the other side"));
  }

  TEST_CASE("Wire: a peer with half of its bound queued is stalled at a tenth; with more it holds up again") {
    Line line;
    line.limits.queue_bytes_max = 6000;
    line.establish();
    line.fill();
    CHECK(line.wire.queued_bytes(line.connection) == 3000);
    line.run_for(499ms);
    CHECK(line.near.take() == "");
    line.run_for(1ms);
    CHECK(line.near.take() == "stalled");
    CHECK(line.send_bytes("") == SendResult::stalled);
    CHECK(line.send("a") == SendResult::congested);
    line.run_for(2499ms);
    CHECK(line.near.take() == "");
    line.run_for(1ms);
    CHECK(line.near.take() == "stalled");
    CHECK(line.send("b") == SendResult::stalled);
  }

  TEST_CASE("Wire: who takes something in time is neither stalled nor closed") {
    Line line;
    line.limits.queue_bytes_max = 10'000'000;
    line.establish();
    line.fill();
    for (int i = 0; i < 11; ++i) line.send(std::string(992, '.'));
    line.far.react = [&] { line.wire.pause(line.far.connection); };
    for (int i = 0; i < 11; ++i) {
      line.run_for(499ms);
      line.wire.resume(line.far.connection);
      line.run();
    }
    CHECK(line.near.take() == "");
  }

  TEST_CASE("Wire: a queue beyond its bound closes the connection, and not from inside send()") {
    Line line;
    line.establish();
    line.fill();
    CHECK(line.send("a") == SendResult::congested);
    CHECK(line.near.take() == "");
    line.run_for(0s);
    CHECK(line.near.take() == "");
    line.send(std::string(992, '.'));
    CHECK(line.near.take() == "");
    line.run();
    const std::string told = line.near.take();
    CHECK(told.starts_with("closed: its queue was full, "));
  }

  TEST_CASE("Wire: a closed connection that is never read is given up without a word") {
    Line line;
    line.establish();
    line.fill();
    line.wire.close(line.connection);
    line.run_for(6s);
    CHECK(line.near.take() == "");
    line.wire.resume(line.far.connection);
    line.run();
    CHECK(line.far.take().ends_with("closed: closed by the other side"));
  }

  TEST_CASE("Wire: a delay holds for each message, and none overtakes another when it becomes shorter") {
    Line line;
    line.establish();
    const Wire::HostPair hosts{server(1).address, server(2).address};
    line.wire.set_delay(hosts, 30ms);
    line.send("a");
    line.run_for(29ms);
    CHECK(line.far.take() == "");
    line.wire.set_delay(hosts, 0ms);
    line.send("b");
    line.run();
    CHECK(line.far.take() == "");
    line.run_for(1ms);
    CHECK(line.far.take() == "ANNOUNCE 7 a ttl 0; ANNOUNCE 7 b ttl 0");
  }

  TEST_CASE(
      "Wire: a cut ends connections at both ends, loses what is under way, and refuses until restored") {
    Line line;
    line.establish();
    const Wire::HostPair hosts{server(1).address, server(2).address};
    line.send("lost");
    line.wire.cut(hosts);
    CHECK(line.near.take() == "");
    line.run();
    CHECK(line.near.take() == "closed: closed by the other side, the network was cut");
    CHECK(line.far.take() == "closed: closed by the other side, the network was cut");
    line.wire.connect(line.near_party, Layer::p2p, to_host_port(server(2)));
    line.run();
    CHECK(line.near.take() == "failed: the network is cut");
    line.wire.restore(hosts);
    line.wire.connect(line.near_party, Layer::p2p, to_host_port(server(2)));
    line.run();
    CHECK(line.near.take() == "connected to 10.0.0.2:6001");
  }

  TEST_CASE("Wire: a cut between the listener's answer and the dialler is a failed dial") {
    Line line;
    const Wire::HostPair hosts{server(1).address, server(2).address};
    line.wire.set_delay(hosts, 10ms);
    line.run();
    CHECK(line.far.take() == "accepted p2p at 10.0.0.2:6001");
    line.wire.cut(hosts);
    line.run_for(1s);
    CHECK(line.near.take() == "failed: the network was cut");
    CHECK(line.far.take() == "closed: closed by the other side, the network was cut");
  }

  TEST_CASE(
      "Wire: a crash ends connections without a word to the one that crashed, and its listener is gone") {
    Line line;
    line.establish();
    line.wire.send(line.far.connection, encode(announce("before")));
    line.wire.crash(&line.far);
    line.send("to nobody");
    line.run();
    CHECK(line.near.take() ==
          "ANNOUNCE 7 before ttl 0; closed: closed by the other side, the other side crashed");
    CHECK(line.far.take() == "");
    line.wire.connect(line.near_party, Layer::p2p, to_host_port(server(2)));
    line.run();
    CHECK(line.near.take() == "failed: nobody listens there");
  }
}

}  // namespace
}  // namespace gossip::test
