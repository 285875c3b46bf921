#pragma once
/// \file
/// How a checker says that something which must hold does not.

#include <stdexcept>

namespace gossip::test {

/// A promise was broken; what() says which. Nobody is to catch it but who runs the tests.
class Violation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws a Violation unless the promise holds. A literal, since checks are many and rarely fail.
inline void require(bool holds, const char* promise) {
  if (!holds) throw Violation(promise);
}

}  // namespace gossip::test
