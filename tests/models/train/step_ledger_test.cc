#include "models/train/step_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

StepEntry Entry(int64_t step, float loss) {
  return {.step = step,
          .rate = 0.5,
          .loss = torch::tensor(loss),
          .gradient_norm = torch::tensor(2 * loss),
          .terms = {{"bce", torch::tensor(loss, torch::kFloat64)}}};
}

TEST(StepLedgerTest, GivesBackWhatWasAddedInOrder) {
  StepLedger ledger(3);
  EXPECT_TRUE(ledger.empty());
  for (int64_t step = 1; step <= 3; ++step) {
    EXPECT_FALSE(ledger.full());
    ledger.Add(Entry(step, static_cast<float>(step)));
  }
  EXPECT_TRUE(ledger.full());
  const std::vector<StepFigures> steps = ledger.Take();
  ASSERT_THAT(steps, SizeIs(3));
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(steps[i].step, i + 1);
    EXPECT_EQ(steps[i].rate, 0.5);
    EXPECT_EQ(steps[i].loss, i + 1);
    EXPECT_EQ(steps[i].gradient_norm, 2 * (i + 1));
    EXPECT_THAT(steps[i].terms, ElementsAre(Pair("bce", i + 1)));
  }
  EXPECT_TRUE(ledger.empty());
  EXPECT_THAT(ledger.Take(), IsEmpty());
}

TEST(StepLedgerTest, KeepsValuesNotTensors) {
  StepLedger ledger(1);
  StepEntry entry = Entry(1, 3);
  const torch::Tensor weight = torch::ones({}, torch::requires_grad());
  entry.loss = weight * 3;  // With a graph behind it.
  ledger.Add(entry);
  const torch::NoGradGuard no_grad;
  entry.loss.zero_();
  EXPECT_EQ(ledger.Take()[0].loss, 3);
}

TEST(StepLedgerTest, StepsMayHaveOtherTermsThanTheNext) {
  StepLedger ledger(9);
  StepEntry plain = Entry(1, 1);
  plain.terms.clear();
  ledger.Add(plain);
  ledger.Add(Entry(2, NAN));
  const std::vector<StepFigures> steps = ledger.Take();
  EXPECT_THAT(steps[0].terms, IsEmpty());
  EXPECT_TRUE(std::isnan(steps[1].loss));
  EXPECT_TRUE(std::isnan(steps[1].terms.at("bce")));
}

}  // namespace
}  // namespace lookbook
