// Changes to pictures that a decoder does not throw out at its door: chunks keep right lengths and
// checksums, segments right lengths, so that what is changed is what they say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

using Random = std::minstd_rand;
// Changes some bytes, perhaps their number.
using ChangeBytes = std::function<void(std::string*)>;
// By LLVMFuzzerMutate().
void ChangeByFuzzer(std::string* bytes);

// Any bytes are taken as the chunks, or segments, that they begin with. One time in 16 the bytes
// themselves are changed and nothing is put right, so that wrong checksums and cut files come too.
std::string MutatePng(absl::string_view png, const ChangeBytes& change, Random* random);
std::string MutateJpeg(absl::string_view jpeg, const ChangeBytes& change, Random* random);

// LLVMFuzzerCustomMutator over one of these.
using MutatePicture = std::string (*)(absl::string_view, const ChangeBytes&, Random*);
size_t MutateInPlace(MutatePicture mutate, uint8_t* data, size_t size, size_t max_size,
                     unsigned seed);

}  // namespace lookbook
