// How large a bundle is in memory.
#pragma once

#include <cstdint>

#include "engine/bundle/bundle.h"

namespace lookbook {

// The bytes of what a loaded bundle holds: its model file, its index (vectors, lists, links) and
// its items' facts with their texts and ids. Hash tables, the model's working memory while it runs
// and what the allocator adds are not in it: the process has more, never less.
int64_t BundleMemoryBytes(const Bundle& bundle);

}  // namespace lookbook
