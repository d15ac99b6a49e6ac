#include "server/transport/catalog_service.h"

#include <utility>

#include "base/reason.h"
#include "base/version.h"
#include "server/transport/catalog_messages.h"
#include "server/transport/search_messages.h"

namespace lookbook {

CatalogService::CatalogService(const PipelineSet* pipelines, ThreadPool* readers,
                               std::string device, const CallEnvironment& environment)
    : pipelines_(*pipelines),
      readers_(*readers),
      device_(std::move(device)),
      environment_(environment) {}

absl::StatusOr<std::shared_ptr<const Bundle>> CatalogService::FindBundle(
    const std::string& name) const {
  const absl::StatusOr<Pipeline*> pipeline = pipelines_.Find(name);
  if (!pipeline.ok()) return pipeline.status();
  std::shared_ptr<const Bundle> bundle = (*pipeline)->bundle();
  if (bundle == nullptr) {
    return WithReason(absl::UnavailableError("no bundle is loaded yet; try another replica"),
                      "no_bundle");
  }
  return bundle;
}

grpc::ServerUnaryReactor* CatalogService::GetItem(grpc::CallbackServerContext* context,
                                                  const v1::GetItemRequest* request,
                                                  v1::GetItemResponse* response) {
  auto* call = new Call(Method::kGetItem, environment_, context, request->item_id().size(), "");
  if (call->Refused()) return call;
  if (absl::Status status = CheckItemId(request->item_id()); !status.ok()) {
    call->Complete(std::move(status));
    return call;
  }
  absl::StatusOr<std::shared_ptr<const Bundle>> bundle = FindBundle(request->bundle());
  if (!bundle.ok()) {
    call->Complete(bundle.status());
    return call;
  }
  const absl::StatusOr<int64_t> row = (*bundle)->items->RowOf(request->item_id());
  if (!row.ok()) {
    call->Complete(WithReason(row.status(), "unknown_item"));
    return call;
  }
  call->SetBundle((*bundle)->id);
  FillItem(**bundle, *row, response);
  if (request->with_thumbnail()) {
    ReadThumbnail(call, *std::move(bundle), *row, response);
  } else {
    call->Complete(absl::OkStatus());
  }
  return call;
}

void CatalogService::ReadThumbnail(Call* call, std::shared_ptr<const Bundle> bundle, int64_t row,
                                   v1::GetItemResponse* response) {
  const absl::Status queued = readers_.Submit([this, call, bundle, row, response] {
    if (call->cancelled()->load(std::memory_order_relaxed)) {
      return call->Complete(absl::CancelledError("the caller gave up"));
    }
    if (call->Now() >= call->deadline()) {
      return call->Complete(
          absl::DeadlineExceededError("the deadline passed before the thumbnail was read"));
    }
    environment_.metrics->ThreadBusy("catalog", 1);
    absl::StatusOr<std::string> thumbnail = bundle->items->Thumbnail(row);
    environment_.metrics->ThreadBusy("catalog", -1);
    // An item may have none: then the field stays empty.
    if (!thumbnail.ok() && !absl::IsNotFound(thumbnail.status())) {
      return call->Complete(absl::InternalError(thumbnail.status().ToString()));
    }
    if (thumbnail.ok()) response->set_thumbnail(*std::move(thumbnail));
    call->Complete(absl::OkStatus());
  });
  if (queued.ok()) return;
  environment_.metrics->Shed(absl::IsUnavailable(queued) ? ShedReason::kDraining
                                                         : ShedReason::kQueueFull);
  call->Complete(WithReason(queued, absl::IsUnavailable(queued) ? "draining" : "queue_full"));
}

grpc::ServerUnaryReactor* CatalogService::ListClasses(grpc::CallbackServerContext* context,
                                                      const v1::ListClassesRequest* request,
                                                      v1::ListClassesResponse* response) {
  auto* call = new Call(Method::kListClasses, environment_, context, request->bundle().size(), "");
  if (call->Refused()) return call;
  const absl::StatusOr<std::shared_ptr<const Bundle>> bundle = FindBundle(request->bundle());
  if (bundle.ok()) {
    call->SetBundle((*bundle)->id);
    FillClasses(**bundle, response);
  }
  call->Complete(bundle.status());
  return call;
}

grpc::ServerUnaryReactor* CatalogService::GetInfo(grpc::CallbackServerContext* context,
                                                  const v1::GetInfoRequest*,
                                                  v1::GetInfoResponse* response) {
  auto* call = new Call(Method::kGetInfo, environment_, context, 0, "");
  if (call->Refused()) return call;
  response->set_version(std::string(Version()));
  response->set_commit(std::string(GitCommit()));
  response->set_device(device_);
  for (const PipelineSet::Entry& entry : pipelines_.entries()) {
    FillBundleInfo(entry.name, entry.pipeline->bundle().get(), response->add_bundles());
  }
  call->Complete(absl::OkStatus());
  return call;
}

}  // namespace lookbook
