// Bundles whose every hash is right and whose files are hostile: lookbook-server opens them in
// another process first, says what became of it, and serves on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/script.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "engine/bundle/bundle_writer.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/real_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// Beside torch's own operators also one that reads where it is told to.
struct ResolverOfEverything : torch::jit::NativeResolver {
  std::shared_ptr<torch::jit::SugaredValue> resolveValue(
      const std::string& name, torch::jit::GraphFunction& m,
      const torch::jit::SourceRange& loc) override {
    if (name == "inductor") return std::make_shared<torch::jit::BuiltinModule>("inductor");
    return NativeResolver::resolveValue(name, m, loc);
  }
};

// A model of 8 dimensions and 5 classes, as test bundles promise, but for `body`, which gets x, the
// flat pixels, and makes e of it.
void SaveModel(const std::string& body, const std::string& path) {
  torch::jit::Module module(c10::QualifiedName("__torch__.lookbook.HostileModel"));
  module.define(absl::StrCat(R"(def forward(self, images: Tensor) -> Tuple[Tensor, Tensor]:
    x = torch.flatten(images, 1)
)",
                             body, R"(
    return (e, torch.sigmoid(x[:, :5]))
)"),
                std::make_shared<ResolverOfEverything>());
  module.eval();
  module.save(path);
}

constexpr char kUnit[] = "    e = torch.div(x[:, :8], torch.norm(x[:, :8], 2, [1], True))";
constexpr char kNotFinite[] = "    e = torch.div(x[:, :8], torch.zeros_like(x[:, :8]))";
constexpr char kTooWide[] = "    e = torch.div(x[:, :9], torch.norm(x[:, :9], 2, [1], True))";
// What a loop makes is used, or else it would be left out.
constexpr char kForEver[] = R"(    n = 0
    while n >= 0:
        n = n + 1
        if n > 1000000:
            n = 0
    e = x[:, :8] * float(n))";
constexpr char kAllMemory[] = R"(    held = [images]
    while len(held) > 0:
        held.append(torch.ones([268435456]))
    e = x[:, :8] * float(len(held)))";
constexpr char kWildRead[] = R"(    wild = inductor._reinterpret_tensor(x, [1], [1], 1099511627776)
    e = x[:, :8] + torch.sum(wild))";

class HostileBundlesTest : public ::testing::Test {
 protected:
  HostileBundlesTest() { EXPECT_THAT(live_, IsOk()); }

  static TestBundleOptions Options(const std::string& index) {
    TestBundleOptions options;
    options.items = 160;
    options.index = index;
    if (index == "HNSW8") options.search = "efSearch=16";
    if (index == "IVF4,Flat") options.search = "nprobe=2";
    return options;
  }

  void Start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--log.level",      "error", "--deadlines.lame-duck", "0",
                                          "--batch.max-size", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    LB_ASSERT_OK_AND_ASSIGN(
        server_, RealServer::Start(LOOKBOOK_SERVER, Root(), arguments, directory_ / "log"));
    good_ = Answer();
  }

  std::string Root() const { return directory_ / "bundles"; }

  // The live bundle once more, with `change` made to the files of its folder and all hashes right.
  std::string Publish(const std::function<void(const std::string& directory)>& change) {
    auto writer = BundleWriter::Create(Root());
    EXPECT_THAT(writer, IsOk());
    const std::string directory = (*writer)->directory();
    std::filesystem::copy(live_->directory, directory, std::filesystem::copy_options::recursive);
    std::filesystem::remove(JoinPath(directory, kManifestFile));
    change(directory);
    const auto id = (*writer)->Publish(
        live_->manifest, TestBundleOptions().created + absl::Hours(++published_), false);
    EXPECT_THAT(id, IsOk());
    return *id;
  }
  std::string PublishModel(const std::string& body) {
    return Publish(
        [&](const std::string& directory) { SaveModel(body, JoinPath(directory, kModelFile)); });
  }

  // What the server says of a good picture.
  std::string Answer() {
    v1::SearchResponse response;
    const grpc::Status status = server_->Search(TestImageFile(1, 16), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.SerializeAsString();
  }

  void ExpectRefused(const std::string& id, grpc::StatusCode code, const std::string& reason,
                     const std::string& text) {
    const grpc::Status status = server_->Activate(id);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_EQ(ReasonIn(status), reason) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
    EXPECT_THAT(status.error_message(), HasSubstr(id)) << "which bundle";
    EXPECT_EQ(Answer(), good_);
    EXPECT_EQ(ReadCurrent(Root())->bundle_id, live_->id);
  }

  TempDir directory_;
  absl::StatusOr<TestBundle> live_ = WriteTestBundle(directory_ / "bundles", Options("HNSW8"));
  std::unique_ptr<RealServer> server_;
  std::string good_;
  int published_ = 0;
};

