#include "report_text.hpp"

#include "clocks.hpp"
#include "json_object.hpp"
#include "numbers.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gossipd::load {
namespace {

constexpr std::size_t pairs_in_json_max = 100;
constexpr std::size_t pairs_in_text_max = 10;
constexpr double bytes_per_mib = 1024.0 * 1024.0;

double microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / nanoseconds_per_microsecond;
}

double quotient(double dividend, std::uint64_t divisor) {
  return divisor == 0 ? 0 : dividend / static_cast<double>(divisor);
}

std::size_t receivers_of(const Report& report) {
  return report.options.subscribers * report.options.subscribe_at.size();
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

constexpr std::array<std::pair<std::string_view, double>, 4> percentiles{
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}}};

std::string asked(const Report& report) {
  const LoadOptions& options = report.options;
  std::string text = counted(options.publishers, "publisher") + ", " +
                     counted(options.subscribers, "subscriber") + " on " +
                     counted(options.subscribe_at.size(), "node");
  if (options.stalled != 0) text += ", " + std::to_string(options.stalled) + " that never read";
  text += ", " + std::to_string(options.body_bytes) + " bytes, ";
  text += options.rate ? grouped(*options.rate) + " messages/s" : "flat out";
  if (options.accept) text += ", each delivery accepted";
  return text + '\n';
}

std::string latency_text(const Report& report) {
  if (report.latencies.count() == 0) return {};
  std::string text = report.options.rate ? "latency, us, from when a message was due:"
                                         : "latency under saturation, us, from when a batch was written:";
  for (const auto& [name, percent] : percentiles)
    text.append(" ").append(name).append(" ").append(
        fixed(microseconds(report.latencies.percentile(percent)), 1));
  text += " max " + fixed(microseconds(report.latencies.max()), 1);
  return text + " mean " + fixed(report.latencies.mean() / nanoseconds_per_microsecond, 1) + '\n';
}

std::string servers_text(const Report& report) {
  std::string text;
  for (const ServerReport& server : report.servers) {
    text += "server " + std::to_string(server.process) + ": CPU " +
            fixed(static_cast<double>(server.cpu_ns) / nanoseconds_per_second, 2) + " s, resident MiB " +
            fixed(static_cast<double>(server.rss_start_bytes) / bytes_per_mib, 1) + " at the start, " +
            fixed(static_cast<double>(server.rss_peak_bytes) / bytes_per_mib, 1) + " at most, " +
            fixed(static_cast<double>(server.rss_end_bytes) / bytes_per_mib, 1) + " at the end\n";
  }
  if (report.servers.empty()) return text;
  text += "server CPU: " + fixed(report.cpu_us_per_message(), 3) + " us per message";
  if (receivers_of(report) > 1) text += ", " + fixed(report.cpu_us_per_delivery(), 3) + " us per delivery";
  return text + '\n';
}

std::string faults_text(const Report& report) {
  const Received& received = report.received;
  std::string text = report.is_clean()
                         ? "nothing lost, nothing twice, every byte intact\n"
                         : "lost " + grouped(report.lost()) + ", twice " + grouped(received.duplicates) +
                               ", changed " + grouped(received.corrupt) + " of " +
                               grouped(received.expected) + '\n';
  if (received.foreign != 0) text += grouped(received.foreign) + " of other runs or programs ignored\n";
  if (report.options.stalled != 0)
    text += "of those that never read, " + std::to_string(received.stalled_closed) + " were closed\n";
  const std::size_t shown = std::min(received.discrepancies.size(), pairs_in_text_max);
  for (std::size_t index = 0; index < shown; ++index) {
    const Discrepancy& pair = received.discrepancies[index];
    text += "  subscriber " + std::to_string(pair.subscriber) + " at " + to_string(pair.node) +
            ", publisher " + std::to_string(pair.publisher) + ": lost " + grouped(pair.lost) + ", twice " +
            grouped(pair.duplicates) + '\n';
  }
  if (shown < received.discrepancies.size())
    text += "  and " + std::to_string(received.discrepancies.size() - shown) + " more pairs\n";
  return text;
}

std::string pair_json(const Discrepancy& pair) {
  JsonObject object;
  object.add("node", gossipd::to_json(to_string(pair.node))).add("subscriber", pair.subscriber);
  object.add("publisher", pair.publisher).add("lost", pair.lost).add("duplicates", pair.duplicates);
  return object.text();
}

std::string server_json(const ServerReport& server) {
  JsonObject object;
  object.add("pid", static_cast<std::uint64_t>(server.process));
  object.add("cpu_seconds", static_cast<double>(server.cpu_ns) / nanoseconds_per_second);
  object.add("rss_start_bytes", server.rss_start_bytes).add("rss_peak_bytes", server.rss_peak_bytes);
  object.add("rss_end_bytes", server.rss_end_bytes);
  return object.text();
}

