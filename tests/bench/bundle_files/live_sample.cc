#include "tests/bench/bundle_files/live_sample.h"

#include <signal.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "tests/support/real_server.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

// Empty when there is none.
std::string AnswerToAGoodPicture(RealServer& server) {
  v1::SearchResponse response;
  return server.Search(TestImageFile(1, 16), &response).ok() ? response.SerializeAsString() : "";
}

bool EndsWell(ProgramRun& process) {
  process.Signal(SIGTERM);
  return process.Wait() == 0;
}

void Problem(int64_t* count, const std::string& what, LiveSample* sample) {
  ++*count;
  if (sample->first_problem.empty()) sample->first_problem = what;
}

void Judge(const Mutant& mutant, const grpc::Status& status, LiveSample* sample) {
  const MutantKind kind = mutant.kind;
  const grpc::StatusCode code = status.error_code();
  // NOT_FOUND: it lost its manifest. RESOURCE_EXHAUSTED: its file asks for memory that is not
  // there.
  const bool may_be_good = kind == MutantKind::kFree || kind == MutantKind::kContent;
  const bool is_refusal =
      code == grpc::StatusCode::DATA_LOSS ||
      (kind == MutantKind::kRaw && code == grpc::StatusCode::NOT_FOUND) ||
      (kind == MutantKind::kContent && code == grpc::StatusCode::RESOURCE_EXHAUSTED);
  if (status.ok() && may_be_good) {
    ++sample->accepted;
  } else if (is_refusal && kind != MutantKind::kFree) {
    ++sample->refused;
  } else {
    Problem(&sample->wrong,
            absl::StrCat(mutant.what, ": ", status.error_code(), " ", status.error_message()),
            sample);
  }
}

}  // namespace

absl::StatusOr<LiveSample> RunLiveSample(const std::string& program, const std::string& root,
                                         const BundleImage& good, const BundleImage& other,
                                         int64_t count, uint64_t seed, const std::string& log) {
  LB_ASSIGN_OR_RETURN(const CurrentFile live, ReadCurrent(root));
  LB_ASSIGN_OR_RETURN(
      const auto server,
      RealServer::Start(
          program, root,
          {"--log.level", "error", "--deadlines.lame-duck", "0", "--batch.max-size", "1"}, log));
  const std::string answer = AnswerToAGoodPicture(*server);
  LiveSample sample;
  for (uint64_t n = 0; sample.tried < count; ++n) {
    const Mutant mutant = MakeMutant(good, other, n, seed);
    if (mutant.image.current != good.current && mutant.kind == MutantKind::kRaw) continue;
    ++sample.tried;
    LB_RETURN_IF_ERROR(WriteBundleImage(mutant.image, root, /*with_current=*/false));
    const grpc::Status status = server->Activate(mutant.image.id);
    Judge(mutant, status, &sample);
    if (status.ok()) server->Activate(live.bundle_id);
    if (AnswerToAGoodPicture(*server) != answer || answer.empty())
      Problem(&sample.other_answers, absl::StrCat("after ", mutant.what), &sample);
    LB_RETURN_IF_ERROR(RemoveAll(JoinPath(root, mutant.image.id)));
  }
  sample.alive = EndsWell(server->process());
  return sample;
}

}  // namespace lookbook
