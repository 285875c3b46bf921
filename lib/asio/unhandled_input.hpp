#pragma once
/// \file
/// What a connection has sent that nobody will handle any more. It matters for one question: did its client
/// ask for something to be published?

#include <gossip/framer.hpp>

#include <cstddef>
#include <span>

namespace gossip::detail {

/// Goes on cutting a stream where its handling stopped, and looks for ANNOUNCEs only.
class UnhandledInput {
 public:
  /// Of a stream that has broken the protocol, or of which nothing was read.
  UnhandledInput() = default;
  /// `framer` has given all that was handled, `bytes` come next.
  UnhandledInput(Framer&& framer, std::span<const std::byte> bytes)
      : framer_(std::move(framer)), legible_(true) {
    add(bytes);
  }

  /// The next bytes of the stream.
  void add(std::span<const std::byte> bytes);

  /// True where more of the stream can tell something.
  [[nodiscard]] bool is_open() const { return legible_ && !holds_announce_; }
  /// True once an ANNOUNCE was among them.
  [[nodiscard]] bool holds_announce() const { return holds_announce_; }

 private:
  Framer framer_;
  bool legible_ = false;
  bool holds_announce_ = false;
};

}  // namespace gossip::detail
