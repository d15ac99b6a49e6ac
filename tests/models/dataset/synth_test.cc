#include "models/dataset/synth.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sha256.h"
#include "base/stop_signal.h"
#include "engine/image/decode.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/outfit.h"
#include "models/dataset/rle.h"
#include "tests/models/dataset/fake_garments.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SynthTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.MakeFolder("garments");
    WriteFakeGarments(folder_ / "garments");
  }

  SynthOptions Options(const std::string& output = "out") {
    SynthOptions options = TinySynthOptions(folder_ / output);
    options.garment_source = folder_ / "garments";
    return options;
  }

  // SHA-256 over the names and bytes of everything in a folder.
  std::string HashOf(const std::string& folder) {
    std::string all;
    const std::vector<std::string> names = *ListDirectory(folder);
    for (const std::string& name : names) {
      const std::string path = JoinPath(folder, name);
      absl::StrAppend(&all, name, " ", IsDirectory(path) ? HashOf(path) : *Sha256OfFile(path),
                      "\n");
    }
    return Sha256Hex(all);
  }

  TestFolder folder_;
};

TEST_F(SynthTest, WritesASetThatTheReaderReads) {
  LB_ASSERT_OK_AND_ASSIGN(const SynthSummary summary, SynthesizeOutfits(Options()));
  EXPECT_EQ(summary.pictures, 170);
  EXPECT_THAT(*ListDirectory(folder_ / "out"),
              ElementsAre("holdout", "holdout.csv", "label_descriptions.json", "synth.json", "test",
                          "train", "train.csv"));
  EXPECT_THAT(*ListDirectory(folder_ / "out/test"), SizeIs(10));
  int64_t garments = 0;
  for (const auto& [part, count] : {std::pair("train", 120), std::pair("holdout", 40)}) {
    LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                            ReadImaterialist(folder_ / "out", absl::StrCat(part, ".csv"), part));
    EXPECT_THAT(data.images, SizeIs(count));
    EXPECT_THAT(data.issues, IsEmpty());
    EXPECT_THAT(data.labels.classes, SizeIs(10));
    EXPECT_THAT(data.labels.attributes, SizeIs(8));
    const LabelStatistics statistics = MeasureLabels(data.images, 10);
    EXPECT_EQ(statistics.attributes_known, 1);
    EXPECT_THAT(statistics.images_with, Each(Gt(0)));
    EXPECT_EQ(statistics.images_with, (count == 120 ? summary.train : summary.holdout).images_with);
    for (int64_t n : statistics.images_with) garments += n;
  }
  EXPECT_EQ(summary.garments, garments);
}

TEST_F(SynthTest, PicturesAreJpegsOfTheSizeAskedFor) {
  SynthOptions options = Options();
  options.size = 96;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage image,
                          DecodeImage(*ReadFile(folder_ / "out/test/test_000003.jpg"), {}));
  EXPECT_EQ(image.header.format, ImageFormat::kJpeg);
  EXPECT_EQ(image.image.width, 96);
  EXPECT_EQ(image.image.height, 96);
}

// Each row's mask lies on pixels of the row's colour, in the JPEG as written.
TEST_F(SynthTest, MasksShowTheirColorInThePicture) {
  ASSERT_THAT(SynthesizeOutfits(Options()), IsOk());
  int rows = 0;
  for (absl::string_view line :
       absl::StrSplit(*ReadFile(folder_ / "out/holdout.csv"), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    ASSERT_THAT(cells, SizeIs(6));
    if (cells[0] == "ImageId") continue;
    ++rows;
    LB_ASSERT_OK_AND_ASSIGN(const Mask mask,
                            DecodeRle(cells[1], std::stoi(cells[3]), std::stoi(cells[2])));
    const std::string path = folder_ / absl::StrCat("out/holdout/", cells[0], ".jpg");
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage picture, DecodeImage(*ReadFile(path), {}));
    std::array<double, 3> sum = {};
    double area = 0;
    for (size_t pixel = 0; pixel < mask.on.size(); ++pixel) {
      if (mask.on[pixel] == 0) continue;
      ++area;
      for (int c = 0; c < 3; ++c) sum[c] += picture.image.rgb[3 * pixel + c];
    }
    ASSERT_GT(area, 20);
    // The nearest of the eight colours, by direction, is the one that AttributesIds names.
    int best = -1;
    double best_cosine = -1;
    for (int color = 0; color < 8; ++color) {
      const auto& rgb = kGarmentColors[color].rgb;
      double dot = 0, a = 0, b = 0;
      for (int c = 0; c < 3; ++c) {
        dot += sum[c] * rgb[c];
        a += sum[c] * sum[c];
        b += rgb[c] * rgb[c];
      }
      if (dot / std::sqrt(a * b) > best_cosine) {
        best_cosine = dot / std::sqrt(a * b);
        best = color;
      }
    }
    EXPECT_EQ(best, std::stoi(cells[5])) << line.substr(0, 20);
  }
  EXPECT_GT(rows, 60);
}

