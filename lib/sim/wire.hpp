#pragma once
/// \file
/// The connections of a simulated network: frames in, messages out, with the queues, limits and ends that
/// gossip/transport.hpp describes, and what a network does to them. Who is connected, and why, is not known
/// here.

#include <gossip/config.hpp>
#include <gossip/framer.hpp>
#include <gossip/message.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/random.hpp>
#include <gossip/sim/network.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "../detail/stall.hpp"
#include "event_queue.hpp"
#include "frame_pool.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace gossip::sim {

/// What happens. The order is part of the trace hash.
enum class EventKind : std::uint8_t {
  arrive,         ///< a frame, or the end of the connection, at an end of it
  reach,          ///< a dial, at the listener
  connected,      ///< the answer, at the dialler
  refuse,         ///< a dial comes to nothing
  drain,          ///< what an end has waiting may be handed over
  relieve,        ///< a queue has become short
  watch,          ///< look whether the other end takes anything
  check_bound,    ///< look whether a queue is too long
  link_timeout,   ///< a silent link
  frame_timeout,  ///< an unfinished frame
  cut,            ///< an end sees its connection end at once
  part,           ///< of a frame that is long under way, at an end
  timer,          ///< a node's
  decide,         ///< a program's verdict
  wake,           ///< a hostile node's
  go_on,          ///< a stalled node
};

/// Is told of what goes over the links.
class WireWatch {
 public:
  WireWatch() = default;
  WireWatch(const WireWatch&) = delete;
  WireWatch& operator=(const WireWatch&) = delete;

  virtual void on_transmit(NodeNumber node, const FlyingFrame& flying, std::size_t bytes) = 0;
  /// \{
  /// Right before the node is handed what a frame says. Of an ANNOUNCE or a DATA: what nodes have as its
  /// digest, good until another message is published.
  virtual const Digest& on_announce(NodeNumber node, ConnectionId connection, const FlyingFrame& flying,
                                    const AnnounceView& announce) = 0;
  virtual void on_message(NodeNumber node, ConnectionId connection, const FlyingFrame& flying,
                          const Message& message) = 0;
  /// \}
  virtual void on_link(bool opened) = 0;

 protected:
  ~WireWatch() = default;
};

/// Where a node stands towards the network.
struct Site {
  TransportEvents* events = nullptr;
  const Config* limits = nullptr;  ///< of its queues
  TimePoint stalled_until;         ///< it is handed nothing before
  bool listening = false;          ///< otherwise its address refuses
  bool vanished = false;           ///< otherwise its address answers, if only to refuse
};

/// A connection is two ends, which stand side by side: the dialler's has an even index. An end is called by
/// its index and a generation, which goes up each time the pair is used anew. All events come from handle()
/// and from nowhere else. Not thread-safe.
class Wire {
 public:
  static constexpr std::uint32_t none = 0xffffffffU;

  Wire(NetworkOptions options, std::uint64_t seed, EventQueue& queue, FramePool& frames, WireWatch& watch)
      : options_(std::move(options)), seed_(seed), queue_(queue), frames_(frames), watch_(watch) {}

  [[nodiscard]] std::vector<Site>& sites() { return sites_; }
  [[nodiscard]] static Endpoint endpoint_of(NodeNumber node) { return {first_address + node, port}; }
  [[nodiscard]] NodeNumber node_at(const Endpoint& endpoint) const;
  void set_now(TimePoint now) { now_ = now; }

  // What Transport asks for. The frame has one owner, the caller, who keeps it.
  ConnectionId connect(NodeNumber node, const HostPort& address);
  SendResult send(ConnectionId connection, std::uint32_t frame);
  void close(ConnectionId connection);
  void pause(ConnectionId connection);
  void resume(ConnectionId connection);

  /// The node that was handed something; none where nobody was.
  std::uint32_t handle(const Event& event);
  /// Asks for the memory that handle() will need: both ends.
  [[gnu::always_inline]] void prefetch(const Event& event) const { ends_.prefetch_link(event.target); }
  /// And for that of the node: where it stands.
  [[gnu::always_inline]] void prefetch_site(NodeNumber node) const { __builtin_prefetch(&sites_[node]); }
  /// And, to send on these connections.
  [[gnu::always_inline]] void prefetch(std::span<const ConnectionId> connections) const {
    for (const ConnectionId connection : connections) ends_.prefetch_link(index_of(connection));
  }
  /// The connection that it will be about. Precondition: an event about an end.
  [[nodiscard]] static ConnectionId id_of(const Event& event) {
    return id_of(event.target, event.generation);
  }
  /// Whose event it will be. Precondition: an event about an end.
  [[nodiscard]] NodeNumber node_of(const Event& event) const { return ends_[event.target].node; }

