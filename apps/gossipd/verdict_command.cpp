#include "verdict_command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace gossipd {
namespace {

gossip::Error cannot_run(int number) {
  return {gossip::Condition::system,
          "the verdict command cannot be run: " + std::generic_category().message(number)};
}

/// A file in memory. Unlike a pipe, it never waits for its reader.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("message", MFD_CLOEXEC)) {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  /// False with errno set where it fails. The next reader starts at the beginning.
  [[nodiscard]] bool fill(std::string_view data) {
    if (descriptor_ < 0) return false;
    while (!data.empty()) {
      const ssize_t count = ::write(descriptor_, data.data(), data.size());
      if (count < 0 && errno != EINTR) return false;
      if (count > 0) data.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::lseek(descriptor_, 0, SEEK_SET) == 0;
  }

  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// How the child starts: its descriptors, and signals as a program expects them.
class SpawnSettings {
 public:
  explicit SpawnSettings(int standard_input) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, standard_input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    sigset_t blocked;
    sigset_t by_default;
    sigemptyset(&blocked);
    sigemptyset(&by_default);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM}) sigaddset(&by_default, signal);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &blocked);
    ::posix_spawnattr_setsigdefault(&attributes_, &by_default);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

gossip::Result<std::optional<bool>> ask_command(const std::string& command, std::string_view data) {
  MemoryFile input;
  if (!input.fill(data)) return cannot_run(errno);
  const SpawnSettings settings(input.descriptor());
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  const std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, "/bin/sh", settings.actions(), settings.attributes(), arguments.data(), environ);
  if (error != 0) return cannot_run(error);

  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return cannot_run(errno);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) return std::optional<bool>{};
  return std::optional(WEXITSTATUS(status) == 0);
}

}  // namespace gossipd
