#include "engine/embed/conv_net.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> Noise(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 0.5f);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(random);
  return values;
}

ConvStep Convolution(int input, int64_t in, int64_t out, int64_t kernel, int64_t stride = 1,
                     int64_t groups = 1) {
  ConvStep step{.input = input, .out_channels = out, .groups = groups};
  for (const int axis : {0, 1}) {
    step.kernel[axis] = kernel;
    step.stride[axis] = stride;
    step.padding[axis] = kernel / 2;
  }
  const int64_t reads = in / groups * kernel * kernel;
  step.weight = Noise(out * reads, static_cast<uint64_t>(17 * out + input));
  for (float& weight : step.weight) weight /= std::sqrt(static_cast<float>(reads) / 4);
  step.bias = Noise(out, static_cast<uint64_t>(out));
  return step;
}

ConvStep Bounded(ConvStep step, float low, float high) {
  step.low = low;
  step.high = high;
  return step;
}

ConvStep Sum(ConvStep step, int other) {
  step.other = other;
  return step;
}

// A value of one image, as the loops below have it.
struct Plain {
  int64_t channels, height, width;
  std::vector<double> values;
  double At(int64_t c, int64_t y, int64_t x, double outside) const {
    if (y < 0 || x < 0 || y >= height || x >= width) return outside;
    return values[static_cast<size_t>((c * height + y) * width + x)];
  }
};

double Window(const ConvStep& step, const Plain& in, int64_t out, int64_t y, int64_t x) {
  const bool pool = step.kind == ConvStep::Kind::kMaxPool;
  const int64_t per_group = pool ? 1 : in.channels / step.groups;
  const int64_t first = pool ? out : out / (step.out_channels / step.groups) * per_group;
  double sum = pool ? -1e300 : step.bias[static_cast<size_t>(out)];
  for (int64_t c = 0; c < per_group; ++c) {
    for (int64_t i = 0; i < step.kernel[0]; ++i) {
      for (int64_t j = 0; j < step.kernel[1]; ++j) {
        const int64_t v = y * step.stride[0] - step.padding[0] + i * step.dilation[0];
        const int64_t u = x * step.stride[1] - step.padding[1] + j * step.dilation[1];
        if (pool) {
          sum = std::max(sum, in.At(first + c, v, u, -1e300));
        } else {
          const size_t at = static_cast<size_t>(
              ((out * per_group + c) * step.kernel[0] + i) * step.kernel[1] + j);
          sum += double{step.weight[at]} * in.At(first + c, v, u, 0);
        }
      }
    }
  }
  return sum;
}

int64_t Size(int64_t size, const ConvStep& step, int axis) {
  return (size + 2 * step.padding[axis] - step.dilation[axis] * (step.kernel[axis] - 1) - 1) /
             step.stride[axis] +
         1;
}

// The whole of `spec` by loops, in double.
Plain ByLoops(const ConvNetSpec& spec, const float* image) {
  const int64_t side = spec.image_size;
  std::vector<Plain> values = {
      {spec.channels, side, side, std::vector<double>(image, image + spec.channels * side * side)}};
  for (const ConvStep& step : spec.steps) {
    const Plain& in = values[static_cast<size_t>(step.input)];
    Plain result{step.kind == ConvStep::Kind::kMaxPool ? in.channels : step.out_channels,
                 Size(in.height, step, 0),
                 Size(in.width, step, 1),
                 {}};
    for (int64_t c = 0; c < result.channels; ++c) {
      for (int64_t y = 0; y < result.height; ++y) {
        for (int64_t x = 0; x < result.width; ++x) {
          double value = Window(step, in, c, y, x);
          if (step.other >= 0) value += values[static_cast<size_t>(step.other)].At(c, y, x, 0);
          result.values.push_back(std::clamp(value, double{step.low}, double{step.high}));
        }
      }
    }
    values.push_back(std::move(result));
  }
  return values.back();
}

