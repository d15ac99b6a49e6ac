#include "engine/index/search_threads.h"

#include <omp.h>

#include <atomic>

#include "engine/index/index_factory.h"

namespace lookbook {
namespace {

std::atomic<int> search_threads = 1;

int Exchange(int threads) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  return before;
}

}  // namespace

void SetSearchThreads(int threads) { search_threads = threads < 1 ? 1 : threads; }

ScopedSearchThreads::ScopedSearchThreads() : before_(Exchange(search_threads.load())) {}
ScopedSearchThreads::~ScopedSearchThreads() { omp_set_num_threads(before_); }

ScopedOneThread::ScopedOneThread() : before_(Exchange(1)) {}
ScopedOneThread::~ScopedOneThread() { omp_set_num_threads(before_); }

}  // namespace lookbook
