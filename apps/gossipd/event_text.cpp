#include "event_text.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gossipd {
namespace {

namespace event = gossip::event;
using gossip::CloseReason;
using gossip::ConnectionId;
using gossip::DataType;
using gossip::Layer;
using gossip::MessageId;
using gossip::to_string;
using gossip::value_of;

std::string_view party(Layer layer) {
  return layer == Layer::p2p ? "peer" : "client";
}

/// The reason for programs; to_string has it for people.
std::string_view word_for(CloseReason reason) {
  switch (reason) {
    case CloseReason::remote_closed:
      return "remote_closed";
    case CloseReason::malformed:
      return "malformed";
    case CloseReason::frame_timeout:
      return "frame_timeout";
    case CloseReason::slow_consumer:
      return "slow_consumer";
    case CloseReason::queue_full:
      return "queue_full";
    case CloseReason::out_of_memory:
      return "out_of_memory";
    case CloseReason::no_room:
      return "no_room";
    case CloseReason::duplicate_link:
      return "duplicate_link";
    case CloseReason::connected_to_self:
      return "connected_to_self";
    case CloseReason::silent:
      return "silent";
    case CloseReason::dismissed:
      return "dismissed";
    case CloseReason::probe_over:
      return "probe_over";
  }
  return "unknown";
}

bool is_the_other_sides_fault(CloseReason reason) {
  return reason == CloseReason::malformed || reason == CloseReason::frame_timeout ||
         reason == CloseReason::slow_consumer || reason == CloseReason::queue_full;
}

template <typename... Parts>
std::string joined(const Parts&... parts) {
  std::string text;
  (text.append(parts), ...);
  return text;
}

std::string in_seconds(std::chrono::milliseconds pause) {
  const auto tenths = (pause.count() + 50) / 100;
  return joined(std::to_string(tenths / 10), ".", std::to_string(tenths % 10), " s");
}

std::string in_brackets(ConnectionId connection) {
  return joined(" (connection ", std::to_string(value_of(connection)), ")");
}
std::string name_of(MessageId id) {
  return "message " + std::to_string(value_of(id));
}
std::string name_of(DataType type) {
  return "type " + std::to_string(value_of(type));
}

LogField field(std::string_view key, std::string_view text) {
  return {key, std::string(text)};
}
LogField field(std::string_view key, std::uint64_t number) {
  return {key, number};
}
LogField field(std::string_view key, bool truth) {
  return {key, truth};
}
LogField field(std::string_view key, const gossip::Endpoint& endpoint) {
  return {key, to_string(endpoint)};
}
LogField field(ConnectionId connection) {
  return field("connection", value_of(connection));
}
LogField field(MessageId id) {
  return field("message_id", std::uint64_t{value_of(id)});
}
LogField field(DataType type) {
  return field("data_type", std::uint64_t{value_of(type)});
}
LogField field(Layer layer) {
  return field("layer", to_string(layer));
}

LogRecord record(std::string_view name, std::string message, std::vector<LogField> fields) {
  return {Level::info, name, std::move(message), std::move(fields)};
}

LogRecord record_of(const event::ConnectionOpened& opened) {
  const std::string_view who = party(opened.info.layer);
  const std::string remote = joined(who, " ", to_string(opened.info.remote));
  return record("connection_opened",
                joined(opened.dialled ? "connected to " + remote : remote + " connected",
                       in_brackets(opened.connection)),
                {field(opened.connection), field(opened.info.layer), field(who, opened.info.remote),
                 field("dialled", opened.dialled)});
}

LogRecord record_of(const event::PeerIntroduced& introduced) {
  return record("peer_introduced",
                joined("peer ", to_string(introduced.remote), " listens on ",
                       to_string(introduced.server_address), in_brackets(introduced.connection)),
                {field(introduced.connection), field("peer", introduced.remote),
                 field("server_address", introduced.server_address)});
}

LogRecord record_of(const event::LinkExtended& extended) {
  return record("link_extended",
                joined("peer ", to_string(extended.server_address), " speaks the overlay extension",
                       in_brackets(extended.connection)),
                {field(extended.connection), field("server_address", extended.server_address),
                 field("node", to_string(extended.node))});
}

LogRecord record_of(const event::ConnectionClosed& closed) {
  const std::string_view who = party(closed.info.layer);
  const std::string remote = joined(who, " ", to_string(closed.info.remote));
  std::string text = joined(closed.by_us ? "disconnected " + remote : remote + " disconnected",
                            in_brackets(closed.connection), ": ", to_string(closed.reason));
  if (!closed.detail.empty()) text.append(": ").append(closed.detail);
  LogRecord told = record("connection_closed", std::move(text),
                          {field(closed.connection), field(closed.info.layer), field(who, closed.info.remote),
                           field("reason", word_for(closed.reason)), field("detail", closed.detail),
                           field("by_us", closed.by_us)});
  if (closed.server_address) told.fields.push_back(field("server_address", *closed.server_address));
  return told;
}

LogRecord record_of(const event::ConnectFailed& failed) {
  const std::string address = to_string(failed.address);
  LogRecord told = record("connect_failed", joined("cannot connect to peer ", address, ": ", failed.why),
                          {field("address", address), field("detail", failed.why)});
  if (!failed.retry_in) return told;
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(*failed.retry_in);
  told.message = joined("cannot reach bootstrapper ", address, ": ", failed.why, "; next attempt in ",
                        in_seconds(pause));
  told.fields.push_back(field("retry_in_ms", static_cast<std::uint64_t>(pause.count())));
  return told;
}

LogRecord record_of(const event::BootstrapperIsSelf& self) {
  const std::string address = to_string(self.address);
  return record("bootstrapper_is_self",
                joined("bootstrapper ", address, " is this node: it is not dialled again"),
                {field("address", address)});
}

LogRecord record_of(const event::AddressSkipped& skipped) {
  return record("address_skipped",
                joined("address ", to_string(skipped.server_address), " from peer ",
                       to_string(skipped.remote), " skipped: ", skipped.why),
                {field("peer", skipped.remote), field("server_address", skipped.server_address),
                 field("detail", skipped.why)});
}

LogRecord record_of(const event::ClientRegistered& registered) {
  return record(
      "client_registered",
      joined("client registered for ", name_of(registered.data_type), in_brackets(registered.client)),
      {field(registered.client), field(registered.data_type)});
}

LogRecord record_of(const event::MessageAdded& added) {
  return record(
      "message_added",
      joined(name_of(added.id), " of ", name_of(added.data_type),
             " added: ", std::to_string(added.data_bytes), " bytes from a ", party(added.layer),
             in_brackets(added.origin)),
      {field(added.id), field(added.data_type), field("data_bytes", std::uint64_t{added.data_bytes}),
       field(added.origin), field(added.layer)});
}

LogRecord record_of(const event::MessageDropped& dropped) {
  return record(
      "message_dropped",
      joined("message of ", name_of(dropped.data_type), " from a ", party(dropped.layer), " dropped",
             in_brackets(dropped.origin), ": ", dropped.why),
      {field(dropped.data_type), field(dropped.origin), field(dropped.layer), field("detail", dropped.why)});
}

LogRecord record_of(const event::MessageDecided& decided) {
  return record(
      "message_decided",
      joined(name_of(decided.id), " of ", name_of(decided.data_type), " found ",
             decided.valid ? "valid" : "invalid", " by a client", in_brackets(decided.client)),
      {field(decided.id), field(decided.data_type), field("valid", decided.valid), field(decided.client)});
}

LogRecord record_of(const event::VerdictIgnored& ignored) {
  return record("verdict_ignored",
                joined("verdict on ", name_of(ignored.id), " ignored, for the client owes none",
                       in_brackets(ignored.client)),
                {field(ignored.id), field("valid", ignored.valid), field(ignored.client)});
}

LogRecord record_of(const event::MessageEvicted& evicted) {
  return record("message_evicted",
                joined(name_of(evicted.id), " of ", name_of(evicted.data_type), " made way for another",
                       evicted.valid ? "" : " before anybody found it valid"),
                {field(evicted.id), field(evicted.data_type), field("valid", evicted.valid)});
}

LogRecord record_of(const event::ClientFellSilent& silent) {
  return record(
      "client_fell_silent",
      joined("client owes verdicts on ", std::to_string(silent.verdicts_owed),
             " messages and has cast none for a while", in_brackets(silent.client), ": nothing waits for it"),
      {field(silent.client), field("verdicts_owed", std::uint64_t{silent.verdicts_owed})});
}

LogRecord record_of(const event::ValidatorFailed& failed) {
  return record(
      "validator_failed",
      joined("a validator of type ", std::to_string(value_of(failed.data_type)), " threw: ", failed.why),
      {field(failed.data_type), field("reason", failed.why)});
}

LogRecord record_of(const event::ReadingPaused& paused) {
  return record("reading_paused", joined("reading paused", in_brackets(paused.connection)),
                {field(paused.connection)});
}

LogRecord record_of(const event::ReadingResumed& resumed) {
  return record("reading_resumed", joined("reading goes on", in_brackets(resumed.connection)),
                {field(resumed.connection)});
}

LogRecord record_of(const event::FrameSkipped& skipped) {
  return record(
      "frame_skipped",
      joined("frame of code ", std::to_string(skipped.code), " skipped", in_brackets(skipped.connection),
             ": the code is unknown or belongs to the other layer"),
      {field(skipped.connection), field("code", std::uint64_t{skipped.code})});
}

LogRecord record_of(const event::AcceptSuspended& suspended) {
  return record("accept_suspended",
                joined("no ", party(suspended.layer), " can be accepted for now: ", suspended.why),
                {field(suspended.layer), field("detail", suspended.why)});
}

LogRecord record_of(const event::AcceptResumed& resumed) {
  return record("accept_resumed", joined(party(resumed.layer), "s are accepted again"),
                {field(resumed.layer)});
}

LogRecord record_of(const event::OutputLost& lost) {
  return record(
      "output_lost",
      joined(std::to_string(lost.bytes), " bytes for a ", party(lost.layer), " are lost",
             in_brackets(lost.connection), ": it did not take them before its connection had to end"),
      {field(lost.connection), field(lost.layer), field("bytes", std::uint64_t{lost.bytes})});
}

std::string addresses_of_nodes(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " address of a node" : " addresses of nodes");
}

