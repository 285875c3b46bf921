#include "outbox.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace gossip::detail {
namespace {

/// Parcels below this are copied for each member when a fanout ends in the middle of a turn.
constexpr std::size_t copied_bytes_max = 4096;

/// What a spare parcel may keep.
constexpr std::size_t spare_bytes_max = std::size_t{512} << 10U;

}  // namespace

void Outbox::send(Outgoing& to, const Frame& frame) {
  if (to.fanout != nullptr) close(*to.fanout);
  if (!to.open) open_own(to);
  to.open->append(frame);
  to.bytes += frame.size();
  bytes_ += frame.size();
}

void Outbox::open_own(Outgoing& to) {
  auto parcel = new_parcel();
  to.parcels.push_back(parcel);
  to.open = std::move(parcel);
  pieces_ += 1;
}

Fanout* Outbox::find_other(std::span<const ConnectionId> connections) {
  const auto found =
      std::ranges::find_if(fanouts_, [&](const Fanout& fanout) { return fanout.is_to(connections); });
  found_ = found == fanouts_.end() ? nullptr : &*found;
  return found_;
}

Fanout& Outbox::open(std::span<const ConnectionId> connections) {
  Fanout& fanout = fanouts_[next_];
  next_ = (next_ + 1) % fanouts_max;
  if (fanout.is_open()) close(fanout);
  fanout.connections.assign(connections.begin(), connections.end());
  fanout.members.reserve(connections.size());
  fanout.queued_max = fanout.room = 0;
  fanout.parcel = new_parcel();
  return fanout;
}

void Outbox::join(Fanout& fanout, Outgoing& member) {
  if (member.fanout != nullptr) close(*member.fanout);
  // Room for its parcel is made now: leaving the fanout must not fail.
  if (member.parcels.size() == member.parcels.capacity()) {
    member.parcels.reserve(std::max<std::size_t>(4, member.parcels.size() * 2));
  }
  fanout.members.push_back(&member);
  member.fanout = &fanout;
}

void Outbox::close(Fanout& fanout) {
  leave(fanout, fanout.parcel->size() < copied_bytes_max);
}

/// Where a turn goes back and forth between fanouts, the little that each held is copied: a parcel for every
/// frame would cost more.
void Outbox::leave(Fanout& fanout, bool copied) {
  const auto parcel = std::exchange(fanout.parcel, nullptr);
  for (Outgoing* const member : std::exchange(fanout.members, {})) {
    if (member == nullptr) continue;
    member->fanout = nullptr;
    member->bytes += parcel->size();
    if (copied && copy(*parcel, *member)) continue;
    member->parcels.push_back(parcel);
    member->open.reset();
    pieces_ += 1;
  }
}

/// False where there is no memory for it.
bool Outbox::copy(const Parcel& parcel, Outgoing& to) try {
  if (to.parcels.size() == to.parcels.capacity())
    to.parcels.reserve(to.parcels.size() * 2);  // for the other way
  if (!to.open) open_own(to);
  to.open->append(parcel, 0);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void Outbox::seal() {
  for (Fanout& fanout : fanouts_) {
    if (fanout.is_open()) leave(fanout, false);
  }
  for (const auto& parcel : parcels_) parcel->seal();
}

void Outbox::forget(Outgoing& gone) {
  if (gone.fanout == nullptr) return;
  std::ranges::replace(gone.fanout->members, &gone, nullptr);
  gone.fanout = nullptr;
}

void Outbox::finish_turn() {
  for (auto& parcel : std::exchange(parcels_, {})) {
    if (!writes_here_ || spare_.size() == spare_max || parcel.use_count() > 1) continue;
    parcel->clear();
    if (parcel->footprint() <= spare_bytes_max) spare_.push_back(std::move(parcel));
  }
  pieces_ = bytes_ = 0;
}

std::shared_ptr<Parcel> Outbox::new_parcel() {
  std::shared_ptr<Parcel> parcel;
  if (spare_.empty()) {
    parcel = std::make_shared<Parcel>(account_);
  } else {
    parcel = std::move(spare_.back());
    spare_.pop_back();
  }
  parcels_.push_back(parcel);
  return parcel;
}

}  // namespace gossip::detail
