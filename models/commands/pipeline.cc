#include "models/commands/pipeline.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/manifest.h"
#include "engine/bundle/utf8.h"
#include "models/commands/duplicate_groups.h"
#include "models/commands/initial_bundle.h"
#include "models/commands/model_file.h"
#include "models/dataset/prepared_images.h"
#include "models/export/torchscript_export.h"
#include "models/recipe/override_recipe.h"
#include "models/train/preprocess_recipe.h"
#include "models/train/weights.h"

namespace lookbook {
namespace {

// What an earlier run wrote into run.json under `key`; "" when there is no such thing.
std::string EarlierRun(const WorkFolder& work, const std::string& key) {
  const absl::StatusOr<std::string> text = ReadFile(work.Path("run.json"));
  if (!text.ok()) return "";
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains(key) || !json[key].is_string()) return "";
  return json[key].get<std::string>();
}

// Where run.json says which labels and pictures a CSV named.
std::string SetKey(const std::string& csv) { return absl::StrCat("set ", csv); }

// The training data's root: what the caller says, what an earlier run used, what the recipe says.
std::string DataRoot(const PipelineOptions& options, const Recipe& recipe, const WorkFolder& work) {
  if (!options.data.empty()) return options.data;
  const std::string earlier = options.recipe.empty() ? EarlierRun(work, "data") : "";
  return earlier.empty() ? recipe.data.root : earlier;
}

// The recipe as the run has it.
absl::StatusOr<Recipe> ReadRecipe(const std::string& file, const PipelineOptions& options) {
  LB_ASSIGN_OR_RETURN(Recipe recipe, LoadRecipe(file, options.init));
  if (options.init.empty() && options.device.empty() && options.precision.empty()) return recipe;
  LB_ASSIGN_OR_RETURN(const std::string text, OverrideRecipe(recipe.text, file,
                                                             {.init = options.init,
                                                              .device = options.device,
                                                              .precision = options.precision}));
  return ParseRecipe(text, file);
}

// The holdout is read when the training is over: too late to say that it is not there.
absl::Status CheckFiles(const DataRecipe& data) {
  if (const std::string csv = JoinPath(data.root, data.csv); !PathExists(csv)) {
    return absl::NotFoundError(absl::StrCat("no ", csv,
                                            ": make a data set with `lookbook-train synth --out ",
                                            data.root, "`, or name yours with --data DIR"));
  }
  if (data.holdout_csv.empty()) return absl::OkStatus();
  if (const std::string csv = JoinPath(data.root, data.holdout_csv); !PathExists(csv)) {
    return absl::NotFoundError(absl::StrCat(
        "no ", csv,
        ", which the recipe evaluates on: without data.holdout_csv it is judged by the ",
        "test or validation part of data.split"));
  }
  return absl::OkStatus();
}

// A bundle's item table and the split hold names as text. Better said now than after the training.
absl::Status CheckNames(const FashionData& data) {
  for (const ImageRecord& image : data.images) {
    if (IsUtf8(image.path)) continue;
    return absl::InvalidArgumentError(absl::StrCat("\"", absl::CHexEscape(image.path),
                                                   "\" is not UTF-8: rename the file or folder"));
  }
  return absl::OkStatus();
}

// All that a split depends on where pictures are not compared: one that somebody edited outlives a
// copy of the data set.
std::string HashOfSizes(const FashionData& data) {
  Sha256 hash;
  for (const ImageRecord& image : data.images) {
    hash.Update(absl::StrCat(image.id, " ", FileSize(image.path).value_or(0), "\n"));
  }
  return hash.HexDigest();
}

// A step's inputs and the format of what it makes of them. 1 adds nothing: it is what work folders
// hold that were made before steps had formats.
std::string HashOfStep(std::map<std::string, std::string> inputs, int format) {
  if (format > 1) inputs["format"] = absl::StrCat(format);
  return HashOf(inputs);
}

}  // namespace

absl::StatusOr<FashionData> ReadLabelledSet(const std::string& root, const std::string& csv) {
  LB_ASSIGN_OR_RETURN(FashionData data,
                      ReadImaterialist(root, csv, std::string(absl::StripSuffix(csv, ".csv"))));
  PrintIssues(data);
  return data;
}

