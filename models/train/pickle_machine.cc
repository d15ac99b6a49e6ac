#include "models/train/pickle_machine.h"

#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "models/train/pickled_tensor.h"

namespace lookbook {
namespace {

// A network of 1000 tensors takes about 25,000 values.
constexpr size_t kMaxValues = 2'000'000;
constexpr int kHighestProtocol = 5;
constexpr size_t kLongestName = 256;

// pickletools.py names them so.
enum Opcode : uint8_t {
  kMarkOp = '(',
  kStop = '.',
  kPop = '0',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNoneOp = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTupleOp = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyTuple = ')',
  kProtocol = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("pickle: ", what));
}

const std::map<std::string, PickleCall>& Calls() {
  static const auto* const calls = new std::map<std::string, PickleCall>{
      {"collections.OrderedDict", PickleCall::kOrderedDict},
      {"torch._utils._rebuild_tensor_v2", PickleCall::kRebuildTensor},
      {"torch._utils._rebuild_parameter", PickleCall::kRebuildParameter},
      {"torch.jit._pickle.restore_type_tag", PickleCall::kRestoreTypeTag}};
  return *calls;
}

const std::map<std::string, c10::ScalarType>& StorageTypes() {
  static const auto* const types = new std::map<std::string, c10::ScalarType>{
      {"torch.FloatStorage", c10::ScalarType::Float},
      {"torch.HalfStorage", c10::ScalarType::Half},
      {"torch.BFloat16Storage", c10::ScalarType::BFloat16},
      {"torch.DoubleStorage", c10::ScalarType::Double},
      {"torch.LongStorage", c10::ScalarType::Long},
      {"torch.IntStorage", c10::ScalarType::Int},
      {"torch.BoolStorage", c10::ScalarType::Bool}};
  return *types;
}

}  // namespace

absl::StatusOr<const PickleValue*> PickleMachine::Run() {
  while (values_.size() <= kMaxValues && stack_.size() <= kMaxValues) {
    LB_ASSIGN_OR_RETURN(const uint64_t opcode, Number(1));
    if (opcode == kStop) {
      LB_ASSIGN_OR_RETURN(const PickleValue* top, Pop());
      if (!stack_.empty() || !rest_.empty()) return Damaged("it ends before its data does");
      return top;
    }
    const auto action = Actions().find(static_cast<uint8_t>(opcode));
    if (action == Actions().end()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "pickle: opcode 0x%02x is none that a state dict is made of; nothing was executed",
          opcode));
    }
    LB_RETURN_IF_ERROR((this->*action->second)(action->first));
  }
  return Damaged(absl::StrCat("more than ", kMaxValues, " values"));
}

const std::unordered_map<uint8_t, PickleMachine::Action>& PickleMachine::Actions() {
  using M = PickleMachine;
  static const auto* const actions =
      new std::unordered_map<uint8_t, Action>{{kProtocol, &M::CheckProtocol},
                                              {kFrame, &M::SkipFrameLength},
                                              {kNoneOp, &M::PushEmpty},
                                              {kMarkOp, &M::PushEmpty},
                                              {kEmptyTuple, &M::PushEmpty},
                                              {kEmptyList, &M::PushEmpty},
                                              {kEmptyDict, &M::PushEmpty},
                                              {kNewTrue, &M::PushBool},
                                              {kNewFalse, &M::PushBool},
                                              {kBinInt1, &M::PushInt},
                                              {kBinInt2, &M::PushInt},
                                              {kBinInt, &M::PushInt},
                                              {kLong1, &M::PushLong},
                                              {kBinFloat, &M::PushReal},
                                              {kShortBinString, &M::PushText},
                                              {kShortBinUnicode, &M::PushText},
                                              {kBinString, &M::PushText},
                                              {kBinUnicode, &M::PushText},
                                              {kTuple1, &M::PushTuple},
                                              {kTuple2, &M::PushTuple},
                                              {kTuple3, &M::PushTuple},
                                              {kTupleOp, &M::PushTuple},
                                              {kAppend, &M::Append},
                                              {kAppends, &M::Append},
                                              {kSetItem, &M::SetItems},
                                              {kSetItems, &M::SetItems},
                                              {kPop, &M::Drop},
                                              {kMemoize, &M::Store},
                                              {kBinPut, &M::Store},
                                              {kLongBinPut, &M::Store},
                                              {kBinGet, &M::Fetch},
                                              {kLongBinGet, &M::Fetch},
                                              {kGlobal, &M::PushLineName},
                                              {kStackGlobal, &M::PushStackName},
                                              {kBinPersId, &M::PushStorage},
                                              {kReduce, &M::Call},
                                              {kBuild, &M::Build}};
  return *actions;
}

