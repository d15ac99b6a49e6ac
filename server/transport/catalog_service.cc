#include "server/transport/catalog_service.h"

#include <utility>

#include "base/exception_fence.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "server/transport/catalog_messages.h"
#include "server/transport/search_messages.h"
#include "server/transport/unary_call.h"

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
  auto* call = new UnaryCall(Method::kGetItem, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  const absl::StatusOr<bool> done =
      CatchToStatus("looking an item up", [&] { return FindItem(call, *request, response); });
  if (!done.ok() || *done) call->Complete(done.status());
  return call;
}

absl::StatusOr<bool> CatalogService::FindItem(Call* call, const v1::GetItemRequest& request,
                                              v1::GetItemResponse* response) {
  LB_RETURN_IF_ERROR(CheckItemId(request.item_id()));
  LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, FindBundle(request.bundle()));
  call->SetBundle(bundle->id);
  const absl::StatusOr<int64_t> found = bundle->items->RowOf(request.item_id());
  if (!found.ok()) return WithReason(found.status(), "unknown_item");
  const int64_t row = *found;
  FillItem(*bundle, row, response);
  if (!request.with_thumbnail()) return true;
  const absl::Status queued = readers_.Submit(
      [this, call, bundle, row, response] { ReadThumbnail(call, *bundle, row, response); });
  if (queued.ok()) return false;
  const bool draining = absl::IsUnavailable(queued);
  environment_.metrics->Shed(draining ? ShedReason::kDraining : ShedReason::kQueueFull);
  return WithReason(queued, draining ? "draining" : "queue_full");
}

void CatalogService::ReadThumbnail(Call* call, const Bundle& bundle, int64_t row,
                                   v1::GetItemResponse* response) {
  if (call->Now() >= call->deadline()) {
    environment_.metrics->Shed(ShedReason::kDeadline);
    return call->Complete(
        absl::DeadlineExceededError("the deadline passed before the thumbnail was read"));
  }
  if (call->cancelled()->load(std::memory_order_relaxed)) {
    environment_.metrics->Cancelled(Stage::kReply);
    return call->Complete(absl::CancelledError("the caller gave up"));
  }
  environment_.metrics->ThreadBusy("catalog", 1);
  absl::Status status = CatchToStatus("reading a thumbnail", [&] {
    absl::StatusOr<std::string> thumbnail = bundle.items->Thumbnail(row);
    if (thumbnail.ok()) response->set_thumbnail(*std::move(thumbnail));
    return thumbnail.status();
  });
  environment_.metrics->ThreadBusy("catalog", -1);
  // An item may have none: then the field stays empty.
  if (absl::IsNotFound(status)) status = absl::OkStatus();
  if (!status.ok() && !absl::IsResourceExhausted(status)) {
    status = absl::InternalError(status.ToString());
  }
  call->Complete(std::move(status));
}

grpc::ServerUnaryReactor* CatalogService::ListClasses(grpc::CallbackServerContext* context,
                                                      const v1::ListClassesRequest* request,
                                                      v1::ListClassesResponse* response) {
  auto* call =
      new UnaryCall(Method::kListClasses, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  call->Complete(CatchToStatus("listing classes", [&]() -> absl::Status {
    LB_ASSIGN_OR_RETURN(const std::shared_ptr<const Bundle> bundle, FindBundle(request->bundle()));
    call->SetBundle(bundle->id);
    FillClasses(*bundle, response);
    return absl::OkStatus();
  }));
  return call;
}

grpc::ServerUnaryReactor* CatalogService::GetInfo(grpc::CallbackServerContext* context,
                                                  const v1::GetInfoRequest* request,
                                                  v1::GetInfoResponse* response) {
  auto* call = new UnaryCall(Method::kGetInfo, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  call->Complete(CatchToStatus("describing the server", [&] {
    response->set_version(std::string(Version()));
    response->set_commit(std::string(GitCommit()));
    response->set_device(device_);
    for (const PipelineSet::Entry& entry : pipelines_.entries()) {
      FillBundleInfo(entry.name, entry.pipeline->bundle().get(), response->add_bundles());
    }
    return absl::OkStatus();
  }));
  return call;
}

}  // namespace lookbook
