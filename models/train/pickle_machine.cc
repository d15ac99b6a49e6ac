#include "models/train/pickle_machine.h"

#include <cstring>
#include <map>
#include <optional>
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
  kBinPersonalId = 'Q',
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

// Runs `action` and says that the opcode was known.
absl::StatusOr<bool> Did(const absl::Status& status) {
  if (!status.ok()) return status;
  return true;
}

}  // namespace

absl::StatusOr<const PickleValue*> PickleMachine::Run() {
  while (values_.size() <= kMaxValues && memo_.size() <= kMaxValues) {
    LB_ASSIGN_OR_RETURN(const uint64_t opcode, Number(1));
    if (opcode == kStop) {
      LB_ASSIGN_OR_RETURN(const PickleValue* top, Pop());
      if (!stack_.empty() || !rest_.empty()) return Damaged("it ends before its data does");
      return top;
    }
    LB_RETURN_IF_ERROR(Step(static_cast<uint8_t>(opcode)));
  }
  return Damaged(absl::StrCat("more than ", kMaxValues, " values"));
}

absl::Status PickleMachine::Step(uint8_t opcode) {
  for (const auto group :
       {&PickleMachine::Constant, &PickleMachine::Text, &PickleMachine::Collection,
        &PickleMachine::Memo, &PickleMachine::Object}) {
    LB_ASSIGN_OR_RETURN(const bool done, (this->*group)(opcode));
    if (done) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "pickle: opcode 0x%02x is none that a state dict is made of; nothing was executed", opcode));
}

absl::StatusOr<bool> PickleMachine::Constant(uint8_t opcode) {
  switch (opcode) {
    case kNoneOp:
      Push(Kind::kNone);
      return true;
    case kNewTrue:
      PushInteger(Kind::kBool, 1);
      return true;
    case kNewFalse:
      PushInteger(Kind::kBool, 0);
      return true;
    case kBinInt1:
    case kBinInt2: {
      LB_ASSIGN_OR_RETURN(const uint64_t value, Number(opcode == kBinInt1 ? 1 : 2));
      PushInteger(Kind::kInteger, static_cast<int64_t>(value));
      return true;
    }
    case kBinInt: {
      LB_ASSIGN_OR_RETURN(const uint64_t value, Number(4));
      PushInteger(Kind::kInteger, static_cast<int32_t>(static_cast<uint32_t>(value)));
      return true;
    }
    case kLong1:
      return Did(PushLong());
    case kBinFloat:
      return Did(PushReal());
    case kProtocol: {
      LB_ASSIGN_OR_RETURN(const uint64_t version, Number(1));
      if (version > kHighestProtocol) return Damaged(absl::StrCat("protocol ", version));
      return true;
    }
    case kFrame:
      return Did(Number(8).status());  // Its length; the frame's opcodes follow.
    default:
      return false;
  }
}

absl::StatusOr<bool> PickleMachine::Text(uint8_t opcode) {
  switch (opcode) {
    case kShortBinString:
    case kShortBinUnicode:
      return Did(PushText(1));
    case kBinString:
    case kBinUnicode:
      return Did(PushText(4));
    default:
      return false;
  }
}

absl::StatusOr<bool> PickleMachine::Collection(uint8_t opcode) {
  switch (opcode) {
    case kMarkOp:
      Push(Kind::kMark);
      return true;
    case kEmptyTuple:
      Push(Kind::kTuple);
      return true;
    case kEmptyList:
      Push(Kind::kList);
      return true;
    case kEmptyDict:
      Push(Kind::kDict);
      return true;
    case kTuple1:
      return Did(PushTuple(1));
    case kTuple2:
      return Did(PushTuple(2));
    case kTuple3:
      return Did(PushTuple(3));
    case kTupleOp:
      return Did(PushMarkedTuple());
    case kAppend:
      return Did(Append(/*many=*/false));
    case kAppends:
      return Did(Append(/*many=*/true));
    case kSetItem:
      return Did(SetItems(/*many=*/false));
    case kSetItems:
      return Did(SetItems(/*many=*/true));
    case kPop:
      return Did(Pop().status());
    default:
      return false;
  }
}

