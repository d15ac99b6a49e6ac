#include "client/sheet_writer.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "client/run_in_order.h"

namespace lookbook {
namespace {

std::vector<std::string> ItemsOn(const ContactSheet& sheet) {
  std::set<std::string> items;
  for (const QueryResult& query : sheet.queries) {
    for (const v1::Neighbor& neighbor : query.response.neighbors()) {
      items.insert(neighbor.item_id());
    }
  }
  return {items.begin(), items.end()};
}

}  // namespace

absl::Status FetchThumbnails(const SearchClient& client, const std::string& bundle, int concurrency,
                             ContactSheet& sheet) {
  using Fetched = absl::StatusOr<v1::GetItemResponse>;
  const std::vector<std::string> items = ItemsOn(sheet);
  const auto fetch = [&](int index) -> Fetched {
    v1::GetItemRequest request;
    request.set_item_id(items[static_cast<size_t>(index)]);
    request.set_bundle(bundle);
    request.set_with_thumbnail(true);
    return client.GetItem(request);
  };
  absl::Status first_error;
  const auto keep = [&](Fetched item) {
    if (item.ok()) {
      sheet.thumbnails[item->item_id()] = std::move(*item->mutable_thumbnail());
    } else {
      first_error.Update(item.status());
    }
    return true;
  };
  LB_RETURN_IF_ERROR(RunInOrder<Fetched>(static_cast<int>(items.size()), concurrency, fetch, keep));
  return first_error;
}

absl::StatusOr<size_t> WriteContactSheet(const ContactSheet& sheet, const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string html, RenderContactSheet(sheet));
  LB_RETURN_IF_ERROR(WriteFileAtomic(path, html));
  return html.size();
}

}  // namespace lookbook
