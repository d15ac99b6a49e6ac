#include "engine/bundle/bundle.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/golden.h"
#include "engine/bundle/golden_check.h"
#include "engine/bundle/verify.h"
#include "engine/embed/batch_sizes.h"
#include "engine/embed/torchscript_embedder.h"
#include "engine/index/index_factory.h"
#include "engine/index/index_spec.h"

namespace lookbook {
namespace {

// Ids that items carry must stand in the manifest: a reply names classes by it.
template <typename Entries>
absl::Status CheckIds(absl::string_view what, const std::vector<uint32_t>& carried,
                      const Entries& known) {
  for (uint32_t id : carried) {
    const bool found = std::any_of(known.begin(), known.end(),
                                   [&](const auto& entry) { return entry.id() == id; });
    if (!found)
      return BundleError("format", kItemsFile, ": ", what, " id ", id, " is not in ",
                         kManifestFile);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ItemStore>> OpenItems(const VerifiedBundle& files) {
  const std::string path = JoinPath(files.directory, kItemsFile);
  absl::StatusOr<std::unique_ptr<ItemStore>> items = ItemStore::Open(path);
  if (!items.ok()) return items.status();  // Has its reason and names the file.
  if (static_cast<uint64_t>((*items)->size()) != files.manifest.item_count()) {
    return BundleError("format", path, " holds ", (*items)->size(), " items, not the ",
                       files.manifest.item_count(), " of ", kManifestFile);
  }
  LB_RETURN_IF_ERROR(CheckIds("class", (*items)->ClassIds(), files.manifest.classes()));
  LB_RETURN_IF_ERROR(CheckIds("attribute", (*items)->AttributeIds(), files.manifest.attributes()));
  return items;
}

EmbedderSpec SpecOf(const VerifiedBundle& files, const BundleOptions& options) {
  EmbedderSpec spec;
  spec.shape.image_size = files.preprocess.size;
  spec.shape.dim = static_cast<int>(files.manifest.embedding_dim());
  spec.shape.classes = files.manifest.classes_size();
  spec.shape.attributes = files.manifest.scores_attributes() ? files.manifest.attributes_size() : 0;
  spec.pixels = {files.preprocess.mean, files.preprocess.std};
  spec.buckets = options.device == nullptr ? FineBatchSizes(options.max_batch)
                                           : CoarseBatchSizes(options.max_batch);
  return spec;
}

absl::StatusOr<std::unique_ptr<Embedder>> OpenEmbedder(absl::string_view bytes, EmbedderSpec spec,
                                                       const DeviceBackend* device) {
  if (device != nullptr) return device->OpenEmbedder(bytes, spec);
  LB_ASSIGN_OR_RETURN(
      std::unique_ptr<TorchScriptEmbedder> embedder,
      TorchScriptEmbedder::Open(bytes, {.shape = spec.shape, .buckets = std::move(spec.buckets)}));
  return std::unique_ptr<Embedder>(std::move(embedder));
}

absl::StatusOr<std::unique_ptr<Embedder>> OpenModel(const VerifiedBundle& files,
                                                    const BundleOptions& options) {
  absl::StatusOr<std::unique_ptr<Embedder>> embedder =
      OpenEmbedder(files.contents.at(kModelFile), SpecOf(files, options), options.device);
  if (!embedder.ok()) {
    return ReaderError("format", JoinPath(files.directory, kModelFile), embedder.status());
  }
  return embedder;
}

// REQUIRES: the manifest passed ParseManifest().
absl::StatusOr<int> EffortOf(const IndexSpec& spec, const Manifest& manifest,
                             const BundleOptions& options) {
  if (spec.inverted_lists() && options.nprobe != 0) return std::min(options.nprobe, spec.lists);
  if (spec.kind == IndexKind::kHnsw && options.ef_search != 0) return options.ef_search;
  return ParseSearchEffort(spec, manifest.index().search());
}

bool RunsOnDevice(const IndexSpec& spec, const BundleOptions& options) {
  return options.device != nullptr && FitsDevice(spec);
}

absl::StatusOr<std::unique_ptr<VectorIndex>> OpenVectors(const VerifiedBundle& files,
                                                         const IndexSpec& spec,
                                                         const BundleOptions& options) {
  const std::string path = JoinPath(files.directory, files.manifest.index().file());
  const int dim = static_cast<int>(files.manifest.embedding_dim());
  const auto rows = static_cast<int64_t>(files.manifest.item_count());
  LB_ASSIGN_OR_RETURN(const int effort, EffortOf(spec, files.manifest, options));
  absl::StatusOr<std::unique_ptr<VectorIndex>> index =
      RunsOnDevice(spec, options) ? options.device->OpenIndex(spec, path, dim, rows, effort)
                                  : OpenIndex(spec, path, dim, rows, effort);
  if (!index.ok()) return ReaderError("format", path, index.status());
  return index;
}

// The stored pictures are embedded and found as they were. Messages name files of the bundle.
absl::Status SelfTest(const Bundle& bundle, const VerifiedBundle& files,
                      const BundleOptions& options) {
  LB_ASSIGN_OR_RETURN(const std::vector<GoldenCase> cases,
                      ReadGolden(files.contents, files.manifest));
  const Precision precision =
      options.device != nullptr ? options.device->precision() : Precision::kFloat32;
  return GoldenCheck(bundle, cases, ToleranceOf(precision));
}

absl::StatusOr<std::shared_ptr<const Bundle>> Load(VerifiedBundle files,
                                                   const BundleOptions& options) {
  auto bundle = std::make_shared<Bundle>();
  bundle->id = files.id;
  bundle->directory = files.directory;
  bundle->preprocess = files.preprocess;
  LB_ASSIGN_OR_RETURN(bundle->items, OpenItems(files));
  LB_ASSIGN_OR_RETURN(bundle->embedder, OpenModel(files, options));
  files.contents.erase(kModelFile);  // The module has its own copy by now.
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(files.manifest.index().spec()));
  LB_ASSIGN_OR_RETURN(bundle->index, OpenVectors(files, spec, options));
  bundle->model_on_device = options.device != nullptr;
  bundle->index_on_device = RunsOnDevice(spec, options);
  if (options.warm_up) {
    LB_RETURN_IF_ERROR(
        ReaderError("format", JoinPath(files.directory, kModelFile), bundle->embedder->WarmUp()));
  }
  if (options.self_test) {
    LB_RETURN_IF_ERROR(WithPrefix(files.directory, SelfTest(*bundle, files, options)));
  }
  bundle->manifest = std::move(files.manifest);
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

absl::Status CheckOptions(const BundleOptions& options) {
  if (options.max_batch < 1 || options.max_batch > kMaxBundleBatch) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_batch ", options.max_batch, " is not in 1 to ", kMaxBundleBatch));
  }
  if (options.nprobe < 0 || options.nprobe > kMaxLists) {
    return absl::InvalidArgumentError(
        absl::StrCat("nprobe ", options.nprobe, " is not in 0 to ", kMaxLists));
  }
  if (options.ef_search != 0 && (options.ef_search < kMinBeam || options.ef_search > kMaxBeam)) {
    return absl::InvalidArgumentError(
        absl::StrCat("ef_search ", options.ef_search, " is not 0 or ", kMinBeam, " to ", kMaxBeam));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Bundle>> OpenCurrentBundle(const std::string& bundle_root,
                                                                const BundleOptions& options) {
  LB_RETURN_IF_ERROR(CheckOptions(options));
  LB_ASSIGN_OR_RETURN(VerifiedBundle files, VerifyCurrentBundle(bundle_root, options.public_keys));
  return Load(std::move(files), options);
}

absl::StatusOr<std::shared_ptr<const Bundle>> OpenBundle(const std::string& bundle_directory,
                                                         const BundleOptions& options) {
  LB_RETURN_IF_ERROR(CheckOptions(options));
  LB_ASSIGN_OR_RETURN(VerifiedBundle files, VerifyBundle(bundle_directory, options.public_keys));
  return Load(std::move(files), options);
}

absl::StatusOr<std::shared_ptr<const Bundle>> OpenBundleAt(const std::string& path,
                                                           const BundleOptions& options) {
  if (PathExists(JoinPath(path, kManifestFile))) return OpenBundle(path, options);
  return OpenCurrentBundle(path, options);
}

}  // namespace lookbook
