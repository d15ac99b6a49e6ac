#include "client/channel_arguments.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/time/clock.h"
#include "client/search_client.h"

namespace lookbook {
namespace {

std::map<std::string, int> Integers(absl::Duration pause) {
  const grpc::ChannelArguments arguments = MakeChannelArguments(pause);
  std::map<std::string, int> integers;
  const grpc_channel_args raw = arguments.c_channel_args();
  for (size_t i = 0; i < raw.num_args; ++i) {
    if (raw.args[i].type == GRPC_ARG_INTEGER) {
      integers[raw.args[i].key] = raw.args[i].value.integer;
    }
  }
  return integers;
}

TEST(ChannelArgumentsTest, MessagesMayBeAsLargeAsTheServerTakesThem) {
  const auto integers = Integers(absl::Seconds(1));
  EXPECT_EQ(integers.at(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH), kMaxMessageBytes);
  EXPECT_EQ(integers.at(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH), kMaxMessageBytes);
}

TEST(ChannelArgumentsTest, NothingIsCompressed) {
  EXPECT_EQ(Integers(absl::Seconds(1)).at(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET), 1);
}

TEST(ChannelArgumentsTest, ABrokenConnectionIsMadeAnewAfterThePause) {
  EXPECT_EQ(Integers(absl::Milliseconds(250)).at(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS), 250);
  EXPECT_EQ(Integers(absl::ZeroDuration()).at(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS), 100);
}

TEST(ChannelArgumentsTest, AnInfiniteDeadlineIsNone) {
  grpc::ClientContext none, soon;
  SetDeadline(none, absl::InfiniteDuration());
  EXPECT_EQ(none.deadline(), std::chrono::system_clock::time_point::max());
  SetDeadline(soon, absl::Hours(1));
  EXPECT_GT(absl::FromChrono(soon.deadline()), absl::Now() + absl::Minutes(50));
  EXPECT_LT(absl::FromChrono(soon.deadline()), absl::Now() + absl::Minutes(61));
}

}  // namespace
}  // namespace lookbook
