#pragma once
/// \file
/// What a Client is inside: who wants which messages, what waits for what, and when to connect again. How
/// bytes come and go is for ClientLink.

#include <gossip/asio/client.hpp>
#include <gossip/asio/client_config.hpp>
#include <gossip/message.hpp>
#include <gossip/random.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include "client_dial.hpp"
#include "client_link.hpp"
#include "completion.hpp"
#include "open_tickets.hpp"
#include "publish_queue.hpp"

#include <boost/asio.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>

namespace gossip::detail {

/// The public functions may be called from any thread; each puts its work on the strand, on which everything
/// else happens. Whoever calls keeps it alive: the Client, and every piece of work on the strand.
class ClientCore final : public std::enable_shared_from_this<ClientCore>, private ClientLinkOwner {
 public:
  using Executor = boost::asio::any_io_executor;
  using DoneHandler = Completion<>::Handler;
  using ReceivedHandler = Completion<Received>::Handler;

  /// Throws std::invalid_argument where the config is out of bounds.
  ClientCore(const Executor& executor, ClientConfig config, ConnectionObserver observer);

  /// Begins to connect. To be called once, before all others.
  void start();
  /// Ends everything: what waits is aborted, and nothing of the program's is called from now on but the
  /// handlers of that.
  void abandon();

  void publish(const Announce& message, DoneHandler handler);
  /// Without a validator the messages go to the inbox.
  void subscribe(DataType data_type, Validator validator);
  void unsubscribe(DataType data_type);
  bool decide(const Ticket& ticket, Verdict verdict);
  void receive(ReceivedHandler handler);
  void wait_connected(DoneHandler handler);
  void close(DoneHandler handler);

  [[nodiscard]] const Executor& executor() const { return executor_; }

 private:
  enum class State { serving, closing, closed };

  template <typename Work>
  void on_strand(Work work);
  template <typename... Results, typename Work>
  void begin(Completion<Results...> waiting, Work work);
  template <typename... Results, typename Work>
  void begin_serving(Completion<Results...> waiting, Work work);
  template <typename... Results>
  void refuse(Completion<Results...> refused);
  void cancel(std::uint64_t operation, boost::asio::cancellation_type type);

  void connect();
  void begin_session(boost::asio::ip::tcp::socket socket);
  void retry_later(const boost::system::error_code& why);
  void tell_registered();
  void begin_closing();
  void end(const boost::system::error_code& result);
  void ask(const Validator& validator, const Received& received);

  [[nodiscard]] bool wants_more() const override;
  void on_notification(Notification&& notification) override;
  void on_written() override;
  void on_link_ended(const boost::system::error_code& error) override;

  const ClientConfig config_;
  const Executor executor_;
  const boost::asio::strand<Executor> strand_;
  const ConnectionObserver observer_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<std::uint64_t> operations_ = 0;  ///< so many were given a name for their cancellation
  OpenTickets tickets_;
  PublishQueue publishes_;

  // All below belongs to the strand.
  Executor work_;  ///< keeps the context running while the socket is not read either
  State state_ = State::serving;
  boost::system::error_code closed_with_;
  std::shared_ptr<ClientDial> dial_;
  std::shared_ptr<ClientLink> link_;
  std::uint64_t session_ = 0;
  std::chrono::steady_clock::time_point session_began_;
  std::chrono::milliseconds next_pause_;
  Random random_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer close_timer_;

  std::map<DataType, Validator> subscriptions_;
  std::deque<Received> inbox_;
  Waiters<Received> receivers_;
  Waiters<> connection_waiters_;
  Waiters<> closers_;
};

}  // namespace gossip::detail
