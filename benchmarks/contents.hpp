#pragma once
/// \file
/// Contents for benchmarks: as many different ones as are asked for. Making them is no part of what is
/// measured.

#include <gossip/payload.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gossip::bench {

/// Messages for which the clock is stopped once: enough for that not to show.
inline constexpr std::size_t batch = 512;

/// Bytes of a size, never the same ones twice.
class Contents {
 public:
  /// `bytes` of at least 8 tell 10^8 contents apart.
  explicit Contents(std::size_t bytes) : text_(bytes, 'x') {}

  /// One more.
  Payload next() {
    std::uint64_t number = made_++;
    for (std::size_t i = 0; i < 8 && i < text_.size(); ++i, number /= 10) {
      text_[i] = static_cast<char>('0' + number % 10);
    }
    return Payload(text_);
  }

  /// A batch of them in place of what the vector holds.
  void fill(std::vector<Payload>& payloads) {
    payloads.clear();
    for (std::size_t i = 0; i < batch; ++i) payloads.push_back(next());
  }

 private:
  std::string text_;
  std::uint64_t made_ = 0;
};

}  // namespace gossip::bench