TEST_F(SynthTest, SinglePicturesShowOneLargeGarment) {
  SynthOptions options = Options();
  options.style = SynthStyle::kSingle;
  options.size = 32;
  options.train = 60;
  LB_ASSERT_OK_AND_ASSIGN(const SynthSummary summary, SynthesizeOutfits(options));
  EXPECT_EQ(summary.garments, 100) << "one for each of 60 + 40 pictures";
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                          ReadImaterialist(folder_ / "out", "train.csv", "train"));
  for (const ImageRecord& image : data.images) {
    EXPECT_THAT(image.classes, SizeIs(1));
    EXPECT_THAT(image.attributes, SizeIs(1));
  }
  // A block of class c is 12 of 28 columns and c + 6 of 28 rows: at least 0.75 of that stays.
  for (absl::string_view line :
       absl::StrSplit(*ReadFile(folder_ / "out/train.csv"), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells[0] == "ImageId") continue;
    LB_ASSERT_OK_AND_ASSIGN(const Mask mask, DecodeRle(cells[1], 32, 32));
    const double area = std::count(mask.on.begin(), mask.on.end(), 1);
    const double whole = 12.0 * (std::stoi(cells[4]) + 6) / (28 * 28) * 32 * 32;
    EXPECT_GT(area, 0.75 * 0.75 * whole * 0.7) << line.substr(0, 20);
    EXPECT_LT(area, whole * 1.3) << line.substr(0, 20);
  }
}

TEST_F(SynthTest, PlainPicturesAreTheGarmentsThemselvesInOrder) {
  SynthOptions options = Options();
  options.style = SynthStyle::kPlain;
  options.size = 28;
  options.train = 30;
  options.holdout = 20;
  options.unlabelled = 0;
  options.jpeg_quality = 100;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                          ReadImaterialist(folder_ / "out", "train.csv", "train"));
  EXPECT_THAT(data.labels.attributes, IsEmpty());
  ASSERT_THAT(data.images, SizeIs(30));
  LB_ASSERT_OK_AND_ASSIGN(const GarmentSet garments,
                          GarmentSet::Load(folder_ / "garments", GarmentPart::kTrain));
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(data.images[i].classes, ElementsAre(garments.label(i)));
    EXPECT_FALSE(data.images[i].attributes_known);
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage picture,
                            DecodeImage(*ReadFile(data.images[i].path), {}));
    for (int pixel = 0; pixel < kGarmentPixels; ++pixel) {
      ASSERT_NEAR(picture.image.rgb[3 * pixel], garments.pixels(i)[pixel], 6) << i << " " << pixel;
    }
  }
  options.train = 31;
  EXPECT_THAT(SynthesizeOutfits(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("31 is not in 1 to 30")));
}

TEST_F(SynthTest, GarmentsPerPictureGoWithOutfitsOnly) {
  SynthOptions options = Options();
  options.style = SynthStyle::kSingle;
  options.garments = 2;
  EXPECT_THAT(SynthesizeOutfits(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("outfits")));
}

TEST_F(SynthTest, SameOptionsSameBytesWhateverTheThreads) {
  SynthOptions options = Options("one");
  options.threads = 1;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  options = Options("three");
  options.threads = 3;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  EXPECT_EQ(HashOf(folder_ / "one"), HashOf(folder_ / "three"));
  options = Options("other");
  options.seed = 8;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  EXPECT_NE(*Sha256OfFile(folder_ / "one/train.csv"), *Sha256OfFile(folder_ / "other/train.csv"));
}

