#include "models/dataset/loader.h"

#include <sys/resource.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/image/encode.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kImages = 23;
constexpr int kSide = 8;

class LoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    spec_.size = kSide;
    data_.labels.classes.resize(5);
    data_.labels.attributes.resize(3);
    for (int i = 0; i < kImages; ++i) AddImage(i);
    absl::StatusOr<std::unique_ptr<ImageCache>> cache =
        ImageCache::Build(data_.images, spec_, 2, nullptr);
    ASSERT_THAT(cache, IsOk());
    cache_ = *std::move(cache);
    rows_.resize(kImages);
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  void AddImage(int i) {
    Image image = {kSide, kSide, {}};
    for (int p = 0; p < kSide * kSide; ++p) {
      for (int c = 0; c < 3; ++c)
        image.rgb.push_back(static_cast<uint8_t>(10 * i + p % kSide * 3 + c));
    }
    const std::string name = absl::StrCat("image", i, ".jpg");
    folder_.Write(name, *EncodeJpeg(image, 95));
    ImageRecord& record = data_.images.emplace_back();
    record.path = folder_ / name;
    record.classes = {i % 5};
    if (i % 5 < 4 && i % 2 == 0) record.classes.push_back(4);
    record.attributes_known = i % 3 == 0;
    if (record.attributes_known) record.attributes = {i % 2};
  }

  std::unique_ptr<Loader> Make(LoaderOptions options) {
    absl::StatusOr<std::unique_ptr<Loader>> loader =
        Loader::Create(data_, *cache_, spec_, rows_, options);
    EXPECT_THAT(loader, IsOk());
    return *std::move(loader);
  }

  static std::vector<Batch> Drain(Loader* loader) {
    std::vector<Batch> batches;
    while (std::optional<Batch> batch = loader->Next()) batches.push_back(*std::move(batch));
    EXPECT_THAT(loader->status(), IsOk());
    return batches;
  }

  static std::vector<int64_t> RowsOf(const std::vector<Batch>& batches) {
    std::vector<int64_t> rows;
    for (const Batch& batch : batches)
      rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
    return rows;
  }

  static LoaderOptions Augmented() {
    LoaderOptions options;
    options.batch_size = 4;
    options.augment = {0.5, 0.5, 1.0, 0.2, 0.5, 10, 0.1, 0.2};
    return options;
  }

  TestFolder folder_;
  PreprocessSpec spec_;
  FashionData data_;
  std::unique_ptr<ImageCache> cache_;
  std::vector<int64_t> rows_;
};

TEST_F(LoaderTest, EvaluationGivesTheServersTensorsInOrder) {
  LoaderOptions options;
  options.batch_size = 5;
  options.shuffle = false;
  options.drop_last = false;
  const auto loader = Make(options);
  EXPECT_EQ(loader->batches_per_epoch(), 5);
  loader->StartEpoch(0);
  const std::vector<Batch> batches = Drain(loader.get());
  ASSERT_THAT(batches, SizeIs(5));
  EXPECT_EQ(RowsOf(batches), rows_);
  EXPECT_EQ(batches[4].images.sizes(), (std::vector<int64_t>{3, 3, kSide, kSide}));
  for (const Batch& batch : batches) {
    for (size_t i = 0; i < batch.rows.size(); ++i) {
      Image image = {kSide, kSide, {}};
      const auto pixels = cache_->pixels(batch.rows[i]);
      image.rgb.assign(pixels.begin(), pixels.end());
      torch::Tensor wanted = torch::empty({3, kSide, kSide});
      ASSERT_THAT(
          Preprocess(image, spec_, absl::MakeSpan(wanted.data_ptr<float>(), wanted.numel())),
          IsOk());
      EXPECT_TRUE(torch::equal(batch.images[i], wanted));
    }
  }
}

