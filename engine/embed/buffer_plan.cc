#include "engine/embed/buffer_plan.h"

#include <algorithm>
#include <utility>

namespace lookbook {
namespace {

int64_t Aligned(int64_t bytes) {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

bool Overlap(const BufferUse& a, const BufferUse& b) { return a.from <= b.to && b.from <= a.to; }

}  // namespace

BufferPlan PlanBuffers(const std::vector<BufferUse>& uses) {
  BufferPlan plan;
  for (size_t i = 0; i < uses.size(); ++i) {
    std::vector<std::pair<int64_t, int64_t>> taken;  // Begin and end, of those that live meanwhile.
    for (size_t j = 0; j < i; ++j) {
      if (Overlap(uses[i], uses[j]))
        taken.emplace_back(plan.offsets[j], plan.offsets[j] + Aligned(uses[j].bytes));
    }
    std::sort(taken.begin(), taken.end());
    int64_t at = 0;
    for (const auto& [begin, end] : taken) {
      if (at + Aligned(uses[i].bytes) <= begin) break;
      at = std::max(at, end);
    }
    plan.offsets.push_back(at);
    plan.bytes = std::max(plan.bytes, at + Aligned(uses[i].bytes));
  }
  return plan;
}

}  // namespace lookbook
