#include <gossip/framer.hpp>
#include <gossip/random.hpp>

#include "live_bytes.hpp"
#include "vectors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

using Bytes = std::vector<std::byte>;

struct CutFrame {
  std::uint16_t code = 0;
  Bytes body;
  friend bool operator==(const CutFrame&, const CutFrame&) = default;
};

Bytes frame_bytes(std::uint16_t code, std::size_t size, std::byte fill = std::byte{0xab}) {
  Bytes bytes(size, fill);
  bytes[0] = static_cast<std::byte>(size >> 8U);
  bytes[1] = static_cast<std::byte>(size);
  bytes[2] = static_cast<std::byte>(code >> 8U);
  bytes[3] = static_cast<std::byte>(code);
  return bytes;
}

void append(Bytes& stream, const Bytes& bytes) {
  stream.insert(stream.end(), bytes.begin(), bytes.end());
}

/// Feeds one chunk, from memory of its own so that a sanitizer sees a view that outlives it, and takes all
/// frames.
void feed(Framer& framer, std::span<const std::byte> chunk, std::vector<CutFrame>& frames) {
  const Bytes copy(chunk.begin(), chunk.end());
  framer.feed(copy);
  while (true) {
    const auto frame = framer.next();
    REQUIRE(frame.has_value());
    if (!frame.value()) return;
    const auto body = frame.value()->body;
    frames.push_back({frame.value()->code, Bytes(body.begin(), body.end())});
  }
}

std::vector<CutFrame> cut_whole(const Bytes& stream) {
  std::vector<CutFrame> frames;
  Framer framer;
  feed(framer, stream, frames);
  REQUIRE_FALSE(framer.inside_frame());
  return frames;
}

/// All good vectors in a row.
Bytes vector_stream() {
  Bytes stream;
  for (const FrameVector& vector : frame_vectors()) append(stream, vector.bytes);
  return stream;
}

/// The message of the error that a stream ends in, fed `step` bytes at a time; fails if there is none.
std::string error_of(const Bytes& stream, std::size_t step) {
  Framer framer;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    framer.feed(std::span(stream).subspan(at, std::min(step, stream.size() - at)));
    const auto frame = framer.next();
    if (!frame) {
      CHECK(frame.error().condition == Condition::malformed);
      return frame.error().message;
    }
    if (frame.value()) return "a frame came";
  }
  return "no error";
}

