#pragma once
/// \file
/// Bytes that are written once and then shared: a message's data travels from the cache to every connection
/// without being copied. A Frame is what goes on the wire: a small header of its own and a shared body.

#include <gossip/export.hpp>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace gossip {

/// Immutable, reference-counted bytes. Copies share; the last one frees. Equality compares the bytes.
/// Thread safety: distinct Payloads may be used from different threads even where they share their bytes.
class GOSSIP_EXPORT Payload {
 public:
  /// No bytes.
  Payload() = default;

  /// Copies `bytes`. Throws std::bad_alloc.
  explicit Payload(std::span<const std::byte> bytes);
  /// The same for the characters of `text`, without a terminating zero.
  explicit Payload(std::string_view text) : Payload(std::as_bytes(std::span(text.data(), text.size()))) {}

  /// Valid for as long as any Payload shares them.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  /// In bytes.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// True for no bytes, which is data like any other.
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// The bytes as characters, whatever they are; valid as long as bytes().
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }

  /// Compares the bytes, unless they are shared.
  friend bool operator==(const Payload& left, const Payload& right) {
    return left.size_ == right.size_ && (left.data_ == right.data_ || left.text() == right.text());
  }

 private:
  std::shared_ptr<const std::byte[]> data_;
  std::size_t size_ = 0;
};

/// One encoded frame: up to `header_bytes_max` bytes held inline, then a shared body. Cheap to copy.
class Frame {
 public:
  /// Enough for every frame of fixed size as a whole, and for what precedes the data of the others.
  static constexpr std::size_t header_bytes_max = 12;

  /// An empty one, which is not to be sent.
  Frame() = default;
  /// Precondition: at most header_bytes_max bytes of header.
  Frame(std::span<const std::byte> header, Payload body)
      : header_size_(static_cast<std::uint8_t>(header.size())), body_(std::move(body)) {
    assert(header.size() <= header_bytes_max);
    std::memcpy(header_.data(), header.data(), header.size());
  }

  /// What goes on the wire first; a view into this Frame.
  [[nodiscard]] std::span<const std::byte> header() const { return {header_.data(), header_size_}; }
  /// What follows it; empty for many a frame.
  [[nodiscard]] const Payload& body() const { return body_; }
  /// Bytes on the wire.
  [[nodiscard]] std::size_t size() const { return header_size_ + body_.size(); }

 private:
  std::array<std::byte, header_bytes_max> header_{};
  std::uint8_t header_size_ = 0;
  Payload body_;
};

}  // namespace gossip
