#include "server/config/server_config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/image/decode.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

ServerConfig Good() {
  ServerConfig config = DefaultServerConfig(2);
  config.bundles = {{"default", "/srv/bundles"}};
  return config;
}

TEST(ServerConfigTest, DefaultsFollowTheCores) {
  EXPECT_EQ(DefaultServerConfig(6).embed.workers, 6);
  EXPECT_EQ(DefaultServerConfig(6).decode.threads, 6);
  EXPECT_EQ(DefaultServerConfig(0).embed.workers, 1);
  EXPECT_EQ(DefaultServerConfig(6).batch.max_delay, absl::ZeroDuration());
}

TEST(ServerConfigTest, DefaultsWithABundleAreValid) { EXPECT_THAT(Validate(Good()), IsOk()); }

TEST(ServerConfigTest, AQueueShorterThanABatchIsNamedWithBothValues) {
  ServerConfig config = Good();
  config.batch.queue_capacity = 8;
  config.batch.max_size = 64;
  EXPECT_THAT(Validate(config),
              StatusIs(kInvalid, "batch.queue_capacity 8 is below batch.max_size 64"));
  config.batch.queue_capacity = 64;
  EXPECT_THAT(Validate(config), IsOk());
}

TEST(ServerConfigTest, ABeamIsAsTheBundleSaysOrWideEnough) {
  ServerConfig config = Good();
  for (const int width : {0, 16, 4096}) {
    config.index.ef_search = width;
    EXPECT_THAT(Validate(config), IsOk()) << width;
  }
  for (const int width : {1, 15}) {
    config.index.ef_search = width;
    EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("index.ef_search"))) << width;
  }
}

TEST(ServerConfigTest, LimitsMustNest) {
  ServerConfig config = Good();
  config.limits.image_bytes = config.limits.message_bytes + 1;
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("limits.message_bytes")));
  config = Good();
  config.limits.grpc_memory_bytes = config.limits.message_bytes - 1;
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("limits.grpc_memory_bytes")));
  config = Good();
  config.limits.image_min_side = config.limits.image_side + 1;
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("limits.image_side")));
}

TEST(ServerConfigTest, TheLargestImageFitsIntoTheMemoryOfImages) {
  ServerConfig config = Good();
  config.limits.image_bytes = 1'000'000;
  config.limits.image_pixels = 2'000'000;
  config.limits.image_side = 2'000;
  config.limits.png_chunks = 100;
  const int64_t most = MostImageMemory(config.limits);
  config.limits.image_memory_bytes = most;
  EXPECT_THAT(Validate(config), IsOk());
  config.limits.image_memory_bytes = most - 1;
  EXPECT_THAT(Validate(config),
              StatusIs(kInvalid, HasSubstr(absl::StrCat("limits.image_memory_bytes ", most - 1,
                                                        " is below ", most))));
}

// The costliest kinds at the largest sizes that are let in.
TEST(ServerConfigTest, NoImageTakesMoreThanTheMostThatOneMay) {
  const ServerConfig::Limits limits;
  JpegFileOptions cmyk;
  cmyk.color = JpegColor::kCmyk;
  cmyk.progressive = true;
  PngFileOptions rgba;
  rgba.color = PngColor::kRgba;
  rgba.interlaced = true;
  const Image image = GradientImage(16, 16);
  for (const auto& [across, down] : {std::pair(1, 1), std::pair(1, 4), std::pair(4, 1)}) {
    cmyk.luma_width = across, cmyk.luma_height = down;
    for (const auto& [width, height] :
         {std::pair(7'071, 7'071), std::pair(65'500, 763), std::pair(763, 65'500)}) {
      for (const std::string& file : {WithJpegSize(MakeJpeg(image, cmyk), width, height),
                                      WithPngSize(MakePng(image, rgba), width, height)}) {
        LB_ASSERT_OK_AND_ASSIGN(const ImageHeader header, ParseImageHeader(file, {}));
        EXPECT_GT(header.decoder_bytes, int64_t{3} * width * height);
        EXPECT_LE(limits.image_bytes + DecodePeakBytes(header, {}), MostImageMemory(limits));
      }
    }
  }
}