TEST_F(SynthTest, HoldoutAndTestUseTheOtherGarmentFile) {
  ASSERT_THAT(SynthesizeOutfits(Options("before")), IsOk());
  WriteGz(folder_ / "garments/t10k-images-idx3-ubyte.gz", PixelFile(20, 20));
  ASSERT_THAT(SynthesizeOutfits(Options("after")), IsOk());
  EXPECT_EQ(HashOf(folder_ / "before/train"), HashOf(folder_ / "after/train"));
  EXPECT_EQ(*Sha256OfFile(folder_ / "before/train.csv"),
            *Sha256OfFile(folder_ / "after/train.csv"));
  WriteGz(folder_ / "garments/train-images-idx3-ubyte.gz",
          PixelFile(30, 60).replace(8 + 8 + 28 * 10, 1, 1, '\xff'));
  ASSERT_THAT(SynthesizeOutfits(Options("again")), IsOk());
  EXPECT_EQ(HashOf(folder_ / "after/holdout"), HashOf(folder_ / "again/holdout"));
  EXPECT_EQ(HashOf(folder_ / "after/test"), HashOf(folder_ / "again/test"));
}

TEST_F(SynthTest, TheNumberOfGarmentsCanBeAskedFor) {
  SynthOptions options = Options();
  options.garments = 5;
  LB_ASSERT_OK_AND_ASSIGN(const SynthSummary summary, SynthesizeOutfits(options));
  EXPECT_EQ(summary.garments, 5 * 160);
  EXPECT_EQ(summary.train.classes_per_image, 5);
}

TEST_F(SynthTest, ProgressNamesThePartsAndEndsAtTheirTotals) {
  SynthOptions options = Options();
  std::map<std::string, int64_t> last;
  options.progress = [&](absl::string_view part, int64_t done, int64_t) {
    last[std::string(part)] = done;
  };
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  EXPECT_THAT(
      last, ElementsAre(std::pair("holdout", 40), std::pair("test", 10), std::pair("train", 120)));
}

TEST_F(SynthTest, AnEarlierOutputIsReplaced) {
  ASSERT_THAT(SynthesizeOutfits(Options()), IsOk());
  SynthOptions smaller = Options();
  smaller.train = 30;
  smaller.unlabelled = 0;
  ASSERT_THAT(SynthesizeOutfits(smaller), IsOk());
  EXPECT_THAT(*ListDirectory(folder_ / "out/train"), SizeIs(30));
  EXPECT_THAT(*ListDirectory(folder_ / "out/test"), IsEmpty());
}

TEST_F(SynthTest, AFolderWithOtherThingsIsLeftAlone) {
  folder_.MakeFolder("out");
  folder_.Write("out/train.csv", "precious");
  EXPECT_THAT(SynthesizeOutfits(Options()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not made by synth")));
  EXPECT_EQ(*ReadFile(folder_ / "out/train.csv"), "precious");
}

TEST_F(SynthTest, OptionsOutOfRangeAreRefusedByName) {
  const auto refused = [&](void (*change)(SynthOptions*), const char* name) {
    SynthOptions options = Options();
    change(&options);
    EXPECT_THAT(SynthesizeOutfits(options),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(name)));
  };
  refused([](SynthOptions* o) { o->output.clear(); }, "output");
  refused([](SynthOptions* o) { o->train = 0; }, "train 0");
  refused([](SynthOptions* o) { o->holdout = -1; }, "holdout -1");
  refused([](SynthOptions* o) { o->unlabelled = -1; }, "unlabelled");
  refused([](SynthOptions* o) { o->size = 27; }, "size 27");
  refused([](SynthOptions* o) { o->size = 513; }, "size 513");
  refused([](SynthOptions* o) { o->garments = 10; }, "garments");
  refused([](SynthOptions* o) { o->jpeg_quality = 0; }, "jpeg_quality");
  refused([](SynthOptions* o) { o->threads = 0; }, "threads");
  EXPECT_FALSE(PathExists(folder_ / "out"));
}

TEST_F(SynthTest, MissingGarmentsLeaveNoFolder) {
  SynthOptions options = Options();
  options.garment_source = folder_ / "nowhere";
  EXPECT_THAT(SynthesizeOutfits(options),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
  EXPECT_FALSE(PathExists(folder_ / "out"));
}

TEST_F(SynthTest, AnOutputThatCannotBeWrittenIsAnError) {
  folder_.Write("file", "");
  EXPECT_FALSE(SynthesizeOutfits(Options("file/out")).ok());
}

// A stop request lasts for the process's life, so it happens in a child.
TEST_F(SynthTest, StopLeavesNoCsv) {
  SynthOptions options = Options();
  const auto run = [&] {
    RequestStop();
    ::_exit(absl::IsCancelled(SynthesizeOutfits(options).status()) ? 0 : 1);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
  EXPECT_FALSE(PathExists(folder_ / "out/train.csv"));
  EXPECT_THAT(SynthesizeOutfits(options), IsOk())
      << "what a stopped run left does not stand in the way";
}

}  // namespace
}  // namespace lookbook
