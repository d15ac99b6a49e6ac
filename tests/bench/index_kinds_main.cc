// Kinds of index side by side over the same embeddings: what each finds, how fast, in how much
// memory. One thread, one query a call, like one embed worker.
//
//   index_kinds_bench --bundle out/quick/bundles/20261127T101500Z-0123456789ab
//   index_kinds_bench --rows 100000 --dim 128 --kinds Flat SQ8 IVF256,Flat HNSW32
//
// A tenth of the rows, at most 1,000, are taken out and asked for: no query is in the index. recall
// is the share of their true ten nearest rows, by the float32 embeddings; "filtered" repeats the
// search with a filter that half of the rows pass, which is exact over the stored vectors.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/verify.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

constexpr int kTop = 10;
constexpr int64_t kMostQueries = 1000;

struct Flags {
  std::string bundle;
  int64_t rows = 100'000;
  int dim = 128;
  int clusters = 1000;
  double spread = 0.7;
  uint32_t seed = 1;
  std::vector<std::string> kinds = {"Flat", "SQ8", "SQfp16", "IVF64,Flat", "IVF64,SQ8", "HNSW32"};
};

struct Data {
  int dim = 0;
  std::vector<float> rows, queries;
  size_t query_count() const { return queries.size() / dim; }
  absl::Span<const float> query(size_t i) const {
    return absl::MakeConstSpan(queries).subspan(i * dim, dim);
  }
  absl::Span<const float> row(int64_t i) const {
    return absl::MakeConstSpan(rows).subspan(static_cast<size_t>(i) * dim, dim);
  }
};

absl::StatusOr<std::vector<float>> BundleVectors(const std::string& directory, int* dim) {
  LB_ASSIGN_OR_RETURN(const VerifiedBundle bundle, VerifyBundle(directory));
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(bundle.manifest.index().spec()));
  if (spec.rounded()) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory, " holds an index \"", spec.text,
                     "\": its embeddings are rounded; give one of Flat"));
  }
  *dim = static_cast<int>(bundle.manifest.embedding_dim());
  const auto count = static_cast<int64_t>(bundle.manifest.item_count());
  LB_ASSIGN_OR_RETURN(
      const std::unique_ptr<VectorIndex> index,
      OpenIndex(spec, JoinPath(directory, bundle.manifest.index().file()), *dim, count));
  std::vector<float> vectors;
  for (int64_t row = 0; row < count; ++row) {
    LB_ASSIGN_OR_RETURN(const std::vector<float> vector, index->Vector(row));
    vectors.insert(vectors.end(), vector.begin(), vector.end());
  }
  return vectors;
}

absl::StatusOr<Data> MakeData(const Flags& flags) {
  Data data;
  data.dim = flags.dim;
  std::vector<float> all;
  if (flags.bundle.empty()) {
    all = ClusteredUnitVectors(flags.rows, flags.dim, flags.clusters, flags.spread, flags.seed);
  } else {
    LB_ASSIGN_OR_RETURN(all, BundleVectors(flags.bundle, &data.dim));
  }
  const auto count = static_cast<int64_t>(all.size()) / data.dim;
  std::vector<int64_t> order(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) order[static_cast<size_t>(i)] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(flags.seed));
  const int64_t queries = std::min(kMostQueries, count / 10);
  if (queries < 1) return absl::InvalidArgumentError("fewer than ten rows");
  for (int64_t i = 0; i < count; ++i) {
    std::vector<float>& to = i < queries ? data.queries : data.rows;
    const auto from = all.begin() + order[static_cast<size_t>(i)] * data.dim;
    to.insert(to.end(), from, from + data.dim);
  }
  return data;
}

