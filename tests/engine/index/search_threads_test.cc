#include "engine/index/search_threads.h"

#include <gtest/gtest.h>
#include <omp.h>

#include "engine/index/index_factory.h"

namespace lookbook {
namespace {

TEST(SearchThreadsTest, HoldWhileTheScopeLives) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  for (const int threads : {1, 2, 0, -4}) {
    SetSearchThreads(threads);
    {
      const ScopedSearchThreads scope;
      EXPECT_EQ(omp_get_max_threads(), threads < 1 ? 1 : threads);
      const ScopedOneThread one;
      EXPECT_EQ(omp_get_max_threads(), 1);
    }
    EXPECT_EQ(omp_get_max_threads(), 3);
  }
  SetSearchThreads(1);
  omp_set_num_threads(before);
}

}  // namespace
}  // namespace lookbook