absl::StatusOr<absl::string_view> PickleMachine::Take(uint64_t size) {
  if (size > rest_.size()) return Damaged("it is cut off");
  const absl::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

absl::StatusOr<uint64_t> PickleMachine::Number(size_t bytes) {
  LB_ASSIGN_OR_RETURN(const absl::string_view taken, Take(bytes));
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(taken[i])) << (8 * i);
  return value;
}

absl::StatusOr<absl::string_view> PickleMachine::Line() {
  const size_t end = rest_.substr(0, kLongestName).find('\n');
  if (end == absl::string_view::npos) return Damaged("a name does not end");
  LB_ASSIGN_OR_RETURN(const absl::string_view line, Take(end + 1));
  return line.substr(0, end);
}

PickleValue* PickleMachine::Push(Kind kind) {
  stack_.push_back(values_.New(kind));
  return stack_.back();
}

absl::StatusOr<PickleValue*> PickleMachine::Pop() {
  LB_ASSIGN_OR_RETURN(const std::vector<PickleValue*> values, Pop(1));
  return values[0];
}

absl::StatusOr<std::vector<PickleValue*>> PickleMachine::Pop(size_t count) {
  if (stack_.size() < count) return Damaged("a value is missing");
  std::vector<PickleValue*> values(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return values;
}

absl::StatusOr<std::vector<PickleValue*>> PickleMachine::PopToMark() {
  size_t count = 0;
  while (count < stack_.size() && !stack_[stack_.size() - 1 - count]->Is(Kind::kMark)) ++count;
  if (count == stack_.size()) return Damaged("a mark is missing");
  LB_ASSIGN_OR_RETURN(std::vector<PickleValue*> values, Pop(count));
  LB_RETURN_IF_ERROR(Pop().status());  // The mark.
  return values;
}

absl::StatusOr<PickleValue*> PickleMachine::Top(Kind wanted) {
  if (stack_.empty() || !stack_.back()->Is(wanted)) return Damaged("a value of another type");
  return stack_.back();
}

absl::Status PickleMachine::CheckProtocol(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const uint64_t version, Number(1));
  return version <= kHighestProtocol ? absl::OkStatus()
                                     : Damaged(absl::StrCat("protocol ", version));
}

// The frame's opcodes follow.
absl::Status PickleMachine::SkipFrameLength(uint8_t /*opcode*/) { return Number(8).status(); }

absl::Status PickleMachine::PushEmpty(uint8_t opcode) {
  Push(opcode == kMarkOp       ? Kind::kMark
       : opcode == kEmptyTuple ? Kind::kTuple
       : opcode == kEmptyList  ? Kind::kList
       : opcode == kEmptyDict  ? Kind::kDict
                               : Kind::kNone);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushBool(uint8_t opcode) {
  Push(Kind::kBool)->integer = opcode == kNewTrue;
  return absl::OkStatus();
}

// One byte and two bytes are unsigned, four are not.
absl::Status PickleMachine::PushInt(uint8_t opcode) {
  LB_ASSIGN_OR_RETURN(const uint64_t value, Number(opcode == kBinInt1   ? 1
                                                   : opcode == kBinInt2 ? 2
                                                                        : 4));
  Push(Kind::kInteger)->integer =
      opcode == kBinInt ? static_cast<int32_t>(value) : static_cast<int64_t>(value);
  return absl::OkStatus();
}

// Two's complement of up to eight bytes.
absl::Status PickleMachine::PushLong(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const uint64_t size, Number(1));
  if (size > 8) return Damaged("a number of more than 64 bits");
  LB_ASSIGN_OR_RETURN(uint64_t value, Number(size));
  const uint64_t sign = size == 0 ? 0 : uint64_t{1} << (8 * size - 1);
  if (size < 8 && (value & sign) != 0) value |= ~uint64_t{0} << (8 * size);
  Push(Kind::kInteger)->integer = static_cast<int64_t>(value);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushReal(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const uint64_t bits, Number(8));
  const uint64_t swapped = __builtin_bswap64(bits);  // The one big-endian number of the format.
  std::memcpy(&Push(Kind::kReal)->real, &swapped, sizeof(double));
  return absl::OkStatus();
}

