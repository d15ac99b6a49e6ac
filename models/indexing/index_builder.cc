#include "models/indexing/index_builder.h"

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/manifest.h"
#include "engine/index/index_factory.h"
#include "engine/index/index_spec.h"

namespace lookbook {
namespace {

std::vector<uint32_t> Ids(const std::vector<Label>& labels, const std::vector<int>& columns) {
  std::vector<uint32_t> ids;
  for (const int column : columns) ids.push_back(labels[column].id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::Status WriteItems(const std::string& path, const LabelSpace& labels,
                        absl::Span<const ImageRecord> images, absl::Span<const std::string> splits,
                        const EmbeddedCorpus& corpus) {
  LB_RETURN_IF_ERROR(RemoveAll(path));
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<ItemWriter> writer, ItemWriter::Create(path));
  for (size_t row = 0; row < corpus.images.size(); ++row) {
    const int64_t image = corpus.images[row];
    const std::string thumbnail = corpus.thumbnails.empty() ? "" : corpus.thumbnails[row];
    LB_RETURN_IF_ERROR(writer->Add(MakeItem(labels, images[image], splits[image]), thumbnail));
  }
  return writer->Finish();
}

}  // namespace

Item MakeItem(const LabelSpace& labels, const ImageRecord& image, const std::string& split) {
  return {.id = image.id,
          .class_ids = Ids(labels.classes, image.classes),
          .attribute_ids = Ids(labels.attributes, image.attributes),
          .uri = image.path,
          .split = split};
}

absl::StatusOr<std::unique_ptr<VectorIndex>> WriteIndexFiles(const std::string& directory,
                                                             const std::string& index_spec,
                                                             const LabelSpace& labels,
                                                             absl::Span<const ImageRecord> images,
                                                             absl::Span<const std::string> splits,
                                                             const EmbeddedCorpus& corpus) {
  if (splits.size() != images.size() || corpus.images.empty()) {
    return absl::InvalidArgumentError(
        "index: no embedded image, or not one split name for each image");
  }
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(index_spec));
  const int dim = static_cast<int>(corpus.vectors.size() / corpus.images.size());
  LB_ASSIGN_OR_RETURN(std::unique_ptr<VectorIndex> index, BuildIndex(spec, dim, corpus.vectors));
  LB_RETURN_IF_ERROR(MakeDirectories(directory));
  LB_RETURN_IF_ERROR(index->Save(JoinPath(directory, kIndexFile)));
  LB_RETURN_IF_ERROR(WriteItems(JoinPath(directory, kItemsFile), labels, images, splits, corpus));
  return index;
}

}  // namespace lookbook
