// The most memory that code takes from the heap at once, by malloc() and its kin, whichever library
// calls them. A program that uses it has its own malloc(), which counts and passes on to glibc's.
#pragma once

#include <cstdint>

namespace lookbook {

// False where a sanitizer has put a malloc() of its own in that place: such tests are skipped.
bool CanMeasureHeap();

// Measures all threads, from its construction on. One at a time.
class HeapPeak {
 public:
  HeapPeak();
  // The most bytes so far beyond what was taken at the construction.
  int64_t bytes() const;

 private:
  const int64_t before_;
};

}  // namespace lookbook
