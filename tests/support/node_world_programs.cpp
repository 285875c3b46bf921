#include "node_world.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gossip::test {
namespace {

/// Verdicts that are put off and remembered.
constexpr std::size_t tickets_max = 8;

}  // namespace

void NodeWorld::subscribe(DataType type, Validating validating) {
  // The node takes what a validator throws for the program's failure, so a Violation waits for the end of the
  // event.
  const auto validator = [this, validating](const Received& message) {
    try {
      return validate(validating, message);
    } catch (const Violation& violation) {
      if (!broken_while_called_) broken_while_called_ = violation;
      return Verdict::later;
    }
  };
  const bool left = std::exchange(left_while_called_, true);  // should memory run out on the way
  SubscriptionId id{};
  tell([&] { id = node_.subscribe(type, validator, now_); });
  left_while_called_ = left;
  const ConnectionId program{static_cast<std::uint64_t>(id)};
  require(is_in_process(program) && !is_subscribed(program), "each subscription has an id of its own");
  subscriptions_.push_back({id, validating});
  messages_.on_client_opened(program);
  messages_.on_registered(program, type);
  finish_event();
}

void NodeWorld::unsubscribe(std::size_t subscription) {
  end_subscription(subscriptions_.at(subscription).id);
  finish_event();
}

void NodeWorld::publish(const Content& content) {
  const auto known = messages_.known(content, now_);
  const bool may_publish = node_.may_publish();
  const std::size_t receivers = messages_.receivers(LocalPrograms::publisher);
  const Ttl ttl = ttl_of(LocalPrograms::publisher, content);
  Receipt receipt;
  tell([&] { receipt = node_.publish(content.type, content.data, ttl, now_); });
  const auto expected = !may_publish             ? Receipt::Outcome::congested
                        : !known                 ? Receipt::Outcome::accepted
                        : known == Known::cached ? Receipt::Outcome::duplicate
                        : known == Known::seen   ? Receipt::Outcome::duplicate_seen
                                                 : Receipt::Outcome::duplicate_rejected;
  require(receipt.outcome == expected, "a receipt says what became of the message");
  const bool accepted = expected == Receipt::Outcome::accepted;
  require(receipt.peers == (accepted ? receivers : 0), "a receipt counts the peers");
  if (!calling_) finish_event();
}

void NodeWorld::decide(std::size_t ticket, Verdict verdict) {
  const Ticket named = tickets_.at(ticket);
  const bool counts = verdict != Verdict::later && messages_.is_cached(named) &&
                      messages_.owes(ConnectionId{named.session}, named.message);
  if (verdict != Verdict::later) expect_verdict(named);
  bool decided = false;
  tell([&] { decided = node_.decide(named, verdict, now_); });
  require(decided == counts, "the first verdict on a message decides it");
  finish_event();
}

Verdict NodeWorld::validate(Validating validating, const Received& message) {
  require(!calling_, "one validator is called at a time");
  calling_ = true;
  messages_.on_call(ConnectionId{message.ticket.session}, message, now_);
  Verdict verdict = Verdict::later;
  if (validating == Validating::accept) verdict = Verdict::accept;
  if (validating == Validating::reject) verdict = Verdict::reject;
  if (validating == Validating::publish)
    publish({DataType(static_cast<std::uint16_t>((value_of(message.data_type) + 1) % 3)), message.data});
  if (validating == Validating::leave) {
    left_while_called_ = true;
    end_subscription(SubscriptionId{message.ticket.session});
  }
  if (verdict == Verdict::later) tickets_.push_back(message.ticket);
  if (tickets_.size() > tickets_max) tickets_.erase(tickets_.begin());
  if (verdict != Verdict::later) expect_verdict(message.ticket);
  calling_ = false;
  if (validating == Validating::fail) throw std::runtime_error("a program fails");
  return verdict;
}

/// A verdict on what is not cached any more does not show that somebody still votes.
void NodeWorld::expect_verdict(const Ticket& ticket) {
  const ConnectionId program{ticket.session};
  if (is_subscribed(program) && messages_.is_cached(ticket)) messages_.on_vote(program, now_);
}

bool NodeWorld::is_subscribed(ConnectionId program) const {
  return std::ranges::any_of(subscriptions_, [&](const Subscription& subscription) {
    return static_cast<std::uint64_t>(subscription.id) == value_of(program);
  });
}

void NodeWorld::end_subscription(SubscriptionId id) {
  messages_.on_closed(ConnectionId{static_cast<std::uint64_t>(id)});
  std::erase_if(subscriptions_, [&](const Subscription& subscription) { return subscription.id == id; });
  require(node_.unsubscribe(id, now_), "a subscription that is there ends");
  require(!node_.unsubscribe(id, now_), "a subscription ends once");
}

}  // namespace gossip::test
