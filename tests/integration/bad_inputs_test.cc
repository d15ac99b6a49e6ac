// Everything that docs/api.md and docs/api_images.md say of bad input, against lookbook-server as a
// process: each gets its status, the server then answers a good picture exactly as before, and in
// the end it holds hardly more memory than at the start. What takes more than one call to send
// (streams, overload, a server that stops) has tests of its own.
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/limit_images.h"
#include "tests/support/program_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

using grpc::StatusCode;

constexpr size_t kMessageBytes = 20 << 20;
constexpr size_t kImageBytes = 16 << 20;
constexpr int kDim = 16;
constexpr int64_t kMostGrowth = 64 << 10;  // kB
// Of messages of the largest size that came one after the other, six of them: the server has its
// allocator give nothing back before 256 MiB are free.
constexpr int64_t kMostKept = 6 * kMessageBytes >> 10;  // kB

// One line of the documents: what is sent, and what must come back.
struct Row {
  std::string name;
  std::function<grpc::Status()> send;
  StatusCode code = StatusCode::INVALID_ARGUMENT;
  std::string reason;
};

class BadInputsTest : public ::testing::Test {
 protected:
  BadInputsTest() {
    TestBundleOptions options;
    options.items = 300;
    options.dim = kDim;
    const auto bundle = WriteTestBundle(directory_ / "bundles", options);
    EXPECT_THAT(bundle, IsOk());
    server_ = std::make_unique<ProgramRun>(
        LOOKBOOK_SERVER,
        std::vector<std::string>{"--bundles", "default=" + directory_ / "bundles", "--listen.data",
                                 "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
                                 "--log.level", "error", "--deadlines.lame-duck", "0"},
        directory_ / "log");
    EXPECT_EQ(std::sscanf(server_->ReadLine().c_str(), "serving on 127.0.0.1:%d", &port_), 1)
        << server_->Errors();
    search_ = v1::SearchService::NewStub(ChannelTo(port_));
    good_.set_image(TestImageFile(1, 16));
  }

  // ---- Calls ----

  grpc::Status Search(const v1::SearchRequest& request, v1::SearchResponse* response) {
    grpc::ClientContext context;
    return search_->Search(&context, request, response);
  }
  grpc::Status Search(const v1::SearchRequest& request) {
    v1::SearchResponse response;
    return Search(request, &response);
  }
  grpc::Status SearchImage(const std::string& bytes) {
    v1::SearchRequest request;
    request.set_image(bytes);
    return Search(request);
  }
  grpc::Status CallWithBytes(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(ChannelTo(port_));
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1), response;
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, absl::StrCat("/lookbook.v1.SearchService/", method), {}, &request,
                   &response, [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  // On a connection of its own: gRPC may close that.
  grpc::Status SearchWithMetadata(size_t bytes) {
    const auto stub = v1::SearchService::NewStub(ChannelTo(port_));
    grpc::ClientContext context;
    context.AddMetadata("x-large", std::string(bytes, 'm'));
    v1::SearchResponse response;
    return stub->Search(&context, good_, &response);
  }
  // Of a picture that takes longer than gRPC's shortest deadline, a millisecond. Whether it is the
  // client or the server that sees it pass is chance: the reason is left out.
  grpc::Status SearchWithin(std::chrono::microseconds time) {
    v1::SearchRequest request;
    request.set_image(MakeJpeg(NoisyImage(2000, 1500)));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time);
    v1::SearchResponse response;
    const grpc::Status status = search_->Search(&context, request, &response);
    return {status.error_code(), status.error_message()};
  }

  // ---- The server ----

