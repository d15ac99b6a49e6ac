#include "models/study/neighbor_file.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

Json AnswerToJson(const StudyAnswer& answer) {
  return {{"id", answer.picture.id},
          {"similarity", answer.similarity},
          {"labels", answer.picture.labels}};
}

StudyAnswer AnswerFrom(const Json& json) {
  return {.picture = {.id = json.at("id").get<std::string>(),
                      .labels = json.at("labels").get<std::vector<std::string>>()},
          .similarity = json.at("similarity").get<float>()};
}

Json QueryToJson(const StudyQuery& query) {
  Json answers = Json::array();
  for (const StudyAnswer& answer : query.answers) answers.push_back(AnswerToJson(answer));
  return {{"id", query.picture.id},
          {"path", query.picture.path},
          {"labels", query.picture.labels},
          {"overlap", query.overlap},
          {"answers", answers}};
}

StudyQuery QueryFrom(const Json& json) {
  StudyQuery out{.picture = {.id = json.at("id").get<std::string>(),
                             .path = json.at("path").get<std::string>(),
                             .labels = json.at("labels").get<std::vector<std::string>>()},
                 .overlap = json.at("overlap").get<double>()};
  for (const Json& answer : json.at("answers")) out.answers.push_back(AnswerFrom(answer));
  return out;
}

}  // namespace

std::string NeighborsToJson(const NeighborStudy& study) {
  Json fixed = Json::array();
  for (const StudyQuery& query : study.fixed) fixed.push_back(QueryToJson(query));
  const Json json = {{"queries", study.queries},
                     {"overlap", study.overlap},
                     {"items", study.items},
                     {"fixed", fixed}};
  // Paths need not be UTF-8.
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<NeighborStudy> NeighborsFromJson(absl::string_view text) {
  try {
    const Json json = Json::parse(text.begin(), text.end());
    NeighborStudy out{.queries = json.at("queries").get<int64_t>(),
                      .overlap = json.at("overlap").get<double>(),
                      .items = json.at("items").get<int64_t>()};
    for (const Json& query : json.at("fixed")) out.fixed.push_back(QueryFrom(query));
    return out;
  } catch (const Json::exception& e) {
    return absl::DataLossError(absl::StrCat("neighbors: ", e.what()));
  }
}

}  // namespace lookbook
