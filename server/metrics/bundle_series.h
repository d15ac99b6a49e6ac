// What is counted per configured bundle.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "server/metrics/metric_handles.h"

namespace lookbook {

inline constexpr std::array<const char*, 9> kLoadResults = {
    "success", "signature", "manifest", "checksum", "format", "golden", "memory", "io", "other"};

// In the order of SearchKind.
inline constexpr std::array<const char*, kSearchKinds> kSearchKindNames = {"flat", "sq", "ivf",
                                                                           "hnsw"};

// Thread-safe. `registry` must outlive this object.
class BundleSeries {
 public:
  BundleSeries(prometheus::Registry& registry, const std::vector<std::string>& bundles,
               const std::string& device);

  // REQUIRES: `name` is one of the constructor's.
  BundleMetrics& bundle(absl::string_view name);

  void Loaded(absl::string_view name, absl::string_view result);

  // Exchanges the one series of lookbook_bundle_info that `name` has.
  void Active(absl::string_view name, absl::string_view bundle_id, absl::string_view backbone,
              absl::string_view index);

 private:
  struct OfBundle {
    BundleMetrics metrics;
    std::array<CounterHandle, kLoadResults.size()> loads;
    prometheus::Gauge* info = nullptr;  // Guarded by info_mutex_.
  };
  OfBundle& Find(absl::string_view name);

  std::map<std::string, OfBundle, std::less<>> bundles_;  // Its keys never change.
  prometheus::Family<prometheus::Gauge>& info_family_;
  Mutex info_mutex_;
};

}  // namespace lookbook
