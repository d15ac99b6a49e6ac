#include "models/train/pickle_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/models/train/pickle_writer.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using Kind = PickleValue::Kind;

absl::StatusOr<torch::Tensor> SmallStorage(const PickledStorage& storage) {
  if (storage.elements > 1000) return absl::DataLossError("too large for this test");
  return torch::zeros({storage.elements}, storage.type);
}
const StorageReader kSmallStorage = SmallStorage;

// The last value of a pickle that must be well-formed.
class MachineTest : public testing::Test {
 protected:
  const PickleValue* Run(const std::string& value) {
    pickle_ = WholePickle(value);
    machine_ = std::make_unique<PickleMachine>(pickle_, kSmallStorage);
    const auto top = machine_->Run();
    EXPECT_THAT(top, IsOk());
    static const PickleValue none;
    return top.ok() ? *top : &none;
  }
  absl::Status Refusal(const std::string& value) {
    pickle_ = WholePickle(value);
    return PickleMachine(pickle_, kSmallStorage).Run().status();
  }

 private:
  std::string pickle_;
  std::unique_ptr<PickleMachine> machine_;
};

TEST_F(MachineTest, NumbersHaveTheirSigns) {
  EXPECT_EQ(Run(Bytes({'K', 200}))->integer, 200);
  EXPECT_EQ(Run(Bytes({'M', 0x34, 0x12}))->integer, 0x1234);
  EXPECT_EQ(Run(PickleInt(-5))->integer, -5);
  EXPECT_EQ(Run(Bytes({0x8a, 0}))->integer, 0);
  EXPECT_EQ(Run(Bytes({0x8a, 1, 0xFF}))->integer, -1);
  EXPECT_EQ(Run(Bytes({0x8a, 2, 0xFF, 0x00}))->integer, 255);
  EXPECT_EQ(Run(Bytes({0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80}))->integer,
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Run(Bytes({'G', 0xC0, 0x04, 0, 0, 0, 0, 0, 0}))->real, -2.5);
  EXPECT_EQ(Run(Bytes({0x88}))->integer, 1);
  EXPECT_EQ(Run(Bytes({0x89}))->integer, 0);
}

TEST_F(MachineTest, CollectionsHoldTheirItemsInOrder) {
  const PickleValue* tuple = Run(Bytes({'K', 1, 'K', 2, 'K', 3, 0x87}));
  ASSERT_EQ(tuple->items.size(), 3u);
  EXPECT_EQ(tuple->items[0]->integer, 1);
  EXPECT_EQ(tuple->items[2]->integer, 3);
  EXPECT_EQ(Run(Bytes({'(', 'K', 1, 'K', 2, 't'}))->items.size(), 2u);
  const PickleValue* list = Run(Bytes({']', 'K', 7, 'a', '(', 'K', 8, 'K', 9, 'e'}));
  ASSERT_EQ(list->items.size(), 3u);
  EXPECT_EQ(list->items[2]->integer, 9);
  const PickleValue* dict = Run(std::string("}") + PickleText("a") + Bytes({'K', 4, 's'}));
  ASSERT_TRUE(dict->Is(Kind::kDict));
  EXPECT_EQ(dict->items[0]->text, "a");
  EXPECT_EQ(dict->items[1]->integer, 4);
}

TEST_F(MachineTest, TheMemoGivesTheSameValueBack) {
  const PickleValue* pair = Run(PickleText("x") + Bytes({'q', 3, 'h', 3, 0x86}));
  EXPECT_EQ(pair->items[0], pair->items[1]);
  const PickleValue* memoized = Run(Bytes({0x8c, 1, 'y', 0x94, 'j', 0, 0, 0, 0, 0x86}));
  EXPECT_EQ(memoized->items[1]->text, "y");
}

TEST_F(MachineTest, AttributesOfADictAreIgnored) {
  const PickleValue* dict =
      Run(PickleDict({{"w", PickleInt(1)}}) + "}" + PickleText("_metadata") + "}sb");
  EXPECT_EQ(dict->items.size(), 2u);
}

TEST_F(MachineTest, OnlyNamesOfAStateDictAreUnderstood) {
  EXPECT_TRUE(Run(PickleName("collections", "OrderedDict"))->Is(Kind::kCall));
  for (const char* type : {"Float", "Half", "BFloat16", "Double", "Long", "Int", "Bool"}) {
    EXPECT_TRUE(Run(PickleName("torch", absl::StrCat(type, "Storage")))->Is(Kind::kStorageType));
  }
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"posix", "system"},
      {"builtins", "eval"},
      {"torch", "load"},
      {"torch._utils", "_rebuild_sparse_tensor"},
      {"collections", "Counter"},
      {"torch.nn.modules.linear", "Linear"},
      {"torch", "ComplexFloatStorage"},
      {"torch", ""}};
  for (const auto& [module, name] : refused) {
    const std::string full = absl::StrCat(module, ".", name);
    EXPECT_THAT(Refusal(PickleName(module, name) + "(" + PickleText("true") + "tR"),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(full)));
    EXPECT_THAT(Refusal(PickleText(module) + PickleText(name) + Bytes({0x93})),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(full)));
  }
}

