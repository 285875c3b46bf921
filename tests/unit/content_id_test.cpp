#include <gossip/content_id.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <openssl/evp.h>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gossip {
namespace {

ContentId id_of(int type, std::string_view data) {
  return content_id(DataType(type), std::as_bytes(std::span(data.data(), data.size())));
}

/// 00 01 02 .. ff 00 01 ..
std::string counting(std::size_t bytes) {
  std::string data(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<char>(i & 0xffU);
  return data;
}

TEST_SUITE("content_id") {
  // The answers are those of Python: hashlib.sha256(type.to_bytes(2, "big") + data).hexdigest()[:32]

  TEST_CASE("content_id: the first half of SHA-256 over type and data") {
    CHECK(to_string(id_of(540, "hello")) == "6f4e92721ea3e002556acee51555cd1d");
    CHECK(to_string(id_of(0, "")) == "96a296d224f285c67bee93c30f8a3091");
    CHECK(to_string(id_of(65535, "")) == "ca2fd00fa001190744c15c317643ab09");
    CHECK(content_id(DataType{0}, {}) == id_of(0, ""));  // no data need not be anywhere
  }

  TEST_CASE("content_id: the higher byte of the type goes first") {
    CHECK(to_string(id_of(1, "")) == "b413f47d13ee2fe6c845b2ee141af81d");
    CHECK(to_string(id_of(256, "")) == "47dc540c94ceb704a23875c11273e16b");
    CHECK(to_string(id_of(0x1234, "hello")) == "f716c986efdcc9e93bbdbd9a2edb9f14");
    CHECK(to_string(id_of(0x3412, "hello")) == "be54bb70b5142de96fa9176be8399ee6");
  }

  TEST_CASE("content_id: lengths at the edges of SHA-256's blocks, and the longest data of a frame") {
    // With the two bytes of the type, 53 is the most that fits into one block with its padding, and 62 fills
    // one.
    const std::pair<std::size_t, std::string> answers[] = {
        {53, "6b50b023808c2721bf378422c9a300c8"},   {54, "7c684ba953bf522d0a26ca9ab141bd87"},
        {61, "f64dbae52227fdff9c08b73f757588d4"},   {62, "145d3c3e24d08a13c7d934aaee92b3e9"},
        {63, "af784e042e4973b3a49567d6f265f490"},   {64, "bc49b973c1f28b9e86eb367547c344d2"},
        {1024, "79347d90de2b2573fd7222833200e949"}, {65531, "6f7c35ab48079d19b19333940bb8a32d"},
    };
    for (const auto& known : answers) {
      CAPTURE(known.first);
      CHECK(to_string(id_of(540, counting(known.first))) == known.second);
    }
  }

  TEST_CASE("ContentId: the order is that of the bytes, the first one first") {
    CHECK(id_of(1, "") > id_of(256, ""));  // b4 and 47
    CHECK(id_of(0, "") < id_of(1, ""));    // 96 and b4
    CHECK(id_of(1, "a") != id_of(1, "b"));
  }

  TEST_CASE("content_id: threads do not disturb each other") {
    constexpr int contents = 2000;
    const auto all = [](std::vector<ContentId>& ids) {
      for (int i = 0; i < contents; ++i) ids.push_back(id_of(i, counting(static_cast<std::size_t>(i % 200))));
    };
    std::vector<ContentId> expected;
    all(expected);
    std::vector<ContentId> first;
    std::vector<ContentId> second;
    std::thread one(all, std::ref(first));
    std::thread other(all, std::ref(second));
    one.join();
    other.join();
    CHECK(first == expected);
    CHECK(second == expected);
  }

  TEST_CASE("content_id: a thread that finds no SHA-256 is told so, and finds it later") {
    bool refused = false;
    ContentId id;
    std::thread([&] {
      EVP_set_default_properties(nullptr, "provider=nobody");
      try {
        id = id_of(540, "hello");
      } catch (const std::runtime_error&) {
        refused = true;
      }
      EVP_set_default_properties(nullptr, "");
      id = id_of(540, "hello");
    }).join();
    CHECK(refused);
    CHECK(to_string(id) == "6f4e92721ea3e002556acee51555cd1d");
  }
}

}  // namespace
}  // namespace gossip
