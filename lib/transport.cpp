#include <gossip/transport.hpp>

namespace gossip {

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::remote_closed:
      return "closed by the other side";
    case CloseReason::malformed:
      return "it broke the protocol";
    case CloseReason::frame_timeout:
      return "it started a frame and did not complete it in time";
    case CloseReason::slow_consumer:
      return "it took none of its queue for too long";
    case CloseReason::queue_full:
      return "its queue was full";
    case CloseReason::out_of_memory:
      return "there was no memory for what it sent, or for what it was sent";
    case CloseReason::no_room:
      return "no room in the pool";
    case CloseReason::duplicate_link:
      return "a second connection to the same node";
    case CloseReason::connected_to_self:
      return "the other side is this node";
    case CloseReason::silent:
      return "it said nothing for too long";
    case CloseReason::dismissed:
      return "the other side has let it go";
    case CloseReason::probe_over:
      return "it led to nothing new";
  }
  return "unknown";
}

std::span<const Transport::Congestion> Transport::broadcast(std::span<const ConnectionId> connections,
                                                            const Frame& frame) {
  congestion_.clear();
  for (const ConnectionId connection : connections) {
    const SendResult result = send(connection, frame);
    if (result != SendResult::queued) congestion_.push_back({connection, result});
  }
  return congestion_;
}

}  // namespace gossip
