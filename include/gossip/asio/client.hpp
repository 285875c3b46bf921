#pragma once
/// \file
/// For programs beside a daemon: publish and subscribe over its API port (docs/protocol.md), in Boost.Asio's
/// manner. Functions called async_... take any completion token: a callback, boost::asio::use_future,
/// boost::asio::use_awaitable and so on.
///
///     boost::asio::io_context context;
///     gossip::Client client(context.get_executor(), {.api_address = {"127.0.0.1", 7001}});
///     client.subscribe(gossip::DataType{540}, [](const gossip::Received& message) {
///       std::cout << message.data.text() << '\n';
///       return gossip::Verdict::accept;
///     });
///     context.run();

#include <gossip/asio/client_config.hpp>
#include <gossip/export.hpp>
#include <gossip/payload.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace gossip {

namespace detail {
class ClientCore;
}

/// The connection to the daemon has come or gone, for logs.
struct ConnectionChange {
  /// True once it is established.
  bool connected = false;
  /// Otherwise why there is none: an error of the resolver or the system, boost::asio::error::timed_out,
  /// boost::asio::error::eof where the daemon ended it, boost::system::errc::bad_message where the daemon
  /// broke the protocol.
  boost::system::error_code why;
  /// And when the next attempt is made.
  std::chrono::milliseconds retry_in{0};
};

/// Called on the client's strand, for every attempt that fails too. An exception leaves through the executor,
/// as a handler's does.
using ConnectionObserver = std::function<void(const ConnectionChange&)>;

/// A program's link to a daemon. It connects by itself, for ever: when the daemon is away it tries again,
/// with growing pauses (ClientConfig), and when it is back registers again for what is subscribed to and goes
/// on with what waits to be published.
///
/// **Threads.** Every function may be called from any thread, and from inside handlers, validators and the
/// observer, destruction included. Inside, the client works on a strand of the executor that it was given;
/// validators and the observer are called there, one at a time. Handlers of operations are called with their
/// associated executor, else the client's, never from inside the function that began the operation.
///
/// **Lifetime.** The executor's context must outlive the client. The client has work for it until it is
/// closed or destroyed: io_context::run() does not return before. Destruction aborts what waits (its handlers
/// get boost::asio::error::operation_aborted) and ends the connection without waiting for anything, but for a
/// host name that is being looked up: the system's resolver cannot be interrupted, and until it answers the
/// context has work. A literal address needs no resolver. Use
/// async_close() where the last messages matter. No validator is called after it; one that runs on another
/// thread at that moment may still be running.
///
/// **Bounds.** Messages to publish: ClientConfig::queue_bytes_max, beyond which they are refused. Messages to
/// receive: ClientConfig::inbox_messages_max, beyond which the daemon is not read from, so that it waits
/// (docs/protocol.md, 'Nothing is lost to haste'): nothing is dropped here, but a program that takes nothing
/// for 5 s while the daemon has much for it is cut off by the daemon, and connects again. Tickets without a
/// verdict: 65,536.
///
/// **Errors** of operations, beside those named with them: operation_aborted for one that was cancelled or
/// whose client was closed or destroyed, and boost::asio::error::shut_down for one begun after async_close().
/// Trouble with the connection is no error of an operation: it waits, and the observer is told.
///
/// **Cancellation.** Operations honour the cancellation slot of their handler, so that they can be given a
/// time limit with awaitable operators. Where nothing else is said, all types of cancellation are supported.
class GOSSIP_EXPORT Client {
 public:
  /// As Asio's own objects have it.
  using executor_type = boost::asio::any_io_executor;

