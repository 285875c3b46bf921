/// \file
/// A whole node under any events on any connections. The bytes are the decisions of a made-up life: a
/// configuration, then events; what must hold is checked after each of them, and at the end nothing may be
/// left waiting.

#include "../support/node_life.hpp"

#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gossip::test::ByteChoices choices(std::span(data, size));
  const bool honours_pause = choices.below(4) != 0;
  gossip::test::NodeLife life(choices, honours_pause);
  while (choices.more()) life.step();
  life.world().heal();
  return 0;
}