TEST_F(LoaderTest, TheSecondViewIsTheSameImagesAugmentedAnew) {
  LoaderOptions options = Augmented();
  const auto one = Make(options);
  options.views = 2;
  const auto two = Make(options);
  one->StartEpoch(1);
  two->StartEpoch(1);
  const std::vector<Batch> single = Drain(one.get()), both = Drain(two.get());
  ASSERT_EQ(single.size(), both.size());
  for (size_t i = 0; i < both.size(); ++i) {
    EXPECT_EQ(both[i].rows, single[i].rows);
    EXPECT_TRUE(torch::equal(both[i].images, single[i].images)) << "the first view is unchanged";
    EXPECT_FALSE(single[i].second_view.defined());
    EXPECT_EQ(both[i].second_view.sizes(), both[i].images.sizes());
    EXPECT_FALSE(torch::equal(both[i].second_view, both[i].images));
  }
  // Without augmentation both views are the image itself.
  options.augment = {};
  const auto plain = Make(options);
  plain->StartEpoch(0);
  const std::optional<Batch> batch = plain->Next();
  EXPECT_TRUE(torch::equal(batch->images, batch->second_view));
}

// Crop, erasing and tilt hide which way is up; flips and colours do not.
TEST_F(LoaderTest, UncroppedPicturesAreTheFirstHalfWhole) {
  for (const char* backend : {"image", "batch"}) {
    LoaderOptions options = Augmented();
    options.augment.flip = options.augment.color = 0;
    options.augment.hue = options.augment.grayscale = 0;
    options.augment.backend = backend;
    options.batch_size = 5;
    options.uncropped = true;
    const auto loader = Make(options);
    options.augment = {};
    options.augment.backend = backend;
    options.uncropped = false;
    const auto plain = Make(options);
    loader->StartEpoch(2);
    plain->StartEpoch(2);
    const std::vector<Batch> batches = Drain(loader.get()), wanted = Drain(plain.get());
    ASSERT_EQ(batches.size(), wanted.size());
    for (size_t i = 0; i < batches.size(); ++i) {
      EXPECT_TRUE(torch::equal(batches[i].uncropped, wanted[i].images.slice(0, 0, 3))) << backend;
      EXPECT_FALSE(torch::equal(batches[i].images, wanted[i].images));
      EXPECT_FALSE(wanted[i].uncropped.defined());
    }
  }
}

TEST_F(LoaderTest, FeaturesStandInForImages) {
  LoaderOptions options;
  options.batch_size = 5;
  options.features = torch::arange(kImages * 2, torch::kFloat32).reshape({kImages, 2});
  const auto loader = Make(options);
  loader->StartEpoch(1);
  for (const Batch& batch : Drain(loader.get())) {
    EXPECT_FALSE(batch.images.defined());
    for (size_t i = 0; i < batch.rows.size(); ++i) {
      EXPECT_EQ(batch.features[i][0].item<float>(), 2 * batch.rows[i]);
      EXPECT_EQ(batch.targets[i].sum().item<float>(), data_.images[batch.rows[i]].classes.size());
    }
  }
  options.features = torch::zeros({kImages - 1, 2});
  EXPECT_THAT(Loader::Create(data_, *cache_, spec_, rows_, options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("features of 22 images")));
}

TEST_F(LoaderTest, AnOrderOfItsOwnReplacesTheShuffle) {
  LoaderOptions options;
  options.batch_size = 3;
  options.order = [](int64_t epoch) {
    std::vector<int64_t> order(21, epoch);  // Seven batches of one row.
    order[0] = 20;
    return order;
  };
  const auto loader = Make(options);
  for (const int64_t epoch : {4, 2}) {
    loader->StartEpoch(epoch);
    std::vector<int64_t> want(21, epoch);
    want[0] = 20;
    EXPECT_EQ(RowsOf(Drain(loader.get())), want);
  }
}

