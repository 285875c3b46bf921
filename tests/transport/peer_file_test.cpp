#include "asio/peer_file.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <utility>
#include <vector>

using namespace gossip;
using gossip::detail::PeerFile;
namespace fs = std::filesystem;

namespace {

/// A directory that is gone with the test.
class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "gossip-peer-file-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { fs::remove_all(path_); }

  [[nodiscard]] std::string path(std::string_view name = {}) const {
    return (name.empty() ? path_ : path_ / name).string();
  }
  [[nodiscard]] std::string text(std::string_view name = "peers") const {
    std::ifstream file(path_ / name, std::ios::binary);
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(std::string_view text) const { std::ofstream(path_ / "peers", std::ios::binary) << text; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_)) names.push_back(entry.path().filename());
    return names;
  }

 private:
  fs::path path_;
};

PeerFile opened(const std::string& directory) {
  auto file = PeerFile::open(directory);
  REQUIRE_MESSAGE(file, file.error().message);
  return std::move(*file);
}

/// As long as it lives no file of this process can grow beyond that size: what a full disk does.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  using Handler = void (*)(int);
  Handler handler_;
  rlimit before_{};
};

constexpr Endpoint one{0x0a000001, 6001};
constexpr Endpoint two{0xc0000207, 65535};
const std::vector<Endpoint> both{one, two};

}  // namespace

TEST_CASE("a peer file: what is written is read, in the same order, and takes the place of what there was") {
  const Directory directory;
  PeerFile file = opened(directory.path());
  CHECK(file.path() == directory.path("peers"));
  REQUIRE(file.read());
  CHECK(file.read()->empty());
  for (const std::vector<Endpoint>& addresses : {both, std::vector<Endpoint>{two, one}, {}, {one}}) {
    CHECK_FALSE(file.write(addresses));
    const auto read = file.read();
    REQUIRE(read);
    CHECK(*read == addresses);
  }
  CHECK(directory.text() == "gossip-peers 1\n10.0.0.1:6001\n");
  CHECK(directory.names() == std::vector<std::string>{"peers"});
}

TEST_CASE("a peer file: an IPv6 address is in brackets, and one that no node can be reached at is refused") {
  const Directory directory;
  PeerFile file = opened(directory.path());
  const std::vector<Endpoint> addresses{*parse_endpoint("[2001:db8::7]:6001"), one,
                                        *parse_endpoint("[::1]:1")};
  CHECK_FALSE(file.write(addresses));
  CHECK(directory.text() == "gossip-peers 1\n[2001:db8::7]:6001\n10.0.0.1:6001\n[::1]:1\n");
  CHECK(file.read().value() == addresses);
  for (const char* line : {"2001:db8::7:6001", "[2001:db8::7]", "[fe80::1]:6001", "[::]:6001",
                           "[ff02::1]:6001", "[::1]:0", "[::1%lo]:6001"}) {
    CAPTURE(line);
    directory.put("gossip-peers 1\n" + std::string(line) + "\n");
    CHECK(file.read().error().message.ends_with(
        "peers:2: HOST:PORT, HOST being an IPv4 address, or an IPv6 address in brackets, is needed"));
  }
}

TEST_CASE("a peer file: the directory is made, but not those above it, and it has to be one") {
  const Directory directory;
  CHECK_FALSE(opened(directory.path("new")).write(both));
  CHECK(directory.text("new/peers") == "gossip-peers 1\n10.0.0.1:6001\n192.0.2.7:65535\n");
  const auto no_parent = PeerFile::open(directory.path("no/parent"));
  REQUIRE_FALSE(no_parent);
  CHECK(no_parent.error().message == "it cannot be made: No such file or directory");
  directory.put("");
  const auto no_directory = PeerFile::open(directory.path("peers"));
  REQUIRE_FALSE(no_directory);
  CHECK(no_directory.error().message == "Not a directory");
}

TEST_CASE("a peer file: of two in one directory the second is refused while the first is there") {
  const Directory directory;
  {
    PeerFile first = opened(directory.path());
    const PeerFile moved = std::move(first);
    const auto second = PeerFile::open(directory.path());
    REQUIRE_FALSE(second);
    CHECK(second.error().condition == Condition::invalid_argument);
    CHECK(second.error().message == "another node uses it; each needs one of its own");
  }
  CHECK(PeerFile::open(directory.path()));
}

TEST_CASE(
    "a peer file: whatever else stands there is refused, and it is said where and what would be right") {
  const Directory directory;
  const PeerFile file = opened(directory.path());
  const std::string good = "gossip-peers 1\n10.0.0.1:6001\n";
  const std::string no_header = ":1: 'gossip-peers 1' is needed";
  const std::string no_address =
      ":3: HOST:PORT, HOST being an IPv4 address, or an IPv6 address in brackets, is needed";
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", no_header},
      {"\n", no_header},
      {"gossip-peers", no_header},
      {"gossip-peers 2\n10.0.0.1:6001\n", no_header},
      {"gossip-peers 1\r\n10.0.0.1:6001\r\n", no_header},
      {"10.0.0.1:6001\n", no_header},
      {std::string("\0\xff\x7f"
                   "ELF\n",
                   7),
       no_header},
      {"gossip-peers 1", ":1: the end of the line is needed"},
      {good + "192.0.2.7:65", ":3: the end of the line is needed"},
      {good + "192.0.2.7", no_address},
      {good + "\n" + "192.0.2.7:6001\n", no_address},
      {good + "192.0.2.7:6001 \n", no_address},
      {good + "192.0.2.7:\n", no_address},
      {good + "192.0.2.7:-1\n", no_address},
      {good + "192.0.2.7:0\n", no_address},
      {good + "192.0.2.7:65536\n", no_address},
      {good + "192.0.2.700:6001\n", no_address},
      {good + "0.0.0.0:6001\n", no_address},
      {good + "224.0.0.1:6001\n", no_address},
      {good + "node.example:6001\n", no_address},
      {good + "::1:6001\n", no_address},
      {good + ":6001\n", no_address},
      {good + std::string("192.0.2.7:6001\0\n", 16), no_address},
      {good + "192.0.2.8:6001\n192.0.2.9\n",
       ":4: HOST:PORT, HOST being an IPv4 address, or an IPv6 address in brackets, is needed"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    directory.put(row.first);
    const auto read = file.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().condition == Condition::malformed);
    CHECK(read.error().message == directory.path("peers") + row.second);
  }
}

