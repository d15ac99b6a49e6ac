#include "base/log_drops.h"

#include <array>
#include <atomic>
#include <cstddef>

namespace lookbook {
namespace {

std::array<std::atomic<int64_t>, 3> drops{};  // By LogDrop.

std::atomic<int64_t>& Of(LogDrop what) { return drops[static_cast<size_t>(what)]; }

}  // namespace

void CountLogDrop(LogDrop what) { Of(what).fetch_add(1, std::memory_order_relaxed); }

int64_t LogDrops(LogDrop what) { return Of(what).load(std::memory_order_relaxed); }

}  // namespace lookbook
