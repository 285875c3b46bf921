#pragma once
/// \file
/// Where the decisions of a made-up life come from: a seed, or the bytes of a file.

#include <gossip/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace gossip::test {

/// Whatever a generator has to choose, it asks here: the same answers make the same life.
class Choices {
 public:
  Choices() = default;
  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;
  virtual ~Choices() = default;

  /// A number in [0, bound); 0 once there are no more. Precondition: 1 <= bound <= 65536.
  virtual std::uint64_t below(std::uint64_t bound) = 0;

  [[nodiscard]] virtual bool more() const = 0;
};

/// Endless, from a seed.
class RandomChoices final : public Choices {
 public:
  explicit RandomChoices(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) override { return random_.below(bound); }
  [[nodiscard]] bool more() const override { return true; }

 private:
  Random random_;
};

/// As many as the bytes give: one byte decides among up to 256, two among more, so that changing a byte
/// changes one decision.
class ByteChoices final : public Choices {
 public:
  /// `bytes` must outlive it.
  explicit ByteChoices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint64_t below(std::uint64_t bound) override {
    if (bound <= 1) return 0;
    std::uint64_t value = byte();
    if (bound > 256) value = value << 8U | byte();
    return value % bound;
  }
  [[nodiscard]] bool more() const override { return !bytes_.empty(); }

 private:
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace gossip::test
