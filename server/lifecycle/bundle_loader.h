// Brings bundles into a pipeline.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "engine/bundle/bundle.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/pipeline.h"

namespace lookbook {

// OpenBundleAt of engine/bundle, or a double of it. `path`: a bundle root, or a bundle's folder.
using BundleOpener = std::function<absl::StatusOr<std::shared_ptr<const Bundle>>(
    const std::string& path, const BundleOptions& options)>;

// Thread-safe. `metrics` and `clock` must outlive it.
class BundleLoader {
 public:
  BundleLoader(BundleOpener opener, const BundleOptions& options, ServerMetrics* metrics,
               const Clock* clock);

  // Opens the bundle in a folder, or the one that a root's CURRENT names, and warms up every batch
  // size. Counts and times the attempt; a success is counted by Set(). The status of a failure is
  // the opener's, with the bundle's name and `path` in front of its message.
  absl::StatusOr<std::shared_ptr<const Bundle>> Open(const std::string& name,
                                                     const std::string& path) const;

  // Makes `bundle` the one that `pipeline` uses for new batches, counts and logs it, and hands the
  // one before back, which queries inside still use. Null: there was none.
  std::shared_ptr<const Bundle> Set(const std::string& name, std::shared_ptr<const Bundle> bundle,
                                    Pipeline* pipeline) const;

  // Open() and Set() in one: opens the bundle, warms it up, and makes it the one that `pipeline`
  // uses for new batches; the one before is destroyed on this thread. Counts the attempt and its
  // time, and logs it.
  //
  // On failure the pipeline keeps what it had. The status is the opener's, with the bundle's name
  // and root in front of its message.
  absl::Status Load(const std::string& name, const std::string& bundle_root,
                    Pipeline* pipeline) const;

 private:
  absl::StatusOr<std::shared_ptr<const Bundle>> OpenWarm(const std::string& name,
                                                         const std::string& path) const;

  const BundleOpener opener_;
  const BundleOptions options_;
  ServerMetrics* const metrics_;
  const Clock* const clock_;
};

}  // namespace lookbook