TEST_F(HostileBundlesTest, ModelsThatAreNotWhatTheyPromiseAreRefused) {
  Start();
  const auto code = grpc::StatusCode::DATA_LOSS;
  ExpectRefused(PublishModel(kUnit), code, "golden", "cosine");
  ExpectRefused(PublishModel(kNotFinite), code, "format", "not finite");
  ExpectRefused(PublishModel(kTooWide), code, "format", "shape [1, 9]");
  for (const std::string& bytes : {std::string(),
                                   std::string("\x7f"
                                               "ELF"),
                                   std::string("PK\x03\x04") + std::string(500, '\0')}) {
    ExpectRefused(Publish([&](const std::string& directory) {
                    EXPECT_THAT(WriteFile(JoinPath(directory, kModelFile), bytes), IsOk());
                  }),
                  code, "format", "model.ts");
  }
}

TEST_F(HostileBundlesTest, AModelThatCrashesEndsTheCheckAlone) {
  Start();
  ExpectRefused(PublishModel(kWildRead), grpc::StatusCode::DATA_LOSS, "format", "died of signal");
}

TEST_F(HostileBundlesTest, AModelThatTakesAllMemoryIsRefused) {
  Start({"--lifecycle.check-time", "5m"});  // The check gives way to whatever else runs here.
  ExpectRefused(PublishModel(kAllMemory), grpc::StatusCode::RESOURCE_EXHAUSTED, "memory",
                "model.ts");
}

TEST_F(HostileBundlesTest, AModelThatNeverAnswersIsGivenUp) {
  Start({"--lifecycle.check-time", "4s"});
  ExpectRefused(PublishModel(kForEver), grpc::StatusCode::RESOURCE_EXHAUSTED, "check_time",
                "longer than 4s");
}

// Every kind of damage that FAISS's own reader crashes on, or takes.
TEST_F(HostileBundlesTest, DamagedIndexesHarmNobody) {
  Start();
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(JoinPath(live_->directory, kIndexFile)));
  std::mt19937_64 random(7);
  int refused = 0;
  constexpr int kMutants = 6;
  for (int i = 0; i < kMutants; ++i) {
    std::string bad = good;
    if (i % 3 == 0) {
      bad.resize(random() % bad.size());
    } else {  // Sizes, links and levels, or anything.
      for (int flips = 0; flips < 8; ++flips) {
        bad[random() % (i % 3 == 1 ? size_t{200} : bad.size())] ^=
            static_cast<char>(1 << random() % 8);
      }
    }
    const std::string id = Publish([&](const std::string& directory) {
      EXPECT_THAT(WriteFile(JoinPath(directory, kIndexFile), bad), IsOk());
    });
    const grpc::Status status = server_->Activate(id);
    if (status.ok()) {
      ASSERT_TRUE(server_->Activate(live_->id).ok());
    } else {
      ++refused;
      EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS) << status.error_message();
      EXPECT_THAT(ReasonIn(status), AnyOf("format", "golden"));
    }
    EXPECT_EQ(Answer(), good_);
  }
  EXPECT_GE(refused, kMutants / 2);
}

}  // namespace
}  // namespace lookbook
