// One change of the live bundle of a root, from what was asked for to the swap.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/lifecycle/bundle_check.h"
#include "server/lifecycle/bundle_files.h"
#include "server/lifecycle/bundle_loader.h"
#include "server/lifecycle/retirement.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/pipeline.h"

namespace lookbook {

// A bundle root that is served.
struct ServedRoot {
  std::string name;
  std::string path;
  Pipeline* pipeline = nullptr;
  std::string public_keys;  // File of the keys that must have signed; empty = none need have.
};

struct Activated {
  std::string bundle_id;    // What is live now.
  std::string replaced_id;  // What was before; empty when nothing was, or nothing changed.
  bool changed = false;     // False: it was live already.
  double seconds = 0;
};

// What an activation works with; all of it outlives it.
struct ActivationParts {
  const BundleLoader* loader = nullptr;
  BundleCheck check;  // Null: the bundle is opened in this process alone.
  // Bytes there are to take; null: no limit is known.
  std::function<absl::StatusOr<int64_t>()> memory_room;
  Retirement* retirement = nullptr;
  ServerMetrics* metrics = nullptr;
  const Clock* clock = nullptr;
};

// Makes the chosen bundle live in `root`: finds it, looks whether there is memory for a second one,
// has it checked in another process, opens and warms it up here, makes CURRENT name it (unless that
// is how it was chosen), and swaps it in. The one before retires. Does nothing but the step on
// CURRENT when it is live already. Counts every attempt that got to look at a bundle. Blocks for as
// long as it takes; gives up between the steps, and in the check, once `stopped` says true.
//
// On failure CURRENT and the live bundle stay as they are. Reasons: those of ResolveBundle(),
// BundleCheck and BundleLoader; ResourceExhausted memory; PermissionDenied read_only; Cancelled.
absl::StatusOr<Activated> Activate(const ActivationParts& parts, const ServedRoot& root,
                                   const BundleChoice& choice,
                                   const std::function<bool()>& stopped);

}  // namespace lookbook
