#include "peer_keeper.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace gossip::detail {

std::vector<Endpoint> PeerKeeper::read(const Tell& tell) {
  auto found = file_.read();
  if (!found) {
    std::string why = found.error().message;
    if (found.error().condition == Condition::malformed && file_.set_aside())
      why.append("; it is set aside as ").append(PeerFile::corrupt_name);
    tell(event::PeersUnread{file_.path(), why});
    return {};
  }
  written_ = *std::move(found);
  if (!written_.empty()) tell(event::PeersRead{file_.path(), written_.size()});
  return written_;
}

void PeerKeeper::start(Ask ask, Tell tell) {
  thread_ = std::thread([this, ask = std::move(ask), tell = std::move(tell)] { keep(ask, tell); });
}

void PeerKeeper::keep(const Ask& ask, const Tell& tell) {
  auto pause = pause_min;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, pause, [this] { return finishing_; })) return;
    }
    pause = std::min(2 * pause, pause_max);
    write(ask, tell);
  }
}

void PeerKeeper::finish(const std::vector<Endpoint>& last, const Tell& tell) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  changed_.notify_all();
  thread_.join();
  write([&] { return last; }, tell);
}

/// A node that has known nobody so far says nothing against what the file has.
void PeerKeeper::write(const Ask& ask, const Tell& tell) try {
  const auto addresses = ask();
  if (!addresses || addresses->empty() || *addresses == written_) return;
  const bool failed = fails_;
  const auto error = file_.write(*addresses);
  fails_ = error.has_value();
  if (error) {
    if (!failed) tell(event::PeersUnsaved{file_.path(), error->message});
    return;
  }
  written_ = *addresses;
  tell(event::PeersSaved{file_.path(), written_.size(), failed});
} catch (const std::bad_alloc&) {
  // There may be memory for it the next time.
}

}  // namespace gossip::detail
