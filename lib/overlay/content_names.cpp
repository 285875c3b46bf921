#include <gossip/content_id.hpp>
#include <gossip/overlay/cache_walk.hpp>
#include <gossip/overlay/content_names.hpp>

namespace gossip {

/// Where ids cannot be made the node is not to begin: in the middle of an event would be the wrong time to
/// say so.
ContentNames::ContentNames(const MessageCache& cache, Random& random) : cache_(cache), key_(random) {
  (void)content_id(DataType{}, {});
}

ContentId ContentNames::id_of(const CachedMessage& message, TimePoint now) {
  return named(message, now).id;
}

void ContentNames::name_all(TimePoint now) {
  if (all_named_ && now - renewed_ < renewal) return;
  CacheWalk().go_on(cache_, [&](const CachedMessage& message) {
    memory_.note(key_(named(message, now).id), message.id, now);
    return true;
  });
  all_named_ = true;
  renewed_ = now;
}

const CachedMessage* ContentNames::find(const ContentId& id, TimePoint now) {
  const auto noted = memory_.find(key_(id), now);
  const CachedMessage* const message = noted ? cache_.look_at(*noted) : nullptr;
  // Another may be called so by now.
  return message != nullptr && named(*message, now).id == id ? message : nullptr;
}

/// Valid until the next call.
const ContentNames::Named& ContentNames::named(const CachedMessage& message, TimePoint now) {
  const std::size_t slot = cache_.slot(message.id).value();
  if (slot >= by_slot_.size()) by_slot_.resize(slot + 1);
  Named& named = by_slot_[slot];
  if (named.sequence == message.sequence) return named;
  named = {message.sequence, content_id(message.data_type, message.data.bytes())};
  made_ += 1;
  memory_.note(key_(named.id), message.id, now);
  return named;
}

}  // namespace gossip
