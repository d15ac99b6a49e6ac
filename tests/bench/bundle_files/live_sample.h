// Asks a lookbook-server that serves to activate mutants.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/bundle_files/mutant.h"

namespace lookbook {

struct LiveSample {
  int64_t tried = 0;
  int64_t refused = 0;   // As damage is: DATA_LOSS, or what is said of nothing and of too much.
  int64_t accepted = 0;  // Of the kinds that may be.
  int64_t wrong = 0;     // Accepted though it must not be, or refused in another way.
  int64_t other_answers = 0;  // A good picture was answered otherwise than before.
  bool alive = false;         // To the end, and then ended by SIGTERM with 0.
  std::string first_problem;
};

// `count` mutants of `good`, in the root `root` whose CURRENT names another bundle, which stays
// live but while a mutant is accepted.
absl::StatusOr<LiveSample> RunLiveSample(const std::string& program, const std::string& root,
                                         const BundleImage& good, const BundleImage& other,
                                         int64_t count, uint64_t seed, const std::string& log);

}  // namespace lookbook