TEST(ServerConfigTest, OneToEightBundlesWithDistinctNames) {
  ServerConfig config = Good();
  config.bundles.clear();
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("bundles is empty")));
  for (int i = 0; i < kMaxBundles; ++i) config.bundles.push_back({absl::StrCat("b", i), "/srv"});
  EXPECT_THAT(Validate(config), IsOk());
  config.bundles.push_back({"b9", "/srv"});
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("9 entries")));
  config.bundles = {{"same", "/a"}, {"same", "/b"}};
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("\"same\" twice")));
}

TEST(ServerConfigTest, TheDeviceIsOneOfTwo) {
  ServerConfig config = Good();
  config.device = "cuda";
  EXPECT_THAT(Validate(config), IsOk());
  config.device = "tpu";
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("\"tpu\"")));
}

TEST(ServerConfigTest, ACertificateAndItsKeyNeedEachOther) {
  ServerConfig config = Good();
  config.tls.certificate = "c.pem";
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("tls.key")));
  config.tls.key = "k.pem";
  EXPECT_THAT(Validate(config), IsOk());
  config.tls.certificate = "";
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("tls.certificate")));
  for (std::string ServerConfig::Tls::*ca :
       {&ServerConfig::Tls::client_ca, &ServerConfig::Tls::admin_client_ca}) {
    config = Good();
    config.tls.*ca = "ca.pem";
    EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("tls.certificate")));
  }
}

TEST(ServerConfigTest, WhoMaySearchIsNoOperatorByThat) {
  ServerConfig config = Good();
  config.tls = {.certificate = "c.pem", .key = "k.pem", .client_ca = "ca.pem"};
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("admin port")));
  ServerConfig own_ca = config, own_tokens = config, off = config;
  own_ca.tls.admin_client_ca = "operators.pem";
  own_tokens.auth.admin_tokens_file = "tokens";
  off.listen.admin = "off";
  for (const ServerConfig& good : {own_ca, own_tokens, off}) EXPECT_THAT(Validate(good), IsOk());
}

TEST(ServerConfigTest, ABurstNeedsItsRate) {
  ServerConfig config = Good();
  config.rate.calls_burst = 5;
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("rate.calls_burst 5")));
  config.rate.calls_per_second = 1;
  EXPECT_THAT(Validate(config), IsOk());
  config.rate.bytes_burst = 5;
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("rate.bytes_burst 5")));
  config.rate.bytes_per_second = 1;
  EXPECT_THAT(Validate(config), IsOk());
}

TEST(ServerConfigTest, TwoListenersCannotShareAPort) {
  ServerConfig config = Good();
  config.listen.health = "0.0.0.0:50051";
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("listen.health 0.0.0.0:50051")));
  config.listen.health = "off";
  config.metrics.listen = "127.0.0.1:50051";
  EXPECT_THAT(Validate(config), StatusIs(kInvalid, HasSubstr("same port")));
  config.metrics.listen = "off";
  EXPECT_THAT(Validate(config), IsOk());
  config.listen.admin = "[::1]:50051";
  EXPECT_THAT(Validate(config),
              StatusIs(kInvalid, AllOf(HasSubstr("listen.data 0.0.0.0:50051"),
                                       HasSubstr("listen.admin [::1]:50051 have the same port"))));
  config.listen.admin = "off";
  EXPECT_THAT(Validate(config), IsOk());
  config.listen.data = config.listen.admin = config.metrics.listen = "127.0.0.1:0";
  EXPECT_THAT(Validate(config), IsOk()) << "port 0 is a free one for each";
}

}  // namespace
}  // namespace lookbook
