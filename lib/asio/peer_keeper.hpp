#pragma once
/// \file
/// When the addresses that a node remembers go into its PeerFile.

#include <gossip/observer.hpp>
#include <gossip/types.hpp>

#include "peer_file.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gossip::detail {

/// Reads the file at the start, and writes it on a thread of its own, since the disk may take its time: a
/// second after the start, after pauses that double to a minute, and at the end, each time if something has
/// changed. Where that fails the node goes on without, and it is told once, until it works again.
class PeerKeeper {
 public:
  /// What the node remembers now, which may have to be waited for; nothing where it has stopped.
  using Ask = std::function<std::optional<std::vector<Endpoint>>()>;
  /// Has `event` told to the node's observer, on whatever thread that is to be done.
  using Tell = std::function<void(const Event& event)>;

  static constexpr std::chrono::seconds pause_min{1};   ///< from the start to the first time that it looks
  static constexpr std::chrono::seconds pause_max{60};  ///< the pause doubles until it is that

  explicit PeerKeeper(PeerFile file) : file_(std::move(file)) {}
  PeerKeeper(const PeerKeeper&) = delete;
  PeerKeeper& operator=(const PeerKeeper&) = delete;
  /// Precondition: finish() was called if start() was.
  ~PeerKeeper() = default;

  /// What an earlier run has left. A file that is none of these is set aside, so that the next one does not
  /// destroy what could be looked at.
  std::vector<Endpoint> read(const Tell& tell);

  /// Both functions are called on the keeper's thread, until finish().
  void start(Ask ask, Tell tell);
  /// Ends the thread; `ask` must answer soon. What the node remembered last is written.
  void finish(const std::vector<Endpoint>& last, const Tell& tell);

 private:
  void keep(const Ask& ask, const Tell& tell);
  void write(const Ask& ask, const Tell& tell);

  PeerFile file_;
  std::vector<Endpoint> written_;  ///< what the file has
  bool fails_ = false;             ///< it could not be written the last time
  std::mutex mutex_;
  std::condition_variable changed_;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace gossip::detail
