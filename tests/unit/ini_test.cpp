#include "ini.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd {
namespace {

/// "section/key=value@line" for each entry, since that is quick to read.
std::vector<std::string> entries(const Ini& ini) {
  std::vector<std::string> list;
  for (const IniEntry& entry : ini.entries) {
    list.push_back(entry.section + '/' + entry.key + '=' + entry.value + '@' + std::to_string(entry.line));
  }
  return list;
}

std::vector<std::string> faults(const Ini& ini) {
  std::vector<std::string> list;
  for (const IniFault& fault : ini.faults) list.push_back(fault.text + '@' + std::to_string(fault.line));
  return list;
}

Ini parse(std::string_view text) {
  return parse_ini(text, {"global", "gossip"});
}

using List = std::vector<std::string>;

/// A file that is gone at the end of the scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "gossipd_test_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data()) + std::string("/file.ini");
    std::ofstream(path_, std::ios::binary) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_SUITE("ini") {
  TEST_CASE("INI: every value keeps its section and its line") {
    const Ini ini = parse("[GLOBAL]\nHOSTKEY = /key.pem\n\n[GOSSIP]\ncache_size = 50\n");
    CHECK(entries(ini) == List{"global/HOSTKEY=/key.pem@2", "gossip/cache_size=50@5"});
    CHECK(faults(ini).empty());
    CHECK(ini.sections == List{"global", "gossip"});
  }

  TEST_CASE("INI: section names are found in any case and with white space") {
    const Ini ini = parse("[ gOsSiP ]\na=1\n");
    CHECK(entries(ini) == List{"gossip/a=1@2"});
    CHECK(ini.has_section("gossip"));
    CHECK_FALSE(ini.has_section("global"));
  }

  TEST_CASE("INI: the first of '=' and ':' separates") {
    CHECK(entries(parse("[gossip]\na:1\nb = c:2\nd: e=3\nf==\n")) ==
          List{"gossip/a=1@2", "gossip/b=c:2@3", "gossip/d=e=3@4", "gossip/f==@5"});
  }

  TEST_CASE("INI: white space around keys and values goes, inside it stays") {
    CHECK(entries(parse("[gossip]\n\t key one \t=  a  b \t\n")) == List{"gossip/key one=a  b@2"});
  }

  TEST_CASE("INI: a value may be empty") {
    CHECK(entries(parse("[gossip]\na=\nb = # nothing\n")) == List{"gossip/a=@2", "gossip/b=@3"});
  }

  TEST_CASE("INI: comments are whole lines, or begin after white space") {
    CHECK(entries(parse("# a=1\n; b=2\n[gossip] # ours\n  # c=3\nd=4 ; four\ne=5\t# five\nf=a#b;c\n")) ==
          List{"gossip/d=4@5", "gossip/e=5@6", "gossip/f=a#b;c@7"});
  }

  TEST_CASE("INI: carriage returns, a byte order mark and a missing last newline change nothing") {
    CHECK(entries(parse("\xef\xbb\xbf[gossip]\r\na=1\r\n\r\nb=2")) == List{"gossip/a=1@2", "gossip/b=2@4"});
  }

  TEST_CASE("INI: keys before the first section belong to global") {
    CHECK(entries(parse("HOSTKEY=k\n[gossip]\na=1\n")) == List{"global/HOSTKEY=k@1", "gossip/a=1@3"});
    CHECK_FALSE(parse("HOSTKEY=k\n").has_section("global"));
  }

  TEST_CASE("INI: a section that comes twice is one") {
    const Ini ini = parse("[gossip]\na=1\n[other]\nb=2\n[GOSSIP]\nc=3\n");
    CHECK(entries(ini) == List{"gossip/a=1@2", "gossip/c=3@6"});
    CHECK(ini.sections == List{"gossip"});
  }

  TEST_CASE("INI: other sections are ignored, whatever is in them") {
    const Ini ini = parse("[other]\njunk\n= = =\n[broken\n\xff\xfe\n[gossip]\na=1\n");
    CHECK(entries(ini) == List{"gossip/a=1@7"});
    CHECK(faults(ini).empty());
  }

  TEST_CASE("INI: in sections that are ours, a line that is nothing is a fault") {
    const Ini ini = parse("junk\n[gossip]\nmore junk # why\n=5\na=1\n");
    CHECK(faults(ini) == List{"junk@1", "more junk@3", "=5@4"});
    CHECK(entries(ini) == List{"gossip/a=1@5"});
  }

  TEST_CASE("INI: a broken header is a fault, and what follows it belongs to nobody") {
    const Ini ini = parse("[global]\n[gossip\ncache_size=1\njunk\n[gossip]\na=1\n[gossip] x\nb=2\n");
    CHECK(faults(ini) == List{"[gossip@2", "[gossip] x@7"});
    CHECK(entries(ini) == List{"gossip/a=1@6"});
  }

  TEST_CASE("INI: an empty text has nothing") {
    for (const char* text : {"", "\n\n", "\xef\xbb\xbf", " \t\r\n"}) {
      const Ini ini = parse(text);
      CHECK(ini.entries.empty());
      CHECK(ini.faults.empty());
    }
  }

  TEST_CASE("INI: a file is read whole, with bytes of every value") {
    std::string content;
    for (int byte = 0; byte < 256; ++byte) content += static_cast<char>(byte);
    const TemporaryFile file(content);
    const auto text = read_ini_file(file.path());
    REQUIRE(text.has_value());
    CHECK(*text == content);
  }

  TEST_CASE("INI: a file of 1 MiB is read, and one byte more is refused") {
    const TemporaryFile largest(std::string(ini_bytes_max, '#'));
    CHECK(read_ini_file(largest.path()).has_value());
    const TemporaryFile larger(std::string(ini_bytes_max + 1, '#'));
    REQUIRE_FALSE(read_ini_file(larger.path()).has_value());
    CHECK(read_ini_file(larger.path()).error().message == "a file of at most 1048576 bytes is needed");
  }

  TEST_CASE("INI: what cannot be read is told with the system's reason") {
    CHECK(read_ini_file("/nowhere/at/all.ini").error().message == "No such file or directory");
    CHECK(read_ini_file("/").error().message == "Is a directory");
  }
}

}  // namespace
}  // namespace gossipd
