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
  using Action = absl::Status (PickleMachine::*)(uint8_t opcode);

  // What each opcode does.
  static const std::unordered_map<uint8_t, Action>& Actions();

  absl::Status CheckProtocol(uint8_t opcode);
  absl::Status SkipFrameLength(uint8_t opcode);
  absl::Status PushEmpty(uint8_t opcode);  // None, a mark, or an empty collection.
  absl::Status PushBool(uint8_t opcode);
  absl::Status PushInt(uint8_t opcode);
  absl::Status PushLong(uint8_t opcode);
  absl::Status PushReal(uint8_t opcode);
  absl::Status PushText(uint8_t opcode);
  absl::Status PushTuple(uint8_t opcode);
  absl::Status Append(uint8_t opcode);
  absl::Status SetItems(uint8_t opcode);
  absl::Status Drop(uint8_t opcode);
  absl::Status Store(uint8_t opcode);
  absl::Status Fetch(uint8_t opcode);
  absl::Status PushLineName(uint8_t opcode);
  absl::Status PushStackName(uint8_t opcode);
  absl::Status PushStorage(uint8_t opcode);
  absl::Status Call(uint8_t opcode);
  absl::Status Build(uint8_t opcode);

  // Input.
  absl::StatusOr<absl::string_view> Take(uint64_t size);
  absl::StatusOr<uint64_t> Number(size_t bytes);  // Unsigned, little-endian.
  absl::StatusOr<absl::string_view> Line();

  // Stack.
  PickleValue* Push(Kind kind);
  absl::StatusOr<PickleValue*> Pop();
  absl::StatusOr<std::vector<PickleValue*>> Pop(size_t count);  // In the order of their pushing.
  absl::StatusOr<std::vector<PickleValue*>> PopToMark();
  absl::StatusOr<PickleValue*> Top(Kind wanted);

  absl::Status PushName(absl::string_view module, absl::string_view name);

  absl::string_view rest_;
  const StorageReader& read_storage_;
  PickleValues values_;
  std::vector<PickleValue*> stack_;
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

}  // namespace lookbook
