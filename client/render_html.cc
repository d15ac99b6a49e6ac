#include "client/render_html.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/reason.h"
#include "client/contact_sheet_template.h"

namespace lookbook {
namespace {

// Mustache looks a missing key up in the enclosing scopes, so every key of a
// scope is set: an absent text is `false`, never left out.
using Data = kainjow::mustache::data;
using kainjow::mustache::mustache;

Data TextOrFalse(const std::string& text) { return text.empty() ? Data(false) : Data(text); }

std::string DataUri(const std::string& picture) {
  absl::string_view type;
  if (absl::StartsWith(picture, "\xFF\xD8\xFF")) type = "image/jpeg";
  if (absl::StartsWith(picture, "\x89PNG\r\n\x1A\n")) type = "image/png";
  return type.empty() ? "" : absl::StrCat("data:", type, ";base64,", absl::Base64Escape(picture));
}

std::string Percent(double fraction) {
  return absl::StrFormat("%.1f", 100 * (fraction > 0 ? std::min(fraction, 1.0) : 0.0));
}

std::vector<uint32_t> ClassIds(const v1::Neighbor& neighbor) {
  return {neighbor.class_ids().begin(), neighbor.class_ids().end()};
}

// The classes that a neighbour's labels are compared with.
std::set<uint32_t> SubjectClasses(const QueryResult& query) {
  if (query.true_classes) return {query.true_classes->begin(), query.true_classes->end()};
  std::set<uint32_t> predicted;
  for (const v1::ClassScore& entry : query.response.classes()) {
    if (entry.predicted()) predicted.insert(entry.class_id());
  }
  return predicted;
}

Data Chips(const std::vector<uint32_t>& ids, const std::set<uint32_t>& subject,
           const ClassNames& names) {
  Data chips{Data::type::list};
  for (uint32_t id : ids) {
    Data chip;
    chip.set("name", names.ClassName(id));
    chip.set("shared", subject.count(id) > 0);
    chips << chip;
  }
  return chips;
}

Data Truth(const QueryResult& query, const ClassNames& names) {
  if (!query.true_classes) return Data(false);
  Data truth;
  truth.set("classes", Chips(*query.true_classes, {}, names));
  return truth;
}

bool IsPredicted(const v1::ClassScore& entry) { return entry.predicted(); }
bool IsPredicted(const v1::AttributeScore&) { return false; }  // It has no threshold.

// Adds nothing when there is none.
template <typename Entries>
void AddScoreList(const std::string& heading, const Entries& entries, Data* lists) {
  if (entries.empty()) return;
  Data scores{Data::type::list};
  for (const auto& entry : entries) {
    Data score;
    score.set("name", entry.name());
    score.set("predicted", IsPredicted(entry));
    score.set("percent", Percent(entry.score()));
    score.set("value", absl::StrFormat("%.2f", entry.score()));
    scores << score;
  }
  Data list;
  list.set("heading", heading);
  list.set("scores", scores);
  *lists << list;
}

Data ScoreLists(const v1::SearchResponse& response) {
  Data lists{Data::type::list};
  AddScoreList("Class scores", response.classes(), &lists);
  AddScoreList("Attribute scores", response.attributes(), &lists);
  return lists;
}

Data Stages(const v1::Timings& timings) {
  Data stages{Data::type::list};
  for (const auto& [name, seconds] : {std::pair<const char*, double>{"decode", timings.decode()},
                                      {"preprocess", timings.preprocess()},
                                      {"queue", timings.queue()},
                                      {"embed", timings.embed()},
                                      {"search", timings.search()}}) {
    Data stage;
    stage.set("stage", name);
    stage.set("weight", absl::StrFormat("%.6f", std::max(seconds, 0.0) * 1000));
    stage.set("value", absl::StrFormat("%.1f", seconds * 1000));
    stages << stage;
  }
  return stages;
}

Data Neighbors(const QueryResult& query, const ContactSheet& sheet) {
  const std::set<uint32_t> subject = SubjectClasses(query);
  Data neighbors{Data::type::list};
  int rank = 0;
  for (const v1::Neighbor& entry : query.response.neighbors()) {
    const auto thumbnail = sheet.thumbnails.find(entry.item_id());
    const bool has_thumbnail = thumbnail != sheet.thumbnails.end();
    const std::vector<uint32_t> ids = ClassIds(entry);
    Data neighbor;
    neighbor.set("rank", absl::StrCat(++rank));
    neighbor.set("id", entry.item_id());
    neighbor.set("uri", entry.uri().empty() ? entry.item_id() : entry.uri());
    neighbor.set("picture", TextOrFalse(has_thumbnail ? DataUri(thumbnail->second) : ""));
    neighbor.set("similarity", absl::StrFormat("%.3f", entry.similarity()));
    neighbor.set("percent", Percent(entry.similarity()));
    neighbor.set("probability", entry.has_probability()
                                    ? Data(absl::StrFormat("%.0f", 100 * entry.probability()))
                                    : Data(false));
    neighbor.set("jaccard", query.true_classes
                                ? Data(absl::StrFormat("%.2f", Jaccard(*query.true_classes, ids)))
                                : Data(false));
    neighbor.set("classes", Chips(ids, subject, sheet.names));
    neighbors << neighbor;
  }
  return neighbors;
}

Data Failure(const absl::Status& status) {
  Data failure;
  failure.set("code", absl::StatusCodeToString(status.code()));
  failure.set("reason", TextOrFalse(GetReason(status)));
  failure.set("message", std::string(status.message()));
  return failure;
}

Data Answer(const QueryResult& query, const ContactSheet& sheet) {
  const v1::SearchResponse& response = query.response;
  Data warnings{Data::type::list};
  for (const std::string& text : response.warnings()) warnings << Data("text", text);
  Data answer;
  answer.set("picture", TextOrFalse(DataUri(query.picture)));
  answer.set("truth", Truth(query, sheet.names));
  answer.set("score_lists", ScoreLists(response));
  answer.set("has_stages", response.has_timings());
  answer.set("stages", Stages(response.timings()));
  answer.set("warnings", warnings);
  answer.set("novel", response.novel());
  answer.set("has_neighbors", !response.neighbors().empty());
  answer.set("neighbors", Neighbors(query, sheet));
  return answer;
}

Data Queries(const ContactSheet& sheet) {
  Data queries{Data::type::list};
  int number = 0;
  for (const QueryResult& query : sheet.queries) {
    Data entry;
    entry.set("number", absl::StrFormat("%02d", ++number));
    entry.set("name", query.name);
    entry.set("elapsed", query.response.has_timings()
                             ? Data(absl::StrFormat("%.1f", query.response.timings().total() * 1e3))
                             : Data(false));
    entry.set("failure", query.status.ok() ? Data(false) : Failure(query.status));
    entry.set("answer", query.status.ok() ? Answer(query, sheet) : Data(false));
    queries << entry;
  }
  return queries;
}

Data Total(const char* label, std::string value, const std::string& unit) {
  Data total;
  total.set("label", label);
  total.set("value", std::move(value));
  total.set("unit", TextOrFalse(unit));
  return total;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// What the header sums up, over the queries that succeeded.
Data Totals(const ContactSheet& sheet) {
  std::vector<double> best, overlap, milliseconds;
  size_t failed = 0;
  for (const QueryResult& query : sheet.queries) {
    if (!query.status.ok()) ++failed;
    const auto& neighbors = query.response.neighbors();
    if (!neighbors.empty()) best.push_back(neighbors[0].similarity());
    if (query.response.has_timings())
      milliseconds.push_back(query.response.timings().total() * 1e3);
    for (const v1::Neighbor& neighbor : neighbors) {
      if (query.true_classes) overlap.push_back(Jaccard(*query.true_classes, ClassIds(neighbor)));
    }
  }
  Data totals{Data::type::list};
  totals << Total("Queries", absl::StrCat(sheet.queries.size()),
                  failed > 0 ? absl::StrCat(failed, " failed") : "");
  if (!best.empty()) totals << Total("Mean best match", absl::StrFormat("%.3f", Mean(best)), "");
  if (!overlap.empty()) totals << Total("Mean Jaccard", absl::StrFormat("%.2f", Mean(overlap)), "");
  if (!milliseconds.empty()) {
    totals << Total("Median time", absl::StrFormat("%.1f", Median(milliseconds)), "ms");
  }
  return totals;
}

// More than one when the server changed bundles between two queries.
Data Bundles(const ContactSheet& sheet) {
  std::set<std::string> ids;
  for (const QueryResult& query : sheet.queries) ids.insert(query.response.bundle_id());
  ids.erase("");
  Data bundles{Data::type::list};
  for (const std::string& id : ids) bundles << Data("id", id);
  return bundles;
}

bool IsCalibrated(const ContactSheet& sheet) {
  return std::any_of(sheet.queries.begin(), sheet.queries.end(), [](const QueryResult& query) {
    const auto& neighbors = query.response.neighbors();
    return !neighbors.empty() && neighbors[0].has_probability();
  });
}

bool KnowsTruth(const ContactSheet& sheet) {
  return std::any_of(sheet.queries.begin(), sheet.queries.end(),
                     [](const QueryResult& query) { return query.true_classes.has_value(); });
}

}  // namespace

absl::StatusOr<std::string> RenderContactSheet(const ContactSheet& sheet) {
  Data page;
  page.set("title", sheet.title);
  page.set("server", sheet.server);
  page.set("created", sheet.created);
  page.set("with_truth", KnowsTruth(sheet));
  page.set("calibrated", IsCalibrated(sheet));
  page.set("totals", Totals(sheet));
  page.set("bundles", Bundles(sheet));
  page.set("queries", Queries(sheet));
  mustache page_template(kContactSheetTemplate);
  std::string html = page_template.render(page);
  if (!page_template.is_valid()) return absl::InternalError(page_template.error_message());
  return html;
}

}  // namespace lookbook
