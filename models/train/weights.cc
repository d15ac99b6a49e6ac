#include "models/train/weights.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "models/train/tensor_file.h"

namespace lookbook {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NetworkSpec, backbone, classes, attributes)

absl::Status SaveWeights(const std::string& path, const NetworkSpec& spec, const EmbedderNet& net) {
  TensorFile file;
  CollectTensors(*net, "", &file.tensors);
  file.text = nlohmann::json(spec).dump();
  return WriteTensorFile(path, file);
}

absl::StatusOr<LoadedNetwork> LoadWeights(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const TensorFile file, ReadTensorFile(path));
  LoadedNetwork out;
  try {
    out.spec = nlohmann::json::parse(file.text).get<NetworkSpec>();
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": not a weights file: ", e.what()));
  }
  LB_ASSIGN_OR_RETURN(out.net, MakeNetwork(out.spec));
  LB_RETURN_IF_ERROR(RestoreTensors(file.tensors, "", *out.net));
  out.net->eval();
  return out;
}

}  // namespace lookbook
