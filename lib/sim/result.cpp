#include <gossip/sim/result.hpp>

#include <algorithm>
#include <limits>

namespace gossip::sim {
namespace {

bool is_measured(const MessageRecord& message) {
  return message.valid && !message.hostile;
}

/// The mean of what `value` gives for the messages that are measured and for which `counts` holds.
template <typename Counts, typename Value>
double mean(const std::vector<MessageRecord>& messages, const Counts& counts, const Value& value) {
  double sum = 0;
  std::size_t counted = 0;
  for (const MessageRecord& message : messages) {
    if (!is_measured(message) || !counts(message)) continue;
    sum += value(message);
    counted += 1;
  }
  return counted == 0 ? 0 : sum / static_cast<double>(counted);
}

bool reached_another(const MessageRecord& message) {
  return message.delivered > 1;
}

std::string seconds_of(Duration time) {
  const std::int64_t milliseconds = time.count() / 1'000'000;
  std::string fraction = std::to_string(1000 + milliseconds % 1000);
  fraction[0] = '.';
  return std::to_string(milliseconds / 1000) + fraction + " s";
}

}  // namespace

std::string_view to_string(Violation::Kind kind) {
  switch (kind) {
    case Violation::Kind::delivered_twice:
      return "delivered twice";
    case Violation::Kind::not_delivered:
      return "not delivered";
    case Violation::Kind::forwarded_unvalidated:
      return "forwarded unvalidated";
    case Violation::Kind::forwarded_rejected:
      return "forwarded rejected";
    case Violation::Kind::beyond_bound:
      return "beyond a bound";
    case Violation::Kind::accounting:
      return "accounting";
    case Violation::Kind::not_live:
      return "not live";
    case Violation::Kind::crashed:
      return "exception";
  }
  return "";
}

std::size_t Result::measured_messages() const {
  return static_cast<std::size_t>(std::ranges::count_if(messages, is_measured));
}

double Result::reliability() const {
  std::uint64_t survivors = 0;
  std::uint64_t missed = 0;
  for (const MessageRecord& message : messages) {
    if (!is_measured(message)) continue;
    survivors += message.survivors;
    missed += message.missed;
  }
  if (survivors == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(survivors - missed) / static_cast<double>(survivors);
}

std::uint64_t Result::promised_deliveries() const {
  std::uint64_t promised = 0;
  for (const MessageRecord& message : messages) promised += message.promised ? message.survivors : 0;
  return promised;
}

double Result::rmr() const {
  return mean(messages, reached_another, [](const MessageRecord& message) {
    return static_cast<double>(message.transmissions) / (message.delivered - 1.0) - 1.0;
  });
}

double Result::ldh_mean() const {
  return mean(messages, reached_another,
              [](const MessageRecord& message) { return static_cast<double>(message.last_hop); });
}

std::uint32_t Result::ldh_max() const {
  std::uint32_t largest = 0;
  for (const MessageRecord& message : messages) {
    if (is_measured(message)) largest = std::max<std::uint32_t>(largest, message.last_hop);
  }
  return largest;
}

Duration Result::delivery_time(double share) const {
  if (curve.empty()) return {};
  const auto all = static_cast<double>(curve.back().delivered);
  for (const CurvePoint& point : curve) {
    if (static_cast<double>(point.delivered) >= share * all) return point.within;
  }
  return curve.back().within;
}

Duration Result::last_delivery_mean() const {
  return Duration(static_cast<std::int64_t>(mean(messages, reached_another, [](const MessageRecord& message) {
    return static_cast<double>(message.last_delivery.count());
  })));
}

Duration Result::last_delivery_max() const {
  Duration longest{};
  for (const MessageRecord& message : messages) {
    if (is_measured(message)) longest = std::max(longest, message.last_delivery);
  }
  return longest;
}

std::string Result::failure_text() const {
  if (ok()) return {};
  std::string text;
  for (const Violation& violation : violations) {
    text += std::string(to_string(violation.kind)) + ", node " + std::to_string(violation.node) + ", at " +
            seconds_of(violation.at) + ": " + violation.what + "\n";
  }
  if (violations_in_all > violations.size())
    text += "and " + std::to_string(violations_in_all - violations.size()) + " more\n";
  text += "seed " + std::to_string(seed);
  text += beyond_command.empty()
              ? "; the same again: " + command + "\n"
              : "; the same again: only run() of this scenario with the seed, since no option says " +
                    beyond_command + "; without that it is " + command + "\n";
  return text;
}

}  // namespace gossip::sim
