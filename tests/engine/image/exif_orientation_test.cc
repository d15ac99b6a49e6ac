#include "engine/image/exif_orientation.h"

#include <gtest/gtest.h>
#include <libexif/exif-data.h>

#include <memory>

#include "tests/support/image_files.h"

namespace lookbook {
namespace {

std::string Little(uint32_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> 8 * i));
  return bytes;
}

std::string Entry(int tag, int type, uint32_t count, uint32_t value) {
  return Little(tag, 2) + Little(type, 2) + Little(count, 4) + Little(value, 4);
}

// A little-endian TIFF with one directory, followed by one at `next`.
std::string Tiff(const std::vector<std::string>& entries, uint32_t next = 0) {
  std::string tiff = "II" + Little(42, 2) + Little(8, 4) + Little(entries.size(), 2);
  for (const std::string& entry : entries) tiff += entry;
  return tiff + Little(next, 4);
}

// The second opinion; 1 when libexif finds no valid tag.
int ByLibexif(const std::string& tiff) {
  const std::string bytes = std::string("Exif\0\0", 6) + tiff;
  const std::unique_ptr<ExifData, void (*)(ExifData*)> exif(exif_data_new(), &exif_data_unref);
  exif_data_unset_option(exif.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
  exif_data_load_data(exif.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<unsigned>(bytes.size()));
  const ExifEntry* entry = exif_content_get_entry(exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->components != 1) return 1;
  const int value = exif_get_short(entry->data, exif_data_get_byte_order(exif.get()));
  return value >= 1 && value <= 8 ? value : 1;
}

TEST(ExifOrientationTest, AgreesWithLibexif) {
  for (const bool big_endian : {false, true}) {
    for (int value = 0; value <= 9; ++value) {
      const std::string tiff = ExifOrientation(value, big_endian);
      EXPECT_EQ(ReadExifOrientation(tiff), ByLibexif(tiff)) << value;
    }
  }
  std::vector<std::string> entries;
  for (int tag = 0x0100; tag < 0x0120; ++tag)
    entries.push_back(Entry(tag, 3, 1, tag == 0x0112 ? 5 : 2));
  EXPECT_EQ(ByLibexif(Tiff(entries)), 5);
  EXPECT_EQ(ReadExifOrientation(Tiff(entries)), 5);
}

TEST(ExifOrientationTest, ReadsBothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(ReadExifOrientation(ExifOrientation(orientation, false)), orientation);
    EXPECT_EQ(ReadExifOrientation(ExifOrientation(orientation, true)), orientation);
  }
}

TEST(ExifOrientationTest, InvalidValuesAreUpright) {
  for (const int value : {0, 9, 65535})
    EXPECT_EQ(ReadExifOrientation(ExifOrientation(value)), 1) << value;
  EXPECT_EQ(ReadExifOrientation(Tiff({Entry(0x0112, /*LONG*/ 4, 1, 6)})), 1);
  EXPECT_EQ(ReadExifOrientation(Tiff({Entry(0x0112, /*SHORT*/ 3, 2, 6)})), 1);
  EXPECT_EQ(ReadExifOrientation(Tiff({Entry(0x0112, 3, 1, 6)})), 6);  // The control.
}

TEST(ExifOrientationTest, NothingToReadIsUpright) {
  for (const std::string& tiff : {std::string(), std::string("II"), std::string(8, '\0'), Tiff({}),
                                  std::string("no TIFF at all, only text")}) {
    EXPECT_EQ(ReadExifOrientation(tiff), 1);
  }
  EXPECT_EQ(ReadExifOrientation(Tiff({Entry(0x0110, 3, 1, 6)})), 1);
}

TEST(ExifOrientationTest, TheThumbnailsTagIsNotThePictures) {
  const std::string first = Tiff({Entry(0x0110, 3, 1, 1)}, /*next=*/26);
  ASSERT_EQ(first.size(), 26u);
  EXPECT_EQ(ReadExifOrientation(first + Little(1, 2) + Entry(0x0112, 3, 1, 6) + Little(0, 4)), 1);
}

TEST(ExifOrientationTest, DamageIsUpright) {
  const std::string tiff = ExifOrientation(6);
  for (size_t length = 0; length < tiff.size(); ++length) {
    const int orientation = ReadExifOrientation(tiff.substr(0, length));
    EXPECT_TRUE(orientation == 1 || orientation == 6) << length;
  }
  std::string far = tiff;
  far.replace(4, 4, "\xF0\xFF\xFF\xFF");
  EXPECT_EQ(ReadExifOrientation(far), 1);
}

// Each of these once was a hang or a huge allocation in some reader. CTest's time limit is the
// assertion.
TEST(ExifOrientationTest, LoopsAndAbsurdCountsEnd) {
  for (const uint32_t count : {1u, 0xFFFFFFFFu}) {
    std::vector<std::string> pointers;
    for (int i = 0; i < 5000; ++i) pointers.push_back(Entry(i % 2 ? 0x8769 : 0xA005, 4, count, 8));
    const std::string tiff = Tiff(pointers, /*next=*/8);
    for (int round = 0; round < 1000; ++round) ASSERT_EQ(ReadExifOrientation(tiff), 1);
  }
  std::vector<std::string> large = {Entry(0x0112, 3, 1, 3)};
  for (int i = 0; i < 5000; ++i) large.push_back(Entry(0x010F, 7, 60'000, 8));
  EXPECT_EQ(ReadExifOrientation(Tiff(large)), 3);
  EXPECT_EQ(ReadExifOrientation(Tiff({Entry(0x0112, 3, 1, 8)}) + std::string(1 << 20, 'x')), 8);
}

}  // namespace
}  // namespace lookbook