TEST_F(LoaderTest, TargetsAreMultiHotAndUnknownAttributesAreMasked) {
  LoaderOptions options;
  options.batch_size = kImages;
  options.shuffle = false;
  const auto loader = Make(options);
  loader->StartEpoch(0);
  const std::optional<Batch> batch = loader->Next();
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->targets.sizes(), (std::vector<int64_t>{kImages, 5}));
  EXPECT_EQ(batch->attribute_targets.sizes(), (std::vector<int64_t>{kImages, 3}));
  EXPECT_EQ(batch->attribute_mask.sizes(), (std::vector<int64_t>{kImages, 1}));
  for (int i = 0; i < kImages; ++i) {
    const ImageRecord& image = data_.images[i];
    for (int c = 0; c < 5; ++c) {
      const bool on = std::count(image.classes.begin(), image.classes.end(), c) > 0;
      EXPECT_EQ(batch->targets[i][c].item<float>(), on ? 1 : 0);
    }
    for (int a = 0; a < 3; ++a) {
      const bool on = std::count(image.attributes.begin(), image.attributes.end(), a) > 0;
      EXPECT_EQ(batch->attribute_targets[i][a].item<float>(), on ? 1 : 0);
    }
    EXPECT_EQ(batch->attribute_mask[i][0].item<float>(), i % 3 == 0 ? 1 : 0);
  }
}

TEST_F(LoaderTest, AnEpochIsAPermutationAndTheNextOneAnother) {
  LoaderOptions options;
  options.batch_size = 4;
  options.drop_last = false;
  const auto loader = Make(options);
  std::set<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    loader->StartEpoch(epoch);
    std::vector<int64_t> order = RowsOf(Drain(loader.get()));
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, rows_);
  }
  EXPECT_THAT(orders, SizeIs(3));
}

TEST_F(LoaderTest, DropLastLeavesOutTheIncompleteBatch) {
  LoaderOptions options;
  options.batch_size = 4;
  const auto loader = Make(options);
  EXPECT_EQ(loader->batches_per_epoch(), 5);
  loader->StartEpoch(0);
  const std::vector<Batch> batches = Drain(loader.get());
  ASSERT_THAT(batches, SizeIs(5));
  for (const Batch& batch : batches) EXPECT_THAT(batch.rows, SizeIs(4));
}

TEST_F(LoaderTest, PixelsDependOnSeedEpochAndRowAlone) {
  LoaderOptions one = Augmented();
  one.workers = 1;
  one.prefetch = 1;
  LoaderOptions four = Augmented();
  four.workers = 4;
  four.prefetch = 8;
  LoaderOptions other_batches = Augmented();
  other_batches.batch_size = 7;
  other_batches.shuffle = false;
  other_batches.drop_last = false;
  const auto a = Make(one), b = Make(four), c = Make(other_batches);
  for (int64_t epoch : {0, 3}) {
    for (Loader* loader : {a.get(), b.get(), c.get()}) loader->StartEpoch(epoch);
    const std::vector<Batch> from_one = Drain(a.get()), from_four = Drain(b.get());
    ASSERT_EQ(from_one.size(), from_four.size());
    std::map<int64_t, torch::Tensor> by_row;
    for (const Batch& batch : Drain(c.get())) {
      for (size_t i = 0; i < batch.rows.size(); ++i) by_row[batch.rows[i]] = batch.images[i];
    }
    for (size_t i = 0; i < from_one.size(); ++i) {
      EXPECT_EQ(from_one[i].rows, from_four[i].rows);
      EXPECT_TRUE(torch::equal(from_one[i].images, from_four[i].images));
      for (int64_t j = 0; j < 4; ++j) {
        EXPECT_TRUE(torch::equal(from_one[i].images[j], by_row[from_one[i].rows[j]]));
      }
    }
  }
}

