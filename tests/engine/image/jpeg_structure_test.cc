#include "engine/image/jpeg_structure.h"

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

const char kSoi[] = "\xFF\xD8";

JpegScans ScansOf(const std::string& jpeg) {
  const auto frame = ReadJpegFrame(jpeg);
  EXPECT_THAT(frame, IsOk());
  auto scans = ReadJpegScans(jpeg, *frame);
  EXPECT_THAT(scans, IsOk());
  return scans.ok() ? *scans : JpegScans{};
}

TEST(ReadJpegFrameTest, ReadsTheHeader) {
  LB_ASSERT_OK_AND_ASSIGN(const JpegFrame frame, ReadJpegFrame(MakeJpeg(GradientImage(300, 20))));
  EXPECT_EQ(frame.process, 0xC0);
  EXPECT_EQ(frame.precision, 8);
  EXPECT_EQ(frame.width, 300);
  EXPECT_EQ(frame.height, 20);
  EXPECT_EQ(frame.components, 3);
  EXPECT_EQ(frame.component_ids[2], 3);
  EXPECT_EQ(frame.sampling[0], 0x22);
  EXPECT_EQ(frame.sampling[2], 0x11);
}

TEST(ReadJpegFrameTest, FillBytesAndLoneMarkersAreSkipped) {
  std::string jpeg = MakeJpeg(GradientImage(16, 16));
  jpeg.insert(2, std::string(1000, '\xFF') + "\x01");  // TEM, which has no payload.
  EXPECT_THAT(ReadJpegFrame(jpeg), IsOk());
}

TEST(ReadJpegFrameTest, BrokenSyntaxIsCorrupt) {
  for (const std::string& tail :
       {std::string(), std::string("\xFF"), std::string("\xFF\xD9"), std::string("\xFF\xE0\0\1", 4),
        std::string("\xFF\xE0\0\2junk", 8), std::string("\xFF\0", 2), std::string("\xFF\xD8"),
        std::string("\xFF\xDA\0\2", 4), std::string("\xFF\xC0\0\3\x08", 5),
        std::string("\xFF\xC0\0\x0B\x08\0\x10\0\x10\3\1\x11\0", 13)}) {
    EXPECT_THAT(ReadJpegFrame(kSoi + tail), HasReason("corrupt")) << tail;
  }
}

TEST(ReadJpegFrameTest, AnEndInsideASegmentIsTruncated) {
  const std::string jpeg = MakeJpeg(GradientImage(16, 16));
  const size_t frame = FindJpegMarker(jpeg, 0xC0);
  for (size_t length = 4; length < frame + 19; ++length) {
    EXPECT_THAT(ReadJpegFrame(jpeg.substr(0, length)), HasReason("truncated")) << length;
  }
  EXPECT_THAT(ReadJpegFrame(jpeg.substr(0, frame + 19)), IsOk());
}

TEST(ReadJpegScansTest, CountsScans) {
  const Image image = NoisyImage(64, 48);
  EXPECT_EQ(ScansOf(MakeJpeg(image)).count, 1);
  JpegFileOptions options;
  options.interleaved = false;
  EXPECT_EQ(ScansOf(MakeJpeg(image, options)).count, 3);
  options = {};
  options.progressive = true;
  options.restart_interval = 1;
  EXPECT_EQ(ScansOf(MakeJpeg(image, options)).count, 10);
  for (const int scans : {5, 100, 189, 700}) {
    options = {};
    options.scans = scans;
    const JpegScans found = ScansOf(MakeJpeg(image, options));
    EXPECT_EQ(found.count, scans);
    EXPECT_TRUE(found.complete);
    EXPECT_TRUE(found.has_eoi);
  }
}

TEST(ReadJpegScansTest, StopsAtTheEndMarker) {
  const std::string jpeg = MakeJpeg(NoisyImage(16, 16));
  EXPECT_EQ(ScansOf(jpeg + jpeg).count, 1);
  EXPECT_TRUE(ScansOf(jpeg).has_eoi);
  EXPECT_FALSE(ScansOf(WithoutEoi(jpeg)).has_eoi);
}

