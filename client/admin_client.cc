#include "client/admin_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/blocking_call.h"
#include "client/channel_arguments.h"
#include "client/open_channel.h"
#include "lookbook/v1/admin.grpc.pb.h"

namespace lookbook {
namespace {

CallOptions Once(const AdminClientOptions& of) {
  CallOptions options;
  options.deadline = of.deadline;
  options.retry.max_attempts = 1;
  options.token = of.security.token;
  options.trace = of.trace;
  return options;
}

}  // namespace

struct AdminClient::Connection {
  explicit Connection(const AdminClientOptions& options)
      : channel(OpenChannel(options.target, options.security,
                            MakeChannelArguments(absl::ZeroDuration()))),
        admin(v1::AdminService::NewStub(channel)) {}

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::AdminService::Stub> admin;
};

AdminClient::AdminClient(AdminClientOptions options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(options_)) {}

AdminClient::~AdminClient() = default;

absl::StatusOr<std::unique_ptr<AdminClient>> AdminClient::Create(AdminClientOptions options) {
  if (options.target.empty()) return absl::InvalidArgumentError("target is empty");
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline ", absl::FormatDuration(options.deadline), " is not positive"));
  }
  LB_RETURN_IF_ERROR(Validate(options.security));
  return std::unique_ptr<AdminClient>(new AdminClient(std::move(options)));
}

absl::StatusOr<v1::ListBundlesResponse> AdminClient::ListBundles(const std::string& name) const {
  v1::ListBundlesRequest request;
  request.set_name(name);
  return BlockingCall(Once(options_), *connection_->channel, *connection_->admin,
                      &v1::AdminService::Stub::ListBundles, request);
}

absl::StatusOr<v1::Activation> AdminClient::Activate(const std::string& name,
                                                     const std::string& bundle_id) const {
  v1::ActivateBundleRequest request;
  request.set_name(name);
  request.set_bundle_id(bundle_id);
  LB_ASSIGN_OR_RETURN(const v1::ActivateBundleResponse response,
                      BlockingCall(Once(options_), *connection_->channel, *connection_->admin,
                                   &v1::AdminService::Stub::ActivateBundle, request));
  return response.activation();
}

absl::StatusOr<v1::Activation> AdminClient::Rollback(const std::string& name) const {
  v1::RollbackBundleRequest request;
  request.set_name(name);
  LB_ASSIGN_OR_RETURN(const v1::RollbackBundleResponse response,
                      BlockingCall(Once(options_), *connection_->channel, *connection_->admin,
                                   &v1::AdminService::Stub::RollbackBundle, request));
  return response.activation();
}

absl::StatusOr<v1::SetLogLevelResponse> AdminClient::SetLogLevel(const std::string& level) const {
  v1::SetLogLevelRequest request;
  request.set_level(level);
  return BlockingCall(Once(options_), *connection_->channel, *connection_->admin,
                      &v1::AdminService::Stub::SetLogLevel, request);
}

}  // namespace lookbook
