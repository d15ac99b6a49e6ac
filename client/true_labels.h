// The classes that pictures really show, from a data set's CSV file, to set beside what the server
// found.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// Immutable.
class TrueLabels {
 public:
  TrueLabels() = default;

  // Reads the columns ImageId and ClassId; others are skipped. An image may have
  // many rows; a ClassId such as "13_12_4" counts as class 13.
  // NotFound: no such file. InvalidArgument names the file, the line and the value.
  static absl::StatusOr<TrueLabels> Open(const std::string& path);

  // Class ids, ascending. ImageIds match `picture` by file name, with or
  // without its extension. Null when the file says nothing about it.
  const std::vector<uint32_t>* Find(absl::string_view picture) const;

  size_t size() const { return classes_.size(); }

 private:
  std::map<std::string, std::vector<uint32_t>> classes_;  // By file name without extension.
};

}  // namespace lookbook