void PrintIssues(const FashionData& data) {
  for (const std::string& line : IssueLines(data.issues))
    std::fprintf(stderr, "data     %s\n", line.c_str());
}

Pipeline::Pipeline(PipelineOptions options, Recipe recipe, WorkFolder work)
    : options_(std::move(options)),
      recipe_(std::move(recipe)),
      work_(std::move(work)),
      problems_(options_.strict) {}

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Open(const PipelineOptions& options) {
  if (options.recipe.empty() && options.work.empty()) {
    return absl::InvalidArgumentError(
        "name a recipe (--recipe FILE) or the folder of an earlier run (--out DIR)");
  }
  if (options.resume && options.fresh)
    return absl::InvalidArgumentError("--resume and --fresh exclude each other");
  const std::string file =
      options.recipe.empty() ? JoinPath(options.work, "recipe.toml") : options.recipe;
  LB_ASSIGN_OR_RETURN(Recipe recipe, ReadRecipe(file, options));
  LB_ASSIGN_OR_RETURN(
      WorkFolder work,
      WorkFolder::Open(options.work.empty() ? absl::StrCat("out/", recipe.name) : options.work));
  recipe.data.root = DataRoot(options, recipe, work);
  if (recipe.data.root.empty())
    return absl::InvalidArgumentError("the recipe names no data.root: give --data DIR");
  std::unique_ptr<Pipeline> out(new Pipeline(options, std::move(recipe), std::move(work)));
  LB_RETURN_IF_ERROR(out->ReadData());
  return out;
}

// The holdout too: what is wrong with it is better said now than after the training.
absl::Status Pipeline::ReadSets() {
  LB_RETURN_IF_ERROR(CheckFiles(recipe_.data));
  LB_ASSIGN_OR_RETURN(data_, ReadLabelledSet(recipe_.data.root, recipe_.data.csv));
  problems_.Count(data_.issues);
  LB_RETURN_IF_ERROR(CheckNames(data_));
  files_sha256_ = PicturesKey(data_.images);
  sets_[recipe_.data.csv] = absl::StrCat(data_.sha256, " ", files_sha256_);
  if (!recipe_.data.holdout_csv.empty()) {
    LB_ASSIGN_OR_RETURN(const FashionData* holdout, Holdout());
    sets_[recipe_.data.holdout_csv] =
        absl::StrCat(holdout->sha256, " ", PicturesKey(holdout->images));
  }
  std::vector<std::string> unchanged;
  for (const auto& [csv, set] : sets_) {
    if (EarlierRun(work_, SetKey(csv)) == set) unchanged.push_back(csv);
  }
  return problems_.KeepIn(work_.Path("problems.txt"), unchanged);
}

absl::Status Pipeline::ReadData() {
  LB_ASSIGN_OR_RETURN(spec_, MakePreprocessSpec(recipe_.data));
  LB_RETURN_IF_ERROR(ReadSets());
  init_ = InitialWeightsId(recipe_.network.init);
  std::map<std::string, std::string> split_of = {{"rule", recipe_.data.split},
                                                 {"seed", absl::StrCat(recipe_.seed)},
                                                 {"data", data_.sha256},
                                                 {"files", HashOfSizes(data_)}};
  // Only where it is so: a split that was stored without it keeps its key.
  if (recipe_.data.group_near_duplicates) {
    split_of["near_duplicates"] = "grouped";
    split_of["files"] = files_sha256_;
  }
  const std::string split_key = HashOf(split_of);
  LB_ASSIGN_OR_RETURN(split_, StoredOrNewSplit(split_key));
  const std::string split = SplitToJson(split_, data_);
  split_sha256_ = Sha256Hex(split);
  std::printf(
      "data     %s: %zu images, %zu classes, %zu attributes; train %zu, validation %zu, test %zu\n",
      recipe_.data.root.c_str(), data_.images.size(), data_.labels.classes.size(),
      data_.labels.attributes.size(), split_.train.size(), split_.validation.size(),
      split_.test.size());
  // Now rather than after the training.
  LB_ASSIGN_OR_RETURN(const IndexSpec index, ParseIndexSpec(recipe_.index_spec));
  LB_RETURN_IF_ERROR(CheckTrainingRows(index, static_cast<int64_t>(split_.train.size())));
  // A crash in between must not leave this key beside another split.
  if (EarlierRun(work_, "split_of") != split_key)
    LB_RETURN_IF_ERROR(RemoveAll(work_.Path("split.json")));
  nlohmann::json run = {{"data", recipe_.data.root}, {"split_of", split_key}};
  for (const auto& [csv, set] : sets_) run[SetKey(csv)] = set;
  LB_RETURN_IF_ERROR(WriteFileAtomic(work_.Path("run.json"), JsonText(run)));
  LB_RETURN_IF_ERROR(WriteFileAtomic(work_.Path("recipe.toml"), recipe_.text));
  return WriteFileAtomic(work_.Path("split.json"), split);
}

