#include "models/commands/data_problems.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr char kUnreadable[] = "unreadable image";

UnreadablePicture PictureOf(const ImageRecord& image, absl::string_view why) {
  return {image.id, image.path, image.line, std::string(why)};
}

// "train.csv:17: train/b.jpg: why"; the reason may name the file already.
std::string PlaceAndReason(const std::string& csv, const UnreadablePicture& picture) {
  return absl::StrCat(csv, ":", picture.line, ": ",
                      absl::StrContains(picture.why, picture.path) ? "" : picture.path + ": ",
                      picture.why);
}

}  // namespace

std::vector<UnreadablePicture> UnreadablePictures(absl::Span<const ImageRecord> images,
                                                  const std::vector<UnreadableImage>& unreadable) {
  std::vector<UnreadablePicture> out;
  for (const UnreadableImage& image : unreadable)
    out.push_back(PictureOf(images[image.row], image.why));
  return out;
}

std::vector<UnreadablePicture> UnreadablePictures(absl::Span<const ImageRecord> images,
                                                  const std::vector<std::string>& unreadable) {
  std::vector<UnreadablePicture> out;
  size_t at = 0;
  for (const std::string& line : unreadable) {
    absl::string_view why = line;
    while (at < images.size() && !absl::ConsumePrefix(&why, absl::StrCat(images[at].id, ": ")))
      ++at;
    if (at < images.size()) out.push_back(PictureOf(images[at++], why));
  }
  return out;
}

absl::Status DataProblems::AddUnreadable(const std::string& csv,
                                         const std::vector<UnreadablePicture>& pictures) {
  IssueLog news;
  for (const UnreadablePicture& picture : pictures) {
    if (!told_.insert(picture.path).second) continue;
    news.Add(kUnreadable, PlaceAndReason(csv, picture));
    earlier_.erase(absl::StrCat(csv, ":", picture.line, ":"));
  }
  for (const std::string& line : IssueLines(news.issues()))
    std::fprintf(stderr, "data     %s\n", line.c_str());
  log_.Merge(news.issues());
  if (!news.issues().empty()) LB_RETURN_IF_ERROR(Write());
  return Refuse(news.issues());
}

absl::Status DataProblems::KeepIn(const std::string& file,
                                  const std::vector<std::string>& unchanged) {
  file_ = file;
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  for (absl::string_view line : absl::StrSplit(text.value_or(""), '\n')) {
    if (!absl::ConsumeSuffix(&line, absl::StrCat(" (", kUnreadable, ")"))) continue;
    for (const std::string& csv : unchanged) {
      if (!absl::StartsWith(line, absl::StrCat(csv, ":"))) continue;
      const size_t place = line.find(':', csv.size() + 1);
      if (place != line.npos) earlier_.emplace(line.substr(0, place + 1), line);
    }
  }
  LB_RETURN_IF_ERROR(Write());
  return Refuse(log_.issues());
}

absl::Status DataProblems::Write() const {
  if (file_.empty()) return absl::OkStatus();
  IssueLog all(log_.issues());
  for (const auto& [unused, line] : earlier_) all.Add(kUnreadable, line);
  if (all.issues().empty()) return RemoveAll(file_);
  std::string text;
  // A field of a row may hold a line feed.
  for (const std::string& line : IssueLines(all.issues(), kMaxIssueExamples))
    absl::StrAppend(&text, absl::StrReplaceAll(line, {{"\n", " "}, {"\r", " "}}), "\n");
  return WriteFileAtomic(file_, text);
}

absl::Status DataProblems::Refuse(const std::vector<DataIssue>& issues) const {
  if (!strict_ || CountIssues(issues) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(RefuseIssues(issues).message(), InFile()));
}

std::string DataProblems::InFile() const {
  return file_.empty() ? "" : absl::StrCat("; each in ", file_);
}

void DataProblems::PrintSummary() const {
  if (CountIssues(log_.issues()) > 0)
    std::printf("problems %s%s\n", Summary().c_str(), InFile().c_str());
}

}  // namespace lookbook