// Order, labels and what each image goes through are the recipe's, whoever does it.
TEST_F(LoaderTest, TheBatchBackEndGivesTheSameBatches) {
  LoaderOptions by_image = Augmented(), by_batch = Augmented();
  by_batch.augment.backend = "batch";
  LoaderOptions with_pixels = by_batch;
  with_pixels.pixels = DevicePixels::Create(*cache_, torch::kCPU, 1 << 20);
  const auto a = Make(by_image), b = Make(by_batch), c = Make(with_pixels);
  for (Loader* loader : {a.get(), b.get(), c.get()}) loader->StartEpoch(2);
  const std::vector<Batch> want = Drain(a.get()), got = Drain(b.get()), also = Drain(c.get());
  ASSERT_EQ(got.size(), want.size());
  ASSERT_EQ(also.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(got[i].rows, want[i].rows);
    EXPECT_TRUE(torch::equal(got[i].targets, want[i].targets));
    EXPECT_TRUE(torch::equal(got[i].attribute_mask, want[i].attribute_mask));
    EXPECT_LT((got[i].images - want[i].images).abs().max().item<double>(), 0.1);
    EXPECT_TRUE(torch::equal(also[i].images, got[i].images));
  }
  // Begun in the middle, with other workers: bit for bit the same.
  by_batch.workers = 4;
  const auto resumed = Make(by_batch);
  resumed->StartEpoch(2, 3);
  const std::vector<Batch> rest = Drain(resumed.get());
  ASSERT_EQ(rest.size(), got.size() - 3);
  for (size_t i = 0; i < rest.size(); ++i)
    EXPECT_TRUE(torch::equal(rest[i].images, got[i + 3].images));
}

TEST_F(LoaderTest, OtherEpochsAndSeedsGiveOtherPixels) {
  LoaderOptions options = Augmented();
  options.shuffle = false;
  const auto loader = Make(options);
  loader->StartEpoch(0);
  const Batch first = *loader->Next();
  loader->StartEpoch(1);
  EXPECT_FALSE(torch::equal(first.images, loader->Next()->images));
  options.seed = 8;
  const auto other = Make(options);
  other->StartEpoch(0);
  EXPECT_FALSE(torch::equal(first.images, other->Next()->images));
}

TEST_F(LoaderTest, AResumedEpochGoesOnExactly) {
  const auto whole = Make(Augmented());
  whole->StartEpoch(2);
  const std::vector<Batch> all = Drain(whole.get());
  const auto resumed = Make(Augmented());
  resumed->StartEpoch(2, 3);
  const std::vector<Batch> rest = Drain(resumed.get());
  ASSERT_EQ(rest.size(), all.size() - 3);
  for (size_t i = 0; i < rest.size(); ++i) {
    EXPECT_EQ(rest[i].rows, all[i + 3].rows);
    EXPECT_TRUE(torch::equal(rest[i].images, all[i + 3].images));
  }
}

TEST_F(LoaderTest, ANewEpochEndsTheOneUnderWay) {
  LoaderOptions options = Augmented();
  options.workers = 3;
  const auto loader = Make(options);
  const auto reference = Make(options);
  for (int64_t epoch = 0; epoch < 50; ++epoch) {
    loader->StartEpoch(epoch);
    if (epoch % 3 == 0) loader->Next();
  }
  loader->StartEpoch(50);
  reference->StartEpoch(50);
  const std::vector<Batch> batches = Drain(loader.get()), wanted = Drain(reference.get());
  ASSERT_EQ(batches.size(), wanted.size());
  for (size_t i = 0; i < batches.size(); ++i)
    EXPECT_TRUE(torch::equal(batches[i].images, wanted[i].images));
}

TEST_F(LoaderTest, NothingComesBeforeTheFirstEpochAndBehindTheLastBatch) {
  const auto loader = Make(Augmented());
  EXPECT_FALSE(loader->Next().has_value());
  loader->StartEpoch(0, 5);
  EXPECT_FALSE(loader->Next().has_value());
  loader->StartEpoch(0, 99);
  EXPECT_FALSE(loader->Next().has_value());
  loader->StartEpoch(0, 4);
  EXPECT_TRUE(loader->Next().has_value());
  EXPECT_FALSE(loader->Next().has_value());
  EXPECT_FALSE(loader->Next().has_value());
}

