// How long the calling thread has computed.
#pragma once

#include "absl/time/time.h"

namespace lookbook {

// User and system time of the calling thread since it began. Costs a system call.
absl::Duration ThreadCpuTime();

}  // namespace lookbook
