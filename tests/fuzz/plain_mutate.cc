// LLVMFuzzerMutate for builds without libFuzzer: small changes of bytes, by a seed.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <random>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

std::minstd_rand random_bits;

// What readers stumble over: ends of ranges, and the letters that structure texts.
constexpr uint8_t kTelling[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, '0', '9', '-', '.',
                                ',',  '"',  '\'', '\\', '{',  '}',  '[', ']', '=', '\n'};

size_t Below(size_t bound) { return random_bits() % std::max<size_t>(bound, 1); }

void ChangeByte(std::string* bytes) {
  char& byte = (*bytes)[Below(bytes->size())];
  switch (Below(3)) {
    case 0:
      byte = static_cast<char>(byte ^ 1 << Below(8));
      return;
    case 1:
      byte = static_cast<char>(kTelling[Below(std::size(kTelling))]);
      return;
    default:
      byte = static_cast<char>(byte + Below(33) - 16);
  }
}

void CopyPart(std::string* bytes) {
  const std::string part = bytes->substr(Below(bytes->size()), 1 + Below(32));
  bytes->insert(Below(bytes->size() + 1), part);
}

void Change(std::string* bytes) {
  switch (bytes->empty() ? 0 : Below(6)) {
    case 0:
      bytes->insert(Below(bytes->size() + 1), 1, static_cast<char>(kTelling[Below(20)]));
      return;
    case 1:
      bytes->erase(Below(bytes->size()), 1 + Below(16));
      return;
    case 2:
      return CopyPart(bytes);
    default:
      ChangeByte(bytes);
  }
}

}  // namespace

void SeedMutations(unsigned seed) { random_bits.seed(seed); }

}  // namespace lookbook

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  lookbook::Change(&bytes);
  bytes.resize(std::min(bytes.size(), max_size));
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
