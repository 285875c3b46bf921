#include <gossip/codec.hpp>
#include <gossip/overlay/reconciliation.hpp>

#include "../detail/advert_pages.hpp"
#include "../detail/siphash.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace gossip {
namespace {

/// Messages in a bucket: with as many buckets as that makes, rounded down to a power of two, there are three
/// to six.
constexpr std::size_t ids_per_bucket = 3;

/// By the first bits of the id: `count` is a power of two.
std::size_t bucket_of(const ContentId& id, std::size_t count) {
  static_assert(digest_buckets_max == 256);
  return std::to_integer<std::size_t>(id.bytes[0]) * count / 256;
}

std::uint64_t salted(std::uint64_t salt, const ContentId& id) {
  return detail::SipHash128<2, 4>(salt, 0).finish(id.bytes)[0];
}

/// It is here for others to have. Whether it has come from them is another question.
bool may_travel(const CachedMessage& message) {
  return message.valid && message.onward.has_value();
}

}  // namespace

Reconciliation::Reconciliation(NodeState& state, ContentNames& names, const Turnover& turnover)
    : state_(state),
      names_(names),
      turnover_(turnover),
      salt_first_(state.random.next()),
      salt_second_(state.random.next()) {}

void Reconciliation::add(ConnectionId link, std::size_t accepted_bytes, TimePoint now) {
  Link& added = links_.emplace_back();
  added.connection = link;
  added.accepted_bytes = accepted_bytes;
  // Both sides send one, and neither has to ask.
  send_digest(added, false, now);
  if (due_) return;
  const auto all = static_cast<std::uint64_t>(period.count());
  due_ = now + Duration(static_cast<Duration::rep>(state_.random.below(all)));
}

void Reconciliation::remove(ConnectionId link) {
  std::erase_if(links_, [&](const Link& other) { return other.connection == link; });
  if (links_.empty()) due_.reset();
}

void Reconciliation::on_digest(ConnectionId from, const CacheDigest& told, TimePoint now) {
  Link* const link = find(from);
  if (link == nullptr) return;
  state_.statistics.digests_received += 1;
  link->has_told = true;
  if (!pays(*link, now) || link->listing || turnover_.is_too_fast(now)) {
    state_.statistics.digests_unanswered += 1;
    return;
  }
  const std::size_t count = told.buckets.size();
  const std::vector<std::uint64_t> own = hashes(told.salt, count, now);
  Listing listing{CacheWalk(state_.cache.next_sequence()), {}, count};
  for (std::size_t bucket = 0; bucket < count; ++bucket) {
    listing.buckets.set(bucket, own[bucket] != told.buckets[bucket]);
  }
  if (listing.buckets.none()) return;
  if (told.wants_answer) send_digest(*link, false, now);
  link->listing = listing;
  go_on(*link, now);
}

bool Reconciliation::has_told(ConnectionId link) const {
  return std::ranges::any_of(links_,
                             [&](const Link& other) { return other.connection == link && other.has_told; });
}

void Reconciliation::on_relieved(ConnectionId from, TimePoint now) {
  Link* const link = find(from);
  if (link != nullptr && link->listing) go_on(*link, now);
}

void Reconciliation::on_time(TimePoint now) {
  if (!due_ || *due_ > now) return;
  due_ = now + period;
  if (turnover_.is_too_fast(now)) return;
  send_digest(links_[state_.random.below(links_.size())], true, now);
}

Reconciliation::Link* Reconciliation::find(ConnectionId link) {
  const auto found = std::ranges::find(links_, link, &Link::connection);
  return found == links_.end() ? nullptr : &*found;
}

/// False for a DIGEST that comes too fast, which then costs its sender nothing.
bool Reconciliation::pays(Link& link, TimePoint now) {
  if (link.paid_until > now + (digests_at_once - 1) * digest_pause) return false;
  link.paid_until = std::max(link.paid_until, now) + digest_pause;
  return true;
}

/// Of each bucket the sum of what its ids come to, in whatever order they are.
std::vector<std::uint64_t> Reconciliation::hashes(std::uint64_t salt, std::size_t count, TimePoint now) {
  names_.name_all(now);
  std::vector<std::uint64_t> sums(count);
  CacheWalk().go_on(state_.cache, [&](const CachedMessage& message) {
    if (may_travel(message)) {
      const ContentId id = names_.id_of(message, now);
      sums[bucket_of(id, count)] += salted(salt, id);
    }
    return true;
  });
  return sums;
}

void Reconciliation::send_digest(const Link& link, bool wants_answer, TimePoint now) {
  const std::size_t fit = (link.accepted_bytes - frame_header_bytes - digest_fixed_bytes) / 8;
  const std::size_t wanted = std::min(state_.cache.size() / ids_per_bucket, digest_buckets_max);
  CacheDigest digest;
  // What Random draws is not shown to anybody: from some of it all could be worked out.
  detail::SipHash128<2, 4> draw(salt_first_, salt_second_);
  draw.word(salts_++);
  digest.salt = draw.finish({})[0];
  digest.wants_answer = wants_answer;
  digest.buckets = hashes(digest.salt, std::bit_floor(std::clamp<std::size_t>(wanted, 1, fit)), now);
  state_.statistics.digests_sent += 1;
  state_.transport.send(link.connection, encode(digest));
}

/// Until the link is congested, or told of everything.
void Reconciliation::go_on(Link& link, TimePoint now) {
  Listing& listing = *link.listing;
  const std::size_t fit = detail::adverts_of_frame(link.accepted_bytes);
  std::vector<Advert> page;
  const auto send_page = [&] {
    state_.statistics.adverts_sent += page.size();
    return state_.transport.send(link.connection, encode(IHave{std::exchange(page, {})}));
  };
  const bool all = listing.walk.go_on(state_.cache, [&](const CachedMessage& message) {
    if (!may_travel(message) || message.origin == link.connection) return true;
    const ContentId id = names_.id_of(message, now);
    if (!listing.buckets.test(bucket_of(id, listing.count))) return true;
    page.push_back({no_tree, id});
    return page.size() < fit || send_page() == SendResult::queued;
  });
  if (!all) return;
  if (!page.empty()) send_page();
  link.listing.reset();
}

}  // namespace gossip
