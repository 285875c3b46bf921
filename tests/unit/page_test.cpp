#include "simulate/page.hpp"

#include "sample_run.hpp"
#include "simulate/svg.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd::simulation {
namespace {

/// What is not well-formed in a text of tags and entities; empty where all is. Enough of XML for what the
/// page has: no comments, no sections of data.
std::string fault_of(std::string_view text) {
  std::vector<std::string> open;
  for (std::size_t at = text.find_first_of("<&"); at != std::string_view::npos;
       at = text.find_first_of("<&", at)) {
    if (text[at] == '&') {
      const std::string_view entity = text.substr(at, text.find(';', at) + 1 - at);
      if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;")
        return "an entity: " + std::string(text.substr(at, 20));
      ++at;
      continue;
    }
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) return "a tag without an end";
    const std::string_view tag = text.substr(at + 1, end - at - 1);
    const std::string name(tag.substr(tag.starts_with('/') ? 1 : 0,
                                      tag.find_first_of(" \n/", 1) - (tag.starts_with('/') ? 1 : 0)));
    std::size_t quotes = 0;
    for (const char character : tag) quotes += character == '"' ? 1 : 0;
    if (quotes % 2 != 0 || tag.find('<') != std::string_view::npos) return "a tag: " + std::string(tag);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != name) return "an end without a start: " + name;
      open.pop_back();
    } else if (!tag.ends_with('/') && !tag.starts_with('!')) {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty() ? "" : "no end of " + open.back();
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t number = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++number;
  return number;
}

void check_page(const std::string& page) {
  CHECK(fault_of(page) == "");
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  for (const char* outside : {"http:", "https:", "//", "<script", "<link", "<img", "<iframe", "<object",
                              "<use", "@import", "url(", "src=", "href=", "onload", "onclick"}) {
    CAPTURE(outside);
    CHECK(count(page, outside) == 0);
  }
  CHECK(count(page, "nan") == count(page, "nanc"));  // no number that is none stands in a picture
  CHECK(count(page, "\"inf") == 0);
}

