#include "client/render_bundles.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace lookbook {
namespace {

using Cell = Table::Cell;

Cell Head(absl::string_view text, bool right = false) {
  return {std::string(text), Ink::kDim, right};
}
Cell Text(absl::string_view text, Ink ink = Ink::kPlain) { return {Printable(text), ink}; }
Cell Number(std::string text) { return {std::move(text), Ink::kPlain, true}; }

std::string States(const v1::StoredBundle& bundle) {
  std::vector<std::string> states;
  if (bundle.active()) states.push_back("active");
  // Usually what is active: said where it is not.
  if (bundle.current() != bundle.active()) {
    states.push_back(bundle.current() ? "CURRENT" : "not CURRENT");
  }
  if (bundle.previous()) states.push_back("previous");
  return absl::StrJoin(states, ", ");
}

void AddBundle(const v1::StoredBundle& bundle, Table* table) {
  const Ink ink = bundle.active() ? Ink::kBold : Ink::kPlain;
  if (!bundle.defect().empty()) {
    table->AddRow({Text(bundle.bundle_id(), ink), Text(States(bundle), Ink::kGood),
                   Text(bundle.defect(), Ink::kBad)});
    return;
  }
  constexpr double kMega = 1e6;
  table->AddRow({Text(bundle.bundle_id(), ink), Text(States(bundle), Ink::kGood),
                 Text(bundle.created()), Text(bundle.recipe()), Text(bundle.backbone()),
                 Text(bundle.index()), Number(absl::StrCat(bundle.items())),
                 Number(absl::StrFormat("%.1f MB", static_cast<double>(bundle.bytes()) / kMega))});
}

std::string RenderRoot(const v1::StoredRoot& root, const TextStyle& style) {
  Table table;
  table.AddRow({Head("id"), Head("state"), Head("created"), Head("recipe"), Head("backbone"),
                Head("index"), Head("items", true), Head("size", true)});
  for (const v1::StoredBundle& bundle : root.bundles()) AddBundle(bundle, &table);
  std::string text =
      absl::StrCat(Paint(Printable(root.name()), Ink::kBold, style),
                   Paint(absl::StrCat("  ", Printable(root.path())), Ink::kDim, style), "\n",
                   root.bundles().empty() ? "  no bundle\n" : table.Render(style, "  "));
  if (root.left_out() > 0) absl::StrAppend(&text, "  and ", root.left_out(), " older ones\n");
  return text;
}

}  // namespace

std::string RenderBundles(const v1::ListBundlesResponse& bundles, const TextStyle& style) {
  return absl::StrJoin(bundles.roots(), "\n", [&](std::string* out, const v1::StoredRoot& root) {
    absl::StrAppend(out, RenderRoot(root, style));
  });
}

std::string RenderActivation(const v1::Activation& activation, const TextStyle& style) {
  const std::string head =
      absl::StrCat(Printable(activation.name()), ": ",
                   Paint(Printable(activation.bundle_id()), Ink::kBold, style), " is ");
  if (!activation.changed()) return absl::StrCat(head, "live already\n");
  const std::string before =
      activation.replaced_bundle_id().empty()
          ? ""
          : absl::StrCat(" (it was ", Printable(activation.replaced_bundle_id()), ")");
  return absl::StrCat(head, absl::StrFormat("live after %.1f s", activation.seconds()), before,
                      "\n");
}

}  // namespace lookbook
