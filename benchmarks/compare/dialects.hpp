#pragma once
/// \file
/// What the client of gossipd bench says to other servers, so that all of them are measured by the same code.

#include <bench/dialect.hpp>
#include <memory>
#include <string_view>

namespace compare {

using gossipd::load::Bytes;
using gossipd::load::Delivery;
using gossipd::load::Dialect;

/// NATS, its text protocol: PUB, SUB and MSG on one subject, without acknowledgements.
class NatsDialect final : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return "nats"; }
  [[nodiscard]] Bytes publisher_greeting() const override;
  [[nodiscard]] Bytes subscriber_greeting() const override;
  [[nodiscard]] Bytes before_body(std::size_t body_bytes) const override;
  [[nodiscard]] Bytes after_body(std::size_t body_bytes) const override;
  [[nodiscard]] gossip::Result<std::size_t> read(std::span<const std::byte> bytes, std::size_t body_bytes,
                                                 std::vector<Delivery>& deliveries,
                                                 Bytes& reply) const override;
  void accept(std::span<const Delivery>, Bytes&) const override {}
};

/// Redis: PUBLISH and SUBSCRIBE on one channel, in RESP2.
class RedisDialect final : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return "redis"; }
  [[nodiscard]] Bytes publisher_greeting() const override { return {}; }
  [[nodiscard]] Bytes subscriber_greeting() const override;
  [[nodiscard]] Bytes before_body(std::size_t body_bytes) const override;
  [[nodiscard]] Bytes after_body(std::size_t body_bytes) const override;
  [[nodiscard]] gossip::Result<std::size_t> read(std::span<const std::byte> bytes, std::size_t body_bytes,
                                                 std::vector<Delivery>& deliveries,
                                                 Bytes& reply) const override;
  void accept(std::span<const Delivery>, Bytes&) const override {}
};

/// byte-relay: bodies one behind the other, and nothing else.
class RelayDialect final : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return "relay"; }
  [[nodiscard]] Bytes publisher_greeting() const override { return {}; }
  [[nodiscard]] Bytes subscriber_greeting() const override { return {}; }
  [[nodiscard]] Bytes before_body(std::size_t) const override { return {}; }
  [[nodiscard]] Bytes after_body(std::size_t) const override { return {}; }
  [[nodiscard]] gossip::Result<std::size_t> read(std::span<const std::byte> bytes, std::size_t body_bytes,
                                                 std::vector<Delivery>& deliveries,
                                                 Bytes& reply) const override;
  void accept(std::span<const Delivery>, Bytes&) const override {}
};

/// The dialect of that name; none for an unknown one.
[[nodiscard]] std::unique_ptr<Dialect> dialect_named(std::string_view name);

}  // namespace compare
