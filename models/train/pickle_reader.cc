#include "models/train/pickle_reader.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "models/train/pickle_machine.h"

namespace lookbook {
namespace {

using Kind = PickleValue::Kind;

// Our own files hold {"text": …, "tensors": dict}.
const PickleValue& Unwrap(const PickleValue& root) {
  const std::vector<PickleValue*>& items = root.items;
  if (items.size() != 4) return root;
  for (size_t i : {0, 2}) {
    const PickleValue& text = *items[2 - i];
    if (text.Is(Kind::kText) && text.text == "text" && items[i]->text == "tensors" &&
        items[i + 1]->Is(Kind::kDict)) {
      return *items[i + 1];
    }
  }
  return root;
}

}  // namespace

absl::StatusOr<NamedTensors> ReadPickledTensors(absl::string_view pickle,
                                                const StorageReader& read_storage) {
  PickleMachine machine(pickle, read_storage);
  LB_ASSIGN_OR_RETURN(const PickleValue* root, machine.Run());
  if (!root->Is(Kind::kDict))
    return absl::InvalidArgumentError("it does not hold a dict of names to tensors");
  NamedTensors tensors;
  const std::vector<PickleValue*>& items = Unwrap(*root).items;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (!items[i]->Is(Kind::kText))
      return absl::InvalidArgumentError("a key of its dict is no text");
    if (!items[i + 1]->Is(Kind::kTensor)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "its entry \"", absl::CHexEscape(items[i]->text), "\" is no tensor: no state dict"));
    }
    tensors[items[i]->text] = items[i + 1]->tensor;
  }
  return tensors;
}

}  // namespace lookbook
