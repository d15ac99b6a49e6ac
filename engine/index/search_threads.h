// How many threads FAISS and the MKL under it may use for one call.
#pragma once

namespace lookbook {

// Limits OpenMP to the search threads (SetSearchThreads() of index_factory.h) while it lives. The
// setting belongs to the calling thread, so that others are not touched.
class ScopedSearchThreads {
 public:
  ScopedSearchThreads();
  ~ScopedSearchThreads();
  ScopedSearchThreads(const ScopedSearchThreads&) = delete;
  ScopedSearchThreads& operator=(const ScopedSearchThreads&) = delete;

 private:
  const int before_;
};

// One thread while it lives: what is built is then the same on every machine with the same
// arithmetic.
class ScopedOneThread {
 public:
  ScopedOneThread();
  ~ScopedOneThread();
  ScopedOneThread(const ScopedOneThread&) = delete;
  ScopedOneThread& operator=(const ScopedOneThread&) = delete;

 private:
  const int before_;
};

}  // namespace lookbook