absl::Status PickleMachine::PushText(uint8_t opcode) {
  const bool is_short = opcode == kShortBinString || opcode == kShortBinUnicode;
  LB_ASSIGN_OR_RETURN(const uint64_t length, Number(is_short ? 1 : 4));
  LB_ASSIGN_OR_RETURN(const absl::string_view text, Take(length));
  Push(Kind::kText)->text = std::string(text);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushTuple(uint8_t opcode) {
  LB_ASSIGN_OR_RETURN(std::vector<PickleValue*> items,
                      opcode == kTupleOp ? PopToMark() : Pop(opcode - kTuple1 + 1));
  Push(Kind::kTuple)->items = std::move(items);
  return absl::OkStatus();
}

absl::Status PickleMachine::Append(uint8_t opcode) {
  LB_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items,
                      opcode == kAppends ? PopToMark() : Pop(1));
  LB_ASSIGN_OR_RETURN(PickleValue * list, Top(Kind::kList));
  list->items.insert(list->items.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::Status PickleMachine::SetItems(uint8_t opcode) {
  LB_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items,
                      opcode == kSetItems ? PopToMark() : Pop(2));
  if (items.size() % 2 != 0) return Damaged("a key without a value");
  LB_ASSIGN_OR_RETURN(PickleValue * dict, Top(Kind::kDict));
  dict->items.insert(dict->items.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::Status PickleMachine::Drop(uint8_t /*opcode*/) { return Pop().status(); }

absl::Status PickleMachine::Store(uint8_t opcode) {
  uint64_t slot = memo_.size();
  if (opcode != kMemoize) {
    LB_ASSIGN_OR_RETURN(slot, Number(opcode == kBinPut ? 1 : 4));
  }
  if (stack_.empty()) return Damaged("nothing to keep");
  if (memo_.size() > kMaxValues) return Damaged("too many values kept");
  memo_[slot] = stack_.back();
  return absl::OkStatus();
}

absl::Status PickleMachine::Fetch(uint8_t opcode) {
  LB_ASSIGN_OR_RETURN(const uint64_t slot, Number(opcode == kBinGet ? 1 : 4));
  const auto found = memo_.find(slot);
  if (found == memo_.end()) return Damaged("it refers to a value that it does not hold");
  stack_.push_back(found->second);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushName(absl::string_view module, absl::string_view name) {
  const std::string full = absl::StrCat(module, ".", name);
  if (const auto call = Calls().find(full); call != Calls().end()) {
    Push(Kind::kCall)->call = call->second;
    return absl::OkStatus();
  }
  if (const auto type = StorageTypes().find(full); type != StorageTypes().end()) {
    Push(Kind::kStorageType)->storage.type = type->second;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("pickle: it wants to use ", absl::CHexEscape(full),
                   ", which no state dict of plain tensors needs; nothing was executed"));
}

absl::Status PickleMachine::PushLineName(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const absl::string_view module, Line());
  LB_ASSIGN_OR_RETURN(const absl::string_view name, Line());
  return PushName(module, name);
}

absl::Status PickleMachine::PushStackName(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const std::vector<PickleValue*> names, Pop(2));
  if (!names[0]->Is(Kind::kText) || !names[1]->Is(Kind::kText))
    return Damaged("a name that is no text");
  return PushName(names[0]->text, names[1]->text);
}

// ("storage", type, key, place, elements).
absl::Status PickleMachine::PushStorage(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const PickleValue* id, Pop());
  const std::vector<PickleValue*>& items = id->items;
  if (!id->Is(Kind::kTuple) || items.size() != 5 || !items[0]->Is(Kind::kText) ||
      items[0]->text != "storage" || !items[1]->Is(Kind::kStorageType) ||
      !items[2]->Is(Kind::kText) || !items[4]->Is(Kind::kInteger)) {
    return Damaged("a reference to something other than a storage");
  }
  Push(Kind::kStorage)->storage = {items[1]->storage.type, items[2]->text, items[4]->integer};
  return absl::OkStatus();
}

absl::Status PickleMachine::Call(uint8_t /*opcode*/) {
  LB_ASSIGN_OR_RETURN(const PickleValue* arguments, Pop());
  LB_ASSIGN_OR_RETURN(const PickleValue* function, Pop());
  if (!arguments->Is(Kind::kTuple) || !function->Is(Kind::kCall))
    return Damaged("a call of something that cannot be called");
  const std::vector<PickleValue*>& items = arguments->items;
  switch (function->call) {
    case PickleCall::kOrderedDict:
      if (!items.empty()) return Damaged("an OrderedDict made in an unusual way");
      Push(Kind::kDict);
      break;
    case PickleCall::kRebuildTensor: {
      LB_ASSIGN_OR_RETURN(torch::Tensor tensor, MakePickledTensor(items, read_storage_));
      Push(Kind::kTensor)->tensor = std::move(tensor);
      break;
    }
    case PickleCall::kRebuildParameter:  // (tensor, requires_grad, hooks)
    case PickleCall::kRestoreTypeTag:    // (value, type)
      if (items.empty()) return Damaged("a call without arguments");
      stack_.push_back(items[0]);
      break;
  }
  return absl::OkStatus();
}

// Attributes of a dict: `_metadata`, the versions of modules, which nothing here needs.
absl::Status PickleMachine::Build(uint8_t /*opcode*/) {
  LB_RETURN_IF_ERROR(Pop().status());
  return Top(Kind::kDict).status();
}

}  // namespace lookbook
