// How many threads the steps that read pictures use.
#pragma once

#include <algorithm>
#include <thread>

namespace lookbook {

// One for each core; 1 where the system does not tell.
inline int Cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

}  // namespace lookbook
