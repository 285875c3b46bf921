#pragma once
/// \file
/// What a simulated network is made of: hosts on wires, a clock, a book of messages and those who check.

#include <gossip/digest.hpp>
#include <gossip/node.hpp>
#include <gossip/observer.hpp>
#include <gossip/random.hpp>
#include <gossip/sim/network.hpp>

#include "event_queue.hpp"
#include "frame_pool.hpp"
#include "host.hpp"
#include "message_book.hpp"
#include "mix.hpp"
#include "wire.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gossip::sim {

/// Hands events to whom they concern and watches everybody. Not thread-safe.
class Network::Core final : public WireWatch {
 public:
  Core(std::uint64_t seed, const NetworkOptions& options);
  ~Core() = default;

  // -- nodes
  NodeNumber add_node(std::shared_ptr<const Config> config, bool linked);
  NodeNumber add_hostile(std::unique_ptr<Hostile> hostile);
  void link(NodeNumber from, NodeNumber to);
  void crash(NodeNumber number, Ending ending);
  void restart(NodeNumber number);
  void stall(NodeNumber number, Duration time);
  void suspend(NodeNumber number, Duration time);

  // -- programs
  void subscribe(NodeNumber number, const Program& program);
  Receipt publish(NodeNumber number, DataType type, const Payload& data, Ttl ttl, bool valid);
  bool decide(NodeNumber number, const Ticket& ticket, Verdict verdict);
  /// What a program says to a message that its node shows it.
  Verdict judge(NodeNumber number, std::size_t program, const Received& received);

  // -- what hosts ask for
  /// A frame that a node sends, with what is known of it. Owned by the caller.
  std::uint32_t launch(NodeNumber number, const Frame& frame);
  [[nodiscard]] bool is_muted() const { return muted_; }
  Wire& wire() { return wire_; }
  FramePool& frames() { return frames_; }
  void wake(NodeNumber number, Duration time);
  [[nodiscard]] std::uint64_t seed_for(NodeNumber number, std::uint32_t incarnation) const;

  // -- time
  bool advance(TimePoint end, const std::function<bool()>& done);
  [[nodiscard]] TimePoint now() const { return now_; }
  void mark_zero();
  [[nodiscard]] TimePoint zero() const { return zero_; }

  // -- what came of it
  [[nodiscard]] const MessageBook& book() const { return book_; }
  [[nodiscard]] Result result() const;
  [[nodiscard]] std::size_t components() const;
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_.value(); }
  [[nodiscard]] std::uint64_t violations() const { return violations_in_all_; }
  void audit();
  void report(Violation::Kind kind, NodeNumber number, std::string what);
  [[nodiscard]] std::size_t own_bytes() const;

  [[nodiscard]] const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }
  [[nodiscard]] Host& host(NodeNumber number) const;
  [[nodiscard]] Host& live_host(NodeNumber number) const;
  void require_rest() const;
  static void require_soon(Duration time);
  void set_tampering(Tampering& tampering) { tampering_ = &tampering; }
  [[nodiscard]] Random& random() { return random_; }

  // -- WireWatch
  void on_transmit(NodeNumber number, const FlyingFrame& flying, std::size_t bytes) override;
  const Digest& on_announce(NodeNumber number, ConnectionId connection, const FlyingFrame& flying,
                            const AnnounceView& announce) override;
  void on_message(NodeNumber number, ConnectionId connection, const FlyingFrame& flying,
                  const Message& message) override;
  void on_link(bool opened) override;

 private:
  static constexpr std::size_t violations_kept = 100;

  /// What was found out about an event that memory was sent for.
  struct Ahead {
    std::uint64_t order = ~std::uint64_t{0};  ///< whose
    const Host* host = nullptr;               ///< where it goes
    bool is_new = true;                       ///< the message has not arrived there yet, or it brings none
  };

  struct PendingVerdict {
    Ticket ticket;
    std::uint32_t message = MessageBook::none;
    Verdict verdict{};
  };

  bool handle_until(TimePoint end, const std::function<bool()>& done);
  void start(Host& host);
  void introduce(Host& host, ConnectionId connection, const Host& other);
  void end_phantom_dials(Host& host);
  void arm(NodeNumber number);
  void handle(const Event& event);
  void handle_at(NodeNumber number, const Event& event);
  void handle_node_event(const Event& event);
  void on_timer(Host& host, const Event& event);
  void on_verdict(Host& host, const Event& event);
  void put(TimePoint when, EventKind kind, const Host& host, std::uint32_t item = 0);
  [[nodiscard]] bool has_storm();
  void move_to(TimePoint when);
  void prefetch();
  void prefetch_host(const Event& event, Ahead& ahead) const;
  void prefetch_node(const Event& event, Ahead& ahead) const;
  void prefetch_content(const Event& event, const Ahead& ahead) const;
  void prefetch_same(const Event& event, const Ahead& ahead) const;
  [[nodiscard]] static bool brings_frame(const Event& event);
  [[nodiscard]] NodeNumber node_of(const Event& event) const;
  void trace(const Event& event);
  std::uint16_t note_frame(Host& host, const FlyingFrame& flying);
  std::uint32_t message_of(DataType type, const Payload& data);
  void count_delivery(std::uint32_t message, Host& host, Mark& mark);
  void tamper(Host& host, ConnectionId connection, const Message& message);
  void check_forwarding(Host& host, std::uint32_t message, const Mark& mark);
  void audit_some(std::size_t count);
  void prefetch_audit() const;
  void audit_node(const Host& host);

  const std::uint64_t seed_;
  const NetworkOptions options_;
  Random random_;
  const std::shared_ptr<const DigestKey> digest_key_;  ///< of all nodes
  NullObserver nobody_;
  EventQueue queue_;
  FramePool frames_;
  Wire wire_;
  MessageBook book_;
  Trace trace_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Host*> fresh_;  ///< linked nodes that may still have phantom dials
  std::array<Ahead, 16> ahead_;
  std::vector<PendingVerdict> verdicts_;
  std::vector<std::uint32_t> free_verdicts_;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);  // far enough from zero to look back from
  TimePoint zero_ = now_;
  std::vector<Second> seconds_{Second{}};
  TimePoint second_end_ = now_ + std::chrono::seconds(1);
  TimePoint next_audit_;
  NodeNumber audited_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t repeats_after_seen_ttl_ = 0;
  std::vector<Violation> violations_;
  std::uint64_t violations_in_all_ = 0;
  std::uint32_t live_nodes_ = 0;
  Tampering* tampering_ = nullptr;
  bool storm_ = false;
  bool running_ = false;
  bool muted_ = false;  ///< what nodes send is dropped: they are told of what was long ago
};

}  // namespace gossip::sim
