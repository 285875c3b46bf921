#include "publish.hpp"

#include <gossip/codec.hpp>
#include <gossip/message.hpp>

#include "api_link.hpp"
#include "lines.hpp"

#include <array>
#include <cerrno>
#include <iostream>
#include <poll.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gossipd {
namespace {

using gossip::Condition;
using gossip::Error;
using gossip::Frame;
using gossip::Result;
using Failure = std::optional<Error>;

constexpr std::size_t chunk_bytes = 65536;

Error too_long(const std::string& what) {
  return {Condition::invalid_argument, what + " is longer than " + std::to_string(gossip::data_bytes_max) +
                                           " bytes, the most that a message can hold"};
}

/// What is there of standard input, waiting for it; an empty view at its end. Valid until the next call.
class StandardInput {
 public:
  Result<std::string_view> read() {
    while (true) {
      const ssize_t count = ::read(STDIN_FILENO, chunk_.data(), chunk_.size());
      if (count >= 0) return std::string_view(chunk_.data(), static_cast<std::size_t>(count));
      if (errno == EAGAIN) {
        pollfd waiting{STDIN_FILENO, POLLIN, 0};
        ::poll(&waiting, 1, -1);
      } else if (errno != EINTR) {
        return Error{Condition::system,
                     "standard input cannot be read: " + std::generic_category().message(errno)};
      }
    }
  }

 private:
  std::array<char, chunk_bytes> chunk_{};
};

/// Sends messages of one data type and ttl.
class Publisher {
 public:
  Publisher(ApiLink& link, const PublishOptions& options) : link_(link), options_(options) {}

  Failure publish_one(std::string_view data) {
    if (data.size() > gossip::data_bytes_max) return too_long("the data");
    const Frame frame = frame_of(data);
    return link_.send({&frame, 1});
  }

  Failure publish_input() {
    StandardInput input;
    std::string data;
    while (true) {
      const auto chunk = input.read();
      if (!chunk) return chunk.error();
      if (chunk->empty()) return publish_one(data);
      data += *chunk;
      if (data.size() > gossip::data_bytes_max) return too_long("standard input");
    }
  }

  /// The lines before one that fails are sent.
  Failure publish_lines() {
    StandardInput input;
    LineSplitter splitter(gossip::data_bytes_max);
    while (true) {
      if (auto error = wait_for_input()) return error;
      const auto chunk = input.read();
      if (!chunk) return chunk.error();
      auto lines = splitter.feed(*chunk);
      if (chunk->empty()) {
        if (auto last = splitter.finish()) lines.push_back(*std::move(last));
      }
      if (auto error = publish_all(lines)) return error;
      if (splitter.too_long()) return too_long("line " + std::to_string(*splitter.too_long()));
      if (chunk->empty()) return std::nullopt;
    }
  }

 private:
  [[nodiscard]] Frame frame_of(std::string_view data) const {
    return encode(gossip::Announce{options_.ttl, options_.data_type, gossip::Payload(data)});
  }

  Failure publish_all(const std::vector<std::string>& lines) {
    std::vector<Frame> frames;
    frames.reserve(lines.size());
    for (const std::string& line : lines) frames.push_back(frame_of(line));
    return link_.send(frames);
  }

  /// Until standard input has something, or its end. An Error as soon as the daemon goes away.
  Failure wait_for_input() {
    while (true) {
      std::array<pollfd, 2> waiting{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{link_.descriptor(), POLLIN, 0}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
      if (waiting[1].revents != 0) {
        if (auto error = link_.check()) return error;
      }
      if (waiting[0].revents != 0) return std::nullopt;
    }
  }

  ApiLink& link_;
  const PublishOptions& options_;
};

/// What went wrong, at the source of the data first.
std::vector<Error> publish_and_finish(const PublishOptions& options) {
  auto link = ApiLink::connect(options.api);
  if (!link) return {link.error()};
  Publisher publisher(*link, options);
  std::vector<Error> errors;
  auto failure = options.data    ? publisher.publish_one(*options.data)
                 : options.lines ? publisher.publish_lines()
                                 : publisher.publish_input();
  if (failure) errors.push_back(*std::move(failure));
  // After a failure of the connection itself there is nothing to wait for.
  const bool connected = errors.empty() || errors.front().condition == Condition::invalid_argument;
  if (!connected) return errors;
  if (auto unfinished = link->finish()) errors.push_back(*std::move(unfinished));
  return errors;
}

}  // namespace

int publish(const PublishOptions& options) {
  const auto errors = publish_and_finish(options);
  for (const Error& error : errors) std::cerr << "gossipd: " << error.message << '\n';
  return errors.empty() ? 0 : 1;
}

}  // namespace gossipd
