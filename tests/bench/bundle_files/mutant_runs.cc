#include "tests/bench/bundle_files/mutant_runs.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/verify.h"
#include "engine/embed/torchscript_embedder.h"

namespace lookbook {
namespace {

constexpr size_t kMostTexts = 20;
constexpr unsigned kPatienceSeconds = 120;  // For one mutant, on a busy machine.
constexpr const char* kReasons[] = {"signature", "manifest", "checksum", "format",
                                    "golden",    "memory",   "io",       "other"};
// A result: the number of a reason or kAccepted, and kBelieved where the second question was
// answered wrongly.
constexpr uint8_t kAccepted = 0x7F, kBelieved = 0x80;

uint8_t ReasonNumber(const absl::Status& status) {
  const std::string reason = GetReason(status);
  const auto found = std::find(std::begin(kReasons), std::end(kReasons) - 1, reason);
  return static_cast<uint8_t>(found - std::begin(kReasons));
}

// The mutants of one run. Both sides of the pipe make them by their numbers.
class Runs {
 public:
  Runs(const MutantRunOptions& options, const std::vector<BundleImage>& goods,
       const std::vector<BundleImage>& others)
      : options_(options), goods_(goods), others_(others) {}

  Mutant Make(uint64_t n) const {
    // Ten of a kind of index after each other: their number says how they are damaged.
    const size_t which = n / 10 % goods_.size();
    return MakeMutant(goods_[which], others_[which], n, options_.seed);
  }

  // In a process of its own: a byte for each mutant from `first` on, until they or the process end.
  void OpenFrom(uint64_t first, int results) const {
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    SetNumericThreads(1);
    for (uint64_t n = first; n < options_.count; ++n) {
      ::alarm(kPatienceSeconds);
      const uint8_t result = OpenOne(Make(n));
      if (::write(results, &result, 1) != 1) ::_exit(1);
    }
    ::_exit(0);
  }

 private:
  uint8_t OpenOne(const Mutant& mutant) const {
    const std::string root = JoinPath(options_.scratch, "root");
    RemoveAll(root).IgnoreError();
    const absl::Status written = WriteBundleImage(mutant.image, root);
    if (!written.ok()) {
      std::cerr << written << std::endl;
      ::_exit(1);
    }
    BundleOptions bundle_options;
    bundle_options.max_batch = 1;
    const absl::Status opened =
        CatchToStatus(root, [&] { return OpenCurrentBundle(root, bundle_options).status(); });
    uint8_t result = opened.ok() ? kAccepted : ReasonNumber(opened);
    if (VerifyCurrentBundle(root, options_.public_keys).ok()) result |= kBelieved;
    return result;
  }

  const MutantRunOptions& options_;
  const std::vector<BundleImage>& goods_;
  const std::vector<BundleImage>& others_;
};

void Note(std::vector<std::string>* texts, uint64_t n, const std::string& what) {
  if (texts->size() < kMostTexts) texts->push_back(absl::StrCat(n, ": ", what));
}

void Count(uint64_t n, const Mutant& mutant, uint8_t result, MutantTally* tally) {
  ++tally->tried;
  if ((result & kBelieved) != 0) {
    ++tally->believed;
    Note(&tally->worst, n, absl::StrCat(mutant.what, ": believed without a signature"));
  }
  result &= static_cast<uint8_t>(~kBelieved);
  if (result != kAccepted) {
    ++tally->refused[kReasons[std::min<size_t>(result, std::size(kReasons) - 1)]];
    if (mutant.kind == MutantKind::kFree) Note(&tally->worst, n, mutant.what + ": refused");
    return;
  }
  ++tally->accepted;
  if (mutant.kind == MutantKind::kContent) Note(&tally->accepted_files, n, mutant.what);
  if (mutant.kind == MutantKind::kRaw || mutant.kind == MutantKind::kRule) {
    Note(&tally->worst, n, mutant.what + ": accepted");
  }
}

// A model whose hash is right is code and may do that: a server has another process open it first.
bool MayEndItsProcess(const Mutant& mutant) {
  return mutant.kind == MutantKind::kContent && absl::StartsWith(mutant.what, kModelFile);
}

void CountDeath(uint64_t n, const Mutant& mutant, int signal, MutantTally* tally) {
  ++tally->tried;
  ++(signal == SIGALRM ? tally->hung : tally->crashed);
  Note(MayEndItsProcess(mutant) ? &tally->ended_by_models : &tally->worst, n,
       absl::StrCat(mutant.what, ": died of signal ", signal));
}

}  // namespace

absl::StatusOr<MutantTallies> RunMutants(const MutantRunOptions& options,
                                         const std::vector<BundleImage>& goods,
                                         const std::vector<BundleImage>& others) {
  const Runs runs(options, goods, others);
  MutantTallies tallies;
  const auto tally_of = [&](const Mutant& mutant) {
    return &tallies[static_cast<size_t>(mutant.kind)];
  };
  for (uint64_t n = 0; n < options.count;) {
    int ends[2];
    if (::pipe(ends) != 0) return absl::ErrnoToStatus(errno, "pipe");
    const pid_t opener = ::fork();
    if (opener == 0) {
      ::close(ends[0]);
      runs.OpenFrom(n, ends[1]);
    }
    ::close(ends[1]);
    for (uint8_t result = 0; ::read(ends[0], &result, 1) == 1; ++n) {
      const Mutant mutant = runs.Make(n);
      Count(n, mutant, result, tally_of(mutant));
      if (n % 1000 == 999) std::cerr << n + 1 << " mutants" << std::endl;
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(opener, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
      return absl::InternalError(absl::StrCat("mutant ", n, " could not be written"));
    }
    if (WIFSIGNALED(status)) {
      const Mutant mutant = runs.Make(n);
      CountDeath(n++, mutant, WTERMSIG(status), tally_of(mutant));
    }
  }
  return tallies;
}

}  // namespace lookbook
