#include "engine/image/jpeg_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/image_files.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// Runs a whole decode and gives the first fault.
JpegFault ReadAll(JpegReader* reader) {
  for (const JpegFault fault : {reader->ReadHeader(), reader->Start(1)}) {
    if (fault != JpegFault::kNone) return fault;
  }
  std::vector<uint8_t> rows(reader->row_bytes() * reader->height());
  const JpegFault fault = reader->ReadRows(rows.data(), reader->height());
  return fault == JpegFault::kNone ? reader->Finish() : fault;
}

JpegFault FaultOf(const std::string& jpeg, int max_scans = 100) {
  JpegReader reader(jpeg, max_scans);
  return ReadAll(&reader);
}

TEST(JpegReaderTest, ReadsAWholeFileWithoutComplaint) {
  const std::string jpeg = MakeJpeg(NoisyImage(37, 21));
  JpegReader reader(jpeg, 1);
  EXPECT_EQ(ReadAll(&reader), JpegFault::kNone);
  EXPECT_EQ(reader.width(), 37);
  EXPECT_EQ(reader.height(), 21);
  EXPECT_EQ(reader.channels(), 3);
  EXPECT_FALSE(reader.ran_out());
  EXPECT_STREQ(reader.message(), "");
}

TEST(JpegReaderTest, TheOrderOfComplaintsTellsCutFromDamaged) {
  const std::string jpeg = MakeJpeg(NoisyImage(64, 64));
  const std::string half = jpeg.substr(0, jpeg.size() / 2);
  {
    JpegReader reader(half, 1);
    EXPECT_EQ(ReadAll(&reader), JpegFault::kTruncated);
    EXPECT_TRUE(reader.ran_out());
    EXPECT_THAT(reader.message(), HasSubstr("premature end of data segment"));
  }
  {
    const std::string ended = half + "\xFF\xD9";
    JpegReader reader(ended, 1);
    EXPECT_EQ(ReadAll(&reader), JpegFault::kCorrupt);
    EXPECT_FALSE(reader.ran_out());
    EXPECT_THAT(reader.message(), HasSubstr("premature end of data segment"));
  }
  {
    const std::string open = WithoutEoi(jpeg);
    JpegReader reader(open, 1);
    EXPECT_EQ(ReadAll(&reader), JpegFault::kNone);
    EXPECT_TRUE(reader.ran_out());
  }
}

TEST(JpegReaderTest, StopsAtTheScanLimit) {
  JpegFileOptions options;
  options.scans = 40;
  const std::string jpeg = MakeJpeg(NoisyImage(32, 32), options);
  EXPECT_EQ(FaultOf(jpeg, 40), JpegFault::kNone);
  JpegReader reader(jpeg, 39);
  EXPECT_EQ(ReadAll(&reader), JpegFault::kTooManyScans);
  EXPECT_STREQ(reader.message(), "more than 39 scans");
}

TEST(JpegReaderTest, MemoryIsLimited) {
  JpegFileOptions options;
  options.progressive = true;
  EXPECT_EQ(FaultOf(WithJpegSize(MakeJpeg(NoisyImage(32, 32), options), 60'000, 60'000)),
            JpegFault::kOutOfMemory);
}

TEST(JpegReaderTest, AnUnknownJfifRevisionIsNoFault) {
  std::string jpeg = MakeJpeg(NoisyImage(32, 32));
  const size_t jfif = jpeg.find(std::string("JFIF\0", 5));
  ASSERT_NE(jfif, std::string::npos);
  jpeg[jfif + 5] = 7;
  EXPECT_EQ(FaultOf(jpeg), JpegFault::kNone);
}

TEST(JpegReaderTest, ExtraBytesBehindTheLastBlockAreAFault) {
  const std::string jpeg =
      WithoutEoi(MakeJpeg(NoisyImage(32, 32))) + std::string(50, 'x') + "\xFF\xD9";
  EXPECT_EQ(FaultOf(jpeg), JpegFault::kCorrupt);
}

TEST(JpegReaderTest, UnsupportedProcessesAreNamed) {
  const std::string jpeg = MakeJpeg(NoisyImage(32, 32));
  const size_t frame = FindJpegMarker(jpeg, 0xC0);
  std::string lossless = jpeg, deep = jpeg;
  lossless[frame + 1] = '\xC3';
  deep[frame + 4] = 12;
  EXPECT_EQ(FaultOf(lossless), JpegFault::kUnsupported);
  EXPECT_EQ(FaultOf(deep), JpegFault::kUnsupported);
}

}  // namespace
}  // namespace lookbook