TEST_SUITE("framer") {
  TEST_CASE("Frame: every vector comes out of one chunk, in order") {
    const auto vectors = frame_vectors();
    const auto frames = cut_whole(vector_stream());
    REQUIRE(frames.size() == vectors.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CAPTURE(vectors[i].name);
      CHECK(frames[i].code == static_cast<std::uint16_t>(code_of(vectors[i].message)));
      CHECK(frames[i].body == Bytes(vectors[i].bytes.begin() + 4, vectors[i].bytes.end()));
    }
  }

  TEST_CASE("what next() has not come to can be taken back and fed again, after any number of frames") {
    const Bytes stream = vector_stream();
    const auto expected = cut_whole(stream);
    for (std::size_t taken = 0; taken <= expected.size(); ++taken) {
      CAPTURE(taken);
      Framer framer;
      std::vector<CutFrame> frames;
      // The first frame is cut by the end of a chunk, so that it is the Framer that holds it.
      framer.feed(std::span(stream).first(5));
      CHECK_FALSE(*framer.next());
      framer.feed(std::span(stream).subspan(5));
      for (std::size_t i = 0; i < taken; ++i) {
        const auto frame = framer.next();
        REQUIRE(frame);
        REQUIRE(*frame);
        frames.push_back({(*frame)->code, Bytes((*frame)->body.begin(), (*frame)->body.end())});
      }
      const auto rest = framer.take_rest();
      CHECK(framer.inside_frame() == (taken == 0));
      const Bytes moved(rest.begin(), rest.end());
      feed(framer, moved, frames);
      CHECK(frames == expected);
      CHECK_FALSE(framer.inside_frame());
    }
  }

  TEST_CASE("Frame: TCP is a stream: every split of it into two gives the same frames") {
    const Bytes stream = vector_stream();
    const auto expected = cut_whole(stream);
    for (std::size_t split = 0; split <= stream.size(); ++split) {
      CAPTURE(split);
      std::vector<CutFrame> frames;
      Framer framer;
      feed(framer, std::span(stream).first(split), frames);
      feed(framer, std::span(stream).subspan(split), frames);
      REQUIRE(frames == expected);
    }
  }

  TEST_CASE("Frame: a byte at a time gives the same frames, each as its last byte comes") {
    const Bytes stream = vector_stream();
    std::vector<CutFrame> frames;
    Framer framer;
    std::size_t bytes_of_frames = 0;
    for (std::size_t at = 0; at < stream.size(); ++at) {
      const std::size_t before = frames.size();
      feed(framer, std::span(stream).subspan(at, 1), frames);
      if (frames.size() > before) bytes_of_frames += frames.back().body.size() + 4;
      REQUIRE(framer.inside_frame() == (bytes_of_frames != at + 1));
    }
    CHECK(frames == cut_whole(stream));
  }

  TEST_CASE("Frame: random chunks, empty ones among them, give the same frames") {
    Bytes stream;
    Random random(1);
    for (int i = 0; i < 200; ++i) {
      const auto code = static_cast<std::uint16_t>(500 + random.below(20));
      append(stream, frame_bytes(code, 4 + random.below(3000), static_cast<std::byte>(i)));
    }
    const auto expected = cut_whole(stream);
    for (int round = 0; round < 20; ++round) {
      std::vector<CutFrame> frames;
      Framer framer;
      for (std::span<const std::byte> rest(stream); !rest.empty();) {
        const std::size_t size = std::min<std::size_t>(random.below(4000), rest.size());
        feed(framer, rest.first(size), frames);
        rest = rest.subspan(size);
      }
      REQUIRE(frames == expected);
    }
  }

  TEST_CASE("Frame: a size of exactly 4 is a frame without a body") {
    std::vector<CutFrame> frames = cut_whole(frame_bytes(511, 4));
    REQUIRE(frames.size() == 1);
    CHECK(frames[0] == CutFrame{511, {}});
    frames.clear();
    Framer framer;
    for (const std::byte byte : frame_bytes(511, 4)) feed(framer, std::span(&byte, 1), frames);
    CHECK(frames == std::vector<CutFrame>{{511, {}}});
  }

  TEST_CASE("Frame: 65535 bytes are the largest, whole and cut anywhere") {
    Bytes stream = frame_bytes(500, 65535);
    append(stream, frame_bytes(501, 65535));
    const auto expected = cut_whole(stream);
    REQUIRE(expected.size() == 2);
    CHECK(expected[1].body.size() == 65531);
    for (const std::size_t step : {1, 3, 4096, 65534, 65535, 65536}) {
      CAPTURE(step);
      std::vector<CutFrame> frames;
      Framer framer;
      for (std::size_t at = 0; at < stream.size(); at += step) {
        feed(framer, std::span(stream).subspan(at, std::min(step, stream.size() - at)), frames);
      }
      CHECK(frames == expected);
    }
  }

  TEST_CASE("Frame: a size below 4 is malformed, known at the fourth byte") {
    for (std::uint8_t size = 0; size < 4; ++size) {
      const Bytes header{std::byte{0}, std::byte{size}, std::byte{0x01}, std::byte{0xf4}};
      const std::string expected =
          "a frame of size " + std::to_string(size) + " is smaller than its 4-byte header";
      CHECK(error_of(header, 4) == expected);
      CHECK(error_of(header, 1) == expected);
      CHECK(error_of(Bytes(header.begin(), header.begin() + 3), 1) == "no error");
    }
  }

  TEST_CASE("Frame: a code outside 500..519 is malformed, whatever is still to come") {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{0, 404, 499, 520, 65535}) {
      Bytes stream = frame_bytes(code, 1000);
      stream.resize(4);
      const std::string expected = "code " + std::to_string(code) + " is outside 500..519";
      CHECK(error_of(stream, 4) == expected);
      CHECK(error_of(stream, 1) == expected);
    }
    CHECK(error_of(frame_bytes(500, 4), 4) == "a frame came");
    CHECK(error_of(frame_bytes(519, 4), 4) == "a frame came");
  }

  TEST_CASE("The overlay extension: codes to 539 are legal where the Framer was told so, and no others") {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{500, 514, 519, 520, 523, 539}) {
      CAPTURE(code);
      const Bytes stream = frame_bytes(code, 100);
      for (const std::size_t step : {std::size_t{1}, stream.size()}) {
        Framer framer(code_max_extended);
        std::vector<CutFrame> frames;
        for (std::size_t at = 0; at < stream.size(); at += step)
          feed(framer, std::span(stream).subspan(at, step), frames);
        CHECK(frames == std::vector<CutFrame>{{code, Bytes(stream.begin() + 4, stream.end())}});
      }
      FrameView whole;
      Framer extended(code_max_extended);
      extended.feed(stream);
      CHECK(extended.next_whole(whole));
      CHECK(whole.code == code);
      Framer base;
      base.feed(stream);
      CHECK(base.next_whole(whole) == (code <= 519));
    }
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{499, 540, 65535}) {
      const Bytes stream = frame_bytes(code, 4);
      Framer framer(code_max_extended);
      framer.feed(stream);
      FrameView whole;
      CHECK_FALSE(framer.next_whole(whole));
      const auto frame = framer.next();
      REQUIRE_FALSE(frame.has_value());
      CHECK(frame.error().message == "code " + std::to_string(code) + " is outside 500..539");
    }
  }

  TEST_CASE("Frame: what came before a malformed one is still handed out") {
    Bytes stream = frame_bytes(501, 8);
    append(stream, frame_bytes(404, 8));
    Framer framer;
    framer.feed(stream);
    CHECK(framer.next().value()->code == 501);
    CHECK_FALSE(framer.next().has_value());
  }

  TEST_CASE("Framer: random bytes end in an error or in frames, never in anything else") {
    Random random(9);
    int errors = 0;
    for (int round = 0; round < 2000; ++round) {
      Bytes noise(random.below(600));
      // Half of the rounds start with a good code, so that some of them get past the header.
      for (std::byte& byte : noise) byte = static_cast<std::byte>(random.next());
      if (noise.size() >= 4 && round % 2 == 0) {
        noise[2] = std::byte{0x01};
        noise[3] = std::byte{0xf4};
      }
      Framer framer;
      framer.feed(noise);
      std::size_t taken = 0;
      while (true) {
        const auto frame = framer.next();
        if (!frame) errors += 1;
        if (!frame || !frame.value()) break;
        taken += frame.value()->body.size() + 4;
        REQUIRE(taken <= noise.size());
      }
    }
    CHECK(errors > 500);
  }

  TEST_CASE("Framer: it holds no memory when idle, even after the largest frame came in pieces") {
    const Bytes stream = frame_bytes(500, 65535);
    Framer framer;
    const std::size_t before = live_bytes();
    framer.feed(std::span(stream).first(30000));
    REQUIRE_FALSE(framer.next().value());
    const std::size_t inside = live_bytes();
    framer.feed(std::span(stream).subspan(30000));
    REQUIRE(framer.next().value());
    REQUIRE_FALSE(framer.next().value());
    const std::size_t after = live_bytes();
    CHECK(inside >= before + 30000);
    CHECK(after == before);
  }
}

}  // namespace
}  // namespace gossip::test
