#include "tests/server/pipeline/pipeline_fixture.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

QueryDone Pending::Done(std::shared_ptr<Pending> pending) {
  return [pending = std::move(pending)](absl::StatusOr<QueryResult> answer) {
    MutexLock lock(&pending->mutex_);
    pending->answer_ = std::move(answer);
    ++pending->calls_;
    pending->changed_.NotifyAll();
  };
}

const absl::StatusOr<QueryResult>& Pending::Wait() const {
  MutexLock lock(&mutex_);
  while (calls_ == 0) changed_.Wait(&mutex_);
  return answer_;
}

int Pending::calls() const {
  MutexLock lock(&mutex_);
  return calls_;
}

PipelineTest::PipelineTest() : jpeg_(MakeJpeg(GradientImage(48, 40))) {}

PipelineTest::~PipelineTest() {
  if (parts_.embedder != nullptr) parts_.embedder->Release();  // A failed test must not hang.
}

TestBundleParts PipelineTest::MakeBundle(const TestBundleOptions& options, int max_batch) {
  TestBundleParts parts;
  auto bundle = std::make_shared<Bundle>();
  bundle->id = absl::StrCat("bundle-", ++bundles_made_);
  bundle->directory = directory_ / bundle->id;
  bundle->manifest = MakeTestManifest(options);
  bundle->preprocess = *ToPreprocessSpec(bundle->manifest.preprocess());
  auto embedder = std::make_unique<SteppedEmbedder>(
      ModelShape{options.image_size, options.dim, options.classes,
                 options.scores_attributes ? options.attributes : 0},
      max_batch);
  parts.embedder = embedder.get();
  bundle->embedder = std::move(embedder);
  std::mt19937_64 random(options.seed);
  parts.vectors = RandomUnitVectors(options.items, options.dim, &random);
  auto index = std::make_unique<FakeIndex>(options.dim, parts.vectors);
  parts.index = index.get();
  bundle->index = std::move(index);
  parts.items = MakeTestItems(options);
  EXPECT_THAT(MakeDirectories(bundle->directory), IsOk());
  EXPECT_THAT(WriteTestItems(bundle->directory, parts.items,
                             std::vector<std::string>(parts.items.size(), "thumbnail")),
              IsOk());
  auto items = ItemStore::Open(JoinPath(bundle->directory, "items.sqlite"));
  EXPECT_THAT(items, IsOk());
  bundle->items = *std::move(items);
  parts.bundle = std::move(bundle);
  return parts;
}

void PipelineTest::Start(const PipelineOptions& options) {
  auto pipeline = Pipeline::Create(kName, options, &metrics_, &clock_);
  ASSERT_THAT(pipeline, IsOk());
  pipeline_ = *std::move(pipeline);
  ASSERT_EQ(pipeline_->SetBundle(parts_.bundle), nullptr);
}

std::shared_ptr<Pending> PipelineTest::Submit(Query query) {
  auto pending = std::make_shared<Pending>();
  pipeline_->Submit(std::move(query), Pending::Done(pending));
  return pending;
}

Query PipelineTest::ImageQuery(absl::string_view bytes) {
  Query query;
  query.kind = QueryKind::kImage;
  query.image = bytes;
  return query;
}

Query PipelineTest::ItemQuery(std::string item_id) {
  Query query;
  query.kind = QueryKind::kItem;
  query.item_id = std::move(item_id);
  return query;
}

Query PipelineTest::VectorQuery(std::vector<float> vector) {
  Query query;
  query.kind = QueryKind::kVector;
  query.vector = std::move(vector);
  return query;
}

std::vector<Neighbor> PipelineTest::BruteForce(const TestBundleParts& parts,
                                               const std::vector<float>& query, int top_k,
                                               const std::function<bool(const Item&)>& allows) {
  std::vector<Neighbor> found;
  for (size_t row = 0; row < parts.items.size(); ++row) {
    if (allows && !allows(parts.items[row])) continue;
    double dot = 0;
    for (size_t j = 0; j < query.size(); ++j)
      dot += double{query[j]} * parts.vectors[row * query.size() + j];
    found.push_back({static_cast<int64_t>(row), static_cast<float>(dot)});
  }
  std::stable_sort(found.begin(), found.end(), [](const Neighbor& a, const Neighbor& b) {
    return a.similarity > b.similarity;
  });
  if (found.size() > static_cast<size_t>(top_k)) found.resize(top_k);
  return found;
}

void ExpectSameNeighbors(const std::vector<Neighbor>& found,
                         const std::vector<Neighbor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].row, expected[i].row) << "place " << i;
    EXPECT_NEAR(found[i].similarity, expected[i].similarity, 1e-5) << "place " << i;
  }
}

SteppedAnswer PipelineTest::Expected(const TestBundleParts& parts, absl::string_view image) {
  const PreprocessSpec& spec = parts.bundle->preprocess;
  const auto decoded = DecodeImage(image, {.min_short_side = spec.MinDecodedSide()});
  EXPECT_THAT(decoded, IsOk());
  std::vector<float> tensor(spec.TensorSize());
  EXPECT_THAT(Preprocess(decoded->image, spec, absl::MakeSpan(tensor)), IsOk());
  return AnswerOf(tensor, parts.bundle->embedder->shape());
}

double PipelineTest::Metric(const std::string& series) const {
  for (absl::string_view line : absl::StrSplit(metrics_.Scrape(), '\n')) {
    double value = 0;
    if (absl::ConsumePrefix(&line, absl::StrCat(series, " ")) && absl::SimpleAtod(line, &value)) {
      return value;
    }
  }
  ADD_FAILURE() << "no series " << series << " in\n" << metrics_.Scrape();
  return -1;
}

}  // namespace lookbook
