#include "server/pipeline/search_kind.h"

#include "engine/index/index_spec.h"

namespace lookbook {

SearchKind SearchKindOf(const VectorIndex& index) {
  const auto spec = ParseIndexSpec(index.spec());
  if (!spec.ok()) return SearchKind::kFlat;
  switch (spec->kind) {
    case IndexKind::kFlat:
      return SearchKind::kFlat;
    case IndexKind::kSq8:
    case IndexKind::kSqFp16:
      return SearchKind::kSq;
    case IndexKind::kIvfFlat:
    case IndexKind::kIvfSq8:
      return SearchKind::kIvf;
    case IndexKind::kHnsw:
      return SearchKind::kHnsw;
  }
  return SearchKind::kFlat;
}

}  // namespace lookbook
