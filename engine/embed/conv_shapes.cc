#include "engine/embed/conv_shapes.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

using Shape = ConvNet::Shape;

constexpr int kNothing = ConvStep::kNothing;

absl::Status BadStep(size_t step, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("step ", step, " of the network: ", what));
}

// How much of its input a window of `step` covers.
int64_t Reach(const ConvStep& step, int axis) {
  return step.dilation[axis] * (step.kernel[axis] - 1) + 1;
}

absl::Status CheckWindow(size_t at, const ConvStep& step, const Shape& input) {
  const int64_t sides[] = {input.height, input.width};
  for (const int axis : {0, 1}) {
    if (step.kernel[axis] < 1 || step.stride[axis] < 1 || step.dilation[axis] < 1 ||
        step.padding[axis] < 0)
      return BadStep(at, "a window, stride or dilation below 1, or a padding below 0");
    if (Reach(step, axis) > sides[axis] + 2 * step.padding[axis])
      return BadStep(at, "its window is above its input");
  }
  return absl::OkStatus();
}

// Size of what the windows of `step` make of `size`.
int64_t Windows(int64_t size, const ConvStep& step, int axis) {
  return (size + 2 * step.padding[axis] - Reach(step, axis)) / step.stride[axis] + 1;
}

absl::Status CheckWeights(size_t at, const ConvStep& step, const Shape& input) {
  if (step.groups < 1 || step.out_channels < 1 || input.channels % step.groups != 0 ||
      step.out_channels % step.groups != 0) {
    return BadStep(at, absl::StrCat(step.groups, " groups do not divide its channels"));
  }
  const int64_t weights =
      step.out_channels * (input.channels / step.groups) * step.kernel[0] * step.kernel[1];
  if (static_cast<int64_t>(step.weight.size()) != weights ||
      static_cast<int64_t>(step.bias.size()) != step.out_channels) {
    return BadStep(
        at, absl::StrCat(step.weight.size(), " weights and ", step.bias.size(), " biases where ",
                         weights, " and ", step.out_channels, " belong"));
  }
  return absl::OkStatus();
}

bool SameShape(const Shape& a, const Shape& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

// The shape of step `at`, whose inputs have `shapes`.
absl::StatusOr<Shape> ShapeOf(size_t at, const ConvStep& step, const std::vector<Shape>& shapes) {
  const int known = static_cast<int>(shapes.size());
  if (step.input < 0 || step.input >= known || step.other < kNothing || step.other >= known)
    return BadStep(at, "reads a value that is not there yet");
  const Shape& input = shapes[static_cast<size_t>(step.input)];
  LB_RETURN_IF_ERROR(CheckWindow(at, step, input));
  Shape output{input.channels, Windows(input.height, step, 0), Windows(input.width, step, 1)};
  if (step.kind == ConvStep::Kind::kConvolution) {
    LB_RETURN_IF_ERROR(CheckWeights(at, step, input));
    output.channels = step.out_channels;
  } else if (step.other != kNothing) {
    return BadStep(at, "a pooling has nothing added");
  }
  if (step.other != kNothing && !SameShape(shapes[static_cast<size_t>(step.other)], output))
    return BadStep(at, "adds a value of another shape");
  return output;
}

absl::Status CheckSums(const ConvNetSpec& spec) {
  const std::vector<int> last = LastReads(spec);
  for (size_t at = 0; at < spec.steps.size(); ++at) {
    const int other = spec.steps[at].other;
    if (other == kNothing) continue;
    if (other == 0 || other == spec.steps[at].input ||
        last[static_cast<size_t>(other)] != static_cast<int>(at))
      return BadStep(at, "adds a value that is read again");
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<int> LastReads(const ConvNetSpec& spec) {
  const int steps = static_cast<int>(spec.steps.size());
  std::vector<int> last(spec.steps.size() + 1, kNothing);
  for (int at = 0; at < steps; ++at) {
    const ConvStep& step = spec.steps[static_cast<size_t>(at)];
    for (const int value : {step.input, step.other}) {
      if (value != kNothing) last[static_cast<size_t>(value)] = at;
    }
  }
  last.back() = steps;
  return last;
}

absl::StatusOr<std::vector<Shape>> ConvShapes(const ConvNetSpec& spec) {
  if (spec.steps.empty()) return absl::InvalidArgumentError("the network has no steps");
  std::vector<Shape> shapes = {{spec.channels, spec.image_size, spec.image_size}};
  for (size_t at = 0; at < spec.steps.size(); ++at) {
    LB_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(at, spec.steps[at], shapes));
    shapes.push_back(shape);
  }
  LB_RETURN_IF_ERROR(CheckSums(spec));
  return shapes;
}

}  // namespace lookbook