TEST_CASE("a peer file: each beginning of a good one is refused, or has only addresses that were in it") {
  const Directory directory;
  PeerFile file = opened(directory.path());
  REQUIRE_FALSE(file.write(both));
  const std::string whole = directory.text();
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    CAPTURE(bytes);
    directory.put(whole.substr(0, bytes));
    const auto read = file.read();
    CHECK(read.has_value() == whole.substr(0, bytes).ends_with('\n'));
    if (read) CHECK(*read == std::vector(both.begin(), both.begin() + (read->empty() ? 0 : 1)));
  }
}

TEST_CASE("a peer file: 16 KiB are read, and one byte more is refused, however much there is") {
  const Directory directory;
  const PeerFile file = opened(directory.path());
  std::string text = "gossip-peers 1\n";
  while (text.size() + 16 <= PeerFile::bytes_max) text += "192.0.2.70:6001\n";
  text.insert(text.size() - 1, "0");
  REQUIRE(text.size() == PeerFile::bytes_max);
  directory.put(text);
  const auto longest = file.read();
  REQUIRE(longest);
  CHECK(longest->size() == 1023);
  CHECK(longest->back() == Endpoint{0xc0000246, 60010});
  for (const std::size_t more : {std::size_t{1}, std::size_t{10} << 20U}) {
    directory.put(text + std::string(more, 'x'));
    const auto read = file.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().condition == Condition::malformed);
    CHECK(read.error().message ==
          directory.path("peers") + ": at most 16384 bytes are needed, and it has more");
  }
}

TEST_CASE("a peer file: what cannot be read at all is the system's error, with the path") {
  const Directory directory;
  fs::create_directory(directory.path("peers"));
  const auto read = opened(directory.path()).read();
  REQUIRE_FALSE(read);
  CHECK(read.error().condition == Condition::system);
  CHECK(read.error().message == directory.path("peers") + ": Is a directory");
}

TEST_CASE("a peer file: one that is set aside is there under another name, in the place of an earlier one") {
  const Directory directory;
  PeerFile file = opened(directory.path());
  CHECK_FALSE(file.set_aside());
  for (const std::string text : {"first", "second"}) {
    directory.put(text);
    CHECK(file.set_aside());
    CHECK(directory.text("peers.corrupt") == text);
    CHECK(directory.names() == std::vector<std::string>{"peers.corrupt"});
  }
}

TEST_CASE("a peer file: on a full disk the old one stays whole, and nothing else is left") {
  const Directory directory;
  PeerFile file = opened(directory.path());
  REQUIRE_FALSE(file.write(both));
  const std::string before = directory.text();
  for (const rlim_t room : {0U, 1U, 20U}) {
    CAPTURE(room);
    const auto error = [&] {
      const FullDisk full(room);
      return file.write(std::vector<Endpoint>(5, two));
    }();
    REQUIRE(error);
    CHECK(error->condition == Condition::system);
    CHECK(error->message == directory.path("peers") + ": File too large");
    CHECK(directory.text() == before);
    CHECK(directory.names() == std::vector<std::string>{"peers"});
  }
  CHECK_FALSE(file.write(std::vector<Endpoint>{two}));
  CHECK(*file.read() == std::vector<Endpoint>{two});
}

TEST_CASE("a peer file: where none can be made the old one stays whole; what a crash left is no hindrance") {
  const Directory directory;
  PeerFile file = opened(directory.path());
  REQUIRE_FALSE(file.write(both));
  fs::create_directories(directory.path("peers.new"));
  const auto error = file.write(std::vector<Endpoint>{one});
  REQUIRE(error);
  CHECK(error->message == directory.path("peers") + ": File exists");
  CHECK(*file.read() == both);
  fs::remove_all(directory.path("peers.new"));
  std::ofstream(directory.path("peers.new")) << "half of a f";
  CHECK_FALSE(file.write(std::vector<Endpoint>{one}));
  CHECK(*file.read() == std::vector<Endpoint>{one});
  CHECK(directory.names() == std::vector<std::string>{"peers"});
}

TEST_CASE("a peer file: one whose directory is gone says so when it is to be written") {
  const Directory directory;
  PeerFile file = opened(directory.path("short"));
  fs::remove_all(directory.path("short"));
  const auto error = file.write(both);
  REQUIRE(error);
  CHECK(error->message == directory.path("short/peers") + ": No such file or directory");
}