absl::StatusOr<bool> PickleMachine::Memo(uint8_t opcode) {
  switch (opcode) {
    case kMemoize:
      return Did(Store(memo_.size()));
    case kBinPut:
    case kLongBinPut: {
      LB_ASSIGN_OR_RETURN(const uint64_t slot, Number(opcode == kBinPut ? 1 : 4));
      return Did(Store(slot));
    }
    case kBinGet:
    case kLongBinGet: {
      LB_ASSIGN_OR_RETURN(const uint64_t slot, Number(opcode == kBinGet ? 1 : 4));
      return Did(Fetch(slot));
    }
    default:
      return false;
  }
}

absl::StatusOr<bool> PickleMachine::Object(uint8_t opcode) {
  switch (opcode) {
    case kGlobal:
      return Did(PushLineName());
    case kStackGlobal:
      return Did(PushStackName());
    case kBinPersonalId:
      return Did(PushStorage());
    case kReduce:
      return Did(Call());
    case kBuild:
      return Did(Build());
    default:
      return false;
  }
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

void PickleMachine::PushInteger(Kind kind, int64_t value) { Push(kind)->integer = value; }

absl::StatusOr<PickleValue*> PickleMachine::Pop() {
  if (stack_.empty()) return Damaged("a value is missing");
  PickleValue* const value = stack_.back();
  stack_.pop_back();
  return value;
}

absl::StatusOr<PickleValue*> PickleMachine::Top(Kind wanted) {
  if (stack_.empty() || !stack_.back()->Is(wanted)) return Damaged("a value of another type");
  return stack_.back();
}

absl::StatusOr<std::vector<PickleValue*>> PickleMachine::PopToMark() {
  size_t first = stack_.size();
  while (first > 0 && !stack_[first - 1]->Is(Kind::kMark)) --first;
  if (first == 0) return Damaged("a mark is missing");
  std::vector<PickleValue*> values(stack_.begin() + static_cast<ptrdiff_t>(first), stack_.end());
  stack_.resize(first - 1);
  return values;
}

// Two's complement of up to eight bytes.
absl::Status PickleMachine::PushLong() {
  LB_ASSIGN_OR_RETURN(const uint64_t size, Number(1));
  if (size > 8) return Damaged("a number of more than 64 bits");
  LB_ASSIGN_OR_RETURN(uint64_t value, Number(size));
  const uint64_t sign = size == 0 ? 0 : uint64_t{1} << (8 * size - 1);
  if (size < 8 && (value & sign) != 0) value |= ~uint64_t{0} << (8 * size);
  PushInteger(Kind::kInteger, static_cast<int64_t>(value));
  return absl::OkStatus();
}

absl::Status PickleMachine::PushReal() {
  LB_ASSIGN_OR_RETURN(const uint64_t bits, Number(8));
  const uint64_t swapped = __builtin_bswap64(bits);  // The one big-endian number of the format.
  std::memcpy(&Push(Kind::kReal)->real, &swapped, sizeof(double));
  return absl::OkStatus();
}

absl::Status PickleMachine::PushText(size_t length_bytes) {
  LB_ASSIGN_OR_RETURN(const uint64_t length, Number(length_bytes));
  LB_ASSIGN_OR_RETURN(const absl::string_view text, Take(length));
  Push(Kind::kText)->text = std::string(text);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushTuple(size_t items) {
  std::vector<PickleValue*> values(items);
  for (size_t i = items; i-- > 0;) {
    LB_ASSIGN_OR_RETURN(values[i], Pop());
  }
  Push(Kind::kTuple)->items = std::move(values);
  return absl::OkStatus();
}

absl::Status PickleMachine::PushMarkedTuple() {
  LB_ASSIGN_OR_RETURN(std::vector<PickleValue*> values, PopToMark());
  Push(Kind::kTuple)->items = std::move(values);
  return absl::OkStatus();
}

absl::Status PickleMachine::Append(bool many) {
  std::vector<PickleValue*> values(1);
  if (many) {
    LB_ASSIGN_OR_RETURN(values, PopToMark());
  } else {
    LB_ASSIGN_OR_RETURN(values[0], Pop());
  }
  LB_ASSIGN_OR_RETURN(PickleValue * list, Top(Kind::kList));
  list->items.insert(list->items.end(), values.begin(), values.end());
  return absl::OkStatus();
}

absl::Status PickleMachine::SetItems(bool many) {
  std::vector<PickleValue*> values(2);
  if (many) {
    LB_ASSIGN_OR_RETURN(values, PopToMark());
  } else {
    LB_ASSIGN_OR_RETURN(values[1], Pop());
    LB_ASSIGN_OR_RETURN(values[0], Pop());
  }
  if (values.size() % 2 != 0) return Damaged("a key without a value");
  LB_ASSIGN_OR_RETURN(PickleValue * dict, Top(Kind::kDict));
  dict->items.insert(dict->items.end(), values.begin(), values.end());
  return absl::OkStatus();
}

absl::Status PickleMachine::Store(uint64_t slot) {
  if (stack_.empty()) return Damaged("nothing to keep");
  memo_[slot] = stack_.back();
  return absl::OkStatus();
}

absl::Status PickleMachine::Fetch(uint64_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) return Damaged("it refers to a value that it does not hold");
  stack_.push_back(found->second);
  return stack_.size() <= kMaxValues ? absl::OkStatus() : Damaged("too many values");
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

absl::Status PickleMachine::PushLineName() {
  LB_ASSIGN_OR_RETURN(const absl::string_view module, Line());
  LB_ASSIGN_OR_RETURN(const absl::string_view name, Line());
  return PushName(module, name);
}

absl::Status PickleMachine::PushStackName() {
  LB_ASSIGN_OR_RETURN(const PickleValue* name, Pop());
  LB_ASSIGN_OR_RETURN(const PickleValue* module, Pop());
  if (!name->Is(Kind::kText) || !module->Is(Kind::kText)) return Damaged("a name that is no text");
  return PushName(module->text, name->text);
}

// ("storage", type, key, place, elements).
absl::Status PickleMachine::PushStorage() {
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

absl::Status PickleMachine::Call() {
  LB_ASSIGN_OR_RETURN(const PickleValue* arguments, Pop());
  LB_ASSIGN_OR_RETURN(const PickleValue* function, Pop());
  if (!arguments->Is(Kind::kTuple) || !function->Is(Kind::kCall))
    return Damaged("a call of something that cannot be called");
  switch (function->call) {
    case PickleCall::kOrderedDict:
      if (!arguments->items.empty()) return Damaged("an OrderedDict made in an unusual way");
      Push(Kind::kDict);
      return absl::OkStatus();
    case PickleCall::kRebuildTensor:
      return RebuildTensor(arguments->items);
    case PickleCall::kRebuildParameter:  // (tensor, requires_grad, hooks)
    case PickleCall::kRestoreTypeTag:    // (value, type)
      if (arguments->items.empty()) return Damaged("a call without arguments");
      stack_.push_back(arguments->items[0]);
      return absl::OkStatus();
  }
  return Damaged("an unknown call");
}

absl::Status PickleMachine::RebuildTensor(const std::vector<PickleValue*>& arguments) {
  LB_ASSIGN_OR_RETURN(torch::Tensor tensor, MakePickledTensor(arguments, read_storage_));
  Push(Kind::kTensor)->tensor = std::move(tensor);
  return absl::OkStatus();
}

// Attributes of a dict: `_metadata`, the versions of modules, which nothing here needs.
absl::Status PickleMachine::Build() {
  LB_RETURN_IF_ERROR(Pop().status());
  return Top(Kind::kDict).status();
}

}  // namespace lookbook