  /// Both nodes are to be told by the caller. The ids of the ends.
  std::pair<ConnectionId, ConnectionId> link(NodeNumber from, NodeNumber to);
  [[nodiscard]] ConnectionInfo info_of(ConnectionId connection) const;

  // What goes wrong.
  void crash(NodeNumber node);
  void vanish(NodeNumber node);
  void suspend(NodeNumber node);
  /// What a node that was stalled has waiting is handed over from now on.
  void go_on(NodeNumber node);
  void partition(std::span<const std::uint8_t> group_of, bool one_way);
  void heal();
  bool break_link(Random& random);
  bool half_open_link(Random& random);

  // What is there.
  [[nodiscard]] std::vector<Edge> edges() const;
  /// Connections that each node knows of.
  [[nodiscard]] std::vector<std::uint32_t> degrees() const;
  /// The longest queue of a node beyond what its config allows, in bytes: 0 where none is.
  [[nodiscard]] std::vector<std::uint64_t> excess_of_queues() const;
  [[nodiscard]] std::size_t queued_bytes(ConnectionId connection) const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr std::uint32_t first_address = 0x0a000001;  // 10.0.0.1
  static constexpr std::uint16_t port = 6001;

  enum class State : std::uint8_t {
    free,      ///< no connection
    embryo,    ///< the dial has not reached it
    dialling,  ///< its node does not know the outcome yet
    open,      ///< its node knows of it
    closing,   ///< its node has closed it: what is queued still goes out
    gone,      ///< its node is done with it
    silent,    ///< its host is gone: whatever comes is lost
  };
  enum class Detail : std::uint32_t { closed, crashed, reset, timed_out };
  /// Half a cache line: what each frame touches, and no more.
  struct End {
    NodeNumber node = 0;
    std::uint32_t generation = 1;
    std::uint64_t latency_ns : 48 = 0;  ///< to the other end: latency_max is far below what fits
    State state : 3 = State::free;
    detail::Stall stall : 2 = detail::Stall::none;
    bool paused : 1 = false;
    bool ended : 1 = false;    ///< nothing more comes in
    bool severed : 1 = false;  ///< nothing gets through, and nothing will
    bool congested : 1 = false;
    bool watched : 1 = false;
    TimePoint last_arrival;  ///< of what was sent last
    std::uint32_t under_way_bytes = 0;
    std::uint32_t trouble = none;

    [[nodiscard]] Duration latency() const { return Duration(static_cast<std::int64_t>(latency_ns)); }
    void set_latency(Duration latency) {
      latency_ns = static_cast<std::uint64_t>(latency.count()) & ((std::uint64_t{1} << 48U) - 1);
    }
  };
  /// All ends, by index.
  class Ends {
   public:
    [[nodiscard]] End& operator[](std::uint32_t end) { return links_[end / 2].ends[end % 2]; }
    [[nodiscard]] const End& operator[](std::uint32_t end) const { return links_[end / 2].ends[end % 2]; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(2 * links_.size()); }
    void add_link() { links_.emplace_back(); }
    [[nodiscard]] std::size_t bytes() const { return links_.capacity() * sizeof(Link); }
    [[gnu::always_inline]] void prefetch_link(std::uint32_t end) const {
      __builtin_prefetch(&links_[end / 2]);
    }

   private:
    struct alignas(cache_line_bytes) Link {
      std::array<End, 2> ends;
    };
    static_assert(sizeof(Link) == cache_line_bytes);

    std::vector<Link> links_;
  };
  /// A line that is taken from at its front.
  template <typename Item>
  struct Line {
    std::vector<Item> items;
    std::size_t first = 0;

    [[nodiscard]] bool empty() const { return first == items.size(); }
    void push(Item item) { items.push_back(item); }
    Item pop() {
      Item item = items[first++];
      if (empty()) {
        items.clear();
        first = 0;
      }
      return item;
    }
  };
  struct Arrival {
    std::uint32_t frame = FramePool::none;  ///< none: the connection ends with this
    CloseReason reason{};
    Detail detail{};
  };
  /// What few ends need.
  struct Trouble {
    Line<std::uint32_t> backlog;  ///< frames that wait to be sent
    TimePoint last_taken;         ///< when one of them was, or the first came
    std::size_t queued_bytes = 0;
    Line<Arrival> inbox;  ///< what has arrived and was not handed over
    std::unique_ptr<Framer> framer;
    std::uint64_t frames_cut = 0;
  };

