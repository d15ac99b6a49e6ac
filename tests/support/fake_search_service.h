// A lookbook-server for client tests: real gRPC on a free port of 127.0.0.1, answers that the test
// decides.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "lookbook/v1/catalog.grpc.pb.h"
#include "lookbook/v1/search.grpc.pb.h"

namespace lookbook {

// A refusal as lookbook-server sends it: with google.rpc.ErrorInfo in the details.
inline grpc::Status RefusalWithReason(grpc::StatusCode code, const std::string& message,
                                      const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("lookbook");
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return grpc::Status(code, message, details.SerializeAsString());
}

// Calls a hook, if the test set one, and counts.
template <typename Request, typename Response>
class FakeMethod {
 public:
  using Hook = std::function<grpc::Status(grpc::ServerContext& context, const Request&, Response&)>;

  explicit FakeMethod(Hook hook) : hook_(std::move(hook)) {}
  void Set(Hook hook) {
    MutexLock lock(&mutex_);
    hook_ = std::move(hook);
  }
  // A hook that only fills in the response.
  void Reply(std::function<void(const Request&, Response&)> fill) {
    Set([fill](grpc::ServerContext&, const Request& request, Response& response) {
      fill(request, response);
      return grpc::Status::OK;
    });
  }

  grpc::Status Run(grpc::ServerContext* context, const Request* request, Response* response) {
    Hook hook;
    {
      MutexLock lock(&mutex_);
      requests_.push_back(*request);
      hook = hook_;
    }
    return hook(*context, *request, *response);
  }

  int calls() const { return static_cast<int>(requests().size()); }
  std::vector<Request> requests() const {
    MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  mutable Mutex mutex_;
  Hook hook_ ABSL_GUARDED_BY(mutex_);
  std::vector<Request> requests_ ABSL_GUARDED_BY(mutex_);
};

template <typename Request, typename Response>
grpc::Status AnswerEmpty(grpc::ServerContext&, const Request&, Response&) {
  return grpc::Status::OK;
}

// Thread-safe. Set hooks before the calls that shall see them.
class FakeSearchServer {
 public:
  FakeSearchServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(20 * 1024 * 1024);
    builder.RegisterService(&search_service_);
    builder.RegisterService(&catalog_service_);
    builder.RegisterService(&health_service_);
    server_ = builder.BuildAndStart();
  }
  ~FakeSearchServer() { Stop(); }

  // Breaks what is under way. Idempotent.
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

  FakeMethod<v1::SearchRequest, v1::SearchResponse> search{
      AnswerEmpty<v1::SearchRequest, v1::SearchResponse>};
  FakeMethod<v1::EmbedRequest, v1::EmbedResponse> embed{
      AnswerEmpty<v1::EmbedRequest, v1::EmbedResponse>};
  FakeMethod<v1::GetItemRequest, v1::GetItemResponse> get_item{
      AnswerEmpty<v1::GetItemRequest, v1::GetItemResponse>};
  FakeMethod<v1::ListClassesRequest, v1::ListClassesResponse> list_classes{
      AnswerEmpty<v1::ListClassesRequest, v1::ListClassesResponse>};
  FakeMethod<v1::GetInfoRequest, v1::GetInfoResponse> get_info{
      AnswerEmpty<v1::GetInfoRequest, v1::GetInfoResponse>};
  FakeMethod<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse> check{
      [](grpc::ServerContext&, const auto&, auto& response) {
        response.set_status(grpc::health::v1::HealthCheckResponse::SERVING);
        return grpc::Status::OK;
      }};
  // SearchStream answers as `search` does, and ends with a refusal after so many answers.
  uint64_t answers_a_stream = std::numeric_limits<uint64_t>::max();
  // What Watch sends, one after the other; then the stream ends, or stays as it is until its caller
  // gives up.
  std::vector<grpc::health::v1::HealthCheckResponse::ServingStatus> watch_states;
  bool watch_stays = false;

 private:
  class SearchImpl : public v1::SearchService::Service {
   public:
    explicit SearchImpl(FakeSearchServer* fake) : fake_(fake) {}
    grpc::Status Search(grpc::ServerContext* context, const v1::SearchRequest* request,
                        v1::SearchResponse* response) override {
      return fake_->search.Run(context, request, response);
    }
    grpc::Status SearchStream(
        grpc::ServerContext* context,
        grpc::ServerReaderWriter<v1::SearchStreamResponse, v1::SearchRequest>* stream) override {
      v1::SearchRequest request;
      for (uint64_t index = 0; stream->Read(&request); ++index) {
        v1::SearchStreamResponse answer;
        answer.set_index(index);
        const grpc::Status status = fake_->search.Run(context, &request, answer.mutable_response());
        if (!status.ok()) answer.mutable_failure()->set_code(status.error_code());
        if (!stream->Write(answer)) break;
        if (index + 1 == fake_->answers_a_stream) {
          return RefusalWithReason(grpc::UNAVAILABLE, "the fake stops here", "draining");
        }
      }
      return grpc::Status::OK;
    }
    grpc::Status Embed(grpc::ServerContext* context, const v1::EmbedRequest* request,
                       v1::EmbedResponse* response) override {
      return fake_->embed.Run(context, request, response);
    }

   private:
    FakeSearchServer* fake_;
  };

  class CatalogImpl : public v1::CatalogService::Service {
   public:
    explicit CatalogImpl(FakeSearchServer* fake) : fake_(fake) {}
    grpc::Status GetItem(grpc::ServerContext* context, const v1::GetItemRequest* request,
                         v1::GetItemResponse* response) override {
      return fake_->get_item.Run(context, request, response);
    }
    grpc::Status ListClasses(grpc::ServerContext* context, const v1::ListClassesRequest* request,
                             v1::ListClassesResponse* response) override {
      return fake_->list_classes.Run(context, request, response);
    }
    grpc::Status GetInfo(grpc::ServerContext* context, const v1::GetInfoRequest* request,
                         v1::GetInfoResponse* response) override {
      return fake_->get_info.Run(context, request, response);
    }

   private:
    FakeSearchServer* fake_;
  };

  class HealthImpl : public grpc::health::v1::Health::Service {
   public:
    explicit HealthImpl(FakeSearchServer* fake) : fake_(fake) {}
    grpc::Status Check(grpc::ServerContext* context,
                       const grpc::health::v1::HealthCheckRequest* request,
                       grpc::health::v1::HealthCheckResponse* response) override {
      return fake_->check.Run(context, request, response);
    }
    grpc::Status Watch(grpc::ServerContext* context, const grpc::health::v1::HealthCheckRequest*,
                       grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* out) override {
      for (const auto state : fake_->watch_states) {
        grpc::health::v1::HealthCheckResponse response;
        response.set_status(state);
        out->Write(response);
      }
      while (fake_->watch_stays && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
      return grpc::Status(grpc::StatusCode::CANCELLED, "the fake has no more states");
    }

   private:
    FakeSearchServer* fake_;
  };

  int port_ = 0;
  SearchImpl search_service_{this};
  CatalogImpl catalog_service_{this};
  HealthImpl health_service_{this};
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace lookbook
