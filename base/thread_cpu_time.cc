#include "base/thread_cpu_time.h"

#include <time.h>

namespace lookbook {

absl::Duration ThreadCpuTime() {
  struct timespec time = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);  // Fails for no clock that there is.
  return absl::DurationFromTimespec(time);
}

}  // namespace lookbook
