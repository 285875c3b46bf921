#include <gossip/payload.hpp>

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace gossip {
namespace {

TEST_SUITE("payload") {
  TEST_CASE("Payload: it copies what it is made from") {
    std::string text = "hello";
    const Payload payload(text);
    text[0] = 'j';
    CHECK(payload.text() == "hello");
    CHECK(payload.size() == 5);
    CHECK(payload.bytes()[4] == std::byte{'o'});
  }

  TEST_CASE("Payload: copies share their bytes, and outlive the first") {
    auto first = std::make_unique<Payload>("shared");
    const Payload second = *first;
    CHECK(second.bytes().data() == first->bytes().data());
    first.reset();
    CHECK(second.text() == "shared");
  }

  TEST_CASE(
      "Payload: assign() puts other bytes in place of what is there, and leaves what others share alone") {
    Payload payload("first");
    const Payload sharing = payload;
    payload.assign(Payload("other").bytes());
    CHECK(payload.text() == "other");
    CHECK(sharing.text() == "first");
    for (const std::size_t size : {0, 1, 5, 8, 9, 4087, 4088, 4089, 5000, 3, 65527}) {
      const std::string text(size, 'x');
      payload.assign(Payload(text).bytes());
      CHECK(payload.text() == text);
      CHECK(payload.size() == size);
    }
    CHECK(sharing.text() == "first");
  }

  TEST_CASE("Payload: equality is that of the bytes") {
    CHECK(Payload("same") == Payload("same"));
    CHECK(Payload("same") != Payload("sam"));
    CHECK(Payload("same") != Payload("samE"));
    CHECK(Payload(std::string_view("a\0b", 3)) != Payload(std::string_view("a\0c", 3)));
    CHECK(Payload() == Payload(""));
  }

  TEST_CASE("Payload: an empty one has no bytes") {
    CHECK(Payload().empty());
    CHECK(Payload("").bytes().empty());
    CHECK(Payload("").text().empty());
    CHECK_FALSE(Payload(" ").empty());
  }

  TEST_CASE("Frame: its size is that of header and body, and the body is shared") {
    const std::array<std::byte, Frame::header_bytes_max> header{std::byte{1}, std::byte{2}};
    const Payload body("body");
    const Frame frame(header, body);
    CHECK(frame.size() == 16);
    CHECK(frame.header().size() == 12);
    CHECK(frame.header()[1] == std::byte{2});
    CHECK(frame.body().bytes().data() == body.bytes().data());
    CHECK(Frame().size() == 0);
  }
}

}  // namespace
}  // namespace gossip
