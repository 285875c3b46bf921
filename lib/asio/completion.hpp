#pragma once
/// \file
/// Completion handlers of any type behind one type, so that the client is compiled once and not for each
/// token.

#include <boost/asio.hpp>
#include <boost/asio/any_completion_handler.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace gossip::detail {

/// A handler that waits to be called, once. While it waits its executor has work. It is called with its
/// associated executor and allocator and never from inside operator(). Dropped, it is destroyed uncalled.
template <typename... Results>
class Completion {
 public:
  using Handler = boost::asio::any_completion_handler<void(boost::system::error_code, Results...)>;

  /// `executor` is for a handler that has none of its own.
  Completion(Handler handler, boost::asio::any_io_executor executor)
      : handler_(std::move(handler)),
        executor_(std::move(executor)),
        work_(boost::asio::prefer(boost::asio::get_associated_executor(handler_, executor_),
                                  boost::asio::execution::outstanding_work.tracked)) {}
  Completion(Completion&&) noexcept = default;
  /// Made anew: assigning to the any_completion_handler of Boost 1.81 calls itself without end.
  Completion& operator=(Completion&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() = default;

  void operator()(boost::system::error_code error, Results... results) {
    boost::asio::post(executor_, boost::asio::append(std::move(handler_), error, std::move(results)...));
  }

  [[nodiscard]] boost::asio::cancellation_slot slot() const { return handler_.get_cancellation_slot(); }

 private:
  Handler handler_;
  boost::asio::any_io_executor executor_;
  boost::asio::any_completion_executor work_;
};

/// Completions that wait for the same thing, first come first served.
template <typename... Results>
class Waiters {
 public:
  using Waiting = Completion<Results...>;

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  void add(std::uint64_t operation, Waiting&& waiting) {
    waiting_.emplace_back(operation, std::move(waiting));
  }

  /// Precondition: not empty.
  Waiting take() {
    Waiting first = std::move(waiting_.front().second);
    waiting_.pop_front();
    return first;
  }
  void complete_all(const boost::system::error_code& error) {
    for (auto& [operation, waiting] : std::exchange(waiting_, {})) waiting(error, Results{}...);
  }
  /// Completes that one as aborted, where it is here.
  void cancel(std::uint64_t operation) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const auto& entry) { return entry.first == operation; });
    if (found == waiting_.end()) return;
    found->second(boost::asio::error::operation_aborted, Results{}...);
    waiting_.erase(found);
  }

 private:
  std::deque<std::pair<std::uint64_t, Waiting>> waiting_;
};

}  // namespace gossip::detail
