#include "whole_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace gossipd {
namespace {

gossip::Error system_error(int number) {
  return {gossip::Condition::system, std::generic_category().message(number)};
}

/// A descriptor that is closed at the end of its scope.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

gossip::Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max) {
  const OpenFile file(path);
  if (file.descriptor() < 0) return system_error(errno);
  std::string text;
  std::array<char, 16384> chunk{};
  while (text.size() <= bytes_max) {
    const ssize_t count = ::read(file.descriptor(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno);
    if (count == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return gossip::Error{gossip::Condition::invalid_argument,
                       "a file of at most " + std::to_string(bytes_max) + " bytes is needed"};
}

}  // namespace gossipd
