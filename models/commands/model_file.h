// The exported model of a work folder and the shape that stands beside it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// Raise it when the export step writes another model.ts of the same weights (ExportTorchScript) or
// another form of model.json: kept work folders are then exported anew.
inline constexpr int kExportFormat = 1;

absl::Status WriteModelShape(const std::string& path, const ModelShape& shape);
// NotFound: no such file. DataLoss: not what WriteModelShape writes.
absl::StatusOr<ModelShape> ReadModelShape(const std::string& path);

// The embedder that a server would use, with one numeric thread a caller, so that several threads
// may share it.
absl::StatusOr<std::unique_ptr<Embedder>> OpenModelFile(const std::string& model_path,
                                                        const std::string& shape_path);

}  // namespace lookbook
