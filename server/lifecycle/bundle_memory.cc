#include "server/lifecycle/bundle_memory.h"

namespace lookbook {
namespace {

int64_t ModelBytes(const Manifest& manifest) {
  for (const auto& file : manifest.files()) {
    if (file.name() == kModelFile) return static_cast<int64_t>(file.bytes());
  }
  return 0;
}

int64_t ItemBytes(const Item& item) {
  const size_t ids = item.class_ids.size() + item.attribute_ids.size();
  return static_cast<int64_t>(sizeof(Item) + item.id.size() + item.uri.size() + item.split.size() +
                              ids * sizeof(uint32_t));
}

}  // namespace

int64_t BundleMemoryBytes(const Bundle& bundle) {
  int64_t bytes = ModelBytes(bundle.manifest) + bundle.index->memory_bytes();
  for (int64_t row = 0; row < bundle.items->size(); ++row) {
    bytes += ItemBytes(bundle.items->item(row));
  }
  return bytes;
}

}  // namespace lookbook
