// When what CURRENT says is worth a try.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace lookbook {

// Follows one root's CURRENT. A bundle that failed is not tried again at every look: only when
// CURRENT says something else, or after a pause that doubles from half a minute to an hour (memory
// may be there by then, a file system may be back). Pure; not thread-safe.
class CurrentWatch {
 public:
  static constexpr absl::Duration kFirstPause = absl::Seconds(30);
  static constexpr absl::Duration kLongestPause = absl::Hours(1);

  // `said`: the id that CURRENT names, or why it cannot be read. `live`: the id that is served.
  bool ShouldTry(const std::string& said, const std::string& live, absl::Time now);

  // The try for `said` ended.
  void Failed(const std::string& said, absl::Time now);

 private:
  std::string failed_;  // What CURRENT said then.
  absl::Duration pause_ = kFirstPause;
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace lookbook