std::string latency_json(const Report& report) {
  const Histogram& latencies = report.latencies;
  JsonObject object;
  object.add("corrected", std::string(report.options.rate ? "true" : "false"));
  object.add("samples", latencies.count());
  const auto add_us = [&](std::string_view key, double nanoseconds) {
    const bool known = latencies.count() != 0;
    object.add(key, known ? fixed(nanoseconds / nanoseconds_per_microsecond, 6) : "null");
  };
  add_us("p50_us", static_cast<double>(latencies.percentile(50)));
  add_us("p90_us", static_cast<double>(latencies.percentile(90)));
  add_us("p99_us", static_cast<double>(latencies.percentile(99)));
  add_us("p99_9_us", static_cast<double>(latencies.percentile(99.9)));
  add_us("max_us", static_cast<double>(latencies.max()));
  add_us("mean_us", latencies.mean());
  return object.text();
}

void add_asked(JsonObject& object, const Report& report) {
  const LoadOptions& options = report.options;
  object.add("dialect", gossipd::to_json(report.dialect)).add("publishers", options.publishers);
  object.add("subscribers", receivers_of(report)).add("stalled", options.stalled);
  object.add("size_bytes", options.body_bytes);
  object.add("verdict", std::string(options.accept ? R"("accept")" : R"("none")"));
  object.add("rate_wanted", options.rate ? std::to_string(*options.rate) : "null");
  object.add("warm_up_seconds", static_cast<std::uint64_t>(options.warm_up.count()));
}

}  // namespace

std::string to_text(const Report& report) {
  std::string text = asked(report);
  text += "published " + grouped(report.publish_rate()) + " messages/s";
  if (receivers_of(report) != 0) {
    text += ", delivered " + grouped(report.delivery_rate()) + "/s";
    if (receivers_of(report) > 1)
      text += ", " + grouped(report.delivery_rate() / static_cast<double>(receivers_of(report))) +
              "/s for each subscriber";
  }
  text += ", over " + fixed(report.window_seconds, 1) + " s\n";
  return text + latency_text(report) + servers_text(report) + faults_text(report);
}

std::string to_json(const Report& report) {
  const Received& received = report.received;
  const std::size_t receivers = receivers_of(report);
  JsonObject object;
  add_asked(object, report);
  object.add("ok", std::string(report.is_clean() ? "true" : "false"));
  object.add("faults", json_array(report.faults, report.faults.size(),
                                  [](const std::string& fault) { return gossipd::to_json(fault); }));
  object.add("published", report.published).add("expected", received.expected);
  object.add("delivered", received.delivered).add("lost", report.lost());
  object.add("duplicates", received.duplicates).add("corrupt", received.corrupt);
  object.add("foreign", received.foreign);
  object.add("pairs", json_array(received.discrepancies, pairs_in_json_max, pair_json));
  object.add("window_seconds", report.window_seconds).add("published_per_second", report.publish_rate());
  object.add("delivered_per_second", report.delivery_rate());
  object.add("messages_per_second", quotient(report.delivery_rate(), receivers));
  object.add("latency", latency_json(report));
  object.add("servers", json_array(report.servers, report.servers.size(), server_json));
  const bool watched = !report.servers.empty();
  object.add("cpu_us_per_message", watched ? fixed(report.cpu_us_per_message(), 6) : "null");
  object.add("cpu_us_per_delivery", watched ? fixed(report.cpu_us_per_delivery(), 6) : "null");
  JsonObject client;
  client.add("per_message_published",
             quotient(microseconds(report.publisher_cpu_ns), report.published_in_window));
  client.add("per_delivery", quotient(microseconds(received.cpu_ns), received.in_window));
  object.add("client_cpu_us", client.text()).add("stalled_closed", received.stalled_closed);
  return object.text();
}

std::string to_text(const Progress& progress, const Progress& before) {
  std::string text = fixed(progress.seconds, 0) + " s: ";
  if (!progress.subscribed) return text + "waiting for every subscriber to get a message";
  const double seconds = progress.seconds - before.seconds;
  const auto rate = [seconds](std::uint64_t now, std::uint64_t then) {
    return grouped(seconds <= 0 ? 0.0 : static_cast<double>(now - std::min(now, then)) / seconds) + "/s";
  };
  return text + "published " + rate(progress.published, before.published) + ", delivered " +
         rate(progress.delivered, before.delivered);
}

}  // namespace gossipd::load
