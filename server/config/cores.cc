#include "server/config/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace lookbook {

std::optional<int> ParseCpuMax(absl::string_view text) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  double quota = 0, period = 0;
  if (words.size() != 2 || !absl::SimpleAtod(words[0], &quota) ||
      !absl::SimpleAtod(words[1], &period) || !(quota > 0) || !(period > 0)) {
    return std::nullopt;
  }
  return std::max(1, static_cast<int>(std::min(std::ceil(quota / period), 1e6)));
}

int UsableCores() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof(mask), &mask) == 0) cores = CPU_COUNT(&mask);
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::ostringstream text;
  text << file.rdbuf();
  if (const auto limit = ParseCpuMax(text.str())) cores = std::min(cores, *limit);
  return std::max(cores, 1);
}

}  // namespace lookbook
