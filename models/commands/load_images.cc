#include "models/commands/load_images.h"

#include <cstdio>

#include "absl/strings/string_view.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/progress.h"

namespace lookbook {

PreparedFile PreparedFileOf(const DataRecipe& recipe, const FashionData& data,
                            const PreprocessSpec& spec) {
  const std::string folder =
      recipe.cache_dir.empty() ? JoinPath(recipe.root, "prepared") : recipe.cache_dir;
  return PreparedFileFor(folder, recipe.csv, data, spec);
}

absl::StatusOr<PreparedImages> OpenPrepared(const PreparedFile& file, const FashionData& data,
                                            const PreprocessSpec& spec, int threads) {
  ProgressLine progress("prepare");
  PrepareOptions options;
  options.threads = threads;
  options.progress = [&](int64_t done, int64_t total) { progress.Update(done, total); };
  options.note = [&](absl::string_view why) {
    std::fprintf(stderr, "prepare  %s\n", std::string(why).c_str());
  };
  absl::StatusOr<PreparedImages> images = OpenOrPrepareImages(file, data.images, spec, options);
  progress.Finish();
  return images;
}

absl::StatusOr<PreparedImages> LoadImages(const DataRecipe& recipe, const FashionData& data,
                                          const PreprocessSpec& spec, int threads) {
  if (recipe.cache == "disk")
    return OpenPrepared(PreparedFileOf(recipe, data, spec), data, spec, threads);
  ProgressLine progress("decode");
  PreparedImages images;
  images.made = true;
  LB_ASSIGN_OR_RETURN(
      images.cache,
      ImageCache::Build(
          data.images, spec, threads,
          [&](int64_t done, int64_t total) { progress.Update(done, total); }, &images.unreadable));
  progress.Finish();
  return images;
}

}  // namespace lookbook
