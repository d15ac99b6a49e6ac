#include "server/transport/admin_service.h"

#include <utility>
#include <vector>

#include "base/exception_fence.h"
#include "base/logging.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "server/lifecycle/bundle_files.h"
#include "server/transport/admin_messages.h"
#include "server/transport/unary_call.h"

namespace lookbook {
namespace {

absl::Status FillRoots(const std::vector<ServedRoot>& roots, v1::ListBundlesResponse* response) {
  for (const ServedRoot& root : roots) {
    LB_ASSIGN_OR_RETURN(const BundleListing listing, ListBundles(root.path, root.public_keys));
    const std::shared_ptr<const Bundle> live = root.pipeline->bundle();
    FillRoot(root.name, root.path, live == nullptr ? "" : live->id, listing, response->add_roots());
  }
  return absl::OkStatus();
}

// Only of folders that cannot be read: nothing a caller could act on by its code.
absl::Status OfReading(const absl::Status& status) {
  if (status.ok() || absl::IsResourceExhausted(status)) return status;
  return WithReason(absl::UnavailableError(status.message()), "io");
}

// The line that says so is seen at either level.
void ChangeLogLevel(LogLevel before, LogLevel now) {
  if (now < before) SetLogLevel(now);
  LogWarning("the log's level changes",
             {{"before", LogLevelName(before)}, {"now", LogLevelName(now)}});
  SetLogLevel(now);
}

absl::Status AnswerLogLevel(const std::string& wanted, v1::SetLogLevelResponse* response) {
  const LogLevel before = LowestLogLevel();
  LogLevel now = before;
  if (!wanted.empty()) {
    const absl::StatusOr<LogLevel> parsed = ParseLogLevel(wanted);
    if (!parsed.ok()) {
      return InvalidArgument("bad_log_level", "level is none of debug, info, warning, error");
    }
    now = *parsed;
  }
  if (now != before) ChangeLogLevel(before, now);
  response->set_level(std::string(LogLevelName(now)));
  response->set_replaced_level(std::string(LogLevelName(before)));
  return absl::OkStatus();
}

}  // namespace

AdminService::AdminService(const PipelineSet* pipelines, Activator* activator, ThreadPool* readers,
                           const CallEnvironment& environment)
    : pipelines_(*pipelines),
      activator_(*activator),
      readers_(*readers),
      environment_(environment) {}

grpc::ServerUnaryReactor* AdminService::ListBundles(grpc::CallbackServerContext* context,
                                                    const v1::ListBundlesRequest* request,
                                                    v1::ListBundlesResponse* response) {
  auto* call =
      new UnaryCall(Method::kListBundles, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  std::vector<ServedRoot> roots = activator_.roots();
  if (!request->name().empty()) {
    const absl::StatusOr<size_t> root = pipelines_.IndexOf(request->name());
    if (!root.ok()) {
      call->Complete(root.status());
      return call;
    }
    roots = {roots[*root]};
  }
  const absl::Status queued = readers_.Submit([call, roots = std::move(roots), response] {
    call->Complete(
        OfReading(CatchToStatus("listing bundles", [&] { return FillRoots(roots, response); })));
  });
  if (!queued.ok()) {
    call->Complete(WithReason(queued, absl::IsUnavailable(queued) ? "draining" : "queue_full"));
  }
  return call;
}

grpc::ServerUnaryReactor* AdminService::ActivateBundle(grpc::CallbackServerContext* context,
                                                       const v1::ActivateBundleRequest* request,
                                                       v1::ActivateBundleResponse* response) {
  auto* call =
      new UnaryCall(Method::kActivateBundle, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  BundleChoice choice;
  if (!request->bundle_id().empty()) choice = {BundleChoice::Kind::kId, request->bundle_id()};
  Change(call, request->name(), choice, response->mutable_activation());
  return call;
}

grpc::ServerUnaryReactor* AdminService::RollbackBundle(grpc::CallbackServerContext* context,
                                                       const v1::RollbackBundleRequest* request,
                                                       v1::RollbackBundleResponse* response) {
  auto* call =
      new UnaryCall(Method::kRollbackBundle, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  Change(call, request->name(), {BundleChoice::Kind::kPrevious, ""},
         response->mutable_activation());
  return call;
}

grpc::ServerUnaryReactor* AdminService::SetLogLevel(grpc::CallbackServerContext* context,
                                                    const v1::SetLogLevelRequest* request,
                                                    v1::SetLogLevelResponse* response) {
  auto* call =
      new UnaryCall(Method::kSetLogLevel, environment_, context, request->ByteSizeLong(), "");
  if (call->Refused()) return call;
  call->CompleteWith([&] { return AnswerLogLevel(request->level(), response); });
  return call;
}

void AdminService::Change(Call* call, const std::string& name, const BundleChoice& choice,
                          v1::Activation* activation) {
  const absl::StatusOr<size_t> root = pipelines_.IndexOf(name);
  if (!root.ok()) return call->Complete(root.status());
  const std::string configured = activator_.roots()[*root].name;
  activator_.Request(*root, choice,
                     [call, configured, activation](const absl::StatusOr<Activated>& result) {
                       if (!result.ok()) return call->Complete(result.status());
                       call->SetBundle(result->bundle_id);
                       FillActivation(configured, *result, activation);
                       call->Complete(absl::OkStatus());
                     });
}

}  // namespace lookbook
