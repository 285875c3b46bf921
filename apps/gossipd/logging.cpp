#include "logging.hpp"

#include "event_text.hpp"
#include "output.hpp"

#include <boost/log/attributes/counter.hpp>
#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/bounded_fifo_queue.hpp>
#include <boost/log/sinks/drop_on_overflow.hpp>
#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/utility/exception_handler.hpp>
#include <boost/make_shared.hpp>
#include <boost/smart_ptr/shared_ptr.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unistd.h>
#include <utility>

namespace gossipd {
namespace {

namespace logging = boost::log;
namespace sinks = boost::log::sinks;
using Clock = std::chrono::steady_clock;

constexpr std::size_t queued_records_max = 8192;
constexpr std::chrono::seconds closing_time_max{1};

/// Every record has a number; a gap in the numbers is what the queue dropped.
constexpr const char* number_attribute = "LineID";

/// Writes finished lines to standard error. Called by one thread at a time.
class StandardError final : public sinks::basic_formatted_sink_backend<char> {
 public:
  StandardError(Level threshold, LogFormat format) : threshold_(threshold), format_(format) {}

  void consume(const logging::record_view& record, const string_type& line) {
    if (const auto number = logging::extract<std::uint64_t>(number_attribute, record)) tell_gap(*number);
    put(line);
  }

  /// From now on what standard error does not take within the time given is lost.
  void close_within(Clock::duration time) { close_at_ = (Clock::now() + time).time_since_epoch().count(); }

 private:
  void tell_gap(std::uint64_t number) {
    const std::uint64_t dropped = number - std::exchange(next_, number + 1);
    if (dropped == 0 || Level::warning < threshold_) return;
    const LogRecord record{
        Level::warning,
        "log_records_dropped",
        std::to_string(dropped) + " log records dropped: standard error did not take them in time",
        {{"count", dropped}}};
    put(format_record(format_, record, std::chrono::system_clock::now()));
  }

  void put(std::string_view line) {
    // There is nobody left to tell where standard error cannot be written.
    static_cast<void>(write_all(STDERR_FILENO, line,
                                [this] { return Clock::now().time_since_epoch().count() >= close_at_; }));
  }

  const Level threshold_;
  const LogFormat format_;
  std::uint64_t next_ = 0;
  std::atomic<Clock::rep> close_at_{Clock::duration::max().count()};
};

}  // namespace

/// The part that knows Boost.Log, whose core is one for the process.
class Log::Sink {
 public:
  Sink(Level threshold, LogFormat format)
      : backend_(boost::make_shared<StandardError>(threshold, format)),
        frontend_(boost::make_shared<Frontend>(backend_)) {
    frontend_->set_exception_handler(logging::make_exception_suppressor());
    logger_.add_attribute(number_attribute, logging::attributes::counter<std::uint64_t>(0));
    logging::core::get()->set_exception_handler(logging::make_exception_suppressor());
    logging::core::get()->add_sink(frontend_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() {
    try {
      backend_->close_within(closing_time_max);
      logging::core::get()->remove_sink(frontend_);
      frontend_->stop();
      frontend_->flush();
    } catch (...) {
      // What could not be logged is lost; that must not end a program that is ending well.
    }
  }

  void put(const std::string& line) {
    const std::lock_guard lock(mutex_);
    BOOST_LOG(logger_) << line;
  }

 private:
  using Frontend =
      sinks::asynchronous_sink<StandardError,
                               sinks::bounded_fifo_queue<queued_records_max, sinks::drop_on_overflow>>;

  boost::shared_ptr<StandardError> backend_;
  boost::shared_ptr<Frontend> frontend_;
  std::mutex mutex_;  // keeps the numbers in the order of the queue
  logging::sources::logger logger_;
};

Log::Log(Level threshold, LogFormat format)
    : threshold_(threshold), format_(format), sink_(std::make_unique<Sink>(threshold, format)) {}

Log::~Log() = default;

void Log::write(const LogRecord& record) {
  if (!wants(record.level)) return;
  sink_->put(format_record(format_, record, std::chrono::system_clock::now()));
}

void LogObserver::on_event(const gossip::Event& event) {
  if (log_.wants(level_of(event))) log_.write(describe(event));
}

}  // namespace gossipd
