// A loaded bundle: model, index and items that belong together, all checked.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/bundle/items.h"
#include "engine/bundle/manifest.h"
#include "engine/device/device_backend.h"
#include "engine/embed/embedder.h"
#include "engine/index/vector_index.h"

namespace lookbook {

inline constexpr int kMaxBundleBatch = 1024;

struct BundleOptions {
  int max_batch = 32;  // 1 to kMaxBundleBatch. Buckets: engine/embed/batch_sizes.h.
  // Where model and index run; null = on the CPU. Not owned; outlives the bundle.
  // Indexes that are not FitsDevice() are searched on the CPU in any case.
  const DeviceBackend* device = nullptr;
  // Instead of what the manifest's index.search says; 0 = as it says. Those that the bundle's kind
  // of index does not know are left out. `nprobe` counts at most as many lists as there are;
  // `ef_search` is 16 to 4096.
  int nprobe = 0;
  int ef_search = 0;
  // PEM file of the keys (engine/bundle/signature.h) by one of which a bundle must be signed; it is
  // read for each bundle. Empty: none need be.
  std::string public_keys;
  bool warm_up = true;
  bool self_test = true;  // The golden check; only tools that repair bundles turn it off.
};

// Immutable. Thread-safe.
struct Bundle {
  std::string id;
  std::string directory;
  Manifest manifest;
  PreprocessSpec preprocess;
  std::unique_ptr<Embedder> embedder;
  std::unique_ptr<VectorIndex> index;
  // Of BundleOptions::device.
  bool model_on_device = false;
  bool index_on_device = false;
  std::unique_ptr<ItemStore> items;
};

// Opens what <bundle_root>/CURRENT names. In this order, and nothing is opened before its hash
// matched: CURRENT -> signature -> manifest (hash, id, content) -> sizes -> SHA-256 of every file
// -> items, model, index -> dims and counts agree -> warm-up -> golden self-test. model.ts and
// golden/ are read once and used from the very bytes that were hashed; the index and items files
// are hashed and then opened by name: nobody may write into a published folder. Every failure
// carries the reason of the failing check: signature, manifest, checksum, format, golden, memory,
// io (the values of lookbook_bundle_loads_total's `result`), and a message that names the file and
// the value. Corrupt content is DataLoss; a missing CURRENT NotFound. InvalidArgument, without a
// reason: an option.
absl::StatusOr<std::shared_ptr<const Bundle>> OpenCurrentBundle(const std::string& bundle_root,
                                                                const BundleOptions& options);

// The same for one bundle folder; its manifest is checked against the id in the folder's name.
absl::StatusOr<std::shared_ptr<const Bundle>> OpenBundle(const std::string& bundle_directory,
                                                         const BundleOptions& options);

// OpenBundle() for a bundle's folder, OpenCurrentBundle() for anything else.
absl::StatusOr<std::shared_ptr<const Bundle>> OpenBundleAt(const std::string& path,
                                                           const BundleOptions& options);

// Decodes, preprocesses and embeds one image file exactly as the server does; for the self-test,
// the evaluator and tools. Errors are those of DecodeImage and Embed.
absl::StatusOr<Embeddings> EmbedImageFile(const Bundle& bundle, absl::string_view bytes);

}  // namespace lookbook
