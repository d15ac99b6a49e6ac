#include "models/study/unlabelled_study.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "models/indexing/corpus_embedder.h"
#include "models/study/neighbor_study.h"

namespace lookbook {
namespace {

// `scores`: one a class of the manifest.
std::vector<ScoredLabel> LabelsOfScores(const Manifest& manifest, const float* scores) {
  std::vector<ScoredLabel> out;
  for (int j = 0; j < manifest.classes_size(); ++j) {
    const auto& entry = manifest.classes(j);
    out.push_back({entry.name(), scores[j], scores[j] > entry.threshold()});
  }
  std::stable_sort(out.begin(), out.end(), [](const ScoredLabel& a, const ScoredLabel& b) {
    return a.predicted != b.predicted ? a.predicted : a.score > b.score;
  });
  // The predicted ones and the best of the rest.
  const auto first_other = std::find_if(out.begin(), out.end(),
                                        [](const ScoredLabel& label) { return !label.predicted; });
  if (first_other != out.end()) out.erase(first_other + 1, out.end());
  return out;
}

// The best kShownAttributes. `scores`: one an attribute of the manifest, or none.
std::vector<ScoredLabel> BestAttributes(const Manifest& manifest, absl::Span<const float> scores) {
  std::vector<ScoredLabel> out;
  for (size_t j = 0; j < scores.size(); ++j)
    out.push_back({manifest.attributes(static_cast<int>(j)).name(), scores[j]});
  std::stable_sort(out.begin(), out.end(),
                   [](const ScoredLabel& a, const ScoredLabel& b) { return a.score > b.score; });
  if (out.size() > kShownAttributes) out.erase(out.begin() + kShownAttributes, out.end());
  return out;
}

}  // namespace

absl::StatusOr<UnlabelledStudy> StudyUnlabelled(const Bundle& bundle,
                                                absl::Span<const ImageRecord> images, int threads) {
  UnlabelledStudy out{.pictures = static_cast<int64_t>(images.size())};
  std::vector<ImageRecord> chosen;
  for (const int64_t place : EvenPlaces(out.pictures, kShownUnlabelled))
    chosen.push_back(images[place]);
  absl::StatusOr<EmbeddedCorpus> corpus = EmbedImages(chosen, bundle.preprocess, *bundle.embedder,
                                                      {.threads = threads, .thumbnails = true});
  if (absl::IsInvalidArgument(corpus.status())) {
    out.problem = std::string(corpus.status().message());
    return out;
  }
  LB_RETURN_IF_ERROR(corpus.status());
  const int classes = bundle.manifest.classes_size();
  const size_t attributes = bundle.embedder->shape().attributes;
  size_t read = 0, unreadable = 0;
  for (size_t i = 0; i < chosen.size(); ++i) {
    ScoredPicture picture{.id = chosen[i].id};
    if (read < corpus->images.size() && corpus->images[read] == static_cast<int64_t>(i)) {
      picture.file = std::move(corpus->thumbnails[read]);
      picture.labels = LabelsOfScores(bundle.manifest, corpus->scores.data() + read * classes);
      picture.attributes = BestAttributes(
          bundle.manifest,
          absl::MakeConstSpan(corpus->attribute_scores).subspan(read * attributes, attributes));
      ++read;
    } else {
      absl::string_view why = corpus->unreadable[unreadable++];
      absl::ConsumePrefix(&why, absl::StrCat(chosen[i].id, ": "));
      picture.error = std::string(why);
    }
    out.shown.push_back(std::move(picture));
  }
  return out;
}

}  // namespace lookbook
