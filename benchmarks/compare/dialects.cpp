#include "dialects.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace compare {
namespace {

using gossip::Condition;
using gossip::Error;
using gossip::Result;

constexpr std::string_view line_end = "\r\n";
/// The subject of NATS, and the channel of Redis.
constexpr std::string_view subject = "load";

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

void append(Bytes& to, std::string_view text) {
  const Bytes bytes = bytes_of(text);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT: char may alias anything
}

const std::byte* bytes_at(std::string_view text) {
  return reinterpret_cast<const std::byte*>(text.data());  // NOLINT: std::byte may alias anything
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes lines and counted bytes from the front of a text. What is not there completely is not taken.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  std::optional<std::string_view> line() {
    const auto* const end =
        static_cast<const char*>(std::memchr(text_.data() + at_, '\r', text_.size() - at_));
    if (end == nullptr || end + 1 == text_.data() + text_.size()) return std::nullopt;
    const std::string_view line(text_.data() + at_, static_cast<std::size_t>(end - (text_.data() + at_)));
    at_ += line.size() + line_end.size();
    return line;
  }

  /// So many bytes, behind which a line ends.
  std::optional<std::string_view> counted(std::size_t bytes) {
    if (text_.size() - at_ < bytes + line_end.size()) return std::nullopt;
    const std::string_view taken = text_.substr(at_, bytes);
    at_ += bytes + line_end.size();
    return taken;
  }

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Error malformed(std::string_view line) {
  return {Condition::malformed, "the server sent '" + std::string(line.substr(0, 80)) + "'"};
}

Delivery delivery(std::string_view body) {
  return {bytes_at(body), static_cast<std::uint32_t>(body.size()), 0};
}

}  // namespace

// -- NATS
// -----------------------------------------------------------------------------------------------------------

Bytes NatsDialect::publisher_greeting() const {
  return bytes_of("CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,\"echo\":true}\r\n");
}

Bytes NatsDialect::subscriber_greeting() const {
  Bytes greeting = publisher_greeting();
  append(greeting, "SUB " + std::string(subject) + " 1\r\n");
  return greeting;
}

Bytes NatsDialect::before_body(std::size_t body_bytes) const {
  return bytes_of("PUB " + std::string(subject) + ' ' + std::to_string(body_bytes) + "\r\n");
}

Bytes NatsDialect::after_body(std::size_t) const {
  return bytes_of(line_end);
}

Result<std::size_t> NatsDialect::read(std::span<const std::byte> bytes, std::size_t,
                                      std::vector<Delivery>& deliveries, Bytes& reply) const {
  Cursor cursor(text_of(bytes));
  std::size_t done = 0;
  while (!cursor.at_end()) {
    const auto line = cursor.line();
    if (!line) break;
    if (line->starts_with("MSG ")) {
      const auto size = number(line->substr(line->rfind(' ') + 1));
      if (!size) return malformed(*line);
      const auto body = cursor.counted(*size);
      if (!body) break;
      deliveries.push_back(delivery(*body));
    } else if (*line == "PING") {
      append(reply, "PONG\r\n");
    } else if (!line->starts_with("INFO ") && *line != "PONG" && *line != "+OK") {
      return malformed(*line);
    }
    done = cursor.at();
  }
  return done;
}

// -- Redis
// ----------------------------------------------------------------------------------------------------------

Bytes RedisDialect::subscriber_greeting() const {
  return bytes_of("*2\r\n$9\r\nSUBSCRIBE\r\n$" + std::to_string(subject.size()) + "\r\n" +
                  std::string(subject) + "\r\n");
}

Bytes RedisDialect::before_body(std::size_t body_bytes) const {
  return bytes_of("*3\r\n$7\r\nPUBLISH\r\n$" + std::to_string(subject.size()) + "\r\n" +
                  std::string(subject) + "\r\n$" + std::to_string(body_bytes) + "\r\n");
}

Bytes RedisDialect::after_body(std::size_t) const {
  return bytes_of(line_end);
}

/// Arrays of three: `message`, channel and body, or the answer to SUBSCRIBE, whose third is a number; and a
/// number for each PUBLISH.
Result<std::size_t> RedisDialect::read(std::span<const std::byte> bytes, std::size_t,
                                       std::vector<Delivery>& deliveries, Bytes&) const {
  Cursor cursor(text_of(bytes));
  std::size_t done = 0;
  std::size_t items = 0;
  while (!cursor.at_end()) {
    const auto line = cursor.line();
    if (!line) break;
    if (*line == "*3") {
      items = 3;
      continue;
    }
    if (line->starts_with('$')) {
      const auto size = number(line->substr(1));
      if (!size) return malformed(*line);
      const auto text = cursor.counted(*size);
      if (!text) break;
      if (items == 1) deliveries.push_back(delivery(*text));
    } else if (!line->starts_with(':')) {
      return malformed(*line);
    }
    if (items != 0) --items;
    if (items == 0) done = cursor.at();
  }
  return done;
}

// -- relay
// ----------------------------------------------------------------------------------------------------------

Result<std::size_t> RelayDialect::read(std::span<const std::byte> bytes, std::size_t body_bytes,
                                       std::vector<Delivery>& deliveries, Bytes&) const {
  const std::size_t whole = bytes.size() - bytes.size() % body_bytes;
  for (std::size_t at = 0; at < whole; at += body_bytes)
    deliveries.push_back({bytes.data() + at, static_cast<std::uint32_t>(body_bytes), 0});
  return whole;
}

std::unique_ptr<Dialect> dialect_named(std::string_view name) {
  if (name == "nats") return std::make_unique<NatsDialect>();
  if (name == "redis") return std::make_unique<RedisDialect>();
  if (name == "relay") return std::make_unique<RelayDialect>();
  return nullptr;
}

}  // namespace compare
