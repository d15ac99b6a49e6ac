#include "client/query_source.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

namespace fs = std::filesystem;

bool IsPicture(const fs::path& path) {
  const std::string extension = absl::AsciiStrToLower(path.extension().string());
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

absl::StatusOr<std::vector<std::string>> PicturesBelow(const std::string& folder) {
  std::vector<std::string> pictures;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (IsPicture(entry.path()) && entry.is_regular_file()) {
      pictures.push_back(entry.path().string());
    }
  }
  if (pictures.empty()) return absl::NotFoundError("the folder holds no *.jpg, *.jpeg or *.png");
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

void Expand(const std::string& argument, std::vector<QuerySource>& sources) {
  if (argument == "-") {
    sources.push_back({QuerySource::Kind::kStdin, "(stdin)", absl::OkStatus()});
    return;
  }
  if (!PathExists(argument)) {
    sources.push_back(
        {QuerySource::Kind::kFile, argument, absl::NotFoundError("no such file or folder")});
    return;
  }
  if (!IsDirectory(argument)) {
    sources.push_back({QuerySource::Kind::kFile, argument, absl::OkStatus()});
    return;
  }
  auto pictures = CatchToStatus("cannot list the folder", [&] { return PicturesBelow(argument); });
  if (!pictures.ok()) {
    sources.push_back({QuerySource::Kind::kFile, argument, pictures.status()});
    return;
  }
  for (std::string& picture : *pictures) {
    sources.push_back({QuerySource::Kind::kFile, std::move(picture), absl::OkStatus()});
  }
}

}  // namespace

std::vector<QuerySource> ExpandPictures(const std::vector<std::string>& arguments) {
  std::vector<QuerySource> sources;
  for (const std::string& argument : arguments) Expand(argument, sources);
  return sources;
}

std::vector<QuerySource> ListSources(const std::vector<std::string>& pictures,
                                     const std::vector<std::string>& items) {
  std::vector<QuerySource> sources = ExpandPictures(pictures);
  for (const std::string& item : items) {
    sources.push_back({QuerySource::Kind::kItem, item, absl::OkStatus()});
  }
  return sources;
}

absl::StatusOr<std::string> ReadPicture(const QuerySource& source) {
  const bool is_stdin = source.kind == QuerySource::Kind::kStdin;
  return ReadFile(is_stdin ? "/dev/stdin" : source.name, kMaxImageBytes);
}

absl::Status FillQuery(const QuerySource& source, bool include_self, v1::SearchRequest& request) {
  LB_RETURN_IF_ERROR(source.status);
  if (source.kind == QuerySource::Kind::kItem) {
    request.set_item_id(source.name);
    request.set_exclude_self(!include_self);
    return absl::OkStatus();
  }
  LB_ASSIGN_OR_RETURN(*request.mutable_image(), ReadPicture(source));
  return absl::OkStatus();
}

}  // namespace lookbook
