// CatalogService's messages from a bundle. Pure functions.
#pragma once

#include <string>

#include "engine/bundle/bundle.h"
#include "lookbook/v1/catalog.pb.h"

namespace lookbook {

// Everything but the thumbnail. REQUIRES: 0 <= row < bundle.items->size().
void FillItem(const Bundle& bundle, int64_t row, v1::GetItemResponse* response);

void FillClasses(const Bundle& bundle, v1::ListClassesResponse* response);

// `bundle` may be null: a root whose bundle is not loaded yet has only its name.
void FillBundleInfo(const std::string& name, const Bundle* bundle, v1::BundleInfo* info);

}  // namespace lookbook
