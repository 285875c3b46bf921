#pragma once
/// \file
/// What a node tells about itself, as log records: how much each event weighs, its name, its sentence and its
/// fields. Pure functions.

#include <gossip/observer.hpp>

#include "log_record.hpp"

namespace gossipd {

/// How much the event weighs. Cheap: nothing is allocated or formatted, so a record that nobody wants costs
/// no more than this.
[[nodiscard]] Level level_of(const gossip::Event& event);

/// The record of the event; its level is level_of(event).
///
/// Field keys mean the same everywhere: `connection` is the number of a connection, `layer` is "p2p" or
/// "api", `peer` and `client` are remote addresses on the one and the other, `server_address` is where a peer
/// listens, `address` is one that was dialled, `file` is a path, `reason` is a word from a fixed set,
/// `detail` a phrase for people.
[[nodiscard]] LogRecord describe(const gossip::Event& event);

}  // namespace gossipd
