#include "server/lifecycle/current_watch.h"

#include <algorithm>

namespace lookbook {

bool CurrentWatch::ShouldTry(const std::string& said, const std::string& live, absl::Time now) {
  if (said == live) {
    failed_.clear();
    return false;
  }
  return said != failed_ || now >= next_;
}

void CurrentWatch::Failed(const std::string& said, absl::Time now) {
  pause_ = said == failed_ ? std::min(2 * pause_, kLongestPause) : kFirstPause;
  failed_ = said;
  next_ = now + pause_;
}

}  // namespace lookbook
