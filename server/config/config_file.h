// server.toml -> settings with the line they stand on.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// One option as some source gives it.
struct Setting {
  std::string key;                  // "batch.max_size"
  std::vector<std::string> values;  // Text as ConfigOption::set takes it.
  std::string source;               // "deploy/server.toml:12"
};

// `path` only names the file in messages. InvalidArgument, beginning with "path:line": not TOML,
// what may nest too deep (base/toml_depth.h), an unknown key, a value of another type than the
// option's. Ranges are checked when a setting is applied.
absl::StatusOr<std::vector<Setting>> ParseConfigFile(absl::string_view text,
                                                     const std::string& path);

}  // namespace lookbook
