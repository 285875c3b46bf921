#include <gossip/content_id.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <openssl/evp.h>
#include <stdexcept>

namespace gossip {
namespace {

constexpr std::size_t sha256_bytes = 32;

struct Free {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void require(int done, const char* what) {
  if (done != 1) throw std::runtime_error(what);
}

/// A context for SHA-256, which looks for the algorithm once: that takes longer than to hash a short message.
std::unique_ptr<EVP_MD_CTX, Free> make_context() {
  std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  const std::unique_ptr<EVP_MD, Free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  require(algorithm != nullptr, "OpenSSL offers no SHA-256");
  // The context keeps the algorithm from now on.
  require(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr), "OpenSSL does not begin with SHA-256");
  return context;
}

}  // namespace

ContentId content_id(DataType type, std::span<const std::byte> data) {
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context = make_context();
  const std::array kind{static_cast<unsigned char>(value_of(type) >> 8U),
                        static_cast<unsigned char>(value_of(type) & 0xffU)};
  std::array<std::byte, sha256_bytes> hash{};
  // Without an algorithm, a context begins anew with the one that it has.
  const bool done =
      EVP_DigestInit_ex2(context.get(), nullptr, nullptr) == 1 &&
      EVP_DigestUpdate(context.get(), kind.data(), kind.size()) == 1 &&
      EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1 &&
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1;
  require(done, "OpenSSL does not compute SHA-256");
  ContentId id;
  std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

}  // namespace gossip
