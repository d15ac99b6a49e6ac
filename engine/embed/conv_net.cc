#include "engine/embed/conv_net.h"

#include <algorithm>
#include <map>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/embed/buffer_plan.h"
#include "engine/embed/conv_shapes.h"

namespace lookbook {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using Dims = memory::dims;
using Arguments = std::unordered_map<int, memory>;

constexpr auto kFloat = memory::data_type::f32;
constexpr int kNothing = ConvStep::kNothing;

const dnnl::engine& Cpu() {
  static const auto* const cpu = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *cpu;
}

// Channels in blocks as wide as a register: the kernels for that are the fastest in float32 (oneDNN
// left alone takes channels last: MobileNetV2 at 128, batch 8, AVX-512: 16.4 ms instead of 11.5).
memory::format_tag BlockedLayout() {
#if defined(__x86_64__)
  constexpr int kAvx512 = dnnl_cpu_isa_avx512_core;
  const auto isa = static_cast<int>(dnnl::get_effective_cpu_isa());
  return (isa & kAvx512) == kAvx512 ? memory::format_tag::nChw16c : memory::format_tag::nChw8c;
#else
  return memory::format_tag::any;
#endif
}

bool IsReference(const char* implementation) { return absl::StartsWith(implementation, "ref"); }

Dims DimsOf(int64_t n, const ConvNet::Shape& shape) {
  return {n, shape.channels, shape.height, shape.width};
}

dnnl::primitive_attr AttributesOf(const ConvStep& step) {
  dnnl::post_ops after;
  if (step.other != kNothing) after.append_sum(1.0f);
  if (step.low == 0 && step.high == std::numeric_limits<float>::infinity()) {
    after.append_eltwise(1.0f, algorithm::eltwise_relu, 0.0f, 0.0f);
  } else if (step.low > std::numeric_limits<float>::lowest() ||
             step.high < std::numeric_limits<float>::max()) {
    after.append_eltwise(1.0f, algorithm::eltwise_clip,
                         std::max(step.low, std::numeric_limits<float>::lowest()),
                         std::min(step.high, std::numeric_limits<float>::max()));
  }
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// Weights in the layouts that were asked for; each is made once.
class Weights {
 public:
  explicit Weights(memory plain) : plain_(std::move(plain)) {}

  const memory& As(const memory::desc& layout) {
    for (const memory& made : made_) {
      if (made.get_desc() == layout) return made;
    }
    memory laid_out(layout, Cpu());
    dnnl::stream stream(Cpu());
    dnnl::reorder(plain_, laid_out).execute(stream, plain_, laid_out);
    stream.wait();
    made_.push_back(std::move(laid_out));
    return made_.back();
  }

 private:
  memory plain_;  // Over the spec's values.
  std::vector<memory> made_;
};

memory Over(const std::vector<float>& values, const Dims& dims, memory::format_tag tag) {
  return memory({dims, kFloat, tag}, Cpu(), const_cast<float*>(values.data()));
}

Weights WeightsOf(const ConvStep& step, int64_t in_channels) {
  const int64_t g = step.groups, out = step.out_channels, in = in_channels / g;
  const auto [height, width] = step.kernel;
  if (g == 1) return Weights(Over(step.weight, {out, in, height, width}, memory::format_tag::oihw));
  return Weights(Over(step.weight, {g, out / g, in, height, width}, memory::format_tag::goihw));
}

// One step at one batch size.
struct CompiledStep {
  dnnl::primitive primitive;
  Arguments weights;  // Empty for a pooling.
  memory::desc output, scratch;
};

// The network at one batch size, without the memory it runs in.
struct Compiled {
  memory::desc images, result;  // As the caller has them.
  std::vector<CompiledStep> steps;
  dnnl::reorder to_result;
  std::vector<memory::desc> values;  // As they lie between steps, the images first.
  std::vector<int> place;            // Of each value in `buffers`; kNothing: the caller's.
  BufferPlan buffers;
  int64_t scratch_bytes = 0;  // Lies behind the buffers.
};

// What the steps of one batch size read and write, in one block of memory.
class BoundSteps {
 public:
  BoundSteps(const Compiled& net, const std::vector<ConvStep>& steps, char* block)
      : result_(net.result, Cpu(), nullptr) {
    std::vector<memory> values;
    for (size_t value = 0; value < net.values.size(); ++value) {
      const int place = net.place[value];
      char* const at = place == kNothing ? nullptr : block + net.buffers.offsets[place];
      values.emplace_back(net.values[value], Cpu(), at);
    }
    images_ = values.front();
    last_ = values.back();
    for (size_t at = 0; at < steps.size(); ++at) {
      Arguments arguments = net.steps[at].weights;
      arguments.emplace(DNNL_ARG_SRC, values[steps[at].input]);
      arguments.emplace(DNNL_ARG_DST, values[at + 1]);
      arguments.emplace(DNNL_ARG_SCRATCHPAD,
                        memory(net.steps[at].scratch, Cpu(), block + net.buffers.bytes));
      arguments_.push_back(std::move(arguments));
    }
  }

  void Run(const Compiled& net, const float* images, float* result) {
    images_.set_data_handle(const_cast<float*>(images));
    result_.set_data_handle(result);
    for (size_t at = 0; at < arguments_.size(); ++at)
      net.steps[at].primitive.execute(stream_, arguments_[at]);
    net.to_result.execute(stream_, last_, result_);
    stream_.wait();
  }

 private:
  memory images_, last_, result_;  // Handles: copies stand for the same memory.
  std::vector<Arguments> arguments_;
  dnnl::stream stream_{Cpu()};
};

// The memory for one call of any batch size.
class Workspace {
 public:
  explicit Workspace(int64_t bytes)
      : block_(static_cast<char*>(::operator new[](static_cast<size_t>(bytes), kAlignment))) {}

  BoundSteps& At(int n, const Compiled& net, const std::vector<ConvStep>& steps) {
    auto bound = bound_.find(n);
    if (bound == bound_.end()) bound = bound_.try_emplace(n, net, steps, block_.get()).first;
    return bound->second;
  }

 private:
  static constexpr std::align_val_t kAlignment{kBufferAlignment};
  struct Free {
    void operator()(char* block) const { ::operator delete[](block, kAlignment); }
  };
  const std::unique_ptr<char[], Free> block_;
  std::map<int, BoundSteps> bound_;
};

}  // namespace

struct ConvNet::Impl {
  ConvNetSpec spec;
  std::vector<Shape> shapes;
  std::vector<Weights> weights, biases;  // Of each step.
  std::map<int, Compiled> sizes;         // By batch size.
  int64_t workspace_bytes = 0;           // Of the largest.
  mutable Mutex mutex;
  mutable std::vector<std::unique_ptr<Workspace>> idle ABSL_GUARDED_BY(mutex);

