#include "client/channel_arguments.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "client/search_client.h"

namespace lookbook {

grpc::ChannelArguments MakeChannelArguments(absl::Duration reconnect_pause) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  // Bit 0 is "identity", all that is offered: pictures do not compress, and the server refuses the
  // rest.
  arguments.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  arguments.SetUserAgentPrefix(absl::StrCat("lookbook/", Version()));
  // A retry should find a new connection; by default gRPC waits a second before it makes one.
  const auto pause_ms = std::max<int64_t>(absl::ToInt64Milliseconds(reconnect_pause), 100);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(pause_ms));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  // It would count each call for a service that is not offered.
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  return arguments;
}

void BalanceOverReplicas(grpc::ChannelArguments& arguments) {
  arguments.SetServiceConfigJSON(
      R"({"loadBalancingConfig": [{"round_robin": {}}],)"
      R"( "healthCheckConfig": {"serviceName": "lookbook.v1.SearchService"}})");
}

void SetDeadline(grpc::ClientContext& context, absl::Duration remaining) {
  if (remaining == absl::InfiniteDuration()) return;
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMicroseconds(absl::Ceil(remaining, absl::Microseconds(1))));
}

}  // namespace lookbook
