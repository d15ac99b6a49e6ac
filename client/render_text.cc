#include "client/render_text.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace lookbook {
namespace {

constexpr int kBarCells = 20;
using Cell = Table::Cell;

Cell Head(absl::string_view text, bool right = false) {
  return {std::string(text), Ink::kDim, right};
}
Cell Text(absl::string_view text, Ink ink = Ink::kPlain) { return {Printable(text), ink}; }
Cell Number(std::string text) { return {std::move(text), Ink::kPlain, true}; }
Cell BarCell(double fraction, const TextStyle& style, Ink ink = Ink::kAccent) {
  return {Bar(fraction, kBarCells, style), ink};
}

// Class names hold commas, so they are not joined by them.
absl::string_view Separator(const TextStyle& style) { return style.utf8 ? " · " : "; "; }

template <typename Ids>
std::string JoinClasses(const Ids& ids, const ClassNames& names, const TextStyle& style) {
  return absl::StrJoin(ids, Separator(style), [&](std::string* out, uint32_t id) {
    absl::StrAppend(out, names.ClassName(id));
  });
}

std::string Heading(const QueryResult& query, const TextStyle& style) {
  const std::string facts =
      absl::StrCat("  bundle ", Printable(query.response.bundle_id()), Separator(style),
                   absl::StrFormat("%.1f ms", 1000 * query.response.timings().total()));
  return absl::StrCat(Paint(Printable(query.name), Ink::kBold, style),
                      Paint(facts, Ink::kDim, style), "\n");
}

bool IsCalibrated(const v1::SearchResponse& response) {
  return !response.neighbors().empty() && response.neighbors(0).has_probability();
}

std::string Novelty(const v1::SearchResponse& response, const TextStyle& style) {
  if (!response.novel()) return "";
  return absl::StrCat("  ", Paint("nothing similar in the catalogue", Ink::kBad, style), "\n");
}

std::string Neighbors(const QueryResult& query, const ClassNames& names, const TextStyle& style) {
  if (query.response.neighbors().empty()) return "  no item qualifies\n";
  const bool calibrated = IsCalibrated(query.response);
  Table table;
  std::vector<Cell> head = {Head("#", true), Head("similarity", true), Head("")};
  if (calibrated) head.push_back(Head("probability", true));
  head.push_back(Head("item"));
  if (query.true_classes) head.push_back(Head("jaccard", true));
  head.push_back(Head("classes"));
  table.AddRow(head);
  int rank = 0;
  for (const v1::Neighbor& neighbor : query.response.neighbors()) {
    std::vector<Cell> row = {Number(absl::StrCat(++rank)),
                             Number(absl::StrFormat("%.4f", neighbor.similarity())),
                             BarCell(neighbor.similarity(), style)};
    if (calibrated) row.push_back(Number(absl::StrFormat("%.2f", neighbor.probability())));
    row.push_back(Text(neighbor.item_id()));
    if (query.true_classes) {
      const std::vector<uint32_t> ids(neighbor.class_ids().begin(), neighbor.class_ids().end());
      row.push_back(Number(absl::StrFormat("%.2f", Jaccard(*query.true_classes, ids))));
    }
    row.push_back(Text(JoinClasses(neighbor.class_ids(), names, style)));
    table.AddRow(std::move(row));
  }
  return table.Render(style, "  ");
}

// Of a class or an attribute: name, score, bar.
template <typename Score>
std::vector<Cell> ScoreRow(const Score& entry, Ink ink, const TextStyle& style) {
  return {Text(entry.name()), Number(absl::StrFormat("%.3f", entry.score())),
          BarCell(entry.score(), style, ink)};
}

std::string ClassScores(const v1::SearchResponse& response, const TextStyle& style) {
  if (response.classes().empty()) return "";
  Table table;
  table.AddRow({Head("class"), Head("score", true), Head(""), Head("")});
  for (const v1::ClassScore& entry : response.classes()) {
    const Ink ink = entry.predicted() ? Ink::kGood : Ink::kDim;
    std::vector<Cell> row = ScoreRow(entry, ink, style);
    row.push_back({entry.predicted() ? (style.utf8 ? "✓ predicted" : "predicted") : "", ink});
    table.AddRow(std::move(row));
  }
  return absl::StrCat("\n", table.Render(style, "  "));
}

std::string AttributeScores(const v1::SearchResponse& response, const TextStyle& style) {
  if (response.attributes().empty()) return "";
  Table table;
  table.AddRow({Head("attribute"), Head("score", true), Head("")});
  for (const v1::AttributeScore& entry : response.attributes())
    table.AddRow(ScoreRow(entry, Ink::kAccent, style));
  return absl::StrCat("\n", table.Render(style, "  "));
}

// "IVF256,Flat nprobe=16, recall@10 0.961"
std::string IndexText(const v1::BundleInfo& bundle) {
  std::string text = bundle.index();
  if (!bundle.index_search().empty()) absl::StrAppend(&text, " ", bundle.index_search());
  if (bundle.has_index_recall_at_10()) {
    absl::StrAppend(&text, absl::StrFormat(", recall@10 %.3f", bundle.index_recall_at_10()));
  }
  return text;
}

}  // namespace

