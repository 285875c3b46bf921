#include "peer_file.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gossip::detail {
namespace {

std::string message_of(int number) {
  return std::generic_category().message(number);
}

/// A descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

/// False with errno where it could not be written wholly.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Nothing with errno where it cannot be read. Of a file that is too long there is a byte more than may be.
std::optional<std::string> read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.size() <= PeerFile::bytes_max) {
    const ssize_t count = ::read(descriptor, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::optional<Endpoint> parse(std::string_view line) {
  const auto address = parse_endpoint(line);
  return address && address->usable() ? address : std::nullopt;
}

}  // namespace

Result<PeerFile> PeerFile::open(const std::string& directory) {
  constexpr mode_t mode = 0750;
  if (::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST && errno != EROFS)
    return Error{Condition::system, "it cannot be made: " + message_of(errno)};
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Error{Condition::system, message_of(errno)};
  PeerFile file((directory.ends_with('/') ? directory : directory + '/') + name, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK)
    return Error{Condition::invalid_argument, "another node uses it; each needs one of its own"};
  return Error{Condition::system, "it cannot be locked: " + message_of(errno)};
}

PeerFile::PeerFile(PeerFile&& other) noexcept
    : path_(std::move(other.path_)), directory_(std::exchange(other.directory_, -1)) {}

PeerFile::~PeerFile() {
  if (directory_ >= 0) ::close(directory_);
}

Result<std::vector<Endpoint>> PeerFile::read() const {
  const Descriptor file(::openat(directory_, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0 && errno == ENOENT) return std::vector<Endpoint>();
  if (file.number() < 0) return system_error(errno);
  const auto text = read_all(file.number());
  if (!text) return system_error(errno);
  if (text->size() > bytes_max) {
    return Error{Condition::malformed,
                 path_ + ": at most " + std::to_string(bytes_max) + " bytes are needed, and it has more"};
  }
  std::vector<Endpoint> addresses;
  std::string_view rest = *text;
  for (std::size_t line = 1; line == 1 || !rest.empty(); ++line) {
    const auto wanted = [&](std::string_view what) {
      return Error{Condition::malformed,
                   path_ + ":" + std::to_string(line) + ": " + std::string(what) + " is needed"};
    };
    const std::size_t end = rest.find('\n');
    const std::string_view content = rest.substr(0, end);
    const auto address = parse(content);
    if (line == 1 && content != header) return wanted('\'' + std::string(header) + '\'');
    if (line > 1 && !address)
      return wanted("HOST:PORT, HOST being an IPv4 address, or an IPv6 address in brackets,");
    if (end == std::string_view::npos) return wanted("the end of the line");  // the rest of it may be lacking
    if (line > 1) addresses.push_back(*address);
    rest.remove_prefix(end + 1);
  }
  return addresses;
}

bool PeerFile::set_aside() {
  return ::renameat(directory_, name, directory_, corrupt_name) == 0;
}

std::optional<Error> PeerFile::write(std::span<const Endpoint> addresses) {
  std::string text(header);
  text += '\n';
  for (const Endpoint& address : addresses) text.append(to_string(address)).append("\n");

  ::unlinkat(directory_, new_name, 0);  // what a crash has left behind
  constexpr mode_t mode = 0640;
  Descriptor file(::openat(directory_, new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.number() < 0) return system_error(errno);
  const bool is_written = write_all(file.number(), text) && ::fsync(file.number()) == 0 && file.close() &&
                          ::renameat(directory_, new_name, directory_, name) == 0;
  if (!is_written) {
    const int why = errno;
    ::unlinkat(directory_, new_name, 0);
    return system_error(why);
  }
  if (::fsync(directory_) != 0) return system_error(errno);
  return std::nullopt;
}

Error PeerFile::system_error(int number) const {
  return {Condition::system, path_ + ": " + message_of(number)};
}

}  // namespace gossip::detail
