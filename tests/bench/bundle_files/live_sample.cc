#include "tests/bench/bundle_files/live_sample.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "tests/support/program_run.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

std::shared_ptr<grpc::Channel> ChannelTo(int port) {
  return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
}

class LiveServer {
 public:
  LiveServer(const std::string& program, const std::string& root, const std::string& log)
      : run_(program,
             {"--bundles", absl::StrCat("default=", root), "--listen.data", "127.0.0.1:0",
              "--listen.admin", "127.0.0.1:0", "--metrics.listen", "off", "--log.level", "error",
              "--deadlines.lame-duck", "0", "--batch.max-size", "1"},
             log) {
    int data = 0, admin = 0;
    serves_ = std::sscanf(run_.ReadLine().c_str(), "serving on 127.0.0.1:%d, admin on 127.0.0.1:%d",
                          &data, &admin) == 2;
    search_ = v1::SearchService::NewStub(ChannelTo(data));
    admin_ = v1::AdminService::NewStub(ChannelTo(admin));
  }

  bool serves() const { return serves_; }
  std::string errors() const { return run_.Errors(); }

  grpc::Status Activate(const std::string& id) {
    grpc::ClientContext context;
    v1::ActivateBundleRequest request;
    v1::ActivateBundleResponse response;
    request.set_bundle_id(id);
    return admin_->ActivateBundle(&context, request, &response);
  }
  // Empty when there is none.
  std::string AnswerToAGoodPicture() {
    grpc::ClientContext context;
    v1::SearchRequest request;
    v1::SearchResponse response;
    request.set_image(TestImageFile(1, 16));
    return search_->Search(&context, request, &response).ok() ? response.SerializeAsString() : "";
  }
  bool EndsWell() {
    run_.Signal(SIGTERM);
    return run_.Wait() == 0;
  }

 private:
  ProgramRun run_;
  bool serves_ = false;
  std::unique_ptr<v1::SearchService::Stub> search_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

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
  LiveServer server(program, root, log);
  if (!server.serves()) return absl::UnavailableError(server.errors());
  const std::string answer = server.AnswerToAGoodPicture();
  LiveSample sample;
  for (uint64_t n = 0; sample.tried < count; ++n) {
    const Mutant mutant = MakeMutant(good, other, n, seed);
    if (mutant.image.current != good.current && mutant.kind == MutantKind::kRaw) continue;
    ++sample.tried;
    LB_RETURN_IF_ERROR(WriteBundleImage(mutant.image, root, /*with_current=*/false));
    const grpc::Status status = server.Activate(mutant.image.id);
    Judge(mutant, status, &sample);
    if (status.ok()) server.Activate(live.bundle_id);
    if (server.AnswerToAGoodPicture() != answer || answer.empty())
      Problem(&sample.other_answers, absl::StrCat("after ", mutant.what), &sample);
    LB_RETURN_IF_ERROR(RemoveAll(JoinPath(root, mutant.image.id)));
  }
  sample.alive = server.EndsWell();
  return sample;
}

}  // namespace lookbook
