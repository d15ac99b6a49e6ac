#include "models/recipe/override_recipe.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "models/recipe/compute_keys.h"
#include "models/recipe/recipe.h"
#include "models/recipe/table_reader.h"

namespace lookbook {
namespace {

// The changes, made and remembered.
class Changes {
 public:
  template <typename T>
  void Set(toml::table* table, absl::string_view path, absl::string_view key, const T& value) {
    table->insert_or_assign(std::string(key), value);
    absl::StrAppend(&lines_, "#   ", path, key, " = ", value, "\n");
  }
  void Remove(toml::table* table, absl::string_view path, absl::string_view key) {
    const std::string name(key);
    if (!table->contains(name)) return;
    table->erase(name);
    absl::StrAppend(&lines_, "#   no ", path, key, "\n");
  }
  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
};

// The part `key` of a document, made when it is not there.
toml::table* Part(toml::table* document, absl::string_view key) {
  const std::string name(key);
  if (!document->contains(name)) document->insert(name, toml::table{});
  return (*document)[name].as_table();
}

void ChangeData(const RecipeOverrides& overrides, toml::table* document, Changes* changes) {
  toml::table* data = Part(document, "data");
  if (overrides.image_size > 0)
    changes->Set(data, "data.", "image_size", int64_t{overrides.image_size});
  if (!overrides.split.empty()) changes->Set(data, "data.", "split", overrides.split);
  if (overrides.group_near_duplicates) changes->Set(data, "data.", "group_near_duplicates", true);
  if (!overrides.holdout_csv.has_value()) return;
  if (overrides.holdout_csv->empty())
    changes->Remove(data, "data.", "holdout_csv");
  else
    changes->Set(data, "data.", "holdout_csv", *overrides.holdout_csv);
}

void ChangeNetwork(const RecipeOverrides& overrides, const Recipe& recipe, toml::table* document,
                   Changes* changes) {
  toml::table* network = Part(document, "network");
  if (!overrides.backbone.empty() && overrides.backbone != recipe.network.backbone) {
    changes->Set(network, "network.", "backbone", overrides.backbone);
    network->erase("width");
  }
  const bool pretrained = recipe.network.init != "he";
  const std::string& init =
      overrides.init.empty() && pretrained ? overrides.pretrained : overrides.init;
  if (!init.empty()) changes->Set(network, "network.", "init", init);
}

// What is left of each stage's looks at images: 1, or less when all together are too many.
double KeptShare(const RecipeOverrides& overrides, const Recipe& recipe) {
  if (overrides.max_images <= 0) return 1;
  double images = 0;
  for (const StageRecipe& stage : recipe.stages) {
    if (stage.cache_features) continue;
    images += stage.epochs > 0
                  ? static_cast<double>(stage.epochs) * static_cast<double>(overrides.train_images)
                  : static_cast<double>(stage.steps) * stage.batch_size;
  }
  return std::min(1.0, static_cast<double>(overrides.max_images) / std::max(images, 1.0));
}

int64_t StepsOf(const StageRecipe& stage, int64_t train_images) {
  return stage.steps > 0
             ? stage.steps
             : int64_t{stage.epochs} * std::max<int64_t>(1, train_images / stage.batch_size);
}

void ChangeStages(const RecipeOverrides& overrides, const Recipe& recipe, toml::table* document,
                  Changes* changes) {
  const double share = KeptShare(overrides, recipe);
  toml::array* stages = (*document)["stage"].as_array();
  for (size_t i = 0; i < recipe.stages.size(); ++i) {
    const StageRecipe& stage = recipe.stages[i];
    toml::table* table = (*stages)[i].as_table();
    const std::string path = absl::StrCat("stage[", i, "].");
    if (overrides.epochs > 0) {
      table->erase("steps");
      changes->Set(table, path, "epochs", int64_t{overrides.epochs});
    } else if (share < 1 && !stage.cache_features) {
      const double steps = share * static_cast<double>(StepsOf(stage, overrides.train_images));
      table->erase("epochs");
      changes->Set(table, path, "steps", std::max<int64_t>(1, std::llround(steps)));
    }
  }
}

}  // namespace

absl::StatusOr<std::string> OverrideRecipe(absl::string_view toml, absl::string_view file_name,
                                           const RecipeOverrides& overrides) {
  LB_ASSIGN_OR_RETURN(const Recipe recipe, ParseRecipe(toml, file_name, overrides.init));
  toml::table document;
  LB_RETURN_IF_ERROR(ParseToml(toml, file_name, &document));
  Changes changes;
  if (overrides.seed >= 0) changes.Set(&document, "", "seed", overrides.seed);
  ChangeData(overrides, &document, &changes);
  ChangeNetwork(overrides, recipe, &document, &changes);
  ChangeStages(overrides, recipe, &document, &changes);
  std::string text(toml);
  if (!changes.lines().empty()) {
    // Not the forms of text that toml++ takes without a look at the quotes in it.
    const toml::format_flags flags =
        toml::toml_formatter::default_flags &
        ~(toml::format_flags::allow_literal_strings | toml::format_flags::allow_multi_line_strings);
    std::ostringstream changed;
    changed << "# Recipe \"" << recipe.name << "\" with these settings replaced:\n"
            << changes.lines() << "\n"
            << toml::toml_formatter(document, flags) << "\n";
    text = changed.str();
  }
  text = WithComputeKeys(text, overrides.device, overrides.precision);
  LB_RETURN_IF_ERROR(ParseRecipe(text, file_name).status());
  return text;
}

}  // namespace lookbook
