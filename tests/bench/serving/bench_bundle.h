// A bundle for measuring: a real network with He-initialised weights and random unit vectors for
// items.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace lookbook {

struct BenchBundleOptions {
  std::string root;  // Bundle root to publish into.
  std::string backbone = "mobilenet_v2";
  int image_size = 128;
  int embedding_dim = 0;  // 0 = the pooled feature; else a layer of its own.
  int64_t items = 10'000;
  std::vector<std::string> images;  // Files for the golden cases; at least one.
};

absl::Status MakeBenchBundle(const BenchBundleOptions& options);

}  // namespace lookbook
