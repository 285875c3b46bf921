#include <gossip/asio/client_config.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gossip {
namespace {

void check(std::string_view field, std::uint64_t value, std::uint64_t least, std::uint64_t most,
           std::string_view unit = "") {
  if (value >= least && value <= most) return;
  throw std::invalid_argument(std::string(field) + " is " + std::to_string(value) + std::string(unit) +
                              ": it must be from " + std::to_string(least) + " to " + std::to_string(most) +
                              std::string(unit));
}

/// A negative time is out of bounds too, and is shown as it was given.
void check(std::string_view field, std::chrono::milliseconds value, std::chrono::milliseconds least) {
  constexpr std::chrono::milliseconds most = std::chrono::hours(24);
  if (value >= least && value <= most) return;
  throw std::invalid_argument(std::string(field) + " is " + std::to_string(value.count()) +
                              " ms: it must be from " + std::to_string(least.count()) + " to " +
                              std::to_string(most.count()) + " ms");
}

}  // namespace

void ClientConfig::validate() const {
  using std::chrono::milliseconds;
  if (api_address.host.empty()) {
    throw std::invalid_argument("api_address has no host: it must be a name or an address, and a port");
  }
  check("the port of api_address", api_address.port, 1, 65535);
  check("connect_timeout", connect_timeout, milliseconds(1));
  check("retry_pause_min", retry_pause_min, milliseconds(1));
  check("retry_pause_max", retry_pause_max, retry_pause_min);
  check("close_timeout", close_timeout, milliseconds(0));
  check("queue_bytes_max", queue_bytes_max, data_bytes_max + message_overhead_bytes, std::uint64_t{1} << 40U,
        " bytes");
  check("inbox_messages_max", inbox_messages_max, 1, 65535);
}

}  // namespace gossip
