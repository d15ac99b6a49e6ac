// lookbook.v1.AdminService: what an operator sees and changes of the bundles and the log.
#pragma once

#include <string>

#include "base/thread_pool.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "server/lifecycle/activator.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/call.h"

namespace lookbook {

// Folders are read on `readers`, bundles are changed by `activator`; gRPC's threads do neither.
// Thread-safe. What the constructor is given must outlive it; the activator's roots are those of
// `pipelines`, in the same order. Both may be stopped before the gRPC server is gone, which answers
// what waits; neither may be destroyed before it.
class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(const PipelineSet* pipelines, Activator* activator, ThreadPool* readers,
               const CallEnvironment& environment);

  grpc::ServerUnaryReactor* ListBundles(grpc::CallbackServerContext* context,
                                        const v1::ListBundlesRequest* request,
                                        v1::ListBundlesResponse* response) override;
  grpc::ServerUnaryReactor* ActivateBundle(grpc::CallbackServerContext* context,
                                           const v1::ActivateBundleRequest* request,
                                           v1::ActivateBundleResponse* response) override;
  grpc::ServerUnaryReactor* RollbackBundle(grpc::CallbackServerContext* context,
                                           const v1::RollbackBundleRequest* request,
                                           v1::RollbackBundleResponse* response) override;
  grpc::ServerUnaryReactor* SetLogLevel(grpc::CallbackServerContext* context,
                                        const v1::SetLogLevelRequest* request,
                                        v1::SetLogLevelResponse* response) override;

 private:
  void Change(Call* call, const std::string& name, const BundleChoice& choice,
              v1::Activation* activation);

  const PipelineSet& pipelines_;
  Activator& activator_;
  ThreadPool& readers_;
  const CallEnvironment environment_;
};

}  // namespace lookbook