  static std::uint32_t index_of(ConnectionId connection) {
    return static_cast<std::uint32_t>(value_of(connection));
  }
  [[nodiscard]] ConnectionId id_of(std::uint32_t end) const { return id_of(end, ends_[end].generation); }
  [[nodiscard]] static ConnectionId id_of(std::uint32_t end, std::uint32_t generation) {
    return ConnectionId{std::uint64_t{generation} << 32U | end};
  }
  /// `none` for one that has ended, or is about to.
  [[nodiscard]] std::uint32_t find(ConnectionId connection) const;
  Trouble& trouble(std::uint32_t end);
  [[nodiscard]] const Trouble* trouble_of(std::uint32_t end) const;
  [[nodiscard]] bool has_backlog(std::uint32_t end) const;
  [[nodiscard]] bool has_arrivals(std::uint32_t end) const;
  void drop_trouble(std::uint32_t end);

  std::uint32_t take_pair(NodeNumber from, NodeNumber to);
  void free_pair(std::uint32_t end);
  void put(TimePoint when, EventKind kind, std::uint32_t end, std::uint32_t item = 0,
           std::uint32_t extra = 0);

  void transmit(std::uint32_t from, std::uint32_t frame);
  void expect_parts(std::uint32_t to, TimePoint begin, TimePoint end);
  SendResult queue_up(std::uint32_t from, std::uint32_t frame);
  void pump(std::uint32_t end);
  void release(std::uint32_t sender, std::size_t bytes);

  std::uint32_t arrive(std::uint32_t to, const Event& event);
  std::uint32_t take_part(std::uint32_t to);
  std::uint32_t take_raw(std::uint32_t to, std::uint32_t frame);
  void await_rest_of_frame(std::uint32_t to);
  std::uint32_t hand_over(std::uint32_t to, const Arrival& arrival);
  std::uint32_t hand_over_frame(std::uint32_t to, std::uint32_t frame);
  void hand_over_content(std::uint32_t to, std::uint32_t frame, AnnounceView view);
  std::uint32_t hand_over_end(std::uint32_t to, CloseReason reason, std::string_view detail);
  [[nodiscard]] bool may_hand_over(std::uint32_t to) const;
  std::uint32_t drain(std::uint32_t to);

  std::uint32_t reach(std::uint32_t acceptor);
  std::uint32_t become_connected(std::uint32_t dialler);
  std::uint32_t refuse(std::uint32_t dialler, std::uint32_t why);
  std::uint32_t relieve(std::uint32_t end);
  std::uint32_t watch(std::uint32_t end);
  std::uint32_t check_bound(std::uint32_t end);
  std::uint32_t cut_off(std::uint32_t end, CloseReason reason);
  std::uint32_t time_out(std::uint32_t end, const Event& event);
  std::uint32_t time_out_frame(std::uint32_t end, std::uint32_t frames_cut);
  std::uint32_t cut(std::uint32_t end, Detail detail);

  void tell_closed(std::uint32_t end);
  void end_quietly(std::uint32_t end);
  void remove(std::uint32_t end, Detail detail);
  void sever(std::uint32_t end);
  [[nodiscard]] std::uint32_t pick_link(Random& random) const;
  [[nodiscard]] bool is_established(std::uint32_t dialler) const;
  [[nodiscard]] bool is_blocked(NodeNumber from, NodeNumber to) const;
  [[nodiscard]] bool is_stalled(NodeNumber node) const { return sites_[node].stalled_until > now_; }
  [[nodiscard]] static std::string_view text_of(Detail detail);

  const NetworkOptions options_;
  const std::uint64_t seed_;
  EventQueue& queue_;
  FramePool& frames_;
  WireWatch& watch_;
  TimePoint now_;
  std::vector<Site> sites_;
  Ends ends_;
  std::vector<TimePoint> sent_until_;  ///< by end, where bandwidth is limited: the line is busy until then
  std::vector<std::uint32_t> free_pairs_;  ///< the index of the dialler's end
  std::vector<std::unique_ptr<Trouble>> troubles_;
  std::vector<std::uint32_t> free_troubles_;
  std::vector<std::uint8_t> group_of_;
  bool one_way_ = false;
  std::uint32_t partition_ = 0;  ///< counts them
};

}  // namespace gossip::sim
