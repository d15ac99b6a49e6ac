#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/render_json.h"
#include "client/render_text.h"
#include "client/server_flags.h"

namespace lookbook {
namespace {

struct ItemFlags {
  ServerFlags server;
  std::string item;
  std::string bundle;
  std::string thumbnail;  // Path; empty = none.
  bool json = false;
};

absl::Status SaveThumbnail(const v1::GetItemResponse& item, const std::string& path) {
  if (item.thumbnail().empty()) {
    return absl::NotFoundError(absl::StrCat("item ", item.item_id(), " has no thumbnail"));
  }
  return WriteFileAtomic(path, item.thumbnail());
}

int PrintItem(const v1::GetItemResponse& item, const SearchClient& client, const ItemFlags& flags,
              const TextStyle& style) {
  if (flags.json) return PrintJson(MessageToJsonLine(item), flags.server);
  v1::ListClassesRequest request;
  request.set_bundle(flags.bundle);
  const auto classes = client.ListClasses(request);
  if (!classes.ok()) return Fail(classes.status(), "", flags.server);
  std::cout << RenderItem(item, ClassNames(*classes), style);
  return kExitOk;
}

int RunItem(const ItemFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags.server);
  if (!client.ok()) return FailUsage(client.status());
  v1::GetItemRequest request;
  request.set_item_id(flags.item);
  request.set_bundle(flags.bundle);
  request.set_with_thumbnail(!flags.thumbnail.empty());
  auto item = (*client)->GetItem(request);
  if (!item.ok()) return Fail(item.status(), flags.item, flags.server);
  if (!flags.thumbnail.empty()) {
    const absl::Status status = SaveThumbnail(*item, flags.thumbnail);
    if (!status.ok()) return Fail(status, "", flags.server);
    item->clear_thumbnail();  // It is in the file now.
  }
  return PrintItem(*item, **client, flags, style);
}

}  // namespace

void AddItemCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<ItemFlags>();
  CLI::App* command = app.add_subcommand("item", "Show one item of the catalogue");
  command->add_option("item", flags->item, "Item id")->type_name("ID")->required();
  command->add_option("--thumbnail", flags->thumbnail, "Save the item's picture (JPEG)")
      ->type_name("FILE");
  command->add_option("--bundle", flags->bundle, "Configured bundle; the server's first by default")
      ->type_name("NAME");
  command->add_flag("--json", flags->json, "One JSON object");
  AddServerFlags(*command, flags->server);
  command->footer(R"(
Examples:
  lookbook item train/00042
  lookbook item train/00042 --thumbnail item.jpg --json)");
  SetAction(*command, exit_code, [flags, &style] { return RunItem(*flags, style); });
}

}  // namespace lookbook
