#include "models/train/checkpoint.h"

#include <ATen/Context.h>
#include <torch/utils.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/train/batch_look_json.h"
#include "models/train/tensor_file.h"

namespace lookbook {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Share, part, whole)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GuardState, judged, red_in_a_row, restores, rate_scale, easier,
                                   has_green)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RunPosition, stage, stage_step, step, epoch, batch, seconds,
                                   images, best, kept_health, found_health, landmark_steps,
                                   early_best, stale, stopped_early, standardized, guard,
                                   window_steps, window_seconds, window_loss, window_gradient,
                                   window_figures, window_shares, window_looks, look)

namespace {

constexpr int kVersion = 4;
constexpr char kModule[] = "module.", kOptimizer[] = "optimizer.", kAverage[] = "average.",
               kRandom[] = "random", kDeviceRandom[] = "device_random";

torch::Tensor RandomState(torch::Device device) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void SetRandomState(torch::Device device, const torch::Tensor& state) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

std::map<std::string, torch::Tensor> WithPrefix(const std::map<std::string, torch::Tensor>& tensors,
                                                absl::string_view prefix) {
  std::map<std::string, torch::Tensor> out;
  for (const auto& [name, tensor] : tensors) {
    if (absl::StartsWith(name, prefix)) out[name.substr(prefix.size())] = tensor;
  }
  return out;
}

// What of a RunIdentity is compared, under its key in the file.
struct IdentityPart {
  const char* key;
  const char* other;  // "belongs to …".
  std::string RunIdentity::*value;
};

constexpr IdentityPart kIdentity[] = {
    {"recipe", "another recipe", &RunIdentity::recipe_sha256},
    {"data", "other data", &RunIdentity::data_sha256},
    {"split", "another split", &RunIdentity::split_sha256},
    {"pictures", "other pictures", &RunIdentity::pictures},
    {"init", "other first weights (network.init)", &RunIdentity::init}};

absl::Status CheckSame(const nlohmann::json& json, const RunIdentity& want,
                       const std::string& path) {
  for (const IdentityPart& part : kIdentity) {
    const auto found = json.at(part.key).get<std::string>();
    const std::string& now = want.*part.value;
    if (found == now) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        path, " belongs to ", part.other, " (", found.substr(0, 12), ", now ", now.substr(0, 12),
        "): start over without --resume, or use the recipe and data it was made with"));
  }
  return absl::OkStatus();
}

}  // namespace

struct Checkpoint::Impl {
  RunPosition position;
  std::vector<HistoryEntry> history;
  int64_t average_updates = 0;
  std::map<std::string, torch::Tensor> tensors;
};

absl::Status SaveCheckpoint(const std::string& path, const RunIdentity& identity,
                            const RunState& state) {
  return CatchToStatus(path, [&]() -> absl::Status {
    TensorFile file;
    CollectTensors(*state.module, kModule, &file.tensors);
    if (state.optimizer != nullptr) {
      for (const auto& [name, tensor] : OptimizerState(*state.module, *state.optimizer)) {
        file.tensors[kOptimizer + name] = tensor.to(torch::kCPU).contiguous();
      }
    }
    if (state.average != nullptr) {
      for (const auto& [name, tensor] : state.average->values())
        file.tensors[kAverage + name] = tensor.to(torch::kCPU).contiguous();
    }
    file.tensors[kRandom] = RandomState(torch::kCPU);
    const torch::Device device = state.module->plan().device;
    if (!device.is_cpu()) file.tensors[kDeviceRandom] = RandomState(device);
    nlohmann::json json = {
        {"version", kVersion},
        {"position", state.position},
        {"average_updates", state.average != nullptr ? state.average->updates() : 0},
        {"history", HistoryToJson(state.history)}};
    for (const IdentityPart& part : kIdentity) json[part.key] = identity.*part.value;
    file.text = json.dump();
    return WriteTensorFile(path, file);
  });
}

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::~Checkpoint() = default;
const RunPosition& Checkpoint::position() const { return impl_->position; }
const std::vector<HistoryEntry>& Checkpoint::history() const { return impl_->history; }

absl::StatusOr<std::unique_ptr<Checkpoint>> Checkpoint::Load(const std::string& path,
                                                             const RunIdentity& identity) {
  LB_ASSIGN_OR_RETURN(TensorFile file, ReadTensorFile(path));
  auto impl = std::make_unique<Impl>();
  try {
    const nlohmann::json json = nlohmann::json::parse(file.text);
    if (json.at("version") != kVersion)
      return absl::FailedPreconditionError(absl::StrCat(path, ": another version's"));
    LB_RETURN_IF_ERROR(CheckSame(json, identity, path));
    impl->position = json.at("position").get<RunPosition>();
    impl->average_updates = json.at("average_updates").get<int64_t>();
    LB_ASSIGN_OR_RETURN(impl->history, HistoryFromJson(json.at("history").get<std::string>()));
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": not a checkpoint: ", e.what()));
  }
  impl->tensors = std::move(file.tensors);
  return std::unique_ptr<Checkpoint>(new Checkpoint(std::move(impl)));
}

absl::Status Checkpoint::Restore(RunState* state) const {
  return CatchToStatus("restore checkpoint", [&]() -> absl::Status {
    LB_RETURN_IF_ERROR(RestoreTensors(impl_->tensors, kModule, *state->module));
    if (state->optimizer != nullptr) {
      LB_RETURN_IF_ERROR(RestoreOptimizerState(
          *state->module, WithPrefix(impl_->tensors, kOptimizer), *state->optimizer));
    }
    if (state->average != nullptr) {
      const std::map<std::string, torch::Tensor> saved = WithPrefix(impl_->tensors, kAverage);
      for (auto& [name, tensor] : state->average->values()) {
        const auto found = saved.find(name);
        if (found == saved.end()) return absl::DataLossError(absl::StrCat("no average of ", name));
        tensor.copy_(found->second);
      }
      state->average->set_updates(impl_->average_updates);
    }
    const auto random = impl_->tensors.find(kRandom);
    if (random == impl_->tensors.end()) return absl::DataLossError("no random state");
    SetRandomState(torch::kCPU, random->second);
    // A run that began on another device goes on with this one's numbers as they are.
    const torch::Device device = state->module->plan().device;
    const auto device_random = impl_->tensors.find(kDeviceRandom);
    if (!device.is_cpu() && device_random != impl_->tensors.end())
      SetRandomState(device, device_random->second);
    state->position = impl_->position;
    state->history = impl_->history;
    return absl::OkStatus();
  });
}

}  // namespace lookbook
