// Limits of the transport: at the limit it is served, beyond it refused.
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <future>
#include <memory>

#include "tests/integration/server_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr size_t kMessageBytes = 20 << 20;
constexpr size_t kFieldHeader = 5;  // Tag and length of a field of more than 2 MiB.

class LimitsTest : public ServerFixture {
 protected:
  LimitsTest() { Start(); }

  grpc::Status CallWithBytes(const std::string& bytes) {
    grpc::GenericStub stub(ChannelTo(server_->data_port()));
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1), response;
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, "/lookbook.v1.SearchService/Search", {}, &request, &response,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  void ExpectStillServing() {
    const grpc::Status status = Search(ItemRequest("item-1"));
    EXPECT_TRUE(status.ok()) << status.error_code() << ": " << status.error_message();
  }
};

TEST_F(LimitsTest, AMessageOf20MiBArrivesAndOneByteMoreDoesNot) {
  v1::SearchRequest request = ImageRequest(std::string(kMessageBytes - kFieldHeader, 'x'));
  ASSERT_EQ(request.ByteSizeLong(), kMessageBytes);
  EXPECT_EQ(ReasonIn(Search(request)), "image_too_large")
      << "it was read, and refused for its image";
  request.mutable_image()->push_back('x');
  const grpc::Status status = Search(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "") << "refused before it was a request";
  ExpectStillServing();
}

TEST_F(LimitsTest, AnImageOfTheLimitIsServedAndOneByteMoreIsNot) {
  const std::string jpeg = MakeJpeg(NoisyImage(200, 200));
  for (const auto& [limit, reason] :
       {std::make_pair(jpeg.size(), ""), std::make_pair(jpeg.size() - 1, "image_too_large")}) {
    config_.limits.image_bytes = static_cast<int64_t>(limit);
    server_.reset();
    Start();
    EXPECT_EQ(ReasonIn(Search(ImageRequest(jpeg))), reason);
  }
}

TEST_F(LimitsTest, CompressedMessagesAreUnimplemented) {
  for (auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const auto stub = v1::SearchService::NewStub(ChannelTo(server_->data_port(), algorithm));
    grpc::ClientContext context;
    v1::SearchResponse response;
    // 64 MiB of zeros are 64 KiB on the wire.
    const grpc::Status status =
        stub->Search(&context, ImageRequest(std::string(64 << 20, '\0')), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  }
  ExpectStillServing();
}

TEST_F(LimitsTest, RepliesAreNotCompressed) {
  grpc::ClientContext context;
  v1::SearchResponse response;
  ASSERT_TRUE(search_->Search(&context, ItemRequest("item-1"), &response).ok());
  EXPECT_EQ(context.GetServerInitialMetadata().count("grpc-encoding"), 0u);
}

TEST_F(LimitsTest, BytesThatAreNoRequest) {
  // A field that claims more bytes than follow, a wire type that does not exist, text that is not
  // UTF-8.
  for (const std::string& bytes : {std::string("\x0a\xff\xff\xff\x7f"), std::string("\x0f\x0f\x0f"),
                                   std::string("\x12\x02\xff\xfe")}) {
    EXPECT_EQ(CallWithBytes(bytes).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  ExpectStillServing();
}

TEST_F(LimitsTest, UnknownFieldsAreIgnored) {
  // Field 2000, a varint; then item_id.
  EXPECT_TRUE(CallWithBytes(std::string("\x80\x7d\x01\x12\x06item-1")).ok());
}

TEST_F(LimitsTest, MetadataBeyond8KiB) {
  grpc::ClientContext context;
  context.AddMetadata("x-large", std::string(16 << 10, 'm'));
  v1::SearchResponse response;
  EXPECT_EQ(search_->Search(&context, ItemRequest("item-1"), &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  // gRPC may close the connection that such a call came on, a moment later; nobody else's.
  search_ = v1::SearchService::NewStub(ChannelTo(server_->data_port()));
  ExpectStillServing();
}

TEST_F(LimitsTest, CallsAtOnceOnAConnectionWaitAtTheClient) {
  config_.limits.streams_per_connection = 2;
  server_.reset();
  Start();
  const auto search_within = [this](std::chrono::milliseconds time) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time);
    v1::SearchResponse response;
    return search_->Search(&context, ItemRequest("item-1"), &response).error_code();
  };
  grpc::ClientContext contexts[2];
  std::unique_ptr<grpc::ClientReaderWriter<v1::SearchRequest, v1::SearchStreamResponse>> streams[2];
  for (int i = 0; i < 2; ++i) {
    streams[i] = search_->SearchStream(&contexts[i]);
    v1::SearchStreamResponse answer;
    ASSERT_TRUE(streams[i]->Write(ItemRequest("item-1")));
    ASSERT_TRUE(streams[i]->Read(&answer)) << "at the limit";
  }
  EXPECT_EQ(search_within(std::chrono::milliseconds(500)), grpc::StatusCode::DEADLINE_EXCEEDED)
      << "one beyond it";
  ASSERT_TRUE(streams[0]->WritesDone());
  EXPECT_TRUE(streams[0]->Finish().ok());
  EXPECT_EQ(search_within(std::chrono::seconds(30)), grpc::StatusCode::OK);
  ASSERT_TRUE(streams[1]->WritesDone());
  EXPECT_TRUE(streams[1]->Finish().ok());
}

TEST_F(LimitsTest, UnknownMethods) {
  grpc::GenericStub stub(ChannelTo(server_->data_port()));
  const grpc::Slice nothing("", 0);
  grpc::ByteBuffer request(&nothing, 1), response;
  grpc::ClientContext context;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/lookbook.v1.SearchService/Delete", {}, &request, &response,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  EXPECT_EQ(done.get_future().get().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace lookbook
