#pragma once
/// \file
/// A transport that takes everything and keeps nothing, so that only the node's own work is measured.

#include <gossip/transport.hpp>

#include <benchmark/benchmark.h>

namespace gossip::bench {

/// What is sent is queued and forgotten.
class Discard final : public Transport {
 public:
  ConnectionId connect(const HostPort& /*address*/) override { return ConnectionId{1'000'000}; }
  SendResult send(ConnectionId /*connection*/, const Frame& frame) override {
    benchmark::DoNotOptimize(&frame);
    return SendResult::queued;
  }
  void close(ConnectionId /*connection*/, CloseReason /*reason*/) override {}
  void pause(ConnectionId /*connection*/) override {}
  void resume(ConnectionId /*connection*/) override {}
};

}  // namespace gossip::bench
