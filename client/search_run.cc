#include "client/search_run.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "client/failure.h"
#include "client/render_json.h"
#include "client/render_text.h"
#include "client/run_in_order.h"
#include "client/sheet_writer.h"

namespace lookbook {

int SearchRun::Run() {
  if (!flags_.labels.empty()) {
    auto labels = TrueLabels::Open(flags_.labels);
    if (!labels.ok()) return FailUsage(labels.status());
    labels_ = *std::move(labels);
  }
  const std::vector<QuerySource> sources = ListSources(flags_.pictures, flags_.items);
  const bool any_good = std::any_of(sources.begin(), sources.end(),
                                    [](const QuerySource& source) { return source.status.ok(); });
  if (any_good) return RunAgainstServer(sources);
  for (const QuerySource& source : sources) Show({.name = source.name, .status = source.status});
  return exit_code_;
}

int SearchRun::RunAgainstServer(const std::vector<QuerySource>& sources) {
  auto client = Connect(flags_.server);
  if (!client.ok()) return FailUsage(client.status());
  client_ = *std::move(client);
  if (const absl::Status status = LoadNames(); !status.ok()) return Fail(status, "", flags_.server);
  auto request = MakeSearchRequest(flags_, names_);
  if (!request.ok()) return FailUsage(request.status());
  request_ = *std::move(request);

  const absl::Status status = RunInOrder<QueryResult>(
      static_cast<int>(sources.size()), flags_.concurrency,
      [&](int index) { return Ask(sources[static_cast<size_t>(index)]); },
      [&](QueryResult result) { return Show(std::move(result)); });
  if (!status.ok()) Note(Fail(status, "", flags_.server));
  if (!flags_.html.empty() && exit_code_ != kExitUnreachable) WriteSheet();
  return exit_code_;
}

absl::Status SearchRun::LoadNames() {
  v1::ListClassesRequest request;
  request.set_bundle(flags_.bundle);
  LB_ASSIGN_OR_RETURN(const v1::ListClassesResponse response, client_->ListClasses(request));
  names_ = ClassNames(response);
  return absl::OkStatus();
}

QueryResult SearchRun::Ask(const QuerySource& source) const {
  QueryResult result{.name = source.name};
  result.status = AskInto(source, result);
  return result;
}

absl::Status SearchRun::AskInto(const QuerySource& source, QueryResult& result) const {
  v1::SearchRequest request = request_;
  LB_RETURN_IF_ERROR(FillQuery(source, flags_.include_self, request));
  LB_ASSIGN_OR_RETURN(result.response, client_->Search(request));
  if (const auto* ids = labels_.Find(source.name)) result.true_classes = *ids;
  if (flags_.html.empty()) return absl::OkStatus();
  if (source.kind != QuerySource::Kind::kItem) {
    result.picture = std::move(*request.mutable_image());
    return absl::OkStatus();
  }
  v1::GetItemRequest item;
  item.set_item_id(source.name);
  item.set_bundle(flags_.bundle);
  item.set_with_thumbnail(true);
  LB_ASSIGN_OR_RETURN(v1::GetItemResponse found, client_->GetItem(item));
  result.picture = std::move(*found.mutable_thumbnail());
  return absl::OkStatus();
}

bool SearchRun::Show(QueryResult result) {
  if (!result.status.ok()) {
    Note(Fail(result.status, result.name, flags_.server));
  } else if (result.response.bundle_id() != names_.bundle_id()) {
    // The server has changed bundles since: ids may stand for other classes now.
    if (const absl::Status status = LoadNames(); !status.ok()) {
      Note(Fail(status, result.name, flags_.server));
    }
  }
  Print(result);
  if (!flags_.html.empty()) results_.push_back(std::move(result));
  return exit_code_ != kExitUnreachable;
}

void SearchRun::Print(const QueryResult& result) {
  if (flags_.json) {
    Note(PrintJson(QueryToJsonLine(result, names_), flags_.server));
  } else if (result.status.ok()) {
    std::cout << (printed_++ > 0 ? "\n" : "") << RenderQuery(result, names_, style_);
  }
  std::cout.flush();  // Answers come while later ones are still computed.
}

void SearchRun::WriteSheet() {
  ContactSheet sheet{
      .title = flags_.title,
      .server = flags_.server.server,
      .created = absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(), absl::UTCTimeZone()),
      .queries = std::move(results_),
      .names = names_};
  const absl::Status status = FetchThumbnails(*client_, flags_.bundle, flags_.concurrency, sheet);
  if (!status.ok()) Note(Fail(status, "thumbnail", flags_.server));
  const auto bytes = WriteContactSheet(sheet, flags_.html);
  if (!bytes.ok()) return Note(Fail(bytes.status(), "", flags_.server));
  std::cerr << "wrote " << flags_.html << ": " << sheet.queries.size()
            << (sheet.queries.size() == 1 ? " query, " : " queries, ") << *bytes / 1024 << " KiB\n";
}

void SearchRun::Note(int exit_code) { exit_code_ = std::max(exit_code_, exit_code); }

}  // namespace lookbook
