#pragma once
/// \file
/// How fallible functions answer: a Result<T> holds a value or an Error; an Error has a Condition, which says
/// what kind of thing went wrong, and a sentence for people.

#include <gossip/export.hpp>

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace gossip {

/// What went wrong, for programs. The remote side is at fault for `malformed`, the configuration for
/// `invalid_argument`, the system for the others.
enum class Condition {
  malformed,         ///< bytes that break the protocol: the connection they came from is closed
  invalid_argument,  ///< a value out of its documented bounds
  address_in_use,    ///< a listener could not bind
  system,            ///< any other failure that the operating system reports
};

/// A phrase for people: "malformed", "address in use".
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(Condition condition);

/// Why there is no value. A plain value itself.
struct Error {
  Condition condition = Condition::system;  ///< for programs; the message is for people
  std::string message;  ///< one sentence without a full stop: what, where, and what would be right
};

/// Either a value or an Error. Asking for the one that is not there is a programmer's error.
template <typename T>
class [[nodiscard]] Result {
 public:
  /// \{
  /// Implicit, so that a function returns a value or an Error as it is.
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design
  /// \}

  /// \{
  /// True for a value, false for an Error.
  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  /// \}

  /// \{
  /// The value, which an rvalue lets be moved out. Precondition: there is one.
  [[nodiscard]] T& value() & {
    assert(has_value());
    return *std::get_if<0>(&content_);
  }
  [[nodiscard]] const T& value() const& {
    assert(has_value());
    return *std::get_if<0>(&content_);
  }
  [[nodiscard]] T&& value() && { return std::move(value()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// \}

  /// The Error. Precondition: there is no value.
  [[nodiscard]] const Error& error() const {
    assert(!has_value());
    return *std::get_if<1>(&content_);
  }

 private:
  std::variant<T, Error> content_;
};

}  // namespace gossip
