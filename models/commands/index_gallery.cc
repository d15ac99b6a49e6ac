#include "models/commands/index_gallery.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/manifest.h"
#include "engine/index/index_factory.h"
#include "engine/index/index_spec.h"
#include "models/dataset/label_space.h"
#include "models/evaluate/set_evaluation.h"

namespace lookbook {

absl::StatusOr<Gallery> ReadGallery(const VectorIndex& index, const ItemStore& items,
                                    const LabelSpace& labels) {
  const ColumnIndex columns(labels.classes);
  Gallery out;
  out.vectors.reserve(items.size() * index.dim());
  std::vector<ImageRecord> records;
  for (int64_t row = 0; row < items.size(); ++row) {
    LB_ASSIGN_OR_RETURN(const std::vector<float> vector, index.Vector(row));
    out.vectors.insert(out.vectors.end(), vector.begin(), vector.end());
    ImageRecord record{.id = items.item(row).id};
    for (const uint32_t id : items.item(row).class_ids) {
      const std::optional<int> column = columns.Find(id);
      if (!column.has_value())
        return absl::DataLossError(absl::StrCat("item ", record.id, " has unknown class ", id));
      record.classes.push_back(*column);
    }
    out.ids.push_back(record.id);
    records.push_back(std::move(record));
  }
  out.labels = ClassMatrix(labels, records);
  return out;
}

absl::StatusOr<Gallery> OpenGallery(const std::string& folder, const std::string& index_spec,
                                    const LabelSpace& labels, int dim) {
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(index_spec));
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<ItemStore> items,
                      ItemStore::Open(JoinPath(folder, kItemsFile)));
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<VectorIndex> index,
                      OpenIndex(spec, JoinPath(folder, kIndexFile), dim, items->size()));
  return ReadGallery(*index, *items, labels);
}

}  // namespace lookbook
