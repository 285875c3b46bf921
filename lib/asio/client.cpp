#include <gossip/asio/client.hpp>

#include "client_core.hpp"

#include <cassert>

namespace gossip {

Client::Client(const executor_type& executor, ClientConfig config, ConnectionObserver observer)
    : core_(std::make_shared<detail::ClientCore>(executor, std::move(config), std::move(observer))) {
  core_->start();
}

Client::~Client() {  // NOLINT(bugprone-exception-escape)
  core_->abandon();
}

Client::executor_type Client::get_executor() const {
  return core_->executor();
}

void Client::subscribe(DataType data_type, Validator validator) {
  assert(validator);
  core_->subscribe(data_type, std::move(validator));
}

void Client::subscribe(DataType data_type) {
  core_->subscribe(data_type, nullptr);
}

void Client::unsubscribe(DataType data_type) {
  core_->unsubscribe(data_type);
}

bool Client::decide(const Ticket& ticket, Verdict verdict) {
  return core_->decide(ticket, verdict);
}

void Client::publish(detail::ClientCore& core, DataType data_type, Payload data, Ttl ttl,
                     DoneHandler handler) {
  core.publish({ttl, data_type, std::move(data)}, std::move(handler));
}

void Client::receive(detail::ClientCore& core, ReceivedHandler handler) {
  core.receive(std::move(handler));
}

void Client::wait_connected(detail::ClientCore& core, DoneHandler handler) {
  core.wait_connected(std::move(handler));
}

void Client::close(detail::ClientCore& core, DoneHandler handler) {
  core.close(std::move(handler));
}

}  // namespace gossip
