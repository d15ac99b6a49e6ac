// Opens mutants in processes of their own, as a server opens bundles.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/bundle_files/mutant.h"

namespace lookbook {

struct MutantRunOptions {
  uint64_t count = 10'000;
  uint64_t seed = 1;
  std::string scratch;      // An empty folder.
  std::string public_keys;  // Of somebody who signed none of them.
};

// What became of the mutants of one kind.
struct MutantTally {
  int64_t tried = 0, accepted = 0;
  int64_t crashed = 0, hung = 0;           // Ended the process that opened them.
  int64_t believed = 0;                    // Taken where a signature was asked for.
  std::map<std::string, int64_t> refused;  // By reason.
  // Numbers and texts, at most some of each:
  std::vector<std::string> accepted_files;   // Of kContent.
  std::vector<std::string> ended_by_models;  // Of kContent, among those that crashed or hung.
  std::vector<std::string> worst;            // What must not be.
};
using MutantTallies = std::array<MutantTally, kMutantKinds>;

// Mutants of `goods` in turn; `others[i]` is the other bundle for `goods[i]`.
// REQUIRES: this process has not used torch and has one thread.
absl::StatusOr<MutantTallies> RunMutants(const MutantRunOptions& options,
                                         const std::vector<BundleImage>& goods,
                                         const std::vector<BundleImage>& others);

}  // namespace lookbook