TEST_F(LoaderTest, MayBeDestroyedAtAnyTime) {
  for (int taken = 0; taken < 5; ++taken) {
    const auto loader = Make(Augmented());
    loader->StartEpoch(0);
    for (int i = 0; i < taken; ++i) loader->Next();
  }
  Make(Augmented());
}

TEST_F(LoaderTest, OnlyTheGivenRowsAreUsed) {
  rows_ = {3, 5, 8, 13, 21};
  LoaderOptions options;
  options.batch_size = 2;
  options.drop_last = false;
  const auto loader = Make(options);
  loader->StartEpoch(0);
  std::vector<int64_t> rows = RowsOf(Drain(loader.get()));
  std::sort(rows.begin(), rows.end());
  EXPECT_THAT(rows, ElementsAre(3, 5, 8, 13, 21));
}

TEST_F(LoaderTest, RefusesArgumentsThatDoNotFit) {
  const auto refused = [&](LoaderOptions options, const char* message) {
    EXPECT_THAT(Loader::Create(data_, *cache_, spec_, rows_, options),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  };
  LoaderOptions options;
  options.batch_size = 0;
  refused(options, "batch_size 0");
  options = {};
  options.workers = 0;
  refused(options, "workers 0");
  options = {};
  options.prefetch = 0;
  refused(options, "prefetch 0");
  options = {};
  options.views = 3;
  refused(options, "views 3");
  options = {};
  options.augment.flip = 2;
  refused(options, "augment.flip");
  options = {};
  options.augment.backend = "gpu";
  refused(options, "augment.backend");
  options = {};
  options.batch_size = 24;
  refused(options, "23 images make no batch of 24");
  options = {};
  options.batch_size = 1;
  rows_ = {0, 23};
  refused(options, "row 23");
  rows_ = {-1};
  refused(options, "row -1");
  rows_ = {};
  refused(options, "0 images");
  rows_ = {0};
  spec_.size = kSide + 1;
  refused(options, "wants side 9");
  spec_.size = kSide;
  data_.images.pop_back();
  refused(options, "the data set has 22");
}

TEST_F(LoaderTest, RefusesColumnsThatTheLabelsDoNotHave) {
  data_.images[4].classes = {5};
  EXPECT_THAT(Loader::Create(data_, *cache_, spec_, rows_, {.batch_size = 2}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("class column 5")));
  data_.images[4].classes = {0};
  data_.images[4].attributes = {-1};
  EXPECT_THAT(Loader::Create(data_, *cache_, spec_, rows_, {.batch_size = 2}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("attribute column -1")));
}

// Holds the process to 64 MiB more of address space than it has, while it lives.
class AddressSpaceLimit {
 public:
  AddressSpaceLimit() {
    EXPECT_EQ(getrlimit(RLIMIT_AS, &before_), 0);
    int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit limit = {static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + (64 << 20)),
                          before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
  }
  ~AddressSpaceLimit() { EXPECT_EQ(setrlimit(RLIMIT_AS, &before_), 0); }

 private:
  rlimit before_;
};

TEST_F(LoaderTest, WhatTorchThrowsEndsTheBatchesWithAStatus) {
  data_.labels.attributes.resize(2'000'000);  // Targets of 23 rows: 184 MB.
  LoaderOptions options;
  options.batch_size = 23;
  options.workers = 1;
  const auto loader = Make(options);
  {
    AddressSpaceLimit limit;
    loader->StartEpoch(0);
    EXPECT_FALSE(loader->Next().has_value());
  }
  EXPECT_THAT(loader->status(), StatusIs(absl::StatusCode::kInternal, HasSubstr("memory")));
  loader->StartEpoch(1);
  EXPECT_FALSE(loader->Next().has_value()) << "a failure lasts";
}

}  // namespace
}  // namespace lookbook
