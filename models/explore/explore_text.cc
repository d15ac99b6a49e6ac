#include "models/explore/explore_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

std::string CountLine(const Exploration& explored) {
  std::string line = absl::StrCat("images   ", WithCommas(explored.labelled()), " labelled (",
                                  WithCommas(explored.data.rows), " rows of ", explored.options.csv,
                                  "), ", WithCommas(explored.unlabelled()), " unlabelled");
  if (!explored.unlisted.empty())
    absl::StrAppend(&line, ", ", WithCommas(std::ssize(explored.unlisted)),
                    " other files beside them");
  if (explored.unreadable() > 0)
    absl::StrAppend(&line, ", ", WithCommas(explored.unreadable()), " unreadable");
  return line;
}

std::string LabelLine(const Exploration& explored) {
  const LabelDistribution& labels = explored.labels;
  const auto absent = std::count(labels.class_images.begin(), labels.class_images.end(), 0);
  std::string line = absl::StrFormat(
      "labels   %d classes, %d attributes; %.2f classes an image (at most %d), attributes known of "
      "%s",
      explored.data.labels.classes.size(), explored.data.labels.attributes.size(),
      labels.mean_classes(), labels.classes_per_image.size() - 1,
      PercentText(labels.attributes_known, labels.images));
  if (absent > 0) absl::StrAppend(&line, "; ", absent, " classes never occur");
  return line;
}

std::string PairLine(const LabelPairs& pairs) {
  return absl::StrCat("pairs    share no class ", PercentText(pairs.Share(pairs.by_shared[0])),
                      ", more than 2 ", PercentText(pairs.Share(pairs.PairsAbove(2))),
                      ", more than 3 ", PercentText(pairs.Share(pairs.PairsAbove(3))),
                      "; images with a partner of both kinds ",
                      PercentText(pairs.with_both, pairs.images));
}

std::string SizeText(const SurveyedImage& image) {
  return absl::StrCat(image.width, "x", image.height);
}

std::string SizeLine(const Exploration& explored) {
  const ImageSizes& sizes = explored.sizes;
  if (sizes.images == 0) return "sizes    no picture is readable";
  return absl::StrCat("sizes    smallest ", SizeText(explored.images[sizes.smallest.front()]),
                      ", median ", PixelsText(sizes.pixels.median), ", largest ",
                      SizeText(explored.images[sizes.largest.front()]), " (",
                      explored.images[sizes.largest.front()].path,
                      "); outliers: ", sizes.pixel_outliers.size(), " by area, ",
                      sizes.aspect_outliers.size(), " by shape");
}

std::string CopyLine(const Exploration& explored) {
  if (!explored.options.hashes) return "copies   not looked for";
  return absl::StrCat("copies   ", WithCommas(explored.copies.across),
                      " pairs of nearly the same picture across parts, ",
                      WithCommas(explored.copies.within), " within one");
}

}  // namespace

std::string ExplorationText(const Exploration& explored) {
  return absl::StrCat(CountLine(explored), "\n", LabelLine(explored), "\n",
                      PairLine(explored.pairs), "\n", SizeLine(explored), "\n", CopyLine(explored),
                      "\n");
}

}  // namespace lookbook
