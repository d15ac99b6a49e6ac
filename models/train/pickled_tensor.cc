#include "models/train/pickled_tensor.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

using Kind = PickleValue::Kind;
constexpr size_t kMaxDimensions = 8;
constexpr int64_t kMaxElements = int64_t{1} << 40;

struct View {
  PickledStorage storage;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
};

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("pickled tensor: ", what));
}

absl::StatusOr<std::vector<int64_t>> Integers(const PickleValue& tuple) {
  if (!tuple.Is(Kind::kTuple) || tuple.items.size() > kMaxDimensions)
    return Damaged("sizes or strides that are no tuple of at most 8");
  std::vector<int64_t> out;
  for (const PickleValue* item : tuple.items) {
    if (!item->Is(Kind::kInteger) || item->integer < 0 || item->integer > kMaxElements)
      return Damaged("a size or stride out of range");
    out.push_back(item->integer);
  }
  return out;
}

absl::StatusOr<View> ReadView(const std::vector<PickleValue*>& arguments) {
  if (arguments.size() < 6 || arguments.size() > 7 || !arguments[0]->Is(Kind::kStorage) ||
      !arguments[1]->Is(Kind::kInteger)) {
    return Damaged("unexpected arguments");
  }
  View view{arguments[0]->storage, arguments[1]->integer, {}, {}};
  LB_ASSIGN_OR_RETURN(view.sizes, Integers(*arguments[2]));
  LB_ASSIGN_OR_RETURN(view.strides, Integers(*arguments[3]));
  if (view.sizes.size() != view.strides.size()) return Damaged("other strides than sizes");
  return view;
}

// Products and sums stay below 2^62: each factor and bound is at most 2^40, and a partial product
// is compared before it grows further.
absl::Status CheckWithin(const View& view) {
  const int64_t elements = view.storage.elements;
  if (elements < 0 || elements > kMaxElements || view.offset < 0 || view.offset > elements)
    return Damaged("an offset out of range");
  int64_t count = 1;
  for (const int64_t size : view.sizes) {
    if (size == 0) return absl::OkStatus();
    if (count > elements / size) return Damaged("it has more elements than its storage");
    count *= size;
  }
  int64_t last = view.offset;
  for (size_t i = 0; i < view.sizes.size(); ++i) {
    const int64_t steps = view.sizes[i] - 1;
    if (steps > 0 && view.strides[i] > (elements - last) / steps)
      return Damaged("it leaves its storage");
    last += steps * view.strides[i];
  }
  return last < elements ? absl::OkStatus() : Damaged("it leaves its storage");
}

}  // namespace

absl::StatusOr<torch::Tensor> MakePickledTensor(const std::vector<PickleValue*>& arguments,
                                                const StorageReader& read_storage) {
  LB_ASSIGN_OR_RETURN(const View view, ReadView(arguments));
  LB_RETURN_IF_ERROR(CheckWithin(view));
  LB_ASSIGN_OR_RETURN(const torch::Tensor storage, read_storage(view.storage));
  return CatchToStatus("pickled tensor", [&]() -> absl::StatusOr<torch::Tensor> {
    if (storage.dim() != 1 || storage.numel() != view.storage.elements)
      return Damaged("its storage has another length");
    return storage.as_strided(view.sizes, view.strides, view.offset);
  });
}

}  // namespace lookbook
