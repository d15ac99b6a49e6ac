#include "tests/support/heap_peak.h"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace lookbook {
namespace {

std::atomic<int64_t> live_bytes{0};
std::atomic<int64_t> peak_bytes{0};

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
bool CanMeasureHeap() { return false; }
#else
bool CanMeasureHeap() { return true; }

namespace {

void* Took(void* block) {
  const auto bytes = static_cast<int64_t>(malloc_usable_size(block));
  const int64_t live = live_bytes.fetch_add(bytes) + bytes;
  for (int64_t peak = peak_bytes; live > peak && !peak_bytes.compare_exchange_weak(peak, live);) {
  }
  return block;
}

void Gives(void* block) { live_bytes -= static_cast<int64_t>(malloc_usable_size(block)); }

}  // namespace
#endif

HeapPeak::HeapPeak() : before_(live_bytes) { peak_bytes = before_; }

int64_t HeapPeak::bytes() const { return peak_bytes - before_; }

}  // namespace lookbook

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" {

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* block);

void* malloc(size_t size) noexcept { return lookbook::Took(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) noexcept {
  return lookbook::Took(__libc_calloc(count, size));
}
void* memalign(size_t alignment, size_t size) noexcept {
  return lookbook::Took(__libc_memalign(alignment, size));
}
void* aligned_alloc(size_t alignment, size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  *block = memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}
void free(void* block) noexcept {
  lookbook::Gives(block);
  __libc_free(block);
}
// Counted as if the old block were there until the new one is.
void* realloc(void* block, size_t size) noexcept {
  const auto old_bytes = static_cast<int64_t>(malloc_usable_size(block));
  void* const moved = __libc_realloc(block, size);
  if (moved == nullptr && size > 0) return nullptr;
  lookbook::Took(moved);
  lookbook::live_bytes -= old_bytes;
  return moved;
}

}  // extern "C"
#endif
