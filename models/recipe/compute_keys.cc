#include "models/recipe/compute_keys.h"

#include <toml++/toml.h>

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "models/recipe/table_reader.h"

namespace lookbook {
namespace {

// A key and its value stand in one line, as TOML wants it.
std::string WithoutKeys(absl::string_view toml, const std::vector<std::string>& keys) {
  toml::table document;
  if (!ParseToml(toml, "", &document).ok()) return std::string(toml);
  std::set<size_t> dropped;  // From 0.
  for (const std::string& key : keys) {
    if (const toml::node* node = document.get(key)) dropped.insert(node->source().begin.line - 1);
  }
  if (dropped.empty()) return std::string(toml);
  const std::vector<absl::string_view> lines = absl::StrSplit(toml, '\n');
  std::vector<absl::string_view> kept;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!dropped.contains(i)) kept.push_back(lines[i]);
  }
  return absl::StrJoin(kept, "\n");
}

}  // namespace

std::string WithComputeKeys(absl::string_view toml, absl::string_view device,
                            absl::string_view precision) {
  std::vector<std::string> keys;
  std::string lines;
  if (!device.empty()) {
    keys.push_back("device");
    absl::StrAppend(&lines, "device = \"", device, "\"\n");
  }
  if (!precision.empty()) {
    keys.push_back("precision");
    absl::StrAppend(&lines, "precision = \"", precision, "\"\n");
  }
  return absl::StrCat(lines, WithoutKeys(toml, keys));
}

std::string WithoutComputeKeys(absl::string_view toml) {
  return WithoutKeys(toml, {"device", "precision"});
}

}  // namespace lookbook
