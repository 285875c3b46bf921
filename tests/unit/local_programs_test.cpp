#include <gossip/local_programs.hpp>

#include "fixture.hpp"

namespace gossip::test {
namespace {

CachedMessage cached(std::uint16_t id, std::uint64_t sequence, std::string_view data) {
  CachedMessage message;
  message.data = Payload(data);
  message.origin = p(1);
  message.sequence = sequence;
  message.id = MessageId{id};
  message.data_type = DataType{7};
  message.onward = Ttl{4};
  return message;
}

Verdict accept(const Received& /*message*/) {
  return Verdict::accept;
}

TEST_SUITE("local_programs") {
  TEST_CASE(
      "LocalPrograms: every subscription has an id of its own, none of which a transport could give out") {
    LocalPrograms programs;
    const ConnectionId first = programs.add(accept);
    CHECK(programs.remove(first));
    const ConnectionId second = programs.add(accept);
    CHECK(first != second);
    CHECK(first != LocalPrograms::publisher);
    CHECK(is_in_process(first));
    CHECK(is_in_process(LocalPrograms::publisher));
    CHECK_FALSE(is_in_process(ConnectionId{value_of(first_in_process) - 1}));
    CHECK_FALSE(programs.contains(first));
    CHECK(programs.contains(second));
  }

  TEST_CASE("LocalPrograms: messages are shown in the order in which they came, with their tickets") {
    LocalPrograms programs;
    const ConnectionId first = programs.add(accept);
    const ConnectionId second = programs.add(accept);
    CHECK_FALSE(programs.has_calls());
    programs.notify(second, cached(3, 9, "a"));
    programs.notify(first, cached(4, 10, "b"));
    CHECK(programs.has_calls());

    const auto call = programs.take();
    CHECK(call->message.data.text() == "a");
    CHECK(call->message.data_type == DataType{7});
    CHECK(call->message.ticket == Ticket{value_of(second), 9, MessageId{3}});
    CHECK((*call->validator)(call->message) == Verdict::accept);
    CHECK(programs.take()->message.ticket == Ticket{value_of(first), 10, MessageId{4}});
    CHECK_FALSE(programs.take());
  }

  TEST_CASE("LocalPrograms: a subscription that ends is shown nothing more, the others are") {
    LocalPrograms programs;
    const ConnectionId first = programs.add(accept);
    const ConnectionId second = programs.add(accept);
    programs.notify(first, cached(3, 9, "a"));
    programs.notify(second, cached(3, 9, "a"));
    CHECK(programs.remove(first));
    CHECK_FALSE(programs.remove(first));
    CHECK(programs.take()->message.ticket.session == value_of(second));
    CHECK_FALSE(programs.has_calls());
  }
}

}  // namespace
}  // namespace gossip::test
