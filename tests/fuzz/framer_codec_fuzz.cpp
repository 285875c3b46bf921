/// \file
/// Any bytes on a connection. However they are split, the same frames come out; what decodes encodes to the
/// same bytes again, but for what a receiver ignores. The first byte decides how the rest is split, and with
/// its highest bit whether the codes of the overlay extension are legal.

#include <gossip/codec.hpp>
#include <gossip/framer.hpp>

#include "../support/violation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace gossip::test {
namespace {

using Bytes = std::vector<std::byte>;

struct CutFrame {
  std::uint16_t code = 0;
  Bytes body;
  friend bool operator==(const CutFrame&, const CutFrame&) = default;
};

/// All that a stream came to.
struct Cut {
  std::uint16_t highest_code = code_max;
  std::vector<CutFrame> frames;
  std::string error;  ///< why it was given up; empty where it was not
  bool inside_frame = false;
  friend bool operator==(const Cut&, const Cut&) = default;
};

/// False once the stream has to be given up. With `put_back`, what follows a frame is taken back and fed
/// again.
bool take_frames(Framer& framer, Cut& cut, bool put_back) {
  while (true) {
    const auto frame = framer.next();
    if (!frame) {
      require(frame.error().condition == Condition::malformed && !frame.error().message.empty(),
              "a stream is given up as malformed, with a reason");
      cut.error = frame.error().message;
      return false;
    }
    if (!frame.value()) return true;
    const FrameView& view = *frame.value();
    require(view.code >= code_min && view.code <= cut.highest_code, "frames have codes that are legal");
    cut.frames.push_back({view.code, Bytes(view.body.begin(), view.body.end())});
    if (put_back) framer.feed(framer.take_rest());
  }
}

/// Chunks of up to `longest` bytes, or all at once; each in memory of its own, so that reading beyond it
/// shows.
Cut cut_in_chunks(std::span<const std::byte> stream, std::uint16_t highest_code,
                  std::optional<std::size_t> longest = {}) {
  Cut cut;
  cut.highest_code = highest_code;
  Framer framer(highest_code);
  for (std::size_t turn = 1; !stream.empty(); ++turn) {
    const std::size_t size = std::min(stream.size(), longest ? turn * 7 % *longest + 1 : stream.size());
    const Bytes chunk(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream = stream.subspan(size);
    framer.feed(chunk);
    if (!take_frames(framer, cut, turn % 2 == 0)) return cut;
  }
  cut.inside_frame = framer.inside_frame();
  return cut;
}

std::size_t address_bytes(std::byte family) {
  return family == std::byte{6} ? 16 : 4;
}

/// docs/protocol.md, 'Bodies' and 'The overlay extension': what a receiver ignores is sent as zero, or not.
Bytes without_reserved(const CutFrame& frame) {
  Bytes body = frame.body;
  const auto clear = [&](std::size_t at, unsigned keep) { body[at] &= static_cast<std::byte>(keep); };
  switch (Code{frame.code}) {
    case Code::announce:
      clear(1, 0);
      break;
    case Code::notify:
      clear(0, 0);
      clear(1, 0);
      break;
    case Code::validation:
      clear(2, 0);
      clear(3, 1);
      break;
    case Code::peer_request:
      clear(6, 0);
      clear(7, 0);
      break;
    case Code::hello:
      clear(10, 0);
      clear(11, 0);
      body.resize(28 + address_bytes(body[1]));
      break;
    case Code::data:
      clear(3, 0);
      break;
    case Code::cache_digest:
      clear(8, 1);
      clear(9, 0);
      break;
    case Code::neighbor:
    case Code::disconnect:
    case Code::shuffle:
      for (std::size_t at = 1; at < 4; ++at) clear(at, 0);
      for (std::size_t entry = 4; entry < body.size(); entry += 4 + address_bytes(body[entry]))
        clear(entry + 1, 0);
      break;
    default:
      break;
  }
  return body;
}

void check_view(const FrameView& frame, const Message& message) {
  AnnounceView view;
  const bool seen = view_announce(view, frame) || view_data(view, frame);
  const auto* announce = std::get_if<Announce>(&message);
  const auto* data = std::get_if<Data>(&message);
  require(seen == (announce != nullptr || data != nullptr), "what can be looked at is an ANNOUNCE or a DATA");
  if (announce != nullptr) {
    require(view.tree == no_tree && Announce{view.ttl, view.data_type, view.kept()} == *announce,
            "a view of an ANNOUNCE is what it decodes to");
  } else if (data != nullptr) {
    require(Data{view.tree, view.hops, view.ttl, view.data_type, view.kept()} == *data,
            "a view of a DATA is what it decodes to");
  }
}

void check_message(Layer layer, const CutFrame& frame) {
  const auto message = decode(layer, {frame.code, frame.body});
  if (Code{frame.code} >= Code::hello) {
    const auto on_base = decode(layer, {frame.code, frame.body}, Overlay::base);
    require(on_base.has_value() && !on_base.value(), "to a base node the extension is unknown");
  }
  if (!message) {
    require(message.error().condition == Condition::malformed && !message.error().message.empty(),
            "a body is refused as malformed, with a reason");
    return;
  }
  if (!message.value()) return;
  require(static_cast<std::uint16_t>(code_of(*message.value())) == frame.code, "a message keeps its code");
  check_view({frame.code, frame.body}, *message.value());

  const Frame encoded = encode(*message.value());
  Bytes bytes(encoded.header().begin(), encoded.header().end());
  bytes.insert(bytes.end(), encoded.body().bytes().begin(), encoded.body().bytes().end());
  const Cut again = cut_in_chunks(bytes, code_max_extended);
  require(again.frames.size() == 1 && again.error.empty() && !again.inside_frame,
          "a message encodes to one frame");
  require(again.frames.front() == CutFrame{frame.code, without_reserved(frame)},
          "what decodes encodes to the same bytes, but for what is ignored");
}

}  // namespace
}  // namespace gossip::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gossip::test;
  if (size == 0) return 0;
  const auto stream = std::as_bytes(std::span(data, size)).subspan(1);
  const std::uint16_t highest_code = data[0] < 128 ? gossip::code_max : gossip::code_max_extended;
  const Cut whole = cut_in_chunks(stream, highest_code);
  require(whole == cut_in_chunks(stream, highest_code, data[0] % 32U + 1),
          "however a stream is split, the same comes of it");
  for (const CutFrame& frame : whole.frames) {
    check_message(gossip::Layer::api, frame);
    check_message(gossip::Layer::p2p, frame);
  }
  return 0;
}
