// What may be changed in a manifest, with every hash mended: what a loader must refuse, and what is
// its author's to say.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/bundle/manifest.h"

namespace lookbook {

struct ManifestEdit {
  std::string what;
  std::function<void(Manifest*)> apply;
};

// Each makes a good bundle one that no loader may take.
const std::vector<ManifestEdit>& RuleEdits();

// Each leaves a good bundle good: no rule binds these fields, or another value is as good.
const std::vector<ManifestEdit>& FreeEdits();

}  // namespace lookbook