TEST_F(MachineTest, EveryOtherOpcodeIsRefused) {
  const std::set<int> known = {'(',  '.',  '0',  'G',  'J',  'K',  'M',  'N',  'Q',  'R',
                               'T',  'U',  'X',  ']',  'a',  'b',  'c',  'e',  'h',  'j',
                               'q',  'r',  's',  't',  'u',  '}',  ')',  0x80, 0x85, 0x86,
                               0x87, 0x88, 0x89, 0x8a, 0x8c, 0x93, 0x94, 0x95};
  for (int opcode = 0; opcode < 256; ++opcode) {
    if (known.count(opcode) > 0) continue;
    EXPECT_THAT(Refusal(Bytes({'N', opcode}) + std::string(20, '\n')),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("opcode 0x")))
        << opcode;
  }
}

TEST_F(MachineTest, BrokenProgramsAreDataLoss) {
  const std::vector<std::string> broken = {
      "",     // Nothing to return.
      "NN",   // Two values.
      "R",    // A call without anything.
      "N)R",  // None is no function.
      PickleName("torch", "FloatStorage") + ")R",
      PickleName("collections", "OrderedDict") + "NR",
      PickleName("collections", "OrderedDict") + Bytes({'K', 1, 0x85, 'R'}),
      PickleName("torch._utils", "_rebuild_parameter") + ")R",
      PickleName("torch._utils", "_rebuild_tensor_v2") + ")R",
      "t",  // No mark.
      std::string("N") + Bytes({0x86}),
      "Na",
      "NNNs",
      std::string("}") + PickleText("a") + "(u" + "0" + Bytes({'h', 9}),
      std::string("}(") + PickleText("a") + "u",  // A key without a value.
      Bytes({'h', 1}),                            // Never kept.
      Bytes({'q', 1}),
      Bytes({0x80, 6}),  // A protocol that does not exist.
      Bytes({0x8a, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1}),
      std::string("X") + Int32(1000) + "short",
      "NQ",
      Bytes({'K', 1, 'K', 2, 0x86, 'Q'}),
      "NNb",
      std::string("N") + Bytes({0x93}),
      std::string("NN") + Bytes({0x93}),
      "cno line end",
      "N.N"};  // Data after the end.
  for (const std::string& value : broken) {
    EXPECT_THAT(Refusal(value), StatusIs(absl::StatusCode::kDataLoss)) << value;
  }
}

// Neither a circle nor a deep nest may use up the program's own stack.
TEST_F(MachineTest, CirclesAndDeepNestsAreJustValues) {
  EXPECT_TRUE(Run(std::string("]") + Bytes({'q', 0, 'h', 0, 'a'}))->Is(Kind::kList));
  std::string deep = "N";
  deep += std::string(500'000, '\x85');
  EXPECT_TRUE(Run(deep)->Is(Kind::kTuple));
}

TEST_F(MachineTest, MoreValuesThanAnyNetworkNeedsAreRefused) {
  EXPECT_THAT(Refusal(std::string(2'100'000, 'N')),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("values")));
  EXPECT_THAT(Refusal(std::string("N") + Bytes({'q', 0}) +
                      [] {
                        std::string gets;
                        for (int i = 0; i < 2'100'000; ++i) gets += Bytes({'h', 0});
                        return gets;
                      }()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("values")));
}

TEST_F(MachineTest, TruncatedAndChangedPicklesNeverDoMoreThanFail) {
  const std::string pickle = WholePickle(
      PickleDict(
          {{"a", Pickle(PickleTensor{})},
           {"b",
            Pickle(
                {.type = "LongStorage", .key = "1", .elements = 1, .sizes = {}, .strides = {}})}}) +
      std::string("}") + PickleText("_metadata") + "}sb");
  ASSERT_THAT(PickleMachine(pickle, kSmallStorage).Run(), IsOk());
  for (size_t size = 0; size < pickle.size(); ++size) {
    const std::string cut = pickle.substr(0, size);
    EXPECT_THAT(PickleMachine(cut, kSmallStorage).Run(), StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
  std::mt19937 random(5);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = pickle;
    for (int flips = 1 + i % 3; flips > 0; --flips)
      changed[random() % changed.size()] = static_cast<char>(random());
    if (!PickleMachine(changed, kSmallStorage).Run().ok()) ++refused;
  }
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace lookbook
