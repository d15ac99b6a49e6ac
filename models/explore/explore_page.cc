#include "models/explore/explore_page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "models/explore/label_sections.h"
#include "models/explore/picture_sections.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

// Of each kind; eda.json has all.
constexpr size_t kPlacesShown = 20;

ReportSection FileSection(const Exploration& explored) {
  ReportSection section;
  section.title = "Files and rows";
  section.blocks.push_back(ReportText{absl::StrCat("In all: ", IssueSummary(explored.issues), "."),
                                      !explored.issues.empty()});
  ReportTable parts;
  parts.title = "Parts";
  parts.columns = {{"part"}, {"labels"}, {"images", true}, {"unreadable", true}};
  for (const ExploredPart& part : explored.parts) {
    parts.rows.push_back({part.name, part.labelled ? "yes" : "no", WithCommas(part.images),
                          WithCommas(part.unreadable)});
  }
  section.blocks.push_back(std::move(parts));
  if (!explored.issues.empty()) {
    ReportTable table;
    table.title = "Problems, with the first places of each kind (all of them: eda.json)";
    table.columns = {{"kind"}, {"count", true}, {"where"}};
    for (const DataIssue& issue : explored.issues) {
      for (size_t i = 0; i < std::min(kPlacesShown, issue.examples.size()); ++i) {
        table.rows.push_back(
            {i == 0 ? issue.what : "", i == 0 ? WithCommas(issue.count) : "", issue.examples[i]});
      }
    }
    section.blocks.push_back(std::move(table));
  }
  if (!explored.unlisted.empty()) {
    section.blocks.push_back(
        ReportText{absl::StrCat(WithCommas(std::ssize(explored.unlisted)),
                                " files in the pictures' folder have no usable row, for instance ",
                                explored.unlisted.front(), ".")});
  }
  return section;
}

}  // namespace

ReportPage ExplorationPage(const Exploration& explored) {
  ReportPage page;
  page.title = "The data";
  page.source = absl::StrCat(explored.options.root, " · ", explored.options.csv, " · SHA-256 ",
                             explored.data.sha256.substr(0, 16));
  page.facts = {{"labelled", WithCommas(explored.labelled()), "images"},
                {"unlabelled", WithCommas(explored.unlabelled()), "images"},
                {"rows", WithCommas(explored.data.rows), ""},
                {"classes", WithCommas(std::ssize(explored.data.labels.classes)), ""},
                {"attributes", WithCommas(std::ssize(explored.data.labels.attributes)), ""},
                {"problems", WithCommas(CountIssues(explored.issues)), ""}};
  page.sections = {SampleSection(explored), LabelSection(explored), TogetherSection(explored),
                   PairSection(explored),   SizeSection(explored),  CopySection(explored),
                   FileSection(explored)};
  page.footer = absl::StrCat("Made by lookbook-train eda, version ", std::string(Version()),
                             ". Every number stands in eda.json beside this file.");
  return page;
}

}  // namespace lookbook
