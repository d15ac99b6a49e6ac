// Messages in encodings that gRPC's own clients cannot be made to send, by HTTP/2 frames put
// together here.
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/http2_frames.h"

namespace lookbook {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr absl::string_view kItem = "\x12\x06item-1";

// "grpc-status" in a block of headers: gRPC writes name and digits as they are, each behind its
// length. -1: it is not there.
int StatusIn(absl::string_view block) {
  constexpr absl::string_view kName = "grpc-status";
  const size_t name = block.find(kName);
  if (name == absl::string_view::npos || name + kName.size() >= block.size()) return -1;
  block.remove_prefix(name + kName.size());
  int status = -1;
  return absl::SimpleAtoi(block.substr(1, static_cast<size_t>(block[0])), &status) ? status : -1;
}

class EncodingsTest : public ServerFixture {
 protected:
  EncodingsTest() { Start(); }

  // The status of a Search whose message is `message`, said to be in `encoding`; empty: of none.
  int Call(const std::string& encoding, absl::string_view message, bool compressed) {
    Http2Headers headers = CallHeaders("/lookbook.v1.SearchService/Search");
    if (!encoding.empty()) headers.emplace_back("grpc-encoding", encoding);
    TcpClient client(server_->data_port());
    EXPECT_TRUE(
        client.Send(Http2Greeting() + Headers(1, headers) + LastMessage(1, message, compressed)));
    while (const auto frame = ReadFrame(&client, kPatience)) {
      if (frame->type != Http2Frame::kHeaders) continue;
      if (const int status = StatusIn(frame->payload); status >= 0) return status;
    }
    return -1;
  }
};

TEST_F(EncodingsTest, AMessageInNoEncodingIsServed) {
  EXPECT_EQ(Call("", kItem, false), grpc::StatusCode::OK);
  EXPECT_EQ(Call("identity", kItem, false), grpc::StatusCode::OK);
}

TEST_F(EncodingsTest, EveryEncodingThatGrpcKnowsIsUnimplemented) {
  for (const char* encoding : {"gzip", "deflate"}) {
    EXPECT_EQ(Call(encoding, kItem, true), grpc::StatusCode::UNIMPLEMENTED) << encoding;
    EXPECT_TRUE(Search(ItemRequest("item-1")).ok()) << "after " << encoding;
  }
}

// gRPC takes the bytes of any other as they stand, and they are no message.
TEST_F(EncodingsTest, NoOtherEncodingIsUnfolded) {
  constexpr absl::string_view kSnappy("\xff\x06\x00\x00sNaPpY", 10);  // As its streams begin.
  for (const char* encoding : {"snappy", "br", "zstd", "x-unknown"}) {
    EXPECT_EQ(Call(encoding, kSnappy, true), grpc::StatusCode::UNIMPLEMENTED) << encoding;
    EXPECT_TRUE(Search(ItemRequest("item-1")).ok()) << "after " << encoding;
  }
}

}  // namespace
}  // namespace lookbook
