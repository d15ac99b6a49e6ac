#include "models/train/weights.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "models/train/tensor_file.h"

namespace lookbook {

// What later versions added may be absent from a file: it has its default then.
static void from_json(const nlohmann::json& json, NetworkSpec& spec) {
  const NetworkSpec defaults;
  json.at("backbone").get_to(spec.backbone);
  json.at("classes").get_to(spec.classes);
  json.at("attributes").get_to(spec.attributes);
  spec.width = json.value("width", defaults.width);
  spec.head = json.value("head", defaults.head);
  spec.head_hidden = json.value("head_hidden", defaults.head_hidden);
  spec.head_dropout = json.value("head_dropout", defaults.head_dropout);
  spec.embedding_dim = json.value("embedding_dim", defaults.embedding_dim);
}

static void to_json(nlohmann::json& json, const NetworkSpec& spec) {
  json = {{"backbone", spec.backbone},
          {"classes", spec.classes},
          {"attributes", spec.attributes},
          {"width", spec.width},
          {"head", spec.head},
          {"head_hidden", spec.head_hidden},
          {"head_dropout", spec.head_dropout},
          {"embedding_dim", spec.embedding_dim}};
}

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

int64_t CountParameters(const EmbedderNet& net) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : net->parameters()) count += parameter.numel();
  return count;
}

}  // namespace lookbook
