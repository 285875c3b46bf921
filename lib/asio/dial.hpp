#pragma once
/// \file
/// A connection being made to a name or an address, whoever looks the name up.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace gossip::detail {

/// Tries the addresses of a name one after the other, in the resolver's order, until one accepts; each has
/// its share of the time that is left, so that one that does not answer is not the end of it. The time limit
/// holds over the lookup too. Lives on one thread or strand, and keeps itself alive until it is done or
/// cancelled.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  /// With a connected socket, or with an error.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const boost::system::error_code&)>;

  virtual ~Dial() = default;
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  void start();
  /// on_done is not called any more, nor kept.
  void cancel();

 protected:
  Dial(const boost::asio::any_io_executor& executor, HostPort address, Duration time_limit, OnDone on_done);

  [[nodiscard]] Duration time_limit() const { return time_limit_; }
  /// The error is timed_out since no time was left; a system may give that error sooner.
  [[nodiscard]] bool is_time_over() const { return is_time_over_; }
  /// It is done, or cancelled: what a lookup finds is of no use any more.
  [[nodiscard]] bool is_over() const { return !on_done_; }
  /// What the lookup comes to: addresses, at least one, or none and why.
  void try_all(std::vector<boost::asio::ip::tcp::endpoint> endpoints);
  void give_up(const boost::system::error_code& why);

 private:
  /// Ends in try_all() or give_up(), and not from inside this call.
  virtual void look_up(const HostPort& name) = 0;
  /// Nobody waits for it any more.
  virtual void leave_lookup() {}

  void try_next(const boost::system::error_code& why);
  void finish(const boost::system::error_code& error);
  void stop();

  HostPort address_;
  Duration time_limit_;
  OnDone on_done_;
  bool is_time_over_ = false;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer share_;                         ///< of the one that is being tried
  std::vector<boost::asio::ip::tcp::endpoint> candidates_;  ///< those still to be tried, the next one last
};

}  // namespace gossip::detail
