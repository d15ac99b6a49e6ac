// lookbook.v1.CatalogService over the bundles that the pipelines hold.
#pragma once

#include <string>

#include "base/thread_pool.h"
#include "lookbook/v1/catalog.grpc.pb.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/call.h"

namespace lookbook {

// Facts are in memory and answered at once; thumbnails are read from disk on `readers`, never on
// gRPC's threads. Thread-safe. What the constructor is given must outlive it. A call whose
// thumbnail waits in `readers` is completed there: `readers` may be shut down, which runs what
// waits, but not destroyed before the gRPC server is gone.
class CatalogService final : public v1::CatalogService::CallbackService {
 public:
  CatalogService(const PipelineSet* pipelines, ThreadPool* readers, std::string device,
                 const CallEnvironment& environment);

  grpc::ServerUnaryReactor* GetItem(grpc::CallbackServerContext* context,
                                    const v1::GetItemRequest* request,
                                    v1::GetItemResponse* response) override;
  grpc::ServerUnaryReactor* ListClasses(grpc::CallbackServerContext* context,
                                        const v1::ListClassesRequest* request,
                                        v1::ListClassesResponse* response) override;
  grpc::ServerUnaryReactor* GetInfo(grpc::CallbackServerContext* context,
                                    const v1::GetInfoRequest* request,
                                    v1::GetInfoResponse* response) override;

 private:
  // The live bundle of a name. As PipelineSet::Find, and Unavailable no_bundle.
  absl::StatusOr<std::shared_ptr<const Bundle>> FindBundle(const std::string& name) const;
  // False: a reader completes `call`, once it has read the thumbnail.
  absl::StatusOr<bool> FindItem(Call* call, const v1::GetItemRequest& request,
                                v1::GetItemResponse* response);
  void ReadThumbnail(Call* call, const Bundle& bundle, int64_t row, v1::GetItemResponse* response);

  const PipelineSet& pipelines_;
  ThreadPool& readers_;
  const std::string device_;
  const CallEnvironment environment_;
};

}  // namespace lookbook
