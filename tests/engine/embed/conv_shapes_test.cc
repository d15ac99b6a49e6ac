#include "engine/embed/conv_shapes.h"

#include <functional>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ConvStep Convolution(int input, int64_t in, int64_t out, int64_t kernel) {
  ConvStep step{.input = input, .out_channels = out};
  for (const int axis : {0, 1}) {
    step.kernel[axis] = kernel;
    step.padding[axis] = kernel / 2;
  }
  step.weight.resize(static_cast<size_t>(out * in * kernel * kernel));
  step.bias.resize(static_cast<size_t>(out));
  return step;
}

// 3 x 16 x 16 -> 8 x 16 x 16 -> pooled 8 x 8 x 8 -> 5 -> 5, plus the value before.
ConvNetSpec Spec() {
  ConvStep pool{.kind = ConvStep::Kind::kMaxPool, .input = 1};
  pool.kernel[0] = pool.kernel[1] = 3;
  pool.stride[0] = pool.stride[1] = 2;
  pool.padding[0] = pool.padding[1] = 1;
  ConvStep sum = Convolution(3, 5, 5, 3);
  ConvStep last = Convolution(2, 8, 5, 1);
  last.other = 4;
  return {.image_size = 16,
          .steps = {Convolution(0, 3, 8, 3), pool, Convolution(2, 8, 5, 1), sum, last}};
}

TEST(ConvShapesTest, FollowTheSteps) {
  LB_ASSERT_OK_AND_ASSIGN(const auto shapes, ConvShapes(Spec()));
  ASSERT_EQ(shapes.size(), 6u);
  EXPECT_EQ(shapes[1].values(), 8 * 16 * 16);
  EXPECT_EQ(shapes[2].channels, 8);
  EXPECT_EQ(shapes[2].height, 8);
  EXPECT_EQ(shapes[5].values(), 5 * 8 * 8);
}

TEST(ConvShapesTest, AValueIsNeededUntilItsLastReader) {
  EXPECT_THAT(LastReads(Spec()), ElementsAre(0, 1, 4, 3, 4, 5));
}

TEST(ConvShapesTest, AWindowMayCoverItsInputAndNoMore) {
  ConvNetSpec spec{.image_size = 4, .steps = {Convolution(0, 3, 2, 4)}};
  for (const int axis : {0, 1}) {
    spec.steps[0].padding[axis] = 0;
    spec.steps[0].stride[axis] = 2;
  }
  LB_ASSERT_OK_AND_ASSIGN(const auto shapes, ConvShapes(spec));
  EXPECT_EQ(shapes[1].values(), 2);
  spec.image_size = 3;
  EXPECT_THAT(ConvShapes(spec),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("above its input")));
}

TEST(ConvShapesTest, WhatDoesNotFitTogetherIsRefused) {
  const auto refused = [](const char* why,
                          const std::function<void(std::vector<ConvStep>&)>& spoil) {
    ConvNetSpec spec = Spec();
    spoil(spec.steps);
    EXPECT_THAT(ConvShapes(spec), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why)));
  };
  refused("no steps", [](auto& steps) { steps.clear(); });
  refused("step 2 of the network: 39 weights and 5 biases where 40 and 5 belong",
          [](auto& steps) { steps[2].weight.pop_back(); });
  refused("40 weights and 4 biases", [](auto& steps) { steps[2].bias.pop_back(); });
  refused("3 groups do not divide", [](auto& steps) { steps[2].groups = 3; });
  refused("0 groups do not divide", [](auto& steps) { steps[2].groups = 0; });
  refused("step 1 of the network: reads a value that is not there yet",
          [](auto& steps) { steps[1].input = 2; });
  refused("not there yet", [](auto& steps) { steps[4].other = 5; });
  refused("not there yet", [](auto& steps) { steps[4].other = -2; });
  refused("another shape", [](auto& steps) { steps[4].other = 1; });
  refused("read again", [](auto& steps) { steps.push_back(Convolution(4, 5, 5, 1)); });
  refused("nothing added", [](auto& steps) { steps[1].other = 1; });
  for (const auto member : {&ConvStep::stride, &ConvStep::dilation, &ConvStep::kernel})
    refused("below 1", [&](auto& steps) { (steps[1].*member)[1] = 0; });
  refused("padding below 0", [](auto& steps) { steps[1].padding[0] = -1; });
}

}  // namespace
}  // namespace lookbook
