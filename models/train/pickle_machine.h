// The stack machine that a pickle is a program for, with the opcodes that build plain data.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/train/pickle_value.h"

namespace lookbook {

// Runs one pickle once. Not thread-safe.
class PickleMachine {
 public:
  // `pickle` must outlive the machine. `read_storage` is asked once for every tensor.
  PickleMachine(absl::string_view pickle, const StorageReader& read_storage)
      : rest_(pickle), read_storage_(read_storage) {}

  // The value on top at the end, which lives as long as the machine. Errors as ReadPickledTensors.
  absl::StatusOr<const PickleValue*> Run();

 private:
  using Kind = PickleValue::Kind;

  absl::Status Step(uint8_t opcode);
  // Each does the opcodes of its group and says whether `opcode` was one of them.
  absl::StatusOr<bool> Constant(uint8_t opcode);
  absl::StatusOr<bool> Text(uint8_t opcode);
  absl::StatusOr<bool> Collection(uint8_t opcode);
  absl::StatusOr<bool> Memo(uint8_t opcode);
  absl::StatusOr<bool> Object(uint8_t opcode);

  // Input.
  absl::StatusOr<absl::string_view> Take(uint64_t size);
  absl::StatusOr<uint64_t> Number(size_t bytes);  // Unsigned, little-endian.
  absl::StatusOr<absl::string_view> Line();

  // Stack.
  PickleValue* Push(Kind kind);
  void PushInteger(Kind kind, int64_t value);
  absl::StatusOr<PickleValue*> Pop();
  absl::StatusOr<PickleValue*> Top(Kind wanted);
  absl::StatusOr<std::vector<PickleValue*>> PopToMark();

  absl::Status PushLong();
  absl::Status PushReal();
  absl::Status PushText(size_t length_bytes);
  absl::Status PushTuple(size_t items);
  absl::Status PushMarkedTuple();
  absl::Status Append(bool many);
  absl::Status SetItems(bool many);
  absl::Status Store(uint64_t slot);
  absl::Status Fetch(uint64_t slot);
  absl::Status PushName(absl::string_view module, absl::string_view name);
  absl::Status PushLineName();
  absl::Status PushStackName();
  absl::Status PushStorage();
  absl::Status Call();
  absl::Status RebuildTensor(const std::vector<PickleValue*>& arguments);
  absl::Status Build();

  absl::string_view rest_;
  const StorageReader& read_storage_;
  PickleValues values_;
  std::vector<PickleValue*> stack_;
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

}  // namespace lookbook
