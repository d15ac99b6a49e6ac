// Publishes again and again and kills the publisher at a random moment, until so many were killed:
//   publish_kills --count 200
// After each CURRENT names a bundle whose every file is what its manifest says, and the next
// publisher leaves nothing of the one that died. Prints one JSON object; exit code 1 when a promise
// was broken. CTest runs a short form; tests/engine/bundle/publish_faults_test.cc kills at every
// system call.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/bundle/verify.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

constexpr int kMostForAKill = 20;  // Publishers; one in six is done before its moment comes.

struct Flags {
  int count = 200;
  uint64_t seed = 1;
  int model_kib = 4096;  // So that there is something to write while the publisher dies.
};

struct Tally {
  int killed = 0, finished = 0;             // Before the end of the publisher, or after it.
  int old_live = 0, new_live = 0;           // What CURRENT names then.
  int left_behind = 0;                      // Roots with a folder or a file to sweep.
  int unusable = 0, torn = 0, unswept = 0;  // Broken promises.
  int failed = 0;                           // Publishers that ended with an error.
  std::string first_problem;

  void Problem(int* count, const std::string& what) {
    ++*count;
    if (first_problem.empty()) first_problem = what;
  }
};

// Bundle number `i`, made live.
absl::Status Publish(const Flags& flags, const std::string& root, int i) {
  TestBundleOptions options;
  options.seed = static_cast<uint64_t>(i + 1);
  options.created += absl::Minutes(i);
  std::mt19937_64 random(options.seed);
  TestBundle bundle;
  bundle.items = MakeTestItems(options);
  bundle.thumbnails.assign(bundle.items.size(), std::string(1000, 'x'));
  bundle.vectors = RandomUnitVectors(options.items, options.dim, &random);
  GoldenCase golden;
  golden.image_name = "0.jpg";
  golden.image = std::string(10'000, 'y');
  golden.embedding.assign(bundle.vectors.begin(), bundle.vectors.begin() + options.dim);
  golden.scores.assign(static_cast<size_t>(options.classes), 0.5f);
  golden.top = TestNeighbors(bundle.items, bundle.vectors, golden.embedding, kGoldenTop);
  bundle.golden = {golden};
  LB_ASSIGN_OR_RETURN(const auto writer, BundleWriter::Create(root));
  const std::string model(static_cast<size_t>(flags.model_kib) << 10, static_cast<char>(i));
  LB_RETURN_IF_ERROR(WriteFile(JoinPath(writer->directory(), kModelFile), model));
  LB_RETURN_IF_ERROR(WriteFile(JoinPath(writer->directory(), kIndexFile), model));
  return PublishTestBundle(options, writer.get(), &bundle);
}

// In a process of its own.
[[noreturn]] void PublishAndExit(const Flags& flags, const std::string& root, int i) {
  const absl::Status published = Publish(flags, root, i);
  if (!published.ok()) std::cerr << "publisher " << i << ": " << published << std::endl;
  ::_exit(published.ok() ? 0 : 1);
}

// Kills it after `time`.
void PublishAndKill(const Flags& flags, const std::string& root, int i, absl::Duration time,
                    Tally* tally) {
  const pid_t publisher = ::fork();
  if (publisher == 0) PublishAndExit(flags, root, i);
  absl::SleepFor(time);
  ::kill(publisher, SIGKILL);
  int status = 0;
  ::waitpid(publisher, &status, 0);
  ++(WIFSIGNALED(status) ? tally->killed : tally->finished);
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    tally->Problem(&tally->failed, absl::StrCat("publisher ", i, " ended with an error"));
}

bool IsTemporary(const std::string& name) { return absl::StrContains(name, ".tmp"); }

void CheckRoot(const std::string& root, const std::string& live_before, Tally* tally) {
  const auto current = VerifyCurrentBundle(root);
  if (!current.ok()) {
    tally->Problem(&tally->unusable, std::string(current.status().message()));
    return;
  }
  ++(current->id == live_before ? tally->old_live : tally->new_live);
  const std::vector<std::string> names = *ListDirectory(root);
  tally->left_behind += std::any_of(names.begin(), names.end(), IsTemporary);
  for (const std::string& name : names) {
    if (!IsBundleId(name)) continue;
    const absl::Status whole = VerifyBundle(JoinPath(root, name)).status();
    if (!whole.ok()) tally->Problem(&tally->torn, std::string(whole.message()));
  }
}

// What the next publisher sweeps before it begins, and what an operator would delete.
void Sweep(const std::string& root, Tally* tally) {
  if (!BundleWriter::Create(root).ok()) tally->Problem(&tally->unswept, "no writer can be made");
  const std::string live = ReadCurrent(root).value_or(CurrentFile()).bundle_id;
  const std::vector<std::string> names = *ListDirectory(root);
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".tmp")) tally->Problem(&tally->unswept, name);
    if (IsBundleId(name) && name != live) RemoveAll(JoinPath(root, name)).IgnoreError();
  }
}

absl::StatusOr<Tally> Run(const Flags& flags) {
  const TempDir root;
  absl::Duration whole;
  int published = 0;
  for (; published < 3; ++published) {
    const absl::Time begin = absl::Now();
    LB_RETURN_IF_ERROR(Publish(flags, root.path(), published));
    whole = absl::Now() - begin;  // The last is the warm one.
  }
  std::mt19937_64 random(flags.seed);
  Tally tally;
  for (int i = 0; tally.killed < flags.count && i < kMostForAKill * flags.count; ++i, ++published) {
    const std::string before = ReadCurrent(root.path()).value_or(CurrentFile()).bundle_id;
    const double share = 1.2 * static_cast<double>(random() >> 11) * 0x1.0p-53;
    PublishAndKill(flags, root.path(), published, share * whole, &tally);
    CheckRoot(root.path(), before, &tally);
    Sweep(root.path(), &tally);
    if (i % 50 == 49) std::cerr << i + 1 << " publishers" << std::endl;
  }
  return tally;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Kills publishers at random moments and looks at what they leave", "publish_kills");
  app.add_option("--count", flags.count, "How many are killed")->check(CLI::PositiveNumber);
  app.add_option("--seed", flags.seed);
  app.add_option("--model-kib", flags.model_kib, "Size of the model and of the index")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<Tally> tally = Run(flags);
  if (!tally.ok()) {
    std::cerr << "publish_kills: " << tally.status() << std::endl;
    return 1;
  }
  const bool good = tally->unusable == 0 && tally->torn == 0 && tally->unswept == 0 &&
                    tally->failed == 0 && tally->killed == flags.count;
  std::cout << nlohmann::ordered_json{{"killed", tally->killed},
                                      {"finished_before", tally->finished},
                                      {"failed", tally->failed},
                                      {"old_bundle_live", tally->old_live},
                                      {"new_bundle_live", tally->new_live},
                                      {"left_something_to_sweep", tally->left_behind},
                                      {"unusable_current", tally->unusable},
                                      {"torn_bundles", tally->torn},
                                      {"unswept", tally->unswept},
                                      {"first_problem", tally->first_problem},
                                      {"good", good}}
                   .dump(1)
            << std::endl;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) { return lookbook::Main(argc, argv); }
