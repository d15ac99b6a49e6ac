#include "server/transport/call_deadline.h"

#include <algorithm>

namespace lookbook {

absl::Time CallDeadline(std::chrono::system_clock::time_point deadline,
                        std::chrono::system_clock::time_point wall_now, absl::Time now,
                        absl::Duration cap) {
  if (deadline == std::chrono::system_clock::time_point::max()) return now + cap;
  // absl's arithmetic saturates where that of chrono would overflow.
  const absl::Duration left = absl::FromChrono(deadline) - absl::FromChrono(wall_now);
  return now + std::min(left, cap);
}

}  // namespace lookbook
