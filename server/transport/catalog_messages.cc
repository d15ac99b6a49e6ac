#include "server/transport/catalog_messages.h"

namespace lookbook {

void FillItem(const Bundle& bundle, int64_t row, v1::GetItemResponse* response) {
  const Item& item = bundle.items->item(row);
  response->set_item_id(item.id);
  response->mutable_class_ids()->Add(item.class_ids.begin(), item.class_ids.end());
  response->mutable_attribute_ids()->Add(item.attribute_ids.begin(), item.attribute_ids.end());
  response->set_uri(item.uri);
  response->set_split(item.split);
  response->set_bundle_id(bundle.id);
}

void FillClasses(const Bundle& bundle, v1::ListClassesResponse* response) {
  for (const auto& entry : bundle.manifest.classes()) {
    v1::ClassInfo* info = response->add_classes();
    info->set_class_id(entry.id());
    info->set_name(entry.name());
    info->set_supercategory(entry.supercategory());
    info->set_threshold(entry.threshold());
    info->set_support(entry.support());
  }
  for (const auto& entry : bundle.manifest.attributes()) {
    v1::AttributeInfo* info = response->add_attributes();
    info->set_attribute_id(entry.id());
    info->set_name(entry.name());
    info->set_supercategory(entry.supercategory());
  }
  response->set_bundle_id(bundle.id);
}

void FillBundleInfo(const std::string& name, const Bundle* bundle, v1::BundleInfo* info) {
  info->set_name(name);
  if (bundle == nullptr) return;
  const Manifest& manifest = bundle->manifest;
  info->set_bundle_id(bundle->id);
  info->set_recipe(manifest.recipe());
  info->set_backbone(manifest.backbone());
  info->set_dim(static_cast<uint32_t>(bundle->index->dim()));
  info->set_image_size(manifest.preprocess().size());
  info->set_items(static_cast<uint64_t>(bundle->items->size()));
  info->set_classes(static_cast<uint32_t>(manifest.classes_size()));
  info->set_attributes(static_cast<uint32_t>(manifest.attributes_size()));
  info->set_index(bundle->index->spec());
  info->set_created(manifest.created());
  info->set_index_search(bundle->index->search());
  if (manifest.index().has_recall_at_10() && manifest.index().search() == bundle->index->search()) {
    info->set_index_recall_at_10(manifest.index().recall_at_10());
  }
}

}  // namespace lookbook
