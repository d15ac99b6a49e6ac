// models/recipes/random_probe.toml, compiled in: a study has this row wherever the program runs.
#pragma once

namespace lookbook {

extern const char kRandomProbeRecipe[];  // TOML; its name is "random_probe".

}  // namespace lookbook
