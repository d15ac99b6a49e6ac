#include "client/true_labels.h"

#include <libfccp/csv.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// Attribute lists stand in quotes, since they hold commas.
using Reader = io::CSVReader<2, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>>;
using Rows = std::vector<std::pair<std::string, uint32_t>>;

std::string Key(absl::string_view picture) {
  return std::filesystem::path(std::string(picture)).stem().string();
}

absl::StatusOr<Rows> ReadRows(const std::string& path) {
  Reader reader(path);
  reader.read_header(io::ignore_extra_column, "ImageId", "ClassId");
  Rows rows;
  std::string image;
  std::string label;
  while (reader.read_row(image, label)) {
    uint32_t id = 0;
    if (!absl::SimpleAtoi(label.substr(0, label.find('_')), &id)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", reader.get_file_line(), ": ClassId '", label, "' is no number"));
    }
    rows.emplace_back(Key(image), id);
  }
  return rows;
}

}  // namespace

absl::StatusOr<TrueLabels> TrueLabels::Open(const std::string& path) {
  if (!PathExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  auto rows = CatchToStatus(path, [&] { return ReadRows(path); });
  if (rows.status().code() == absl::StatusCode::kInternal) {
    // What the CSV reader throws is about the file, not about this program.
    return absl::InvalidArgumentError(rows.status().message());
  }
  LB_RETURN_IF_ERROR(rows.status());
  TrueLabels labels;
  for (const auto& [image, id] : *rows) labels.classes_[image].push_back(id);
  for (auto& [image, ids] : labels.classes_) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  return labels;
}

const std::vector<uint32_t>* TrueLabels::Find(absl::string_view picture) const {
  const auto found = classes_.find(Key(picture));
  return found == classes_.end() ? nullptr : &found->second;
}

}  // namespace lookbook
