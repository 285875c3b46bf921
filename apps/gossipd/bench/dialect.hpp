#pragma once
/// \file
/// What differs between the servers that the load generator can drive: how a message is wrapped, and how
/// deliveries are told from the rest of the stream. Everything works on whole buffers, so that a virtual call
/// is paid once for some thousand messages.

#include <gossip/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gossipd::load {

using Bytes = std::vector<std::byte>;

/// A message that a subscriber got.
struct Delivery {
  const std::byte* body = nullptr;  ///< in the buffer that was parsed
  std::uint32_t bytes = 0;
  std::uint16_t id = 0;  ///< by which a verdict names it; 0 where the dialect has no verdicts
};

/// One server's protocol, as far as publishing and subscribing go. Has no state that changes: one object
/// serves all connections, on any thread.
class Dialect {
 public:
  Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;
  virtual ~Dialect() = default;

  /// One lower-case word.
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// \{
  /// What a connection sends first.
  [[nodiscard]] virtual Bytes publisher_greeting() const = 0;
  [[nodiscard]] virtual Bytes subscriber_greeting() const = 0;
  /// \}

  /// \{
  /// What stands around each body that is published; the same for all bodies of that size.
  [[nodiscard]] virtual Bytes before_body(std::size_t body_bytes) const = 0;
  [[nodiscard]] virtual Bytes after_body(std::size_t body_bytes) const = 0;
  /// \}

  /// Reads what a server sent, from the beginning of a unit of the protocol: adds the deliveries to
  /// `deliveries` and what has to be answered to `reply`, and returns how many bytes it is done with. The
  /// rest is a unit that is not complete yet and is handed in again, with more behind it. `body_bytes` is the
  /// size that is published in this run. An Error where the bytes break the protocol, or say that the server
  /// has refused something.
  [[nodiscard]] virtual gossip::Result<std::size_t> read(std::span<const std::byte> bytes,
                                                         std::size_t body_bytes,
                                                         std::vector<Delivery>& deliveries,
                                                         Bytes& reply) const = 0;

  /// Adds a verdict on each of `deliveries`: that it is valid. Nothing where the dialect has no verdicts.
  virtual void accept(std::span<const Delivery> deliveries, Bytes& out) const = 0;
};

}  // namespace gossipd::load
