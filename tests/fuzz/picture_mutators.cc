#include "tests/fuzz/picture_mutators.h"

#include <algorithm>
#include <cstring>

// Of libFuzzer, or of plain_mutate.cc.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace lookbook {
namespace {

// As many bytes as one change may add.
constexpr size_t kGrowth = 32;

}  // namespace

void ChangeByFuzzer(std::string* bytes) {
  const size_t size = bytes->size();
  bytes->resize(size + kGrowth);
  bytes->resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(bytes->data()), size, bytes->size()));
}

size_t MutateInPlace(MutatePicture mutate, uint8_t* data, size_t size, size_t max_size,
                     unsigned seed) {
  Random random(seed);
  const absl::string_view before(reinterpret_cast<const char*>(data), size);
  const std::string after = mutate(before, &ChangeByFuzzer, &random);
  if (after.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, after.data(), after.size());
  return after.size();
}

}  // namespace lookbook
