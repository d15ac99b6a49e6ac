// The values that a restricted pickle reader works with.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "models/train/pickle_reader.h"

namespace lookbook {

// The names that a pickle may call.
enum class PickleCall { kOrderedDict, kRebuildTensor, kRebuildParameter, kRestoreTypeTag };

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInteger,
    kReal,
    kText,
    kCall,         // A name that may be called.
    kStorageType,  // A name that may not.
    kTuple,
    kList,
    kDict,
    kStorage,
    kTensor,
    kMark
  };

  Kind kind = Kind::kNone;
  int64_t integer = 0;  // kBool, kInteger
  double real = 0;
  std::string text;
  PickleCall call = PickleCall::kOrderedDict;
  std::vector<PickleValue*> items;  // kTuple, kList; kDict: key, value, key, value, …
  PickledStorage storage;           // kStorageType: its `type` alone.
  torch::Tensor tensor;

  bool Is(Kind wanted) const { return kind == wanted; }
};

// Owns every value of one pickle, so that values may refer to each other in any way (in a circle,
// or a million levels deep) and still go away at once.
class PickleValues {
 public:
  PickleValue* New(PickleValue::Kind kind) {
    values_.emplace_back().kind = kind;
    return &values_.back();
  }
  size_t size() const { return values_.size(); }

 private:
  std::deque<PickleValue> values_;
};

}  // namespace lookbook