  /// Begins to connect. Throws std::invalid_argument where the config is out of bounds.
  explicit Client(const executor_type& executor, ClientConfig config = {}, ConnectionObserver observer = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Needs a little memory, to tell the strand: where there is none, the program ends.
  ~Client();  // NOLINT(bugprone-exception-escape): see above

  /// The one that it was given, not the strand that it works on.
  [[nodiscard]] executor_type get_executor() const;

  /// Publishes a message: void(error_code).
  ///
  /// Success means that the system has taken the whole message for a connection to the daemon. The protocol
  /// has no acknowledgement: a daemon that fails right then may not have seen it. While there is no
  /// connection it waits. A message that a broken connection cut is sent again on the next one; where the
  /// daemon had it all the same, it drops the second. Messages go out in the order in which they were
  /// published.
  ///
  /// Errors: boost::asio::error::message_size for more than data_bytes_max bytes, and
  /// boost::asio::error::no_buffer_space where queue_bytes_max would be passed. Cancelled before it is part
  /// of a write, the message is not sent. In a write, `total` cancellation is ignored; `terminal` and
  /// `partial` abort the operation at once, and the message is sent or not.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code)) Token>
  auto async_publish(DataType data_type, Payload data, Ttl ttl, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        // It is moved from, which clang-tidy sees only once the handler's type is known.
        // NOLINTNEXTLINE(performance-unnecessary-value-param)
        [core = core_](auto handler, DataType type, Payload bytes, Ttl hops) {
          publish(*core, type, std::move(bytes), hops, std::move(handler));
        },
        token, data_type, std::move(data), ttl);
  }
  /// The same with unlimited_ttl.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code)) Token>
  auto async_publish(DataType data_type, Payload data, Token&& token) {
    return async_publish(data_type, std::move(data), unlimited_ttl, std::forward<Token>(token));
  }

  /// Has `validator` called for every message of the type from now on, whatever was subscribed to for that
  /// type before. On a new connection the daemon sends what its cache holds, messages that were seen before
  /// among them. A validator that throws has cast no verdict; its exception leaves through the executor, as a
  /// handler's does, and the client goes on. Precondition: `validator` is not empty.
  void subscribe(DataType data_type, Validator validator);
  /// The same, but the messages wait for async_receive(), and their verdicts are given by decide().
  void subscribe(DataType data_type);
  /// Messages of the type that come from now on are dropped without a verdict. The protocol cannot take a
  /// registration back: until the next connection the daemon goes on sending them, and after its
  /// Config::verdict_timeout takes the client for a listener, for which nothing waits. Subscribing again on
  /// the same connection brings new messages only.
  void unsubscribe(DataType data_type);

  /// The next message of the types without a validator: void(error_code, Received). Several may wait; the
  /// first to come is served first.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, Received)) Token>
  auto async_receive(Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, Received)>(
        [core = core_](auto handler) { receive(*core, std::move(handler)); }, token);
  }

  /// Casts the verdict on a message, once. False, and nothing happens, where there is nothing to decide:
  /// there was a verdict already, the connection that brought the message is gone (the next one brings it
  /// again, if the daemon still has it), or the daemon has given its id to another; and for Verdict::later.
  /// True says no more than that the verdict is on its way.
  bool decide(const Ticket& ticket, Verdict verdict);

  /// Completes when there is a connection and the system has taken the registrations for everything
  /// subscribed to so far: void(error_code). The daemon handles them before anything published later through
  /// this client.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code)) Token>
  auto async_wait_connected(Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [core = core_](auto handler) { wait_connected(*core, std::move(handler)); }, token);
  }

  /// Ends the client so that nothing is lost: no message is handed over and no operation begun any more, what
  /// was published and decided is written, on a new connection if need be, and then the daemon is waited for
  /// until it has taken all of it: void(error_code).
  ///
  /// Errors: boost::asio::error::timed_out after ClientConfig::close_timeout, with what still waits aborted;
  /// any error of the connection where it broke when everything was written and before the daemon had
  /// confirmed its end: the last messages may be lost. Closing a closed client gives the same result again.
  /// Cancellation ends the waiting, not the closing.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code)) Token>
  auto async_close(Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [core = core_](auto handler) { close(*core, std::move(handler)); }, token);
  }

 private:
  using DoneHandler = boost::asio::any_completion_handler<void(boost::system::error_code)>;
  using ReceivedHandler = boost::asio::any_completion_handler<void(boost::system::error_code, Received)>;

  static void publish(detail::ClientCore& core, DataType data_type, Payload data, Ttl ttl,
                      DoneHandler handler);
  static void receive(detail::ClientCore& core, ReceivedHandler handler);
  static void wait_connected(detail::ClientCore& core, DoneHandler handler);
  static void close(detail::ClientCore& core, DoneHandler handler);

  std::shared_ptr<detail::ClientCore> core_;
};

}  // namespace gossip