absl::StatusOr<Split> Pipeline::NewSplit() const {
  std::vector<int64_t> groups;
  if (recipe_.data.group_near_duplicates) {
    LB_ASSIGN_OR_RETURN(groups, GroupNearDuplicates(data_.images));
  }
  return MakeSplit(recipe_.data.split, data_, recipe_.seed, groups);
}

absl::StatusOr<Split> Pipeline::StoredOrNewSplit(const std::string& key) const {
  const std::string path = work_.Path("split.json");
  if (options_.fresh || EarlierRun(work_, "split_of") != key || !PathExists(path))
    return NewSplit();
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  absl::StatusOr<Split> split = SplitFromJson(text, data_);
  if (split.ok()) return split;
  return absl::DataLossError(
      absl::StrCat(path, ": ", split.status().message(), "; remove it to make the split anew"));
}

absl::StatusOr<const FashionData*> Pipeline::Holdout() {
  if (!holdout_.has_value()) {
    LB_ASSIGN_OR_RETURN(holdout_, ReadLabelledSet(recipe_.data.root, recipe_.data.holdout_csv));
    problems_.Count(holdout_->issues);
  }
  return &*holdout_;
}

absl::Status Pipeline::Step(const std::string& name, const std::string& inputs,
                            const std::vector<std::string>& outputs,
                            const std::function<absl::Status()>& work) {
  if (options_.fresh) {
    LB_RETURN_IF_ERROR(work_.Forget(name));
  } else if (work_.IsDone(name, inputs)) {
    std::printf("%-8s unchanged, kept: %s\n", name.c_str(), work_.Path(outputs.front()).c_str());
    return absl::OkStatus();
  }
  LB_RETURN_IF_ERROR(work());
  return work_.MarkDone(name, inputs, outputs);
}

absl::Status Pipeline::Require(const std::string& step, const std::string& inputs,
                               const std::string& output) const {
  if (work_.IsDone(step, inputs)) return absl::OkStatus();
  const std::string path = work_.Path(output);
  return absl::FailedPreconditionError(
      absl::StrCat(PathExists(path) ? "of another recipe, data set or split, of another version of "
                                      "the program, or changed since: "
                                    : "no ",
                   path, ": run `lookbook-train ", step, " --out ", work_.directory(), "` first"));
}

std::string Pipeline::TrainInputs() const {
  return HashOf({{"recipe", Sha256Hex(recipe_.text)},
                 {"data", data_.sha256},
                 {"files", files_sha256_},
                 {"split", split_sha256_},
                 {"init", init_}});
}

absl::StatusOr<std::string> Pipeline::ExportInputs() const {
  LB_RETURN_IF_ERROR(Require("train", TrainInputs(), "train/weights.pt"));
  LB_ASSIGN_OR_RETURN(const std::string weights, Sha256OfFile(work_.Path("train/weights.pt")));
  return HashOfStep({{"weights", weights}, {"size", absl::StrCat(spec_.size)}},
                    options_.formats.export_model);
}

absl::StatusOr<std::string> Pipeline::IndexInputs() const {
  LB_ASSIGN_OR_RETURN(const std::string made_of, ExportInputs());
  LB_RETURN_IF_ERROR(Require("export", made_of, "export/model.ts"));
  LB_ASSIGN_OR_RETURN(const std::string model, Sha256OfFile(work_.Path("export/model.ts")));
  return HashOfStep({{"model", model},
                     {"data", data_.sha256},
                     {"files", files_sha256_},
                     {"split", split_sha256_},
                     {"spec", recipe_.index_spec},
                     {"resize", recipe_.data.resize},
                     {"root", recipe_.data.root}},
                    options_.formats.index);
}

