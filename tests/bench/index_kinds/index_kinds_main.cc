// Kinds of index side by side over the same embeddings: what each finds, how fast, in how much
// memory. One thread, like one embed worker, and its CPU time. scripts/bench_index_kinds runs it
// and makes the tables.
//
//   index_kinds_bench --bundle out/quick/bundles/20261127T101500Z-0123456789ab
//   index_kinds_bench --rows 100000 --dim 128 --kinds Flat SQ8 IVF256,Flat HNSW32
//
// A tenth of the embeddings, at most 1,000, are taken out and asked for: no query is in the index.
// Prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "tests/bench/index_kinds/kind_measurement.h"
#include "tests/bench/index_kinds/vector_set.h"
#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::string bundle;
  int64_t rows = 100'000;
  int dim = 128;
  int clusters = 1000;
  double spread = 0.7;
  std::vector<std::string> kinds = {"Flat", "SQ8", "SQfp16", "IVF64,Flat", "IVF64,SQ8", "HNSW32"};
  MeasureKindOptions measure;
};

Json ToJson(const KindMeasurement& kind) {
  Json efforts = Json::array();
  for (const EffortMeasurement& one : kind.efforts) {
    efforts.push_back({{"search", one.search},
                       {"recall_at_10", one.recall},
                       {"queries_per_s", one.queries_per_second},
                       {"batched_queries_per_s", one.batched_queries_per_second}});
  }
  return {{"kind", kind.kind},
          {"memory_mib", kind.memory_mib},
          {"build_s", kind.build_seconds},
          {"filtered_queries_per_s", kind.filtered_queries_per_second},
          {"filtered_queries", kind.filtered_queries},
          {"filtered_exact", kind.filtered_exact},
          {"efforts", efforts}};
}

absl::StatusOr<VectorSet> MakeSet(const Flags& flags) {
  if (!flags.bundle.empty()) return BundleVectors(flags.bundle, flags.measure.seed);
  return SplitVectors(
      ClusteredUnitVectors(flags.rows, flags.dim, flags.clusters, flags.spread, flags.measure.seed),
      flags.dim, flags.measure.seed);
}

absl::Status Run(const Flags& flags) {
  LB_ASSIGN_OR_RETURN(const VectorSet set, MakeSet(flags));
  LB_ASSIGN_OR_RETURN(const Answers truth, TrueAnswers(set));
  Json kinds = Json::array();
  for (const std::string& text : flags.kinds) {
    LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(text));
    std::fprintf(stderr, "%s\n", text.c_str());
    LB_ASSIGN_OR_RETURN(const KindMeasurement kind, MeasureKind(spec, set, truth, flags.measure));
    kinds.push_back(ToJson(kind));
  }
  const Json all = {{"rows", set.row_count()},
                    {"dim", set.dim},
                    {"queries", set.query_count()},
                    {"batch", flags.measure.batch},
                    {"kinds", kinds}};
  std::printf("%s\n", all.dump(1).c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  lookbook::Flags flags;
  CLI::App app("Recall, speed and memory of the kinds of index");
  app.add_option("--bundle", flags.bundle, "folder of a bundle whose embeddings are used");
  app.add_option("--rows", flags.rows, "vectors without a bundle")
      ->check(CLI::Range(10, 100'000'000));
  app.add_option("--dim", flags.dim, "their dimensions")->check(CLI::Range(1, 65'536));
  app.add_option("--clusters", flags.clusters, "their clusters")->check(CLI::Range(1, 1'000'000));
  app.add_option("--spread", flags.spread, "length of a vector's way from its centre");
  app.add_option("--kinds", flags.kinds, "kinds, one after the other: --kinds Flat IVF64,Flat");
  app.add_option("--seconds", flags.measure.seconds, "least CPU time for each speed");
  app.add_option("--batch", flags.measure.batch, "queries a call, beside one")
      ->check(CLI::Range(1, 256));
  app.add_option("--seed", flags.measure.seed, "of vectors, queries and filter");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = lookbook::Run(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
