// Damages bundles in many ways and has each opened as a server would:
//   bundle_mutants --count 10000 --server PROGRAM --sample 60
// What differs from what was published must be refused; what is sealed anew must be refused where
// the manifest is wrong, may be refused where a file is, and is refused everywhere once a signature
// is asked for; nothing may crash or hang, but for models whose hash is right, which are code.
// --sample of them also go to a server that serves, which none may end. Prints one JSON object;
// exit code 1 when a promise was broken. CTest runs a short form.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/status_macros.h"
#include "engine/embed/torchscript_embedder.h"
#include "tests/bench/bundle_files/live_sample.h"
#include "tests/bench/bundle_files/mutant_runs.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"
#include "tests/support/test_keys.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  MutantRunOptions runs;
  std::string server;
  int64_t sample = 20;
};

struct Kind {
  const char* index;
  const char* search;
};
constexpr Kind kKinds[] = {{"Flat", ""}, {"HNSW8", "efSearch=16"}, {"IVF4,SQ8", "nprobe=2"}};

// Writes `root`'s bundle in a process of its own: this one must not have used torch.
absl::StatusOr<BundleImage> MakeBundle(const std::string& root, const Kind& kind, uint64_t seed) {
  const pid_t writer = ::fork();
  if (writer == 0) {
    SetNumericThreads(1);
    TestBundleOptions options;
    options.items = 160;
    options.index = kind.index;
    options.search = kind.search;
    options.seed = seed;
    options.calibrated = true;
    const absl::Status written = WriteTestBundle(root, options).status();
    if (!written.ok()) std::cerr << written << std::endl;
    ::_exit(written.ok() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(writer, &status, 0);
  return ReadBundleImage(root);
}

Json JsonOf(const MutantTally& tally, MutantKind kind) {
  Json json = {{"tried", tally.tried},       {"refused", tally.refused},
               {"accepted", tally.accepted}, {"crashed", tally.crashed},
               {"hung", tally.hung},         {"believed_unsigned", tally.believed}};
  if (kind == MutantKind::kContent) {
    json["accepted_among_them"] = tally.accepted_files;
    json["ended_by_models"] = tally.ended_by_models;
  }
  if (!tally.worst.empty()) json["problems"] = tally.worst;
  return json;
}

Json JsonOf(const LiveSample& sample) {
  return {{"tried", sample.tried},
          {"refused", sample.refused},
          {"accepted", sample.accepted},
          {"wrong", sample.wrong},
          {"alive", sample.alive},
          {"other_answers", sample.other_answers},
          {"first_problem", sample.first_problem}};
}

bool IsGood(const MutantTallies& tallies) {
  for (const MutantTally& tally : tallies) {
    if (!tally.worst.empty() || tally.tried == 0) return false;
  }
  return true;
}

absl::StatusOr<bool> Run(Flags flags) {
  const TempDir directory(TempDir::kMemory);
  std::vector<BundleImage> goods, others;
  for (const Kind& kind : kKinds) {
    const std::string root = directory / std::to_string(goods.size());
    LB_ASSIGN_OR_RETURN(BundleImage good, MakeBundle(root + "-good", kind, 1));
    LB_ASSIGN_OR_RETURN(BundleImage other, MakeBundle(root + "-other", kind, 2));
    goods.push_back(std::move(good));
    others.push_back(std::move(other));
  }
  flags.runs.scratch = directory / "scratch";
  flags.runs.public_keys = directory / "key.pub.pem";
  LB_RETURN_IF_ERROR(WriteFile(flags.runs.public_keys, MakeTestKey().public_pem));
  LB_ASSIGN_OR_RETURN(const MutantTallies tallies, RunMutants(flags.runs, goods, others));
  Json json = {{"mutants", flags.runs.count}};
  for (int kind = 0; kind < kMutantKinds; ++kind) {
    const auto as_kind = static_cast<MutantKind>(kind);
    json[MutantKindName(as_kind)] = JsonOf(tallies[static_cast<size_t>(kind)], as_kind);
  }
  bool good = IsGood(tallies);
  if (!flags.server.empty()) {
    LB_ASSIGN_OR_RETURN(const LiveSample sample,
                        RunLiveSample(flags.server, directory / "0-other", goods[0], others[0],
                                      flags.sample, flags.runs.seed + 1, directory / "log"));
    json["live"] = JsonOf(sample);
    good = good && sample.wrong == 0 && sample.other_answers == 0 && sample.alive;
  }
  json["good"] = good;
  std::cout << json.dump(1) << std::endl;
  return good;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Opens bundles that are damaged in many ways", "bundle_mutants");
  app.add_option("--count", flags.runs.count)->check(CLI::PositiveNumber);
  app.add_option("--seed", flags.runs.seed);
  app.add_option("--server", flags.server, "A lookbook-server, to activate some of them as well");
  app.add_option("--sample", flags.sample, "How many")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<bool> good = Run(flags);
  if (!good.ok()) std::cerr << "bundle_mutants: " << good.status() << std::endl;
  return good.ok() && *good ? 0 : 1;
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) { return lookbook::Main(argc, argv); }
