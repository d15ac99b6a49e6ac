#include "models/study/picture_sections.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

ReportGallery Rows(const std::string& title, const std::vector<StudyQuery>& queries) {
  ReportGallery gallery = RowGallery(title);
  for (const StudyQuery& query : queries)
    AppendRow(query, absl::StrCat("overlap ", FigureText(query.overlap, 2)), &gallery);
  return gallery;
}

std::string ScoreText(const ScoredLabel& label) {
  return absl::StrCat(label.name, " ", FigureText(label.score, 2));
}

ReportPicture PictureOf(const ScoredPicture& scored) {
  ReportPicture picture{.file = scored.file, .title = scored.id, .note = scored.error};
  for (const ScoredLabel& label : scored.labels)
    (label.predicted ? picture.marked_chips : picture.chips).push_back(ScoreText(label));
  for (const ScoredLabel& attribute : scored.attributes)  // Names hold commas.
    absl::StrAppend(&picture.note, picture.note.empty() ? "" : " · ", ScoreText(attribute));
  return picture;
}

}  // namespace

ReportGallery RowGallery(const std::string& title) {
  ReportGallery gallery;
  gallery.title = title;
  gallery.width = 100;
  gallery.columns = 1 + kShownNeighbors;
  return gallery;
}

void AppendRow(const StudyQuery& query, const std::string& note, ReportGallery* gallery) {
  gallery->pictures.push_back({.file = query.picture.file,
                               .title = query.picture.id,
                               .note = note,
                               .chips = query.picture.labels,
                               .leads = true});
  for (const StudyAnswer& answer : query.answers) {
    ReportPicture picture{.file = answer.picture.file,
                          .title = answer.picture.id,
                          .note = FigureText(answer.similarity)};
    const std::vector<std::string>& asked = query.picture.labels;
    for (const std::string& label : answer.picture.labels) {
      const bool shared = std::find(asked.begin(), asked.end(), label) != asked.end();
      (shared ? picture.marked_chips : picture.chips).push_back(label);
    }
    gallery->pictures.push_back(std::move(picture));
  }
  // An index with fewer items leaves places free.
  for (size_t i = query.answers.size(); i < kShownNeighbors; ++i)
    gallery->pictures.push_back({.note = "no further item"});
}

ReportSection NeighborSection(const NeighborStudy& study) {
  ReportSection section;
  section.title = "Neighbours";
  section.lead = absl::StrCat(
      "What the bundle's index of ", WithCommas(study.items), " items answers to ",
      WithCommas(study.queries),
      " evaluated images, which have a frame. Overlap: mean Jaccard index of a query's labels with "
      "those of its five answers, ",
      FigureText(study.overlap),
      " over all of them. Below an answer: its similarity; labels it shares with the query stand "
      "out.");
  section.blocks.push_back(Rows("Best", study.best));
  section.blocks.push_back(Rows("Worst", study.worst));
  section.blocks.push_back(Rows("The same for every run on this set", study.fixed));
  return section;
}

ReportSection UnlabelledSection(const UnlabelledStudy& study) {
  ReportSection section;
  section.title = "Unlabelled pictures";
  if (!study.problem.empty()) {
    section.blocks.push_back(ReportText{absl::StrCat("None to show: ", study.problem, ".")});
    return section;
  }
  section.lead = absl::StrCat(
      study.shown.size(), " of the ", WithCommas(study.pictures), " pictures in ", study.folder,
      ". Labels that stand out are predicted, with their scores: above their class's threshold. "
      "The last one is the best of the others.");
  const bool attributes =
      std::any_of(study.shown.begin(), study.shown.end(),
                  [](const ScoredPicture& scored) { return !scored.attributes.empty(); });
  if (attributes) {
    absl::StrAppend(&section.lead, " Above them, the best ", kShownAttributes,
                    " attributes, which have no thresholds.");
  }
  ReportGallery gallery;
  gallery.width = 130;
  for (const ScoredPicture& scored : study.shown) gallery.pictures.push_back(PictureOf(scored));
  section.blocks.push_back(std::move(gallery));
  return section;
}

}  // namespace lookbook
