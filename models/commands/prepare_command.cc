#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/command_line.h"
#include "models/commands/cores.h"
#include "models/commands/data_problems.h"
#include "models/commands/load_images.h"
#include "models/commands/progress.h"
#include "models/train/preprocess_recipe.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(Decodes and resizes every labelled picture once, into DATA/prepared/<csv>-<size>-<resize>.images. A recipe
with data.cache = "disk" and the same data, size and resize starts from that file; where it is missing,
stale or damaged, training makes it, too. Every problem with the data is a line of the file beside it that ends
in .problems.txt.
Examples:
  lookbook-train prepare data/outfits --image-size 64
  lookbook-train prepare ~/imaterialist --image-size 128 --resize pad --cache-dir /scratch/lookbook)";

struct PrepareFlags {
  DataRecipe data;
  int threads = 1;
  bool strict = false;
};

absl::Status RunPrepare(const PrepareFlags& flags) {
  const absl::Time start = absl::Now();
  LB_ASSIGN_OR_RETURN(const PreprocessSpec spec, MakePreprocessSpec(flags.data));
  LB_ASSIGN_OR_RETURN(const FashionData data, ReadLabelledSet(flags.data.root, flags.data.csv));
  const absl::Time read = absl::Now();
  const PreparedFile file = PreparedFileOf(flags.data, data, spec);
  DataProblems problems(flags.strict);
  problems.Count(data.issues);
  LB_RETURN_IF_ERROR(MakeDirectories(file.path.substr(0, file.path.rfind('/'))));
  LB_RETURN_IF_ERROR(
      problems.KeepIn(absl::StrCat(absl::StripSuffix(file.path, ".images"), ".problems.txt")));
  LB_ASSIGN_OR_RETURN(const PreparedImages images, OpenPrepared(file, data, spec, flags.threads));
  const absl::Time end = absl::Now();
  const absl::Status unreadable =
      problems.AddUnreadable(flags.data.csv, UnreadablePictures(data.images, images.unreadable));
  std::printf("labels   %lld rows of %zu images, read in %.1f s\n",
              static_cast<long long>(data.rows), data.images.size(),
              absl::ToDoubleSeconds(read - start));
  LB_ASSIGN_OR_RETURN(const uint64_t bytes, FileSize(file.path));
  std::printf("prepare  %s: %lld images of %d x %d, %.2f GB, %s in %.1f s\n", file.path.c_str(),
              static_cast<long long>(images.cache->size()), spec.size, spec.size,
              static_cast<double>(bytes) / 1e9, images.made ? "made" : "found and checked",
              absl::ToDoubleSeconds(end - read));
  problems.PrintSummary();
  return unreadable;
}

}  // namespace

void AddPrepareCommand(CLI::App& app, CommandList* commands) {
  const auto flags = std::make_shared<PrepareFlags>();
  flags->threads = Cores();
  CLI::App* command =
      app.add_subcommand("prepare", "Decodes and resizes a set's pictures once, to disk");
  command->footer(kFooter);
  DataRecipe& data = flags->data;
  command->add_option("data,--data", data.root, "Data set's folder")->required();
  command->add_option("--csv", data.csv, "Labels, in that folder")->capture_default_str();
  command->add_option("--image-size", data.image_size, "Side of the prepared pictures")
      ->check(CLI::Range(16, 512))
      ->capture_default_str();
  command->add_option("--resize", data.resize, "How a picture becomes a square")
      ->check(CLI::IsMember({"squish", "pad", "crop"}))
      ->capture_default_str();
  command->add_option("--cache-dir", data.cache_dir, "Folder to write; default: DATA/prepared");
  AddThreadsFlag(*command, &flags->threads);
  command->add_flag("--strict", flags->strict, "Any problem with the data makes it exit with 2");
  commands->emplace_back(command, [flags] { return RunPrepare(*flags); });
}

}  // namespace lookbook
