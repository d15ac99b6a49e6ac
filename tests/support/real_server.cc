#include "tests/support/real_server.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

std::shared_ptr<grpc::Channel> OwnChannel(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RealServer>> RealServer::Start(const std::string& program,
                                                              const std::string& root,
                                                              const std::vector<std::string>& more,
                                                              const std::string& log) {
  std::vector<std::string> arguments = {"--bundles",        absl::StrCat("default=", root),
                                        "--listen.data",    "127.0.0.1:0",
                                        "--listen.admin",   "127.0.0.1:0",
                                        "--metrics.listen", "off"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto server = std::unique_ptr<RealServer>(new RealServer(program, std::move(arguments), log));
  const std::string line = server->process_.ReadLine();
  int admin_port = 0;
  if (std::sscanf(line.c_str(), "serving on 127.0.0.1:%d, admin on 127.0.0.1:%d",
                  &server->data_port_, &admin_port) != 2) {
    return absl::UnavailableError(
        absl::StrCat(program, " does not serve: ", line, server->process_.Errors()));
  }
  server->search_ = v1::SearchService::NewStub(server->DataChannel());
  server->admin_ = v1::AdminService::NewStub(OwnChannel(admin_port));
  return server;
}

std::shared_ptr<grpc::Channel> RealServer::DataChannel() const { return OwnChannel(data_port_); }

grpc::Status RealServer::Search(const std::string& image, v1::SearchResponse* response) {
  grpc::ClientContext context;
  v1::SearchRequest request;
  request.set_image(image);
  return search_->Search(&context, request, response);
}

grpc::Status RealServer::Activate(const std::string& bundle_id,
                                  v1::ActivateBundleResponse* response) {
  grpc::ClientContext context;
  v1::ActivateBundleRequest request;
  request.set_bundle_id(bundle_id);
  return admin_->ActivateBundle(&context, request, response);
}

grpc::Status RealServer::Activate(const std::string& bundle_id) {
  v1::ActivateBundleResponse response;
  return Activate(bundle_id, &response);
}

}  // namespace lookbook
