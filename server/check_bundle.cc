#include "server/check_bundle.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle.h"
#include "engine/embed/torchscript_embedder.h"

namespace lookbook {

namespace {

absl::StatusOr<std::string> OpenAndDescribe(const std::string& directory,
                                            const BundleOptions& options) {
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, OpenBundleAt(directory, options));
  return absl::StrCat(bundle->id, " is good: ", bundle->manifest.backbone(), ", ",
                      bundle->items->size(), " items, ", bundle->manifest.embedding_dim(),
                      " dimensions, index ", bundle->manifest.index().spec());
}

}  // namespace

absl::StatusOr<std::string> CheckBundle(const std::string& directory, const ServerConfig& config) {
  SetNumericThreads(1);
  BundleOptions options;
  options.max_batch = config.batch.max_size;
  options.public_keys = config.signature.public_keys;
  absl::StatusOr<std::string> good =
      CatchToStatus(directory, [&] { return OpenAndDescribe(directory, options); });
  // Wherever memory ran out.
  if (absl::IsResourceExhausted(good.status())) return WithReason(good.status(), "memory");
  return good;
}

BundleCheck CheckByThisProgram(const ServerConfig& config) {
  BundleCheckOptions options;
  options.max_batch = config.batch.max_size;
  options.time = config.lifecycle.check_time;
  options.memory_bytes = config.lifecycle.check_memory;
  options.public_keys = config.signature.public_keys;
  return [options](const std::string& directory, const std::function<bool()>& stopped) {
    return RunBundleCheck(options, directory, stopped);
  };
}

}  // namespace lookbook