double Seconds(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

// The least similarity that counts as a hit, of each query.
absl::StatusOr<std::vector<float>> Bars(const Data& data) {
  LB_ASSIGN_OR_RETURN(const auto flat, BuildIndex(IndexSpec{}, data.dim, data.rows));
  std::vector<float> bars;
  for (size_t i = 0; i < data.query_count(); ++i) {
    LB_ASSIGN_OR_RETURN(const auto lists,
                        flat->Search(data.query(i), {QueryOptions{.top_k = kTop}}));
    bars.push_back(lists[0].back().similarity);
  }
  return bars;
}

struct Measured {
  double recall = 0;
  double queries_per_second = 0;
};

absl::StatusOr<Measured> Measure(const VectorIndex& index, const Data& data,
                                 const std::vector<float>& bars, const QueryOptions& options) {
  Measured out;
  std::vector<std::vector<Neighbor>> found;
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < data.query_count(); ++i) {
    LB_ASSIGN_OR_RETURN(auto lists, index.Search(data.query(i), {options}));
    found.push_back(std::move(lists[0]));
  }
  out.queries_per_second = static_cast<double>(data.query_count()) / Seconds(begin);
  for (size_t i = 0; i < found.size(); ++i) {
    for (const Neighbor& n : found[i])
      out.recall += Similarity(data.query(i), data.row(n.row)) >= bars[i] ? 1 : 0;
  }
  out.recall /= static_cast<double>(kTop * data.query_count());
  return out;
}

absl::Status MeasureKind(const std::string& text, const Data& data,
                         const std::vector<float>& bars) {
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(text));
  const auto begin = std::chrono::steady_clock::now();
  LB_ASSIGN_OR_RETURN(const auto index, BuildIndex(spec, data.dim, data.rows));
  const double build = Seconds(begin);
  const RowSet half = RandomRows(index->size(), 0.5, 5);
  LB_ASSIGN_OR_RETURN(const Measured filtered,
                      Measure(*index, data, bars, {.top_k = kTop, .allowed = &half}));
  const double mib = static_cast<double>(index->memory_bytes()) / (1 << 20);
  for (const int effort : SearchEfforts(spec)) {
    LB_ASSIGN_OR_RETURN(const Measured m,
                        Measure(*index, data, bars, {.top_k = kTop, .effort = effort}));
    std::printf("| `%s` | %s | %.4f | %.0f | %.0f | %.1f | %.1f |\n", text.c_str(),
                SearchEffortText(spec, effort).c_str(), m.recall, m.queries_per_second,
                filtered.queries_per_second, mib, build);
    if (m.recall > 0.999) break;  // More would only be slower.
  }
  return absl::OkStatus();
}

absl::Status Run(const Flags& flags) {
  LB_ASSIGN_OR_RETURN(const Data data, MakeData(flags));
  LB_ASSIGN_OR_RETURN(const std::vector<float> bars, Bars(data));
  std::printf("%zu rows of %d dimensions, %zu queries, top %d\n\n", data.rows.size() / data.dim,
              data.dim, data.query_count(), kTop);
  std::printf("| kind | search | recall@10 | queries/s | filtered queries/s | MiB | build s |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  for (const std::string& kind : flags.kinds) LB_RETURN_IF_ERROR(MeasureKind(kind, data, bars));
  return absl::OkStatus();
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  lookbook::Flags flags;
  CLI::App app("Recall, speed and memory of the kinds of index");
  app.add_option("--bundle", flags.bundle, "folder of a bundle whose embeddings are used");
  app.add_option("--rows", flags.rows, "rows without a bundle")->check(CLI::Range(10, 100'000'000));
  app.add_option("--dim", flags.dim, "their dimensions")->check(CLI::Range(1, 65'536));
  app.add_option("--clusters", flags.clusters, "their clusters")->check(CLI::Range(1, 1'000'000));
  app.add_option("--spread", flags.spread, "length of a row's way from its centre");
  app.add_option("--seed", flags.seed, "of rows and queries");
  app.add_option("--kinds", flags.kinds, "kinds, one after the other: --kinds Flat IVF64,Flat");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = lookbook::Run(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
