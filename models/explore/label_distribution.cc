#include "models/explore/label_distribution.h"

namespace lookbook {
namespace {

void CountSize(size_t size, std::vector<int64_t>* histogram) {
  if (histogram->size() <= size) histogram->resize(size + 1, 0);
  ++(*histogram)[size];
}

// Mean of a histogram's places.
double MeanPlace(const std::vector<int64_t>& histogram) {
  int64_t count = 0, sum = 0;
  for (size_t k = 0; k < histogram.size(); ++k) {
    count += histogram[k];
    sum += static_cast<int64_t>(k) * histogram[k];
  }
  return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count);
}

}  // namespace

double LabelDistribution::mean_classes() const { return MeanPlace(classes_per_image); }
double LabelDistribution::mean_attributes() const { return MeanPlace(attributes_per_image); }

LabelDistribution DescribeLabels(const FashionData& data) {
  const size_t classes = data.labels.classes.size();
  const size_t attributes = data.labels.attributes.size();
  LabelDistribution out;
  out.images = static_cast<int64_t>(data.images.size());
  out.class_rows = data.class_rows;
  out.class_rows.resize(classes, 0);
  out.class_images.assign(classes, 0);
  out.attribute_images.assign(attributes, 0);
  out.class_class.assign(classes * classes, 0);
  out.class_attribute.assign(classes * attributes, 0);
  for (const ImageRecord& image : data.images) {
    CountSize(image.classes.size(), &out.classes_per_image);
    if (image.attributes_known) {
      ++out.attributes_known;
      CountSize(image.attributes.size(), &out.attributes_per_image);
    }
    for (int attribute : image.attributes) ++out.attribute_images[attribute];
    for (int a : image.classes) {
      ++out.class_images[a];
      for (int b : image.classes) ++out.class_class[a * classes + b];
      for (int b : image.attributes) ++out.class_attribute[a * attributes + b];
    }
  }
  return out;
}

}  // namespace lookbook