// Cuts a progressive file in front of the tables of each of its scans: only the whole one is
// complete.
TEST(ReadJpegScansTest, KnowsWhenAllIsSent) {
  JpegFileOptions options;
  options.progressive = true;
  const std::string jpeg = WithoutEoi(MakeJpeg(NoisyImage(64, 48), options));
  EXPECT_TRUE(ScansOf(jpeg).complete);
  size_t end = jpeg.rfind("\xFF\xDA");
  for (int scans = 9; scans >= 1; --scans) {
    const size_t previous = jpeg.rfind("\xFF\xDA", end - 1);
    // A refinement scan of DC needs no table; the others have theirs in front.
    const size_t table = jpeg.rfind("\xFF\xC4", end);
    const JpegScans found = ScansOf(jpeg.substr(0, table > previous ? table : end));
    EXPECT_EQ(found.count, scans);
    EXPECT_FALSE(found.complete) << scans;
    EXPECT_TRUE(found.all_components) << scans;
    end = previous;
  }
}

TEST(ReadJpegScansTest, KnowsWhichComponentsAreSent) {
  JpegFileOptions options;
  options.interleaved = false;
  const std::string jpeg = MakeJpeg(NoisyImage(64, 48), options);
  const JpegScans two = ScansOf(jpeg.substr(0, jpeg.rfind("\xFF\xDA")));
  EXPECT_EQ(two.count, 2);
  EXPECT_FALSE(two.all_components);
  EXPECT_FALSE(two.complete);
}

TEST(ReadJpegScansTest, RefusesBadScanHeaders) {
  const std::string jpeg = MakeJpeg(NoisyImage(16, 16));
  const size_t scan = FindJpegMarker(jpeg, 0xDA);
  LB_ASSERT_OK_AND_ASSIGN(const JpegFrame frame, ReadJpegFrame(jpeg));
  const auto with = [&](size_t offset, char value) {
    std::string changed = jpeg;
    changed[scan + offset] = value;
    return ReadJpegScans(changed, frame);
  };
  EXPECT_THAT(with(4, 0), HasReason("corrupt"));       // No component.
  EXPECT_THAT(with(4, 5), HasReason("corrupt"));       // More than four.
  EXPECT_THAT(with(5, '\x77'), HasReason("corrupt"));  // An unknown one.
  EXPECT_THAT(with(7, 1), HasReason("corrupt"));       // The first one twice.
  EXPECT_THAT(ReadJpegScans(jpeg.substr(0, scan + 6), frame), HasReason("truncated"));
  EXPECT_THAT(ReadJpegScans(jpeg.substr(0, scan), frame), HasReason("truncated"));
  EXPECT_THAT(ReadJpegScans(jpeg.substr(0, scan) + "\xFF\xD9", frame), HasReason("corrupt"));
}

JpegFirstScan FirstScanOf(const std::string& jpeg) {
  const auto scan = ReadJpegFirstScan(jpeg);
  EXPECT_THAT(scan, IsOk());
  return scan.ok() ? *scan : JpegFirstScan{};
}

TEST(ReadJpegFirstScanTest, FindsTheFirstExifSegment) {
  JpegFileOptions options;
  options.exif = ExifOrientation(6);
  EXPECT_EQ(FirstScanOf(MakeJpeg(NoisyImage(16, 16), options)).exif, options.exif);
  EXPECT_EQ(FirstScanOf(MakeJpeg(NoisyImage(16, 16))).exif, "");
}

TEST(ReadJpegFirstScanTest, KnowsHowManyComponentsItSends) {
  JpegFileOptions options;
  EXPECT_EQ(FirstScanOf(MakeJpeg(NoisyImage(16, 16), options)).components, 3);
  options.interleaved = false;
  EXPECT_EQ(FirstScanOf(MakeJpeg(NoisyImage(16, 16), options)).components, 1);
}

TEST(ReadJpegFirstScanTest, AFileWithoutAScanIsRefused) {
  const std::string jpeg = MakeJpeg(NoisyImage(16, 16));
  const size_t scan = FindJpegMarker(jpeg, 0xDA);
  EXPECT_THAT(ReadJpegFirstScan(jpeg.substr(0, scan)), HasReason("truncated"));
  EXPECT_THAT(ReadJpegFirstScan(jpeg.substr(0, scan + 3)), HasReason("truncated"));
  EXPECT_THAT(ReadJpegFirstScan(jpeg.substr(0, scan) + "\xFF\xD9"), HasReason("corrupt"));
}

}  // namespace
}  // namespace lookbook