TEST_SUITE("page") {
  TEST_CASE("The page is well-formed, needs nothing from outside, and has every section") {
    const std::string page = to_page({"gossipd simulate --nodes 30", {sample_run(30, 1)}});
    check_page(page);
    for (const char* section :
         {"<h1>A simulated network of 30 nodes</h1>", "<h2 id=\"measures\">",
          "<h2 id=\"run-30\">30 nodes, seed 1</h2>", "<h3>Delivery</h3>", "<h3>Reliability</h3>",
          "<h3>Redundancy</h3>", "<h3>Delay</h3>", "<h3>Degree distribution</h3>",
          "<h3>Traffic per node</h3>", "<h3>Before and after failures</h3>", "<h3>The overlay</h3>"}) {
      CAPTURE(section);
      CHECK(count(page, section) == 1);
    }
    CHECK(count(page, "<svg ") == 7);
    CHECK(count(page, "Cost against size") == 0);
    CHECK(count(page, "gossipd simulate --nodes 30 --seed 1\ntrace 0123456789abcdef") == 1);
    CHECK(count(page, "crash 30 % at 20 s; partition at 30 s to 40 s") == 1);
    CHECK(count(page, "<circle ") >= 30);
  }

  TEST_CASE("Several sizes have charts each, and costs against size") {
    SimulationReport report{"gossipd simulate --nodes 10,100", {}};
    for (const std::size_t nodes : {10U, 100U})
      for (const std::uint64_t seed : {1U, 2U}) report.runs.push_back(sample_run(nodes, seed));
    const std::string page = to_page(report);
    check_page(page);
    CHECK(count(page, "<h1>A simulated network of 10 and 100 nodes</h1>") == 1);
    CHECK(count(page, "<h2 id=\"cost\">Cost against size</h2>") == 1);
    CHECK(count(page, "<h3>The overlay</h3>") == 2);
    CHECK(count(page, "<svg ") == 2 * 7 + 5);
    CHECK(count(page, "The charts show this seed only.") == 2);
    CHECK(count(page, "<td>4<br/><small>3.5 to 4.5</small></td>") == 2);  // the RMR of both sizes
  }

  TEST_CASE("Protocols are compared: curves in one chart, bars, and an overlay each") {
    SimulationReport report{"gossipd simulate --protocol base,extended,mixed --seeds 2", {}};
    for (const char* protocol : {"base", "extended", "mixed"}) {
      for (const std::uint64_t seed : {1U, 2U}) {
        report.runs.push_back(sample_run(30, seed));
        report.runs.back().protocol = protocol;
      }
    }
    report.runs.back().rmr = NAN;
    const std::string page = to_page(report);
    check_page(page);
    CHECK(count(page, "<h1>A simulated network of 30 nodes: base, extended and mixed compared</h1>") == 1);
    CHECK(count(page, "<h2 id=\"compared-30\">Side by side, 30 nodes</h2>") == 1);
    const std::size_t start = page.find("id=\"compared-30\"");
    const std::string compared = page.substr(start, page.find("id=\"measures\"") - start);
    CHECK(count(compared, "<svg ") == 2 + 4 + 3);
    for (const char* series : {"\"line a\"", "\"line b dashed\"", "\"line c dotted\""}) {
      CAPTURE(series);
      CHECK(count(compared, series) == 2 * 2);  // in each chart the curve, and the sample in its legend
    }
    CHECK(count(compared, "class=\"failure\"") == 2);                    // in the chart over time
    CHECK(count(compared, "class=\"bar a\"") == 1 + 2 + 3 + 2);          // RMR, hops, times, traffic
    CHECK(count(compared, "<title>base: 4 (3.5 to 4.5)</title>") == 1);  // the RMR
    CHECK(count(compared, "class=\"bar c\"") == 2 + 3 + 2);              // no bar for what is no number
    CHECK(count(compared, "<h3>The overlay, extended</h3>") == 1);
    CHECK(count(page, "<h3>The overlay</h3>") == 0);
    CHECK(count(page, "<h2 id=\"run-30-mixed\">30 nodes, mixed, seed 1</h2>") == 1);
    CHECK(count(page, "<th scope=\"col\">extended</th>") > 1);
    CHECK(count(page, "<svg ") == 9 + 3 * 6);
  }

  TEST_CASE("Protocols are compared for each size, and so is the cost against size of each") {
    SimulationReport report{"gossipd simulate --nodes 10,100 --protocol base,mixed", {}};
    for (const std::size_t nodes : {10U, 100U}) {
      for (const char* protocol : {"base", "mixed"}) {
        report.runs.push_back(sample_run(nodes, 1));
        report.runs.back().protocol = protocol;
      }
    }
    const std::string page = to_page(report);
    check_page(page);
    CHECK(count(page, "<h1>A simulated network of 10 and 100 nodes: base and mixed compared</h1>") == 1);
    CHECK(count(page, "<h2 id=\"compared-") == 2);
    CHECK(count(page, "<h2 id=\"cost-mixed\">Cost against size, mixed</h2>") == 1);
    CHECK(count(page, "<th scope=\"col\">100 nodes, mixed</th>") > 1);
  }

  TEST_CASE("The figures of an exercise are a table, and what settles is named in its heading") {
    RunReport run = sample_run(25, 1);
    run.yardstick =
        Yardstick{{"an exercise", 30, 400, 600}, 5, {2500, 75000, 300, 610, 0}, {2000, 50000, 300, 400, 0}};
    run.failures.clear();
    const std::string page = to_page({"gossipd simulate", {run}});
    check_page(page);
    CHECK(count(page, "<th scope=\"col\">an exercise</th><th scope=\"col\">target</th>") == 1);
    CHECK(count(page, "<td>&lt; 30</td><td>30, missed</td><td>25, met</td>") == 1);
    CHECK(count(page, "<h3>Before and after settling</h3>") == 1);
    CHECK(count(page, "<h3>Before and after failures</h3>") == 0);
  }

  TEST_CASE("A large overlay is drawn in part, and the page says so") {
    const std::string page = to_page({"gossipd simulate", {sample_run(1200, 1)}});
    check_page(page);
    CHECK(count(page, "1 000 of 1 200 live nodes at the end, a sample") == 1);
    CHECK(count(page, "All ") == 0);
    CHECK(count(to_page({"gossipd simulate", {sample_run(30, 1)}}),
                "All 30 live nodes at the end, in 1 component.") == 1);
  }

  TEST_CASE("Where something was violated, that stands at the top") {
    RunReport run = sample_run(10, 3);
    run.violations = {"delivered twice: <b>\x01\xff & \"more\""};
    run.violations_in_all = 5;
    const std::string page = to_page({"gossipd simulate", {run}});
    check_page(page);
    CHECK(count(page, "5 violations of what must always hold, in 1 run:") == 1);
    CHECK(count(page,
                "<h3>10 nodes, seed 3</h3>\n<ul><li>delivered twice: &lt;b&gt;\ufffd\ufffd &amp; "
                "&quot;more&quot;</li>\n<li>and 4 more</li>\n</ul>\n"
                "<pre>gossipd simulate --nodes 10 --seed 3</pre>") == 1);
    CHECK(count(page, "Nothing was violated") == 0);
  }

  TEST_CASE("Every run in which something was violated says how to see it again, whichever it is") {
    SimulationReport report{"gossipd simulate --nodes 10 --seeds 4", {}};
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) report.runs.push_back(sample_run(10, seed));
    report.runs[1].violations = std::vector<std::string>(19, "wrong");
    report.runs[1].violations_in_all = 19;
    report.runs[2].violations = std::vector<std::string>(100, "wrong as well");
    report.runs[2].violations_in_all = 498;
    report.runs[3].violations = {"not shown"};
    report.runs[3].violations_in_all = 1;
    const std::string page = to_page(report);
    check_page(page);
    CHECK(count(page, "518 violations of what must always hold, in 4 runs:") == 1);
    CHECK(count(page, "<li>wrong</li>") == 19);
    CHECK(count(page, "<li>wrong as well</li>\n<li>and 497 more</li>") == 1);
    CHECK(count(page, "<ul><li>and 1 more</li>") == 1);
    for (const char* seed : {"2", "3", "4"})
      CHECK(count(page, "<pre>gossipd simulate --nodes 10 --seed " + std::string(seed) + "</pre>") == 1);
  }

  TEST_CASE("How many deliveries were promised stands where nothing was violated") {
    RunReport run = sample_run(30, 1);
    CHECK(count(to_page({"gossipd simulate", {run}}), "and all 9 000 deliveries that were promised came.") ==
          1);
    run.promised = 0;
    run.reliability = NAN;
    for (Stretch& step : run.timeline) step.reliability = NAN;
    const std::string page = to_page({"gossipd simulate", {run}});
    check_page(page);
    CHECK(count(page, "and no delivery was promised that could have failed to come.") == 1);
  }

  TEST_CASE("A run in which nothing came about has a page all the same") {
    RunReport nothing;
    nothing.nodes = 2;
    RunReport other = nothing;
    other.protocol = "extended";
    check_page(to_page({"gossipd simulate", {nothing, other}}));
    const std::string page = to_page({"gossipd simulate", {nothing}});
    check_page(page);
    CHECK(count(page, "<svg ") == 7);
  }

  TEST_CASE("The same report gives the same page") {
    const SimulationReport report{"gossipd simulate", {sample_run(40, 7)}};
    CHECK(to_page(report) == to_page(report));
  }
}

