#include "engine/embed/conv_net.h"

namespace lookbook {

struct ConvNet::Impl {};

const bool ConvNet::kAvailable = false;

ConvNet::~ConvNet() = default;

absl::StatusOr<std::unique_ptr<ConvNet>> ConvNet::Create(ConvNetSpec, const std::vector<int>&) {
  return absl::UnimplementedError("this build is without oneDNN");
}

const ConvNet::Shape& ConvNet::shape() const {
  static const Shape none;
  return none;
}

absl::Status ConvNet::Run(const float*, int, float*) const {
  return absl::UnimplementedError("this build is without oneDNN");
}

}  // namespace lookbook
