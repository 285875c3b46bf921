#include "stopping.hpp"

#include <chrono>
#include <utility>

namespace gossip::detail {
namespace {

using boost::system::error_code;

/// How long a stopping node goes on handling what clients had sent before.
constexpr auto read_out_max = std::chrono::milliseconds(500);

}  // namespace

void Stopping::begin(Duration time_limit, std::function<void()> on_read_out_over,
                     std::function<void()> on_late) {
  step_ = Step::reading_out;
  late_timer_.expires_after(time_limit);
  late_timer_.async_wait([on_late = std::move(on_late)](const error_code& error) {
    if (!error) on_late();
  });
  read_out_timer_.expires_after(read_out_max);
  read_out_timer_.async_wait([on_over = std::move(on_read_out_over)](const error_code& error) {
    if (!error) on_over();
  });
}

bool Stopping::finish() {
  if (std::exchange(step_, Step::finishing) == Step::finishing) return false;
  read_out_timer_.cancel();
  return true;
}

}  // namespace gossip::detail
