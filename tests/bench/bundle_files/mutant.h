// Bundles with one thing wrong each, and what must be said of them.
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/bundle_files/bundle_image.h"

namespace lookbook {

enum class MutantKind {
  kRaw,      // Bytes are other ones than were published: a hash, a size or a name tells.
  kRule,     // Every hash is mended, but the manifest breaks a rule or promises what is not so.
  kContent,  // Every hash is mended, and a file is damaged: its reader or the self-test may tell.
  kFree,     // Every hash is mended, and what changed is the author's to say: another good bundle.
};
inline constexpr int kMutantKinds = 4;
const char* MutantKindName(MutantKind kind);

struct Mutant {
  MutantKind kind = MutantKind::kRaw;
  std::string what;  // "model.ts: bit 4 of byte 1017"
  BundleImage image;
};

// Mutant number `n` of a bundle; the same for the same arguments. `other`: another bundle with
// files of the same names, for exchanging them.
Mutant MakeMutant(const BundleImage& good, const BundleImage& other, uint64_t n, uint64_t seed);

}  // namespace lookbook
