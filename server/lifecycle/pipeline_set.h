// The pipelines of a server, by the names of their bundle roots.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/pipeline/pipeline.h"

namespace lookbook {

inline constexpr size_t kMaxBundleNameBytes = 64;

// Immutable; what the pipelines hold changes. Thread-safe.
class PipelineSet {
 public:
  struct Entry {
    std::string name;
    std::unique_ptr<Pipeline> pipeline;
  };

  // REQUIRES: `entries` is not empty and its names are distinct.
  explicit PipelineSet(std::vector<Entry> entries);

  // In configured order.
  const std::vector<Entry>& entries() const { return entries_; }

  // The first one when `name` is empty. NotFound unknown_bundle: names it and those there are.
  // InvalidArgument bad_bundle: longer than a name can be.
  absl::StatusOr<Pipeline*> Find(absl::string_view name) const;
  // Its place in entries(). Errors as above.
  absl::StatusOr<size_t> IndexOf(absl::string_view name) const;

  // Shuts every pipeline down.
  void Shutdown() const;

 private:
  const std::vector<Entry> entries_;
};

}  // namespace lookbook
