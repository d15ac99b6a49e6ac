// How torch computes in a process that serves.
#pragma once

namespace lookbook {

// Algorithms are chosen by trying them; float32 means float32, and sums of float16 products are
// float32 to their end. Thread-safe; the first call sets it for the process.
void ConfigureTorchOnce();

}  // namespace lookbook