void ExpectAsByLoops(const ConvNetSpec& spec, const std::vector<int>& sizes) {
  LB_ASSERT_OK_AND_ASSIGN(const auto net, ConvNet::Create(spec, sizes));
  const int64_t values = spec.channels * spec.image_size * spec.image_size;
  for (const int n : sizes) {
    const std::vector<float> images = Noise(n * values, static_cast<uint64_t>(n));
    std::vector<float> features(static_cast<size_t>(n * net->shape().values()), NAN);
    ASSERT_THAT(net->Run(images.data(), n, features.data()), IsOk());
    for (int i = 0; i < n; ++i) {
      const Plain expected = ByLoops(spec, images.data() + i * values);
      ASSERT_EQ(net->shape().channels, expected.channels);
      ASSERT_EQ(net->shape().height, expected.height);
      ASSERT_EQ(net->shape().width, expected.width);
      for (size_t at = 0; at < expected.values.size(); ++at) {
        ASSERT_NEAR(features[static_cast<size_t>(i) * expected.values.size() + at],
                    expected.values[at], 1e-4)
            << "value " << at << " of image " << i << " of " << n;
      }
    }
  }
}

// As MobileNetV2 begins: a depthwise convolution, an expansion, a sum without bounds.
ConvNetSpec InvertedResidual() {
  return {.image_size = 16,
          .steps = {Bounded(Convolution(0, 3, 8, 3, 2), 0, 6),
                    Bounded(Convolution(1, 8, 8, 3, 1, 8), 0, 6), Convolution(2, 8, 5, 1),
                    Bounded(Convolution(3, 5, 30, 1), 0, 6),
                    Bounded(Convolution(4, 30, 30, 3, 1, 30), 0, 6),
                    Sum(Convolution(5, 30, 5, 1), 3), Convolution(6, 5, 20, 1)}};
}

TEST(ConvNetTest, InvertedResiduals) { ExpectAsByLoops(InvertedResidual(), {1, 2, 3, 8}); }

TEST(ConvNetTest, ResidualsWithPoolingAndReluAfterTheSum) {
  ConvStep pool{.kind = ConvStep::Kind::kMaxPool, .input = 1};
  for (const int axis : {0, 1}) {
    pool.kernel[axis] = 3;
    pool.stride[axis] = 2;
    pool.padding[axis] = 1;
  }
  ExpectAsByLoops(
      {.image_size = 20,
       .steps = {Bounded(Convolution(0, 3, 16, 7, 2), 0, kInfinity), pool,
                 Bounded(Convolution(2, 16, 16, 3), 0, kInfinity), Convolution(3, 16, 32, 3, 2),
                 Bounded(Sum(Convolution(2, 16, 32, 1, 2), 4), 0, kInfinity),
                 Bounded(Convolution(5, 32, 32, 3), 0, kInfinity),
                 Bounded(Sum(Convolution(6, 32, 32, 3), 5), 0, kInfinity)}},
      {1, 4});
}

TEST(ConvNetTest, DilationGroupsAndOddPadding) {
  ConvStep step = Convolution(0, 6, 4, 3, 1, 2);
  step.dilation[0] = 2;
  step.padding[1] = 0;
  step.stride[1] = 3;
  ExpectAsByLoops({.channels = 6, .image_size = 11, .steps = {Bounded(step, -0.25f, kInfinity)}},
                  {2});
}

TEST(ConvNetTest, ManyThreadsAtOnce) {
  const ConvNetSpec spec = InvertedResidual();
  LB_ASSERT_OK_AND_ASSIGN(const auto net, ConvNet::Create(spec, {1, 4}));
  const std::vector<float> images = Noise(4 * 3 * 16 * 16, 5);
  std::vector<float> alone(static_cast<size_t>(4 * net->shape().values()));
  ASSERT_THAT(net->Run(images.data(), 4, alone.data()), IsOk());
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; ++round) {
        const int n = (t + round) % 2 == 0 ? 4 : 1;
        std::vector<float> features(static_cast<size_t>(n * net->shape().values()));
        EXPECT_THAT(net->Run(images.data(), n, features.data()), IsOk());
        for (size_t i = 0; i < features.size(); ++i) ASSERT_NEAR(features[i], alone[i], 1e-5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ConvNetTest, WhatDoesNotFitTogetherIsRefused) {
  ConvNetSpec spec = InvertedResidual();
  spec.steps[2].weight.pop_back();
  EXPECT_THAT(ConvNet::Create(std::move(spec), {1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("step 2 of the network")));
}

}  // namespace
}  // namespace lookbook
