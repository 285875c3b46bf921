#pragma once
/// \file
/// The addresses of other nodes in a file, for the next run. Which addresses, and when they are written, is
/// not known here.

#include <gossip/error.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gossip::detail {

/// The file `peers` in a directory that one process at a time has for itself. It is text: the line
/// "gossip-peers 1", and HOST:PORT on each line after it, best first; IPv6 is in brackets. It is never seen
/// half written: what is new is written beside it, is on the disk before it takes its place, and a crash
/// leaves the one or the other. Everything blocks as long as the disk does. Not thread-safe.
class PeerFile {
 public:
  /// The file's name in its directory, that of the one that is to take its place, and where set_aside() puts
  /// it.
  static constexpr const char* name = "peers";
  static constexpr const char* new_name = "peers.new";
  static constexpr const char* corrupt_name = "peers.corrupt";
  /// The first line.
  static constexpr std::string_view header = "gossip-peers 1";
  /// A file that is longer is refused: it is none of these.
  static constexpr std::size_t bytes_max = 16384;

  /// Makes the directory where there is none, but not those above it, and has it until the file is destroyed.
  /// The Error says what is wrong with it, and does not name it.
  [[nodiscard]] static Result<PeerFile> open(const std::string& directory);
  PeerFile(PeerFile&& other) noexcept;
  PeerFile& operator=(PeerFile&&) = delete;
  ~PeerFile();

  /// What was written last; none where there is no file. The Error is malformed where it is no such file, and
  /// says in which line and what would be right, or else the system's. It begins with the path.
  [[nodiscard]] Result<std::vector<Endpoint>> read() const;
  /// The file, as it is, becomes another, in the place of an earlier such. False where that cannot be done.
  bool set_aside();
  /// Puts them in the place of what there was. Where that cannot be done the file stays as it was, unless
  /// only the last step failed, and the system's Error, which begins with the path, says why.
  [[nodiscard]] std::optional<Error> write(std::span<const Endpoint> addresses);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  PeerFile(std::string path, int directory) : path_(std::move(path)), directory_(directory) {}

  [[nodiscard]] Error system_error(int number) const;

  std::string path_;
  int directory_;  ///< its descriptor, which holds the lock; -1 once it was moved from
};

}  // namespace gossip::detail
