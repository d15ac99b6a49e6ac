#include "models/study/neighbor_study.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "models/indexing/corpus_embedder.h"
#include "models/study/study_picture.h"

namespace lookbook {
namespace {

constexpr size_t kSearchBatch = 64;

// One query before its pictures are fetched.
struct Asked {
  const ImageRecord* image = nullptr;
  std::vector<Neighbor> answers;
  double overlap = 0;
};

std::set<uint32_t> ClassIds(const LabelSpace& labels, const ImageRecord& image) {
  std::set<uint32_t> out;
  for (const int column : image.classes) out.insert(labels.classes[column].id);
  return out;
}

double Jaccard(const std::set<uint32_t>& a, const std::vector<uint32_t>& b) {
  const int64_t shared =
      std::count_if(b.begin(), b.end(), [&](uint32_t id) { return a.count(id) > 0; });
  const int64_t all = static_cast<int64_t>(a.size() + b.size()) - shared;
  return all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
}

// By id, so that the order of a CSV does not matter.
std::vector<const ImageRecord*> ById(absl::Span<const ImageRecord> images) {
  std::vector<const ImageRecord*> out;
  for (const ImageRecord& image : images) out.push_back(&image);
  std::sort(out.begin(), out.end(),
            [](const ImageRecord* a, const ImageRecord* b) { return a->id < b->id; });
  return out;
}

// Its row in the index, when it is the very file of an item; else -1.
int64_t OwnRow(const Bundle& bundle, const ImageRecord& image) {
  const absl::StatusOr<int64_t> row = bundle.items->RowOf(image.id);
  return row.ok() && bundle.items->item(*row).uri == image.path ? *row : -1;
}

absl::Status Search(const Bundle& bundle, const LabelSpace& labels,
                    const std::vector<float>& vectors, std::vector<Asked>* asked) {
  const size_t dim = bundle.index->dim();
  for (size_t first = 0; first < asked->size(); first += kSearchBatch) {
    const size_t count = std::min(kSearchBatch, asked->size() - first);
    std::vector<QueryOptions> options(count);
    for (size_t i = 0; i < count; ++i) {
      options[i].top_k = kShownNeighbors;
      options[i].excluded_row = OwnRow(bundle, *(*asked)[first + i].image);
    }
    LB_ASSIGN_OR_RETURN(
        auto found, bundle.index->Search(
                        absl::MakeConstSpan(vectors).subspan(first * dim, count * dim), options));
    for (size_t i = 0; i < count; ++i) {
      Asked& query = (*asked)[first + i];
      query.answers = std::move(found[i]);
      const std::set<uint32_t> ids = ClassIds(labels, *query.image);
      for (const Neighbor& answer : query.answers)
        query.overlap += Jaccard(ids, bundle.items->item(answer.row).class_ids);
      query.overlap /= static_cast<double>(std::max<size_t>(query.answers.size(), 1));
    }
  }
  return absl::OkStatus();
}

// A query with its answers' labels and small pictures.
StudyQuery Show(const Bundle& bundle, const LabelSpace& labels, const Asked& asked) {
  std::map<uint32_t, std::string> names;
  for (const auto& entry : bundle.manifest.classes()) names[entry.id()] = entry.name();
  StudyQuery out{.picture = {.id = asked.image->id,
                             .path = asked.image->path,
                             .file = ThumbnailOf(asked.image->path)},
                 .overlap = asked.overlap};
  for (const int column : asked.image->classes)
    out.picture.labels.push_back(labels.classes[column].name);
  for (const Neighbor& neighbor : asked.answers) {
    const Item& item = bundle.items->item(neighbor.row);
    StudyAnswer answer{.picture = {.id = item.id}, .similarity = neighbor.similarity};
    for (const uint32_t id : item.class_ids) answer.picture.labels.push_back(names[id]);
    answer.picture.file = bundle.items->Thumbnail(neighbor.row).value_or("");
    out.answers.push_back(std::move(answer));
  }
  return out;
}

bool IsBetter(const Asked& a, const Asked& b) {
  if (a.overlap != b.overlap) return a.overlap > b.overlap;
  if (a.image->classes.size() != b.image->classes.size())
    return a.image->classes.size() > b.image->classes.size();
  return a.image->id < b.image->id;
}

bool IsWorse(const Asked& a, const Asked& b) {
  if (a.overlap != b.overlap) return a.overlap < b.overlap;
  const float sure_a = a.answers.empty() ? -1 : a.answers.front().similarity;
  const float sure_b = b.answers.empty() ? -1 : b.answers.front().similarity;
  return sure_a != sure_b ? sure_a > sure_b : a.image->id < b.image->id;
}

}  // namespace

std::vector<int64_t> EvenPlaces(int64_t count, int64_t shown) {
  std::vector<int64_t> out;
  const int64_t places = std::min(count, shown);
  for (int64_t i = 0; i < places; ++i) out.push_back(i * count / places);
  return out;
}

absl::StatusOr<NeighborStudy> StudyNeighbors(const Bundle& bundle, const LabelSpace& labels,
                                             absl::Span<const ImageRecord> images,
                                             const NeighborOptions& options) {
  const std::vector<const ImageRecord*> sorted = ById(images);
  const int64_t count = static_cast<int64_t>(sorted.size());
  std::set<std::string> fixed;
  std::set<int64_t> places;
  for (const int64_t place : EvenPlaces(count, options.most_queries)) places.insert(place);
  for (const int64_t place : EvenPlaces(count, kFixedQueries)) {
    places.insert(place);
    fixed.insert(sorted[place]->id);
  }
  std::vector<ImageRecord> queries;
  for (const int64_t place : places) queries.push_back(*sorted[place]);
  LB_ASSIGN_OR_RETURN(const EmbeddedCorpus corpus,
                      EmbedImages(queries, bundle.preprocess, *bundle.embedder,
                                  {.threads = options.threads, .progress = options.progress}));
  std::vector<Asked> asked;
  for (const int64_t image : corpus.images) asked.push_back({.image = &queries[image]});
  LB_RETURN_IF_ERROR(Search(bundle, labels, corpus.vectors, &asked));

  NeighborStudy out{.queries = static_cast<int64_t>(asked.size()), .items = bundle.items->size()};
  for (const Asked& query : asked) out.overlap += query.overlap / static_cast<double>(asked.size());
  for (const Asked& query : asked) {
    if (fixed.count(query.image->id) > 0) out.fixed.push_back(Show(bundle, labels, query));
  }
  const size_t shown = std::min<size_t>(kShownQueries, asked.size());
  std::sort(asked.begin(), asked.end(), IsBetter);
  for (size_t i = 0; i < shown; ++i) out.best.push_back(Show(bundle, labels, asked[i]));
  std::sort(asked.begin(), asked.end(), IsWorse);
  for (size_t i = 0; i < shown; ++i) out.worst.push_back(Show(bundle, labels, asked[i]));
  return out;
}

}  // namespace lookbook
