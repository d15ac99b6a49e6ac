// Pipeline::Index: the training pictures, embedded, as index, items and golden cases.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/golden.h"
#include "models/commands/cores.h"
#include "models/commands/index_facts.h"
#include "models/commands/pipeline.h"
#include "models/commands/progress.h"
#include "models/dataset/random.h"
#include "models/export/golden_cases.h"
#include "models/indexing/index_builder.h"
#include "models/indexing/index_recall.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

constexpr int kGoldenSources = 8;
// Fewer pictures say too little of a recall; then the items themselves are the queries.
constexpr size_t kLeastRecallQueries = 100;
constexpr uint64_t kValidationSeed = 0x76616c71;

std::vector<int64_t> SampleOf(std::vector<int64_t> rows, int64_t seed) {
  if (static_cast<int64_t>(rows.size()) <= kMaxRecallQueries) return rows;
  Random random(MixSeed({static_cast<uint64_t>(seed), kValidationSeed}));
  random.Shuffle(&rows);
  rows.resize(kMaxRecallQueries);
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Embeds with a progress line.
absl::StatusOr<EmbeddedCorpus> Embed(const std::string& what,
                                     const std::vector<ImageRecord>& images,
                                     const PreprocessSpec& spec, const Embedder& model,
                                     bool thumbnails) {
  ProgressLine progress(what);
  CorpusOptions options{.threads = Cores(), .thumbnails = thumbnails};
  options.progress = [&](int64_t done, int64_t total) { progress.Update(done, total); };
  LB_ASSIGN_OR_RETURN(EmbeddedCorpus corpus, EmbedImages(images, spec, model, options));
  progress.Finish();
  return corpus;
}

}  // namespace

// Pictures that the model was not trained on, where there are enough of them.
absl::StatusOr<IndexRecall> Pipeline::RecallOf(const IndexSpec& spec, const VectorIndex& index,
                                               const EmbeddedCorpus& corpus,
                                               const Embedder& model) const {
  RecallQueries queries = SampleItems(corpus.vectors, index.dim(), recipe_.seed);
  if (split_.validation.size() >= kLeastRecallQueries) {
    std::vector<ImageRecord> images;
    for (const int64_t row : SampleOf(split_.validation, recipe_.seed)) {
      images.push_back(data_.images[row]);
    }
    LB_ASSIGN_OR_RETURN(EmbeddedCorpus held_out,
                        Embed("recall", images, spec_, model, /*thumbnails=*/false));
    queries.source = "validation";
    queries.own_rows.assign(held_out.images.size(), -1);
    queries.vectors = std::move(held_out.vectors);
  }
  return MeasureRecall(spec, index, corpus.vectors, queries);
}

absl::Status Pipeline::WriteGoldenCases(const std::vector<ImageRecord>& images,
                                        const EmbeddedCorpus& corpus,
                                        const VectorIndex& index) const {
  LB_ASSIGN_OR_RETURN(const LoadedNetwork network, LoadWeights(work_.Path("train/weights.pt")));
  std::vector<std::string> sources;
  for (int i = 0; i < kGoldenSources; ++i) {
    sources.push_back(images[corpus.images[i * corpus.images.size() / kGoldenSources]].path);
  }
  LB_ASSIGN_OR_RETURN(const std::vector<GoldenCase> cases,
                      MakeGoldenCases(network.net, spec_, sources, index,
                                      [&](int64_t row) { return images[corpus.images[row]].id; }));
  LB_RETURN_IF_ERROR(RemoveAll(work_.Path("index/golden")));
  LB_RETURN_IF_ERROR(WriteGolden(work_.Path("index"), cases));
  std::printf("index    %zu items, %zu golden cases: %s\n", corpus.images.size(), cases.size(),
              work_.Path("index").c_str());
  return absl::OkStatus();
}

absl::Status Pipeline::IndexNow() {
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(recipe_.index_spec));
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> model, OpenModel());
  std::vector<ImageRecord> images;
  for (const int64_t row : split_.train) images.push_back(data_.images[row]);
  const std::vector<std::string> splits(images.size(), "train");
  LB_ASSIGN_OR_RETURN(const EmbeddedCorpus corpus,
                      Embed("index", images, spec_, *model, /*thumbnails=*/true));
  LB_RETURN_IF_ERROR(
      problems_.AddUnreadable(recipe_.data.csv, UnreadablePictures(images, corpus.unreadable)));
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<VectorIndex> index,
                      WriteIndexFiles(work_.Path("index"), recipe_.index_spec, data_.labels, images,
                                      splits, corpus));
  IndexFacts facts{.items = static_cast<int64_t>(corpus.images.size()),
                   .unreadable = corpus.unreadable};
  if (spec.kind != IndexKind::kFlat) {
    LB_ASSIGN_OR_RETURN(facts.recall, RecallOf(spec, *index, corpus, *model));
  }
  LB_RETURN_IF_ERROR(WriteGoldenCases(images, corpus, *index));
  std::printf("index    %s\n", DescribeIndex(recipe_.index_spec, facts).c_str());
  return WriteIndexFacts(work_.Path("index/index.json"), facts);
}

}  // namespace lookbook