std::string RenderQuery(const QueryResult& query, const ClassNames& names, const TextStyle& style) {
  const v1::SearchResponse& response = query.response;
  std::string text =
      absl::StrCat(Heading(query, style), Novelty(response, style), Neighbors(query, names, style),
                   ClassScores(response, style), AttributeScores(response, style));
  for (const std::string& warning : response.warnings()) {
    absl::StrAppend(&text, "  note: ", Printable(warning), "\n");
  }
  return text;
}

std::string RenderInfo(const v1::GetInfoResponse& info, const std::string& server,
                       const TextStyle& style) {
  Table table;
  table.AddRow({Head("bundle"), Head("id"), Head("recipe"), Head("backbone"), Head("dim", true),
                Head("input", true), Head("items", true), Head("classes", true),
                Head("attributes", true), Head("index"), Head("created")});
  for (const v1::BundleInfo& bundle : info.bundles()) {
    table.AddRow({Text(bundle.name(), Ink::kBold), Text(bundle.bundle_id()), Text(bundle.recipe()),
                  Text(bundle.backbone()), Number(absl::StrCat(bundle.dim())),
                  Number(absl::StrCat(bundle.image_size(), " px")),
                  Number(absl::StrCat(bundle.items())), Number(absl::StrCat(bundle.classes())),
                  Number(absl::StrCat(bundle.attributes())), Text(IndexText(bundle)),
                  Text(bundle.created())});
  }
  return absl::StrCat("lookbook-server ", Printable(info.version()), " (", Printable(info.commit()),
                      ") on ", Printable(info.device()), " at ", server, "\n\n",
                      table.Render(style));
}

std::string RenderItem(const v1::GetItemResponse& item, const ClassNames& names,
                       const TextStyle& style) {
  const std::string attributes = absl::StrJoin(
      item.attribute_ids(), Separator(style),
      [&](std::string* out, uint32_t id) { absl::StrAppend(out, names.AttributeName(id)); });
  Table table;
  table.AddRow({Head("item"), Text(item.item_id(), Ink::kBold)});
  table.AddRow({Head("classes"), Text(JoinClasses(item.class_ids(), names, style))});
  table.AddRow({Head("attributes"), Text(attributes)});
  table.AddRow({Head("uri"), Text(item.uri())});
  table.AddRow({Head("split"), Text(item.split())});
  table.AddRow({Head("bundle"), Text(item.bundle_id())});
  return table.Render(style);
}

std::string RenderClasses(const v1::ListClassesResponse& classes, bool with_attributes,
                          const TextStyle& style) {
  Table table;
  table.AddRow({Head("id", true), Head("class"), Head("supercategory"), Head("threshold", true),
                Head("support", true)});
  for (const v1::ClassInfo& entry : classes.classes()) {
    table.AddRow({Number(absl::StrCat(entry.class_id())), Text(entry.name(), Ink::kBold),
                  Text(entry.supercategory()), Number(absl::StrFormat("%.3f", entry.threshold())),
                  Number(absl::StrCat(entry.support()))});
  }
  std::string text = table.Render(style);
  if (!with_attributes) return text;
  Table attributes;
  attributes.AddRow({Head("id", true), Head("attribute"), Head("supercategory")});
  for (const v1::AttributeInfo& entry : classes.attributes()) {
    attributes.AddRow({Number(absl::StrCat(entry.attribute_id())), Text(entry.name(), Ink::kBold),
                       Text(entry.supercategory())});
  }
  return absl::StrCat(text, "\n", attributes.Render(style));
}

}  // namespace lookbook
