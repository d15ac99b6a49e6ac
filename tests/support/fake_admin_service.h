// The AdminService of a lookbook-server for client tests; answers that the test decides.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "tests/support/fake_search_service.h"

namespace lookbook {

// Thread-safe. Set hooks before the calls that shall see them.
class FakeAdminServer {
 public:
  FakeAdminServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~FakeAdminServer() { Stop(); }

  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

  FakeMethod<v1::ListBundlesRequest, v1::ListBundlesResponse> list{
      AnswerEmpty<v1::ListBundlesRequest, v1::ListBundlesResponse>};
  FakeMethod<v1::ActivateBundleRequest, v1::ActivateBundleResponse> activate{
      AnswerEmpty<v1::ActivateBundleRequest, v1::ActivateBundleResponse>};
  FakeMethod<v1::RollbackBundleRequest, v1::RollbackBundleResponse> rollback{
      AnswerEmpty<v1::RollbackBundleRequest, v1::RollbackBundleResponse>};
  FakeMethod<v1::SetLogLevelRequest, v1::SetLogLevelResponse> log_level{
      AnswerEmpty<v1::SetLogLevelRequest, v1::SetLogLevelResponse>};

 private:
  class Service : public v1::AdminService::Service {
   public:
    explicit Service(FakeAdminServer* fake) : fake_(fake) {}
    grpc::Status ListBundles(grpc::ServerContext* context, const v1::ListBundlesRequest* request,
                             v1::ListBundlesResponse* response) override {
      return fake_->list.Run(context, request, response);
    }
    grpc::Status ActivateBundle(grpc::ServerContext* context,
                                const v1::ActivateBundleRequest* request,
                                v1::ActivateBundleResponse* response) override {
      return fake_->activate.Run(context, request, response);
    }
    grpc::Status RollbackBundle(grpc::ServerContext* context,
                                const v1::RollbackBundleRequest* request,
                                v1::RollbackBundleResponse* response) override {
      return fake_->rollback.Run(context, request, response);
    }
    grpc::Status SetLogLevel(grpc::ServerContext* context, const v1::SetLogLevelRequest* request,
                             v1::SetLogLevelResponse* response) override {
      return fake_->log_level.Run(context, request, response);
    }

   private:
    FakeAdminServer* fake_;
  };

  int port_ = 0;
  Service service_{this};
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace lookbook
