#include "server/transport/admin_messages.h"

namespace lookbook {
namespace {

void FillBundle(const BundleOnDisk& bundle, bool active, v1::StoredBundle* message) {
  message->set_bundle_id(bundle.id);
  message->set_created(bundle.created);
  message->set_recipe(bundle.recipe);
  message->set_backbone(bundle.backbone);
  message->set_index(bundle.index);
  message->set_items(bundle.items);
  message->set_bytes(bundle.bytes);
  message->set_active(active);
  message->set_current(bundle.current);
  message->set_previous(bundle.previous);
  message->set_defect(bundle.defect);
}

}  // namespace

void FillActivation(const std::string& name, const Activated& activated, v1::Activation* message) {
  message->set_name(name);
  message->set_bundle_id(activated.bundle_id);
  message->set_replaced_bundle_id(activated.replaced_id);
  message->set_changed(activated.changed);
  message->set_seconds(activated.seconds);
}

void FillRoot(const std::string& name, const std::string& path, const std::string& live_id,
              const BundleListing& listing, v1::StoredRoot* message) {
  message->set_name(name);
  message->set_path(path);
  message->set_active_bundle_id(live_id);
  for (const BundleOnDisk& bundle : listing.bundles) {
    FillBundle(bundle, bundle.id == live_id, message->add_bundles());
  }
  message->set_left_out(static_cast<uint64_t>(listing.left_out));
}

}  // namespace lookbook
