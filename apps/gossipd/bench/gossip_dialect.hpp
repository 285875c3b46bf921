#pragma once
/// \file
/// The dialect of gossipd itself: the API layer of docs/protocol.md.

#include <gossip/types.hpp>

#include "dialect.hpp"

namespace gossipd::load {

/// Publishes ANNOUNCEs with unlimited ttl and subscribes with NOTIFY, both of one data type.
class GossipDialect final : public Dialect {
 public:
  explicit GossipDialect(gossip::DataType data_type) : data_type_(data_type) {}

  [[nodiscard]] std::string_view name() const override { return "gossip"; }
  [[nodiscard]] Bytes publisher_greeting() const override { return {}; }
  [[nodiscard]] Bytes subscriber_greeting() const override;
  [[nodiscard]] Bytes before_body(std::size_t body_bytes) const override;
  [[nodiscard]] Bytes after_body(std::size_t) const override { return {}; }
  [[nodiscard]] gossip::Result<std::size_t> read(std::span<const std::byte> bytes, std::size_t body_bytes,
                                                 std::vector<Delivery>& deliveries,
                                                 Bytes& reply) const override;
  void accept(std::span<const Delivery> deliveries, Bytes& out) const override;

 private:
  gossip::DataType data_type_;
};

}  // namespace gossipd::load
