#include "models/train/weights_file.h"

#include <torch/script.h>

#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/train/safetensors.h"
#include "models/train/torch_archive.h"

namespace lookbook {
namespace {

constexpr char kPickle[] = "data.pkl", kByteOrder[] = "byteorder", kConstants[] = "constants.pkl";
constexpr uint64_t kMaxPickle = uint64_t{1} << 26;
constexpr char kConvert[] =
    "; scripts/convert_weights.py makes a state dict of a file that you trust";

// Reads "data/<key>" of an archive, each once however many tensors share it.
class ArchivedStorages {
 public:
  explicit ArchivedStorages(TorchArchive& archive) : archive_(archive) {}

  absl::StatusOr<torch::Tensor> Get(const PickledStorage& wanted) {
    const auto [at, is_new] = read_.try_emplace(wanted.key);
    if (is_new) {
      LB_ASSIGN_OR_RETURN(at->second, Read(wanted));
    }
    if (at->second.scalar_type() != wanted.type)
      return absl::DataLossError(absl::StrCat("storage ", wanted.key, " has two types"));
    return at->second;
  }

 private:
  absl::StatusOr<torch::Tensor> Read(const PickledStorage& wanted) {
    LB_ASSIGN_OR_RETURN(const std::string bytes, archive_.Read(absl::StrCat("data/", wanted.key)));
    const size_t element = c10::elementSize(wanted.type);
    if (bytes.size() % element != 0 ||
        bytes.size() / element != static_cast<uint64_t>(wanted.elements)) {
      return absl::DataLossError(absl::StrCat("storage ", wanted.key, " has ", bytes.size(),
                                              " bytes for ", wanted.elements, " elements"));
    }
    torch::Tensor storage = torch::empty({wanted.elements}, wanted.type);
    if (!bytes.empty()) std::memcpy(storage.data_ptr(), bytes.data(), bytes.size());
    return storage;
  }

  TorchArchive& archive_;
  std::map<std::string, torch::Tensor> read_;
};

absl::StatusOr<NamedTensors> ReadStateDict(TorchArchive& archive) {
  if (archive.Has(kByteOrder)) {
    LB_ASSIGN_OR_RETURN(const std::string order, archive.Read(kByteOrder));
    if (order != "little")
      return absl::InvalidArgumentError(absl::StrCat("its byte order is ", order));
  }
  LB_ASSIGN_OR_RETURN(const std::string pickle, archive.Read(kPickle));
  if (pickle.size() > kMaxPickle)
    return absl::DataLossError(absl::StrCat("its pickle has ", pickle.size(), " bytes"));
  ArchivedStorages storages(archive);
  return ReadPickledTensors(pickle,
                            [&](const PickledStorage& wanted) { return storages.Get(wanted); });
}

absl::StatusOr<NamedTensors> ReadScript(TorchArchive& archive) {
  LB_RETURN_IF_ERROR(archive.CheckAll());
  return CatchToStatus("TorchScript", [&]() -> absl::StatusOr<NamedTensors> {
    const torch::jit::Module module = torch::jit::load(archive.source(), torch::kCPU);
    NamedTensors tensors;
    for (const auto& item : module.named_parameters()) tensors[item.name] = item.value.detach();
    for (const auto& item : module.named_buffers()) tensors[item.name] = item.value.detach();
    return tensors;
  });
}

absl::StatusOr<NamedTensors> ReadArchive(absl::string_view bytes) {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<TorchArchive> archive, TorchArchive::Open(bytes));
  return archive->Has(kConstants) ? ReadScript(*archive) : ReadStateDict(*archive);
}

absl::StatusOr<NamedTensors> ReadBytes(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "PK\3\4")) return ReadArchive(bytes);
  if (IsSafetensors(bytes)) return ReadSafetensors(bytes);
  if (absl::StartsWith(bytes, "\x80"))
    return absl::InvalidArgumentError("a bare pickle, as torch before 1.6 wrote it");
  return absl::InvalidArgumentError(
      "neither a torch.save archive nor safetensors nor TorchScript, or damaged");
}

}  // namespace

absl::StatusOr<NamedTensors> ReadWeightsFile(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  absl::StatusOr<NamedTensors> tensors =
      CatchToStatus("weights", [&]() { return ReadBytes(bytes); });
  if (tensors.ok()) return tensors;
  const std::string message = absl::StrCat(path, ": ", tensors.status().message());
  switch (tensors.status().code()) {
    case absl::StatusCode::kInvalidArgument:
      return absl::InvalidArgumentError(absl::StrCat(message, kConvert));
    case absl::StatusCode::kInternal:  // What LibTorch throws at a damaged file.
      return absl::DataLossError(message);
    default:
      return absl::Status(tensors.status().code(), message);
  }
}

}  // namespace lookbook