  void Compile(int n);
  CompiledStep CompileConvolution(size_t at, const Compiled& net, int n);
  CompiledStep CompilePooling(size_t at, const Compiled& net, int n);
  void PlaceValues(Compiled* net) const;

  std::unique_ptr<Workspace> Take() const {
    MutexLock lock(&mutex);
    if (idle.empty()) return std::make_unique<Workspace>(workspace_bytes);
    std::unique_ptr<Workspace> workspace = std::move(idle.back());
    idle.pop_back();
    return workspace;
  }
  void Return(std::unique_ptr<Workspace> workspace) const {
    MutexLock lock(&mutex);
    idle.push_back(std::move(workspace));
  }
};

CompiledStep ConvNet::Impl::CompileConvolution(size_t at, const Compiled& net, int n) {
  const ConvStep& step = spec.steps[at];
  const Dims out = DimsOf(n, shapes[at + 1]);
  const int64_t g = step.groups, in = shapes[step.input].channels;
  const auto [height, width] = step.kernel;
  const Dims weight = g == 1 ? Dims{step.out_channels, in, height, width}
                             : Dims{g, step.out_channels / g, in / g, height, width};
  const auto make = [&](const memory::desc& output) {
    const dnnl::convolution_forward::desc desc(
        dnnl::prop_kind::forward_inference, algorithm::convolution_direct, net.values[step.input],
        {weight, kFloat, memory::format_tag::any},
        {{step.out_channels}, kFloat, memory::format_tag::x}, output,
        Dims{step.stride[0], step.stride[1]}, Dims{step.dilation[0] - 1, step.dilation[1] - 1},
        Dims{step.padding[0], step.padding[1]}, Dims{step.padding[0], step.padding[1]});
    return dnnl::convolution_forward::primitive_desc(desc, AttributesOf(step), Cpu());
  };
  auto made = make(step.other == kNothing ? memory::desc(out, kFloat, BlockedLayout())
                                          : net.values[step.other]);
  if (step.other == kNothing && IsReference(made.impl_info_str()))
    made = make({out, kFloat, memory::format_tag::any});
  return {.primitive = dnnl::convolution_forward(made),
          .weights = {{DNNL_ARG_WEIGHTS, weights[at].As(made.weights_desc())},
                      {DNNL_ARG_BIAS, biases[at].As(made.bias_desc())}},
          .output = made.dst_desc(),
          .scratch = made.scratchpad_desc()};
}

CompiledStep ConvNet::Impl::CompilePooling(size_t at, const Compiled& net, int n) {
  const ConvStep& step = spec.steps[at];
  const memory::desc any_output(DimsOf(n, shapes[at + 1]), kFloat, memory::format_tag::any);
  const dnnl::pooling_v2_forward::desc desc(
      dnnl::prop_kind::forward_inference, algorithm::pooling_max, net.values[step.input],
      any_output, Dims{step.stride[0], step.stride[1]}, Dims{step.kernel[0], step.kernel[1]},
      Dims{step.dilation[0] - 1, step.dilation[1] - 1}, Dims{step.padding[0], step.padding[1]},
      Dims{step.padding[0], step.padding[1]});
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::pooling_v2_forward::primitive_desc made(desc, attributes, Cpu());
  return {.primitive = dnnl::pooling_v2_forward(made),
          .weights = {},
          .output = made.dst_desc(),
          .scratch = made.scratchpad_desc()};
}

// A sum lies where the value lay that it adds to.
void ConvNet::Impl::PlaceValues(Compiled* net) const {
  const std::vector<int> last = LastReads(spec);
  std::vector<BufferUse> uses;
  net->place.assign(1, kNothing);
  for (size_t at = 0; at < spec.steps.size(); ++at) {
    const int other = spec.steps[at].other, from = static_cast<int>(at);
    if (other != kNothing) {
      net->place.push_back(net->place[other]);
      uses[net->place[other]].to = std::max(from, last[at + 1]);
    } else {
      net->place.push_back(static_cast<int>(uses.size()));
      uses.push_back({static_cast<int64_t>(net->steps[at].output.get_size()), from,
                      std::max(from, last[at + 1])});
    }
    net->scratch_bytes =
        std::max(net->scratch_bytes, static_cast<int64_t>(net->steps[at].scratch.get_size()));
  }
  net->buffers = PlanBuffers(uses);
}

void ConvNet::Impl::Compile(int n) {
  Compiled net;
  net.images = memory::desc(DimsOf(n, shapes.front()), kFloat, memory::format_tag::nchw);
  net.result = memory::desc(DimsOf(n, shapes.back()), kFloat, memory::format_tag::nchw);
  net.values = {net.images};
  for (size_t at = 0; at < spec.steps.size(); ++at) {
    net.steps.push_back(spec.steps[at].kind == ConvStep::Kind::kConvolution
                            ? CompileConvolution(at, net, n)
                            : CompilePooling(at, net, n));
    net.values.push_back(net.steps.back().output);
  }
  net.to_result =
      dnnl::reorder(dnnl::reorder::primitive_desc(Cpu(), net.values.back(), Cpu(), net.result));
  PlaceValues(&net);
  workspace_bytes = std::max(workspace_bytes, net.buffers.bytes + net.scratch_bytes);
  sizes.emplace(n, std::move(net));
}

const bool ConvNet::kAvailable = true;

ConvNet::ConvNet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConvNet::~ConvNet() = default;

const ConvNet::Shape& ConvNet::shape() const { return impl_->shapes.back(); }

absl::StatusOr<std::unique_ptr<ConvNet>> ConvNet::Create(ConvNetSpec spec,
                                                         const std::vector<int>& batch_sizes) {
  auto impl = std::make_unique<Impl>();
  impl->spec = std::move(spec);
  LB_ASSIGN_OR_RETURN(impl->shapes, ConvShapes(impl->spec));
  LB_RETURN_IF_ERROR(CatchToStatus("oneDNN", [&] {
    for (size_t at = 0; at < impl->spec.steps.size(); ++at) {
      const ConvStep& step = impl->spec.steps[at];
      if (step.kind == ConvStep::Kind::kConvolution) {
        impl->weights.push_back(WeightsOf(step, impl->shapes[step.input].channels));
        impl->biases.push_back(
            Weights(Over(step.bias, {step.out_channels}, memory::format_tag::x)));
      } else {
        impl->weights.push_back(Weights(memory()));
        impl->biases.push_back(Weights(memory()));
      }
    }
    for (const int n : batch_sizes) impl->Compile(n);
    return absl::OkStatus();
  }));
  for (ConvStep& step : impl->spec.steps) std::vector<float>().swap(step.weight);
  impl->weights.clear();  // They refer to what was freed; the steps hold their own layouts.
  impl->biases.clear();
  return std::unique_ptr<ConvNet>(new ConvNet(std::move(impl)));
}

absl::Status ConvNet::Run(const float* images, int n, float* features) const {
  return CatchToStatus("oneDNN", [&] {
    const Compiled& net = impl_->sizes.at(n);
    std::unique_ptr<Workspace> workspace = impl_->Take();
    workspace->At(n, net, impl_->spec.steps).Run(net, images, features);
    impl_->Return(std::move(workspace));
    return absl::OkStatus();
  });
}

}  // namespace lookbook
