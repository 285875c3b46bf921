#include "compare/dialects.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace compare {
namespace {

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

std::string text_of(const std::byte* from, std::size_t size) {
  std::string text(size, '\0');
  if (size > 0) std::memcpy(text.data(), from, size);  // nothing may be where nothing is copied from
  return text;
}

std::string text_of(const Bytes& bytes) {
  return text_of(bytes.data(), bytes.size());
}

/// What a dialect makes of a stream that comes cut in two, as it would be read from a socket.
struct Heard {
  std::vector<std::string> bodies;
  std::string reply;
  std::size_t left = 0;
};

Heard hear(const Dialect& dialect, std::string_view stream, std::size_t cut, std::size_t body_bytes = 3) {
  Heard heard;
  Bytes reply;
  std::size_t begin = 0;
  for (const std::size_t end : {cut, stream.size()}) {
    const Bytes bytes = bytes_of(stream.substr(begin, end - begin));
    std::vector<Delivery> deliveries;
    const auto used = dialect.read(bytes, body_bytes, deliveries, reply);
    REQUIRE(used);
    for (const Delivery& delivery : deliveries)
      heard.bodies.push_back(text_of(delivery.body, delivery.bytes));
    begin += *used;
  }
  heard.reply = text_of(reply);
  heard.left = stream.size() - begin;
  return heard;
}

std::string refused(const Dialect& dialect, std::string_view stream) {
  std::vector<Delivery> deliveries;
  Bytes reply;
  const Bytes bytes = bytes_of(stream);
  const auto used = dialect.read(bytes, 3, deliveries, reply);
  REQUIRE_FALSE(used);
  return used.error().message;
}

using Bodies = std::vector<std::string>;

TEST_SUITE("dialects to compare with") {
  TEST_CASE("NATS: publishing and subscribing") {
    const NatsDialect nats;
    CHECK(text_of(nats.before_body(64)) == "PUB load 64\r\n");
    CHECK(text_of(nats.after_body(64)) == "\r\n");
    CHECK(text_of(nats.subscriber_greeting()).ends_with("}\r\nSUB load 1\r\n"));
  }

  TEST_CASE("NATS: messages come out and PINGs are answered, wherever the stream is cut") {
    constexpr std::string_view stream =
        "INFO {\"a\":1}\r\nMSG load 1 3\r\none\r\nPING\r\nMSG load 1 3\r\n\r\nx\r\nPONG\r\nMSG load 1 "
        "3\r\ntwo\r\n";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      CAPTURE(cut);
      const Heard heard = hear(NatsDialect(), stream, cut);
      CHECK(heard.bodies == Bodies{"one", "\r\nx", "two"});
      CHECK(heard.reply == "PONG\r\n");
      CHECK(heard.left == 0);
    }
  }

  TEST_CASE("NATS: a refusal is told in the server's words") {
    CHECK(refused(NatsDialect(), "-ERR 'Slow Consumer'\r\n") == "the server sent '-ERR 'Slow Consumer''");
    CHECK(refused(NatsDialect(), "MSG load 1 many\r\n") == "the server sent 'MSG load 1 many'");
  }

  TEST_CASE("Redis: publishing and subscribing") {
    const RedisDialect redis;
    CHECK(text_of(redis.before_body(64)) == "*3\r\n$7\r\nPUBLISH\r\n$4\r\nload\r\n$64\r\n");
    CHECK(text_of(redis.after_body(64)) == "\r\n");
    CHECK(text_of(redis.subscriber_greeting()) == "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nload\r\n");
  }

  TEST_CASE("Redis: messages come out of what else there is, wherever the stream is cut") {
    constexpr std::string_view stream =
        "*3\r\n$9\r\nsubscribe\r\n$4\r\nload\r\n:1\r\n"
        "*3\r\n$7\r\nmessage\r\n$4\r\nload\r\n$3\r\none\r\n:1\r\n"
        "*3\r\n$7\r\nmessage\r\n$4\r\nload\r\n$3\r\n\r\n:\r\n";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      CAPTURE(cut);
      const Heard heard = hear(RedisDialect(), stream, cut);
      CHECK(heard.bodies == Bodies{"one", "\r\n:"});
      CHECK(heard.reply.empty());
      CHECK(heard.left == 0);
    }
  }

  TEST_CASE("Redis: a refusal is told in the server's words") {
    CHECK(refused(RedisDialect(), "-ERR unknown\r\n") == "the server sent '-ERR unknown'");
  }

  TEST_CASE("Relay: bodies one behind the other") {
    constexpr std::string_view stream = "onetwothree";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      const Heard heard = hear(RelayDialect(), stream, cut);
      CHECK(heard.bodies == Bodies{"one", "two", "thr"});
      CHECK(heard.left == 2);
    }
  }

  TEST_CASE("Dialects have names") {
    for (const std::string_view name : {"nats", "redis", "relay"}) CHECK(dialect_named(name)->name() == name);
    CHECK(dialect_named("kafka") == nullptr);
  }
}

}  // namespace
}  // namespace compare
