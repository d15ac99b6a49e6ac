#include "server/pipeline/in_flight.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/retry_pushback.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

absl::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kDecode:
      return "decode";
    case Stage::kPreprocess:
      return "preprocess";
    case Stage::kQueue:
      return "queue";
    case Stage::kEmbed:
      return "embed";
    case Stage::kSearch:
      return "search";
    case Stage::kReply:
      return "reply";
  }
  return "unknown";
}

// Cancelled queries are counted by stage, in FailCancelled().
void CountShed(ServerMetrics& metrics, const absl::Status& status) {
  if (absl::IsDeadlineExceeded(status)) return metrics.Shed(ShedReason::kDeadline);
  const std::string reason = GetReason(status);
  if (reason == "draining") return metrics.Shed(ShedReason::kDraining);
  if (!absl::IsResourceExhausted(status)) return;
  if (reason == "queue_full") return metrics.Shed(ShedReason::kQueueFull);
  metrics.Shed(reason == "deadline_too_short" ? ShedReason::kDeadline : ShedReason::kMemory);
}

}  // namespace

InFlight::InFlight(Query submitted_query, QueryDone done, const QueryContext* context)
    : query(std::move(submitted_query)),
      context_(*context),
      done_(std::move(done)),
      submitted_(context->clock->Now()) {}

InFlight::~InFlight() {
  if (!answered()) Fail(absl::InternalError("the query was lost inside the server"));
}

bool InFlight::MayStart(Stage stage) {
  // The deadline first: when it comes, the caller's side cancels the call as well.
  if (query.deadline <= context_.clock->Now()) {
    FailDeadline(stage);
    return false;
  }
  if (query.cancelled != nullptr && query.cancelled->load(std::memory_order_acquire)) {
    FailCancelled(stage);
    return false;
  }
  return true;
}

absl::Status InFlight::TakePlace() {
  if (has_place_) return absl::OkStatus();
  LB_RETURN_IF_ERROR(context_.places->Take(query.peer));
  has_place_ = true;
  inside_ = true;
  context_.inside->AddUnanswered(1);
  undecoded_ = query.kind == QueryKind::kImage;
  if (undecoded_) context_.inside->AddUndecoded(1);
  return absl::OkStatus();
}

bool InFlight::TryTakeMemory(int64_t file_bytes, int64_t decode_bytes) {
  if (context_.image_memory == nullptr) return true;
  if (!context_.image_memory->TryTake(file_bytes + decode_bytes)) return false;
  file_bytes_ = file_bytes;
  decode_bytes_ = decode_bytes;
  return true;
}

void InFlight::GiveMemory(int64_t* bytes) {
  if (*bytes > 0) context_.image_memory->Give(std::exchange(*bytes, 0));
}

void InFlight::Decoded() {
  GiveMemory(&decode_bytes_);
  if (std::exchange(undecoded_, false)) context_.inside->AddUndecoded(-1);
}

void InFlight::LeaveQueue() {
  if (std::exchange(has_place_, false)) context_.places->Give(query.peer);
}

void InFlight::Answer() { Finish(absl::OkStatus()); }

void InFlight::Fail(absl::Status status) {
  CountShed(*context_.metrics, status);
  if (absl::IsResourceExhausted(status) && !GetRetryPushback(status)) {
    const auto times = context_.estimator->Estimate(context_.clock->Now(), context_.inside->Now(),
                                                    query.kind == QueryKind::kImage);
    if (times) status = WithRetryPushback(std::move(status), times->wait);
  }
  Finish(std::move(status));
}

void InFlight::FailCancelled(Stage stage) {
  context_.metrics->Cancelled(stage);
  Finish(absl::CancelledError(absl::StrCat("cancelled before the stage ", StageName(stage))));
}

void InFlight::FailDeadline(Stage stage) {
  Fail(absl::DeadlineExceededError(
      absl::StrCat("the deadline came before the stage ", StageName(stage))));
}

void InFlight::Finish(absl::Status status) {
  result.seconds.total = absl::ToDoubleSeconds(context_.clock->Now() - submitted_);
  if (query.ended) query.ended(result);
  LeaveQueue();
  Decoded();
  GiveMemory(&file_bytes_);
  if (std::exchange(inside_, false)) context_.inside->AddUnanswered(-1);
  absl::StatusOr<QueryResult> outcome = std::move(result);
  if (!status.ok()) outcome = std::move(status);
  // The bundle may be a retired one: let go of it before the caller can see the answer.
  result = QueryResult();
  std::exchange(done_, nullptr)(std::move(outcome));
}

}  // namespace lookbook