TEST_SUITE("svg") {
  TEST_CASE("Text cannot leave its place") {
    CHECK(escaped("a < b && \"c\" > d") == "a &lt; b &amp;&amp; &quot;c&quot; &gt; d");
    CHECK(escaped("\x1b[0m\xc3") == "\ufffd[0m\ufffd");
    CHECK(escaped("gr\u00fc\u00dfe\n") == "gr\u00fc\u00dfe\n");
  }

  TEST_CASE("Coordinates are short") {
    CHECK(coordinate(1) == "1");
    CHECK(coordinate(1.25) == "1.2");
    CHECK(coordinate(-0.01) == "0");
  }

  TEST_CASE("An element for each thing that is drawn") {
    Svg svg(10, 20, "A \"name\"");
    svg.line(0, 1, 2, 3, "axis");
    svg.rectangle(1, 2, 3, 4, "bar", "a < b");
    svg.circle(1, 2, 3, "node");
    svg.path("M0 0L1 1", "line");
    svg.text(1, 2, "x & y", "tick", Anchor::end);
    CHECK(svg.markup() ==
          "<svg viewBox=\"0 0 10 20\" role=\"img\" aria-label=\"A &quot;name&quot;\">\n"
          "<line x1=\"0\" y1=\"1\" x2=\"2\" y2=\"3\" class=\"axis\"/>\n"
          "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" class=\"bar\"><title>a &lt; b</title></rect>\n"
          "<circle cx=\"1\" cy=\"2\" r=\"3\" class=\"node\"/>\n"
          "<path d=\"M0 0L1 1\" class=\"line\"/>\n"
          "<text x=\"1\" y=\"2\" class=\"tick\" text-anchor=\"end\">x &amp; y</text>\n"
          "</svg>\n");
    CHECK(fault_of(svg.markup()) == "");
  }
}

}  // namespace
}  // namespace gossipd::simulation