absl::StatusOr<std::string> Pipeline::CalibrateInputs() const {
  LB_ASSIGN_OR_RETURN(const std::string made_of, IndexInputs());
  LB_RETURN_IF_ERROR(Require("index", made_of, "index/index.faiss"));
  LB_ASSIGN_OR_RETURN(const std::string index, Sha256OfFile(work_.Path("index/index.faiss")));
  LB_ASSIGN_OR_RETURN(const std::string items, Sha256OfFile(work_.Path("index/items.sqlite")));
  return HashOfStep(
      {{"of", made_of}, {"index", index}, {"items", items}, {"seed", absl::StrCat(recipe_.seed)}},
      options_.formats.calibrate);
}

absl::StatusOr<std::string> Pipeline::EvaluateInputs() {
  LB_ASSIGN_OR_RETURN(const std::string made_of, CalibrateInputs());
  LB_RETURN_IF_ERROR(Require("calibrate", made_of, "calibration.json"));
  LB_ASSIGN_OR_RETURN(const std::string calibration, Sha256OfFile(work_.Path("calibration.json")));
  LB_ASSIGN_OR_RETURN(const std::string model, Sha256OfFile(work_.Path("export/model.ts")));
  const std::string holdout =
      recipe_.data.holdout_csv.empty() ? "none" : sets_.at(recipe_.data.holdout_csv);
  return HashOfStep({{"of", made_of},
                     {"model", model},
                     {"data", data_.sha256},
                     {"files", files_sha256_},
                     {"split", split_sha256_},
                     {"calibration", calibration},
                     {"holdout", holdout},
                     {"resize", recipe_.data.resize}},
                    options_.formats.evaluate);
}

absl::Status Pipeline::Train() {
  // The history too: another training that was interrupted here wrote it.
  const absl::Status status =
      Step("train", TrainInputs(), {"train/weights.pt", "train/history.json", "train/result.json"},
           [this] { return TrainNow(); });
  return absl::IsAborted(status) ? ExplainAborted(status) : status;
}

absl::Status Pipeline::Export() {
  LB_ASSIGN_OR_RETURN(const std::string inputs, ExportInputs());
  return Step("export", inputs, {"export/model.ts", "export/model.json"}, [this]() -> absl::Status {
    LB_ASSIGN_OR_RETURN(const LoadedNetwork network, LoadWeights(work_.Path("train/weights.pt")));
    LB_RETURN_IF_ERROR(MakeDirectories(work_.Path("export")));
    LB_RETURN_IF_ERROR(ExportTorchScript(network.net, spec_.size, work_.Path("export/model.ts")));
    const ModelShape shape = {spec_.size, network.net->dim(), network.spec.classes,
                              network.spec.attributes};
    LB_RETURN_IF_ERROR(WriteModelShape(work_.Path("export/model.json"), shape));
    std::printf("export   %s: %s, %d dimensions, %d classes, %d attributes\n",
                work_.Path("export/model.ts").c_str(), network.spec.backbone.c_str(), shape.dim,
                shape.classes, shape.attributes);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::unique_ptr<Embedder>> Pipeline::OpenModel() const {
  return OpenModelFile(work_.Path("export/model.ts"), work_.Path("export/model.json"));
}

absl::Status Pipeline::Index() {
  LB_ASSIGN_OR_RETURN(const std::string inputs, IndexInputs());
  const std::vector<std::string> outputs = {
      absl::StrCat("index/", kIndexFile), absl::StrCat("index/", kItemsFile),
      absl::StrCat("index/", kGoldenFile), "index/index.json"};
  return Step("index", inputs, outputs, [this] { return IndexNow(); });
}

absl::Status Pipeline::Evaluate() {
  LB_ASSIGN_OR_RETURN(const std::string inputs, EvaluateInputs());
  return Step("evaluate", inputs, {"evaluation.json"}, [this] { return EvaluateNow(); });
}

absl::Status Pipeline::Run() {
  LB_RETURN_IF_ERROR(Train());
  LB_RETURN_IF_ERROR(Export());
  LB_RETURN_IF_ERROR(Index());
  LB_RETURN_IF_ERROR(Calibrate());
  LB_RETURN_IF_ERROR(Evaluate());
  LB_RETURN_IF_ERROR(Publish());
  return Report();
}

}  // namespace lookbook
