/// \file
/// Runs a fuzz target once on each of the files named, or in the directories named: so that what fuzzing has
/// found stays tested by every build, with any compiler.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& place) {
  std::vector<fs::path> files;
  if (!fs::is_directory(place)) return {place};
  for (const auto& entry : fs::directory_iterator(place)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

bool replay(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    return false;
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  try {
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    return true;
  } catch (const std::exception& broken) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), broken.what());
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& file : files_in(argv[i])) ++(replay(file) ? passed : failed);
  }
  std::printf("%zu inputs passed, %zu failed\n", passed, failed);
  if (passed + failed > 0) return failed == 0 ? 0 : 1;
  std::fprintf(stderr, "usage: %s FILE-OR-DIRECTORY...; there was no input\n", argv[0]);
  return 2;
}
