#include "event_text.hpp"

#include "log_record.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace gossipd {
namespace {

namespace event = gossip::event;
using gossip::CloseReason;
using gossip::ConnectionId;
using gossip::DataType;
using gossip::Endpoint;
using gossip::Layer;
using gossip::MessageId;
using namespace std::chrono_literals;

constexpr Endpoint remote{0x0a000007, 41234};
constexpr Endpoint server{0x0a000007, 6001};
constexpr ConnectionId connection{12};

event::ConnectionClosed closed(CloseReason reason, std::string_view detail = {}) {
  return {connection, {Layer::p2p, remote, {}}, server, reason, detail, false};
}

/// 2026-11-22T18:00:00.123Z.
constexpr std::chrono::system_clock::time_point some_time{std::chrono::milliseconds(1795370400123)};

std::string as_json(const LogRecord& record) {
  return format_record(LogFormat::json, record, some_time);
}
std::string as_text(const LogRecord& record) {
  return format_record(LogFormat::text, record, some_time);
}

/// One of each kind.
const std::vector<gossip::Event> one_of_each{
    event::ConnectionOpened{connection, {Layer::p2p, remote, {}}, false},
    event::PeerIntroduced{connection, remote, server},
    event::LinkExtended{connection, {}, server},
    closed(CloseReason::remote_closed),
    event::ConnectFailed{{"node.example", 6001}, "Connection refused", 500ms},
    event::BootstrapperIsSelf{{"node.example", 6001}},
    event::AddressSkipped{remote, server, "port 0"},
    event::ClientRegistered{connection, DataType{540}},
    event::MessageAdded{MessageId{7}, DataType{540}, 64, connection, Layer::api},
    event::MessageDropped{DataType{540}, connection, Layer::p2p, "known"},
    event::MessageDecided{MessageId{7}, DataType{540}, true, connection},
    event::VerdictIgnored{MessageId{7}, connection, true},
    event::MessageEvicted{MessageId{7}, DataType{540}, true},
    event::ClientFellSilent{connection, 3},
    event::ValidatorFailed{DataType{540}, "out of memory"},
    event::ReadingPaused{connection},
    event::ReadingResumed{connection},
    event::FrameSkipped{connection, 504},
    event::AcceptSuspended{Layer::api, "Too many open files"},
    event::AcceptResumed{Layer::api},
    event::OutputLost{connection, Layer::api, 4096},
    event::PeersRead{"/d/peers", 3},
    event::PeersUnread{"/d/peers", "/d/peers:1: 'gossip-peers 1' is needed"},
    event::PeersSaved{"/d/peers", 3, false},
    event::PeersUnsaved{"/d/peers", "/d/peers: No space left on device"}};

TEST_SUITE("event_text") {
  TEST_CASE("Events: every kind has a name of its own, a sentence, and the level that level_of tells") {
    REQUIRE(one_of_each.size() == std::variant_size_v<gossip::Event>);
    std::vector<std::string_view> names;
    for (std::size_t kind = 0; kind < one_of_each.size(); ++kind) {
      CAPTURE(kind);
      REQUIRE(one_of_each[kind].index() == kind);
      const LogRecord record = describe(one_of_each[kind]);
      CHECK_FALSE(record.message.empty());
      CHECK_FALSE(record.message.ends_with('.'));
      CHECK(record.level == level_of(one_of_each[kind]));
      for (const std::string_view name : names) CHECK(record.event != name);
      names.push_back(record.event);
    }
  }

  TEST_CASE("Events: connections are told at info, what happens to single messages at debug") {
    CHECK(level_of(one_of_each[0]) == Level::info);
    CHECK(level_of(closed(CloseReason::remote_closed)) == Level::info);
    for (const CloseReason reason : {CloseReason::no_room, CloseReason::dismissed, CloseReason::probe_over}) {
      CHECK(level_of(closed(reason)) == Level::info);
    }
    CHECK(level_of(event::PeerIntroduced{connection, remote, server, false}) == Level::info);
    CHECK(level_of(event::PeerIntroduced{connection, remote, server, true}) == Level::debug);
    CHECK(level_of(event::ClientFellSilent{}) == Level::info);
    CHECK(level_of(event::BootstrapperIsSelf{}) == Level::info);
    CHECK(level_of(event::ValidatorFailed{}) == Level::warning);
    CHECK(level_of(event::AcceptSuspended{}) == Level::warning);
    CHECK(level_of(event::AcceptResumed{}) == Level::info);
    CHECK(level_of(event::OutputLost{}) == Level::warning);
    CHECK(level_of(event::PeersRead{}) == Level::info);
    CHECK(level_of(event::PeersUnread{}) == Level::warning);
    CHECK(level_of(event::PeersUnsaved{}) == Level::warning);
    CHECK(level_of(event::PeersSaved{"/d/peers", 3, false}) == Level::debug);
    CHECK(level_of(event::PeersSaved{"/d/peers", 3, true}) == Level::info);
    for (const gossip::Event& event : std::vector<gossip::Event>{
             event::MessageAdded{}, event::MessageDropped{}, event::MessageDecided{}, event::MessageEvicted{},
             event::VerdictIgnored{}, event::ReadingPaused{}, event::ReadingResumed{}, event::FrameSkipped{},
             event::AddressSkipped{}}) {
      CHECK(level_of(event) == Level::debug);
    }
  }

  TEST_CASE("Events: a connection that the other side spoiled is a warning with address, reason and detail") {
    for (const CloseReason reason : {CloseReason::malformed, CloseReason::slow_consumer,
                                     CloseReason::queue_full, CloseReason::frame_timeout}) {
      const LogRecord record = describe(closed(reason, "the detail"));
      CHECK(record.level == Level::warning);
      CHECK(record.message == "peer 10.0.0.7:41234 disconnected (connection 12): " +
                                  std::string(to_string(reason)) + ": the detail");
    }
  }

  TEST_CASE("Events: who opened and who closed a connection can be told from the sentence") {
    CHECK(describe(one_of_each[0]).message == "peer 10.0.0.7:41234 connected (connection 12)");
    CHECK(describe(event::ConnectionOpened{connection, {Layer::p2p, server, {}}, true}).message ==
          "connected to peer 10.0.0.7:6001 (connection 12)");
    CHECK(describe(event::ConnectionOpened{connection, {Layer::api, remote, {}}, false}).message ==
          "client 10.0.0.7:41234 connected (connection 12)");
    auto by_us = closed(CloseReason::no_room);
    by_us.by_us = true;
    CHECK(describe(by_us).message == "disconnected peer 10.0.0.7:41234 (connection 12): no room in the pool");
  }

  TEST_CASE("Events: a bootstrapper out of reach is a warning that tells when it is tried again") {
    const LogRecord record = describe(one_of_each[4]);
    CHECK(record.level == Level::warning);
    CHECK(record.message ==
          "cannot reach bootstrapper node.example:6001: Connection refused; next attempt in 0.5 s");
    const LogRecord other =
        describe(event::ConnectFailed{{"10.0.0.1", 1}, "Connection refused", std::nullopt});
    CHECK(other.level == Level::info);
    CHECK(other.message == "cannot connect to peer 10.0.0.1:1: Connection refused");
  }

  TEST_CASE("Events: of the file of known nodes it is said what is there, or why not") {
    CHECK(describe(event::PeersRead{"/d/peers", 1}).message == "/d/peers: 1 address of a node");
    CHECK(describe(event::PeersUnread{"/d/peers", "/d/peers:1: 'gossip-peers 1' is needed"}).message ==
          "no nodes are known from an earlier run: /d/peers:1: 'gossip-peers 1' is needed");
    CHECK(describe(event::PeersSaved{"/d/peers", 3, false}).message ==
          "3 addresses of nodes written to /d/peers");
    CHECK(describe(event::PeersSaved{"/d/peers", 3, true}).message ==
          "3 addresses of nodes can be written again to /d/peers");
    CHECK(describe(event::PeersUnsaved{"/d/peers", "/d/peers: No space left on device"}).message ==
          "which nodes are known cannot be written: /d/peers: No space left on device");
  }

  TEST_CASE("Events: programs get the facts as fields") {
    const LogRecord record = describe(closed(CloseReason::queue_full, "why"));
    CHECK(record.fields == std::vector<LogField>{{"connection", std::uint64_t{12}},
                                                 {"layer", "p2p"},
                                                 {"peer", "10.0.0.7:41234"},
                                                 {"reason", "queue_full"},
                                                 {"detail", "why"},
                                                 {"by_us", false},
                                                 {"server_address", "10.0.0.7:6001"}});
    CHECK(describe(one_of_each[8]).fields == std::vector<LogField>{{"message_id", std::uint64_t{7}},
                                                                   {"data_type", std::uint64_t{540}},
                                                                   {"data_bytes", std::uint64_t{64}},
                                                                   {"connection", std::uint64_t{12}},
                                                                   {"layer", "api"}});
  }

  TEST_CASE("Events: no field has a key that every record has, and none comes twice") {
    for (const gossip::Event& event : one_of_each) {
      std::vector<std::string_view> keys{"time", "level", "event", "message"};
      for (const LogField& field : describe(event).fields) {
        CAPTURE(field.key);
        for (const std::string_view key : keys) CHECK(field.key != key);
        keys.push_back(field.key);
      }
    }
  }
  TEST_CASE("Events: as text they have the time in UTC, the level and the message") {
    CHECK(as_text(describe(one_of_each[0])) ==
          "2026-11-22T18:00:00.123Z info  peer 10.0.0.7:41234 connected (connection 12)\n");
  }

  TEST_CASE("Events: as JSON they have the same and the fields, numbers and truths as such") {
    CHECK(as_json(describe(one_of_each[0])) ==
          R"json({"time":"2026-11-22T18:00:00.123Z","level":"info","event":"connection_opened",)json"
          R"json("message":"peer 10.0.0.7:41234 connected (connection 12)",)json"
          R"json("connection":12,"layer":"p2p","peer":"10.0.0.7:41234","dialled":false})json"
          "\n");
  }
}

}  // namespace
}  // namespace gossipd
