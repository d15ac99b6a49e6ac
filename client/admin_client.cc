#include "client/admin_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/blocking_call.h"
#include "client/channel_arguments.h"
#include "lookbook/v1/admin.grpc.pb.h"

namespace lookbook {
namespace {

CallOptions OnceWithin(absl::Duration deadline) {
  CallOptions options;
  options.deadline = deadline;
  options.retry.max_attempts = 1;
  return options;
}

}  // namespace

struct AdminClient::Connection {
  explicit Connection(const std::string& target)
      : channel(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(),
                                          MakeChannelArguments(absl::ZeroDuration()))),
        admin(v1::AdminService::NewStub(channel)) {}

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::AdminService::Stub> admin;
};

AdminClient::AdminClient(AdminClientOptions options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(options_.target)) {}

AdminClient::~AdminClient() = default;

absl::StatusOr<std::unique_ptr<AdminClient>> AdminClient::Create(AdminClientOptions options) {
  if (options.target.empty()) return absl::InvalidArgumentError("target is empty");
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline ", absl::FormatDuration(options.deadline), " is not positive"));
  }
  return std::unique_ptr<AdminClient>(new AdminClient(std::move(options)));
}

absl::StatusOr<v1::ListBundlesResponse> AdminClient::ListBundles(const std::string& name) const {
  v1::ListBundlesRequest request;
  request.set_name(name);
  return BlockingCall(OnceWithin(options_.deadline), *connection_->channel, *connection_->admin,
                      &v1::AdminService::Stub::ListBundles, request);
}

absl::StatusOr<v1::Activation> AdminClient::Activate(const std::string& name,
                                                     const std::string& bundle_id) const {
  v1::ActivateBundleRequest request;
  request.set_name(name);
  request.set_bundle_id(bundle_id);
  LB_ASSIGN_OR_RETURN(
      const v1::ActivateBundleResponse response,
      BlockingCall(OnceWithin(options_.deadline), *connection_->channel, *connection_->admin,
                   &v1::AdminService::Stub::ActivateBundle, request));
  return response.activation();
}

absl::StatusOr<v1::Activation> AdminClient::Rollback(const std::string& name) const {
  v1::RollbackBundleRequest request;
  request.set_name(name);
  LB_ASSIGN_OR_RETURN(
      const v1::RollbackBundleResponse response,
      BlockingCall(OnceWithin(options_.deadline), *connection_->channel, *connection_->admin,
                   &v1::AdminService::Stub::RollbackBundle, request));
  return response.activation();
}

}  // namespace lookbook
