#include "message_book.hpp"

#include "mix.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gossip::sim {
namespace {

/// What lies where is another in each run, so this decides nothing but where a table is looked at.
std::uint64_t address_hash(DataType type, const Payload& data) {
  const auto address = reinterpret_cast<std::uintptr_t>(data.bytes().data());
  return mix(address ^ std::uint64_t{value_of(type)} << 48U);
}

std::uint64_t content_hash(DataType type, const Payload& data) {
  Trace hash;
  hash.add(value_of(type));
  hash.add(data.size());
  const auto bytes = data.bytes();
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
    hash.add(word);
  }
  return hash.value();
}

constexpr unsigned steps_bits = 4;

std::size_t step_of(std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  if (bits <= steps_bits) return value;
  const unsigned shift = bits - steps_bits - 1;
  return (std::size_t{shift} << steps_bits) + (value >> shift);
}

std::uint64_t upper_end(std::size_t step) {
  if (step < (std::size_t{2} << steps_bits)) return step;
  const auto shift = static_cast<unsigned>(step >> steps_bits) - 1;
  const std::uint64_t first = (step & ((1U << steps_bits) - 1)) + (1U << steps_bits);
  return ((first + 1) << shift) - 1;
}

constexpr std::size_t curve_places_max = 32;

/// Deliveries come in the order of time. Where there is no room, every second place makes way.
void add_to_curve(MessageRecord& record, std::uint32_t others, Duration delay) {
  if (others % record.curve_stride != 0) return;
  if (record.curve.size() == curve_places_max) {
    for (std::size_t place = 0; place < curve_places_max / 2; ++place)
      record.curve[place] = record.curve[2 * place + 1];
    record.curve.resize(curve_places_max / 2);
    record.curve_stride *= 2;
    if (others % record.curve_stride != 0) return;
  }
  record.curve.push_back(delay);
}

}  // namespace

void DelayCurve::add(Duration delay) {
  steps_[std::min(step_of(static_cast<std::uint64_t>(delay.count())), steps_.size() - 1)] += 1;
}

std::vector<CurvePoint> DelayCurve::points() const {
  std::vector<CurvePoint> points;
  std::uint64_t delivered = 0;
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    if (steps_[step] == 0) continue;
    delivered += steps_[step];
    points.push_back({Duration(static_cast<std::int64_t>(upper_end(step))), delivered});
  }
  return points;
}

std::uint32_t MessageBook::find(DataType type, const Payload& data) const {
  const std::uint32_t same = look_up(by_address_, address_hash(type, data), [&](std::uint32_t message) {
    return data_[message].bytes().data() == data.bytes().data() && records_[message].data_type == type;
  });
  if (same != none) return same;
  return look_up(by_content_, content_hash(type, data), [&](std::uint32_t message) {
    return records_[message].data_type == type && data_[message] == data;
  });
}

std::uint32_t MessageBook::add(const MessageRecord& record, const Payload& data, std::uint32_t nodes) {
  const auto message = static_cast<std::uint32_t>(records_.size());
  records_.push_back(record);
  digests_.push_back(gossip::digest_of(*digest_key_, record.data_type, data.bytes()));
  data_.push_back(data);
  marks_.emplace_back(nodes);
  by_address_hash_.push_back(address_hash(record.data_type, data));
  by_content_hash_.push_back(content_hash(record.data_type, data));
  enter(by_address_, by_address_hash_.back(), message, by_address_hash_);
  enter(by_content_, by_content_hash_.back(), message, by_content_hash_);
  return message;
}

void MessageBook::remove_last() {
  const auto message = static_cast<std::uint32_t>(records_.size() - 1);
  take_out(by_address_, by_address_hash_.back(), message);
  take_out(by_content_, by_content_hash_.back(), message);
  records_.pop_back();
  digests_.pop_back();
  data_.pop_back();
  marks_.pop_back();
  by_address_hash_.pop_back();
  by_content_hash_.pop_back();
}

void MessageBook::forget_node(std::uint32_t node) {
  for (auto& marks : marks_) {
    if (node < marks.size()) marks[node].bits &= Mark::counted;
  }
}

void MessageBook::begin_anew(Duration time) {
  for (MessageRecord& record : records_) record.published -= time;
}

void MessageBook::count_delivery(std::uint32_t message, Mark& mark, Duration delay) {
  if (mark.has(Mark::counted)) return;
  mark.set(Mark::counted);
  MessageRecord& record = records_[message];
  record.delivered += 1;
  // Deliveries come in the order of time. Of several at the same time, the order of events decides nothing.
  record.last_hop = delay > record.last_delivery ? mark.hop() : std::max(record.last_hop, mark.hop());
  record.last_delivery = delay;
  if (!record.valid || record.hostile || mark.hop() == 0) return;
  curve_.add(delay);
  add_to_curve(record, record.delivered - 1, delay);
}

std::size_t MessageBook::bytes() const {
  std::size_t bytes = records_.capacity() * (sizeof(MessageRecord) + curve_places_max * sizeof(Duration) + 8 +
                                             24 + 16 + sizeof(Digest)) +
                      (by_address_.places.size() + by_content_.places.size()) * sizeof(std::uint32_t);
  for (const auto& marks : marks_) bytes += marks.capacity() * sizeof(Mark);
  return bytes;
}

template <typename Equal>
std::uint32_t MessageBook::look_up(const Table& table, std::uint64_t hash, const Equal& equal) {
  if (table.places.empty()) return none;
  const std::size_t mask = table.places.size() - 1;
  for (std::size_t at = hash & mask; table.places[at] != none; at = (at + 1) & mask) {
    if (equal(table.places[at])) return table.places[at];
  }
  return none;
}

/// At most half full.
void MessageBook::enter(Table& table, std::uint64_t hash, std::uint32_t message,
                        const std::vector<std::uint64_t>& hashes) {
  if ((table.used + 1) * 2 > table.places.size()) {
    table.places.assign(std::max<std::size_t>(64, table.places.size() * 2), none);
    for (std::uint32_t other = 0; other < message; ++other) place(table, hashes[other], other);
  }
  place(table, hash, message);
  table.used += 1;
}

void MessageBook::place(Table& table, std::uint64_t hash, std::uint32_t message) {
  const std::size_t mask = table.places.size() - 1;
  std::size_t at = hash & mask;
  while (table.places[at] != none) at = (at + 1) & mask;
  table.places[at] = message;
}

/// Of the one that was entered last: nothing was placed behind it.
void MessageBook::take_out(Table& table, std::uint64_t hash, std::uint32_t message) {
  const std::size_t mask = table.places.size() - 1;
  std::size_t at = hash & mask;
  while (table.places[at] != message) at = (at + 1) & mask;
  table.places[at] = none;
  table.used -= 1;
}

}  // namespace gossip::sim
