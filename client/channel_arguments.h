// What every connection and every call to lookbook-server has in common.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/time/time.h"

namespace lookbook {

// Message sizes, no compression, the program's name. `reconnect_pause`: before a broken connection
// is made anew, at least 100 ms.
grpc::ChannelArguments MakeChannelArguments(absl::Duration reconnect_pause);

// Calls go to the target's addresses in turn, and to none whose health says anything but SERVING.
void BalanceOverReplicas(grpc::ChannelArguments& arguments);

// The call ends when `remaining` has passed; infinite = never.
void SetDeadline(grpc::ClientContext& context, absl::Duration remaining);

}  // namespace lookbook