  // A line of /proc/PID/status, in kB.
  int64_t ServerMemory(const std::string& key) const {
    std::ifstream status(absl::StrCat("/proc/", server_->pid(), "/status"));
    for (std::string word; status >> word;) {
      int64_t kilobytes = -1;
      if (word == key && status >> kilobytes) return kilobytes;
    }
    return -1;
  }
  // False where the kernel does not let the peak be forgotten.
  bool ForgetPeakMemory() const {
    std::ofstream clear(absl::StrCat("/proc/", server_->pid(), "/clear_refs"));
    clear << "5" << std::flush;
    return clear.good();
  }
  std::string GoodAnswer() {
    v1::SearchResponse response;
    const grpc::Status status = Search(good_, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.SerializeAsString();
  }

  // Sends each and then a good picture.
  void ExpectEachAndAGoodAnswer(const std::vector<Row>& rows) {
    const std::string good = GoodAnswer();
    ASSERT_GT(good.size(), 100u);
    for (const Row& row : rows) {
      const grpc::Status status = row.send();
      EXPECT_EQ(status.error_code(), row.code) << row.name << ": " << status.error_message();
      EXPECT_EQ(ReasonIn(status), row.reason) << row.name << ": " << status.error_message();
      // An item's id comes back, and no more of what was sent.
      EXPECT_LT(status.error_message().size(), 600u) << row.name;
      ASSERT_EQ(GoodAnswer(), good) << "after " << row.name;
    }
  }

  Row Request(const std::string& name, const std::string& reason,
              const std::function<void(v1::SearchRequest*)>& fill,
              StatusCode code = StatusCode::INVALID_ARGUMENT) {
    v1::SearchRequest request;
    request.set_item_id("item-1");
    fill(&request);
    return {name, [this, request] { return Search(request); },
            reason.empty() ? StatusCode::OK : code, reason};
  }
  Row Vector(const std::string& name, const std::string& reason, int dim, float value) {
    return Request(name, reason, [&](v1::SearchRequest* request) {
      v1::Vector* vector = request->mutable_vector();
      for (int i = 0; i < dim; ++i) vector->add_values(value);
    });
  }

  std::vector<Row> ImageRows(const std::vector<BadImage>& images) {
    std::vector<Row> rows;
    for (const BadImage& image : images) {
      rows.push_back({image.name, [this, bytes = image.bytes] { return SearchImage(bytes); },
                      image.reason.empty() ? StatusCode::OK : StatusCode::INVALID_ARGUMENT,
                      image.reason});
    }
    return rows;
  }
  std::vector<Row> TransportRows();
  std::vector<Row> FieldRows();
  std::vector<Row> NameRows();

  TempDir directory_;
  std::unique_ptr<ProgramRun> server_;
  int port_ = 0;
  std::unique_ptr<v1::SearchService::Stub> search_;
  v1::SearchRequest good_;
};

std::vector<Row> BadInputsTest::TransportRows() {
  const auto no_image = [](size_t message_bytes) {
    return std::string(message_bytes - 5, 'x');  // Tag and length of a field of more than 2 MiB.
  };
  const auto bytes = [this](const std::string& method, const std::string& message) {
    return [this, method, message] { return CallWithBytes(method, message); };
  };
  const std::string item = "\x12\x06item-1";
  return {
      {"message_of_20_mib", [this, no_image] { return SearchImage(no_image(kMessageBytes)); },
       StatusCode::INVALID_ARGUMENT, "image_too_large"},
      {"message_of_20_mib_and_1",
       [this, no_image] { return SearchImage(no_image(kMessageBytes + 1)); },
       StatusCode::RESOURCE_EXHAUSTED, ""},
      {"image_of_16_mib_and_1",
       [this] { return SearchImage(std::string(kImageBytes + 1, '\xFF')); },
       StatusCode::INVALID_ARGUMENT, "image_too_large"},
      {"garbage", bytes("Search", "\x0f\x0f\x0f"), StatusCode::UNIMPLEMENTED, ""},
      {"random_text", bytes("Search", "GET / HTTP/1.1\r\n\r\n"), StatusCode::UNIMPLEMENTED, ""},
      {"field_longer_than_the_message", bytes("Search", "\x0a\xff\xff\xff\x7f"),
       StatusCode::UNIMPLEMENTED, ""},
      {"field_cut_short", bytes("Search", "\x12\x40item"), StatusCode::UNIMPLEMENTED, ""},
      {"text_that_is_not_utf8", bytes("Search", "\x12\x02\xff\xfe"), StatusCode::UNIMPLEMENTED, ""},
      {"no_message_of_embed", bytes("Embed", "\x0f\x0f"), StatusCode::UNIMPLEMENTED, ""},
      {"unknown_method", bytes("Delete", item), StatusCode::UNIMPLEMENTED, ""},
      {"empty_message", bytes("Search", ""), StatusCode::INVALID_ARGUMENT, "missing_query"},
      // Field 2000, a varint, and field 84, text: from a newer client.
      {"unknown_fields", bytes("Search", std::string("\x80\x7d\x01\xa2\x05\x01x", 7) + item),
       StatusCode::OK, ""},
      {"metadata_of_7_kib", [this] { return SearchWithMetadata(7 << 10); }, StatusCode::OK, ""},
      {"metadata_of_8_kib", [this] { return SearchWithMetadata(8 << 10); },
       StatusCode::RESOURCE_EXHAUSTED, ""},
      {"metadata_of_1_mib", [this] { return SearchWithMetadata(1 << 20); },
       StatusCode::RESOURCE_EXHAUSTED, ""},
      {"deadline_passed", [this] { return SearchWithin(std::chrono::seconds(-1)); },
       StatusCode::DEADLINE_EXCEEDED, ""},
      {"deadline_of_1_us", [this] { return SearchWithin(std::chrono::microseconds(1)); },
       StatusCode::DEADLINE_EXCEEDED, ""},
  };
}

std::vector<Row> BadInputsTest::FieldRows() {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  std::vector<Row> rows = {
      Request("k_of_0", "", [](v1::SearchRequest* r) { r->set_top_k(0); }),
      Request("k_of_1000", "", [](v1::SearchRequest* r) { r->set_top_k(1000); }),
      Request("k_of_1001", "bad_k", [](v1::SearchRequest* r) { r->set_top_k(1001); }),
      Request("k_of_2_to_32", "bad_k", [](v1::SearchRequest* r) { r->set_top_k(0xFFFFFFFF); }),
      Request("request_id_of_128", "",
              [](v1::SearchRequest* r) { r->set_request_id(std::string(128, 'x')); }),
      Request("request_id_of_129", "bad_request_id",
              [](v1::SearchRequest* r) { r->set_request_id(std::string(129, 'x')); }),
      Vector("vector", "", kDim, 1),
      Vector("vector_too_short", "bad_vector", kDim - 1, 1),
      Vector("vector_too_long", "bad_vector", kDim + 1, 1),
      Vector("vector_of_a_million", "bad_vector", 1'000'000, 1),
      Vector("vector_of_nothing", "bad_vector", 0, 1),
      Vector("vector_of_nan", "bad_vector", kDim, nan),
      Vector("vector_of_infinity", "bad_vector", kDim, -infinity),
      Vector("vector_of_zeros", "bad_vector", kDim, 0),
      Vector("vector_of_denormals", "bad_vector", kDim, std::numeric_limits<float>::denorm_min()),
      Request("filter_unknown_class", "bad_filter",
              [](v1::SearchRequest* r) { r->mutable_class_filter()->add_any(999); }),
      Request("filter_unknown_attribute", "bad_filter",
              [](v1::SearchRequest* r) { r->mutable_attribute_filter()->add_none(999); }),
      Request("filter_of_a_million", "bad_filter", [](v1::SearchRequest* r) {
        for (int i = 0; i < 1'000'000; ++i) r->mutable_class_filter()->add_all(TestClassId(0));
      })};
  for (const float similarity : {-1.0f, 1.0f}) {
    rows.push_back(Request(absl::StrCat("similarity_", similarity), "",
                           [=](v1::SearchRequest* r) { r->set_min_similarity(similarity); }));
  }
  for (const float similarity : {1.001f, -1.001f, nan, infinity}) {
    rows.push_back(Request(absl::StrCat("similarity_", similarity), "bad_similarity",
                           [=](v1::SearchRequest* r) { r->set_min_similarity(similarity); }));
  }
  return rows;
}

std::vector<Row> BadInputsTest::NameRows() {
  std::vector<Row> rows;
  const auto item = [&](const std::string& name, const std::string& id, const std::string& reason,
                        StatusCode code) {
    rows.push_back(Request(
        name, reason, [=](v1::SearchRequest* r) { r->set_item_id(id); }, code));
  };
  const auto bundle = [&](const std::string& name, const std::string& id, const std::string& reason,
                          StatusCode code) {
    rows.push_back(Request(
        name, reason, [=](v1::SearchRequest* r) { r->set_bundle(id); }, code));
  };
  const std::string nul("a\0b", 3), long_name(1 << 20, 'x');
  item("item_unknown", "item-300", "unknown_item", StatusCode::NOT_FOUND);
  item("item_upwards", "../../etc/passwd", "unknown_item", StatusCode::NOT_FOUND);
  item("item_sql", "'; DROP TABLE items; --", "unknown_item", StatusCode::NOT_FOUND);
  item("item_of_512", std::string(512, 'x'), "unknown_item", StatusCode::NOT_FOUND);
  item("item_of_513", std::string(513, 'x'), "bad_item_id", StatusCode::INVALID_ARGUMENT);
  item("item_with_nul", nul, "bad_item_id", StatusCode::INVALID_ARGUMENT);
  item("item_empty", "", "bad_item_id", StatusCode::INVALID_ARGUMENT);
  item("item_of_1_mib", long_name, "bad_item_id", StatusCode::INVALID_ARGUMENT);
  bundle("bundle_unknown", "winter", "unknown_bundle", StatusCode::NOT_FOUND);
  bundle("bundle_upwards", "../default", "unknown_bundle", StatusCode::NOT_FOUND);
  bundle("bundle_with_nul", nul, "unknown_bundle", StatusCode::NOT_FOUND);
  bundle("bundle_of_64", std::string(64, 'x'), "unknown_bundle", StatusCode::NOT_FOUND);
  bundle("bundle_of_65", std::string(65, 'x'), "bad_bundle", StatusCode::INVALID_ARGUMENT);
  bundle("bundle_of_1_mib", long_name, "bad_bundle", StatusCode::INVALID_ARGUMENT);
  return rows;
}

TEST_F(BadInputsTest, EachGetsItsStatusAndAGoodPictureItsAnswer) {
  const std::vector<BadImage> images = BadImages();
  ASSERT_GE(images.size(), 110u);
  // What the first calls set up for good is not growth.
  for (int i = 0; i < 20; ++i) ASSERT_EQ(GoodAnswer(), GoodAnswer());
  const int64_t before = ServerMemory("VmRSS:");
  ASSERT_GT(before, 0);
  [[maybe_unused]] const bool knows_peak = ForgetPeakMemory();
  ExpectEachAndAGoodAnswer(ImageRows(images));
  const int64_t peak = ServerMemory("VmHWM:");
  ExpectEachAndAGoodAnswer(FieldRows());
  ExpectEachAndAGoodAnswer(NameRows());
  const int64_t after_small = ServerMemory("VmRSS:");
  // From here on there is room in what the allocator keeps of these: so they come after all that
  // can be judged without it.
  for (int i = 0; i < 8; ++i)
    ASSERT_EQ(ReasonIn(SearchImage(std::string(kMessageBytes - 5, 'x'))), "image_too_large");
  const int64_t with_kept = ServerMemory("VmRSS:");
  ExpectEachAndAGoodAnswer(ImageRows(LimitImages()));
  ExpectEachAndAGoodAnswer(TransportRows());
  const int64_t after = ServerMemory("VmRSS:");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (knows_peak) {
    EXPECT_LT(peak - before, kMostGrowth) << "at no time during the images, in kB";
  }
  EXPECT_LT(after_small - before, kMostGrowth) << "over all that is small, in kB";
  EXPECT_LT(with_kept - after_small, kMostKept) << "kept of messages of the largest size, in kB";
  EXPECT_LT(after - with_kept, kMostGrowth) << "over all that is large, in kB";
#endif
  RecordProperty("images", static_cast<int>(images.size()));
  RecordProperty("peak_growth_kb", static_cast<int>(peak - before));
  RecordProperty("growth_kb", static_cast<int>(after_small - before));
  RecordProperty("kept_kb", static_cast<int>(with_kept - after_small));
  std::printf(
      "%zu images; memory %ld kB, at most %ld kB during the images, %ld kB after all that is "
      "small, "
      "%ld kB after messages of the largest size, %ld kB at the end\n",
      images.size(), static_cast<long>(before), static_cast<long>(peak),
      static_cast<long>(after_small), static_cast<long>(with_kept), static_cast<long>(after));
  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->Wait(), 0);
  EXPECT_EQ(server_->Errors(), "") << "what clients send is no fault of the server's";
}

}  // namespace
}  // namespace lookbook
