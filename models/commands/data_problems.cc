#include "models/commands/data_problems.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace lookbook {
namespace {

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
    if (told_.insert(picture.path).second)
      news.Add("unreadable image", PlaceAndReason(csv, picture));
  }
  for (const std::string& line : IssueLines(news.issues()))
    std::fprintf(stderr, "data     %s\n", line.c_str());
  log_.Merge(news.issues());
  return strict_ ? RefuseIssues(news.issues()) : absl::OkStatus();
}

void DataProblems::PrintSummary() const {
  if (CountIssues(log_.issues()) > 0) std::printf("problems %s\n", Summary().c_str());
}

}  // namespace lookbook
