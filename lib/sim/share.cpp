#include "share.hpp"

#include <cmath>
#include <cstdint>

namespace gossip::sim {
namespace {

constexpr std::uint64_t million = 1'000'000;

std::uint64_t millionths_of(double share) {
  return static_cast<std::uint64_t>(std::llround(share * 1e6));
}

double from_millionths(std::uint64_t millionths) {
  return static_cast<double>(millionths) / 1e6;
}

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
  return (value + by - 1) / by;
}

std::uint64_t minutes_in_millionths(const Fault& churn) {
  return static_cast<std::uint64_t>(churn.lasting->count() / 60'000);
}

}  // namespace

std::size_t share_of(std::size_t all, double share) {
  return (all * millionths_of(share) + million / 2) / million;
}

/// In thousandths of a node for each minute.
std::size_t replaced_by(const Fault& churn, std::size_t nodes) {
  const std::size_t per_minute = share_of(nodes * 1000, churn.share);
  return per_minute * minutes_in_millionths(churn) / (1000 * million);
}

double least_share_of(std::size_t all) {
  return from_millionths(divided_up(million / 2, all));
}

double share_of_all(std::size_t some, std::size_t all) {
  return from_millionths(some * million / all);
}

double least_share_of(const Fault& churn, std::size_t nodes) {
  const std::uint64_t minutes = minutes_in_millionths(churn);
  if (minutes == 0) return 2;
  const std::uint64_t per_minute = divided_up(1000 * million, minutes);
  return from_millionths(divided_up(per_minute * million - million / 2, nodes * 1000));
}

std::string share_text(double share) {
  return millionths_text(millionths_of(share));
}

std::string millionths_text(std::uint64_t millionths) {
  std::string text = std::to_string(millionths / million);
  std::string fraction = std::to_string(million + millionths % million).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace gossip::sim
