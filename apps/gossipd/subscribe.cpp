#include "subscribe.hpp"

#include <gossip/codec.hpp>

#include "api_link.hpp"
#include "output.hpp"
#include "process.hpp"
#include "text.hpp"
#include "verdict_command.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gossipd {
namespace {

using gossip::Frame;
using gossip::Notification;

/// After a signal the daemon gets this long to take the verdicts that are under way.
constexpr std::chrono::milliseconds farewell_max{1000};

void tell(std::string_view sentence) {
  std::cerr << "gossipd: " << sentence << '\n';
}

std::string as_json(const Notification& message) {
  const std::string_view data = message.data.text();
  std::string line = R"({"type":)" + std::to_string(value_of(message.data_type));
  line.append(R"(,"id":)").append(std::to_string(value_of(message.message_id)));
  line.append(R"(,"data_base64":")").append(to_base64(data)).append("\"");
  if (is_utf8(data)) line.append(R"(,"text":)").append(to_json(data));
  return line + '}';
}

std::string list(const std::vector<gossip::DataType>& types) {
  std::string text;
  for (const gossip::DataType type : types)
    text.append(text.empty() ? "" : ",").append(std::to_string(value_of(type)));
  return text;
}

/// Messages from the daemon to standard output, verdicts from here to the daemon. A line is written before
/// the verdict on it is sent.
class Subscriber {
 public:
  Subscriber(ApiLink& link, const SubscribeOptions& options) : link_(link), options_(options) {}

  /// The exit code.
  int run() {
    std::vector<Frame> frames;
    for (const gossip::DataType type : options_.data_types) frames.push_back(encode(gossip::Notify{type}));
    if (!send(frames)) return 1;
    std::cerr << "subscribed to " + list(options_.data_types) + " at " + to_string(options_.api) + '\n';
    while (!stopped_ && !complete()) {
      const auto messages = link_.receive();
      if (!messages) {
        tell(messages.error().message);
        return 1;
      }
      if (!take(*messages)) return stopped_ ? 0 : 1;
    }
    return take_leave();
  }

  /// From any thread.
  void stop() {
    stopped_ = true;
    link_.interrupt();
  }

 private:
  [[nodiscard]] bool complete() const { return options_.count && printed_ == *options_.count; }

  bool take(const std::vector<gossip::Message>& messages) {
    for (const gossip::Message& message : messages) {
      const auto* notification = std::get_if<Notification>(&message);
      if (notification == nullptr || complete() || stopped_) continue;
      lines_ += format_message(options_.format, *notification);
      printed_ += 1;
      if (options_.verdict_command) {
        if (!flush() || !judge(*notification)) return false;
      } else if (options_.verdict) {
        verdicts_.push_back(encode(gossip::Validation{notification->message_id, *options_.verdict}));
      }
    }
    return flush() && send(std::exchange(verdicts_, {}));
  }

  bool judge(const Notification& message) {
    const auto verdict = ask_command(*options_.verdict_command, message.data.text());
    if (!verdict) tell(verdict.error().message);
    if (!verdict || !*verdict) return true;
    const std::vector<Frame> frames{encode(gossip::Validation{message.message_id, **verdict})};
    return send(frames);
  }

  bool flush() {
    return print(std::exchange(lines_, {}), [this] { return stopped_.load(); });
  }

  bool send(const std::vector<Frame>& frames) {
    const auto error = link_.send(frames);
    if (error) tell(error->message);
    return !error;
  }

  int take_leave() {
    const auto error = stopped_ ? link_.finish(farewell_max) : link_.finish();
    // A daemon that sees the end of this side may break off in the middle of a notification.
    if (!error || stopped_ || error->condition == gossip::Condition::malformed) return 0;
    tell(error->message);
    return 1;
  }

  ApiLink& link_;
  const SubscribeOptions& options_;
  std::string lines_;
  std::vector<Frame> verdicts_;
  std::uint64_t printed_ = 0;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

std::string format_message(DataFormat format, const Notification& message) {
  switch (format) {
    case DataFormat::text:
      return to_one_line(message.data.text()) + '\n';
    case DataFormat::hex:
      return to_hex(message.data.text()) + '\n';
    case DataFormat::json:
      return as_json(message) + '\n';
  }
  return {};
}

int subscribe(const SubscribeOptions& options) {
  auto link = ApiLink::connect(options.api);
  if (!link) {
    tell(link.error().message);
    return 1;
  }
  block_stop_signals();
  Subscriber subscriber(*link, options);
  const StopSignals signals([&](int) { subscriber.stop(); });
  return subscriber.run();
}

}  // namespace gossipd
