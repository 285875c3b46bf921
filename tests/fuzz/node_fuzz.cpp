/// \file
/// A whole node under any events on any connections. The bytes are the decisions of a made-up life: a
/// configuration, then events; what must hold is checked after each of them, and at the end nothing may be
/// left waiting. The first decides whether the node speaks the overlay extension.

#include "../support/node_life.hpp"

#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gossip::test::ByteChoices choices(std::span(data, size));
  const std::uint64_t kind = choices.below(256);
  const bool honours_pause = kind % 4 != 0;
  const auto overlay = kind < 128 ? gossip::Overlay::base : gossip::Overlay::extended;
  gossip::test::NodeLife life(choices, honours_pause, overlay);
  while (choices.more()) life.step();
  life.world().heal();
  return 0;
}
