// Where the values of a straight-line program lie in one block of memory.
#pragma once

#include <cstdint>
#include <vector>

namespace lookbook {

// A value that is written at step `from` and read at step `to` for the last time.
struct BufferUse {
  int64_t bytes = 0;
  int from = 0;
  int to = 0;  // At least `from`.
};

struct BufferPlan {
  std::vector<int64_t>
      offsets;        // Of each value, in the order given; multiples of kBufferAlignment.
  int64_t bytes = 0;  // Of the whole block.
};

inline constexpr int64_t kBufferAlignment = 64;

// Values whose steps overlap do not overlap in memory; each lies as low as those before it let it.
BufferPlan PlanBuffers(const std::vector<BufferUse>& uses);

}  // namespace lookbook