LogRecord record_of(const event::PeersRead& read) {
  return record("peers_read", joined(read.file, ": ", addresses_of_nodes(read.addresses)),
                {field("file", read.file), field("addresses", std::uint64_t{read.addresses})});
}

LogRecord record_of(const event::PeersUnread& unread) {
  return record("peers_unread", joined("no nodes are known from an earlier run: ", unread.why),
                {field("file", unread.file), field("detail", unread.why)});
}

LogRecord record_of(const event::PeersSaved& saved) {
  return record("peers_saved",
                joined(addresses_of_nodes(saved.addresses),
                       saved.again ? " can be written again to " : " written to ", saved.file),
                {field("file", saved.file), field("addresses", std::uint64_t{saved.addresses}),
                 field("again", saved.again)});
}

LogRecord record_of(const event::PeersUnsaved& unsaved) {
  return record("peers_unsaved", joined("which nodes are known cannot be written: ", unsaved.why),
                {field("file", unsaved.file), field("detail", unsaved.why)});
}

/// Everything about single messages is for debugging: there may be millions of them.
struct LevelOf {
  template <typename Any>
  Level operator()(const Any&) const {
    return Level::debug;
  }
  Level operator()(const event::ConnectionOpened&) const { return Level::info; }
  /// A peer may say something else as often as it likes.
  Level operator()(const event::PeerIntroduced& introduced) const {
    return introduced.again ? Level::debug : Level::info;
  }
  Level operator()(const event::LinkExtended&) const { return Level::debug; }
  Level operator()(const event::ConnectionClosed& closed) const {
    return is_the_other_sides_fault(closed.reason) ? Level::warning : Level::info;
  }
  Level operator()(const event::ConnectFailed& failed) const {
    return failed.retry_in ? Level::warning : Level::info;
  }
  Level operator()(const event::BootstrapperIsSelf&) const { return Level::info; }
  Level operator()(const event::ClientFellSilent&) const { return Level::info; }
  Level operator()(const event::ValidatorFailed&) const { return Level::warning; }
  Level operator()(const event::AcceptSuspended&) const { return Level::warning; }
  Level operator()(const event::AcceptResumed&) const { return Level::info; }
  Level operator()(const event::OutputLost&) const { return Level::warning; }
  Level operator()(const event::PeersRead&) const { return Level::info; }
  Level operator()(const event::PeersUnread&) const { return Level::warning; }
  /// It is written each minute.
  Level operator()(const event::PeersSaved& saved) const { return saved.again ? Level::info : Level::debug; }
  Level operator()(const event::PeersUnsaved&) const { return Level::warning; }
};

}  // namespace

Level level_of(const gossip::Event& event) {
  return std::visit(LevelOf{}, event);
}

LogRecord describe(const gossip::Event& event) {
  LogRecord told = std::visit([](const auto& any) { return record_of(any); }, event);
  told.level = level_of(event);
  return told;
}

}  // namespace gossipd
