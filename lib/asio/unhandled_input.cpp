#include "unhandled_input.hpp"

#include <gossip/message.hpp>

#include <cstdint>

namespace gossip::detail {

void UnhandledInput::add(std::span<const std::byte> bytes) {
  if (!is_open()) return;
  framer_.feed(bytes);
  while (true) {
    const auto frame = framer_.next();
    if (!frame) {
      legible_ = false;
      return;
    }
    if (!frame.value()) return;
    if (frame.value()->code == static_cast<std::uint16_t>(Code::announce)) {
      holds_announce_ = true;
      return;
    }
  }
}

}  // namespace gossip::detail
