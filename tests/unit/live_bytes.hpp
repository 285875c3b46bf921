#pragma once
/// \file
/// Counts what operator new has given out, for tests of what holds memory.

#include <cstddef>

namespace gossip::test {

/// Bytes that are allocated at the moment, by all threads.
std::size_t live_bytes();

}  // namespace gossip::test
