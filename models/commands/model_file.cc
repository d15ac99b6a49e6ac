#include "models/commands/model_file.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/embed/torchscript_embedder.h"

namespace lookbook {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModelShape, image_size, dim, classes, attributes)

absl::Status WriteModelShape(const std::string& path, const ModelShape& shape) {
  return WriteFileAtomic(path, nlohmann::json(shape).dump(2) + "\n");
}

absl::StatusOr<ModelShape> ReadModelShape(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  try {
    return nlohmann::json::parse(text).get<ModelShape>();
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": ", e.what()));
  }
}

absl::StatusOr<std::unique_ptr<Embedder>> OpenModelFile(const std::string& model_path,
                                                        const std::string& shape_path) {
  LB_ASSIGN_OR_RETURN(const ModelShape shape, ReadModelShape(shape_path));
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(model_path));
  SetNumericThreads(1);
  LB_ASSIGN_OR_RETURN(std::unique_ptr<TorchScriptEmbedder> model,
                      TorchScriptEmbedder::Open(bytes, {.shape = shape}));
  LB_RETURN_IF_ERROR(model->WarmUp());
  return std::unique_ptr<Embedder>(std::move(model));
}

}  // namespace lookbook
