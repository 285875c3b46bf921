#include <gossip/error.hpp>

namespace gossip {

std::string_view to_string(Condition condition) {
  switch (condition) {
    case Condition::malformed:
      return "malformed";
    case Condition::invalid_argument:
      return "invalid argument";
    case Condition::address_in_use:
      return "address in use";
    case Condition::system:
      return "system error";
  }
  return "unknown";
}

}  // namespace gossip
