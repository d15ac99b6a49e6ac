#include "client/render_json.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/status.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

// File names need not be UTF-8; JSON must.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json ErrorToJson(const absl::Status& status) {
  return {{"code", absl::StatusCodeToString(status.code())},
          {"reason", GetReason(status)},
          {"message", std::string(status.message())}};
}

void Annotate(Json& neighbor, const v1::Neighbor& from, const QueryResult& query,
              const ClassNames& names) {
  neighbor["class_names"] = Json::array();
  for (uint32_t id : from.class_ids()) neighbor["class_names"].push_back(names.ClassName(id));
  if (!query.true_classes) return;
  const std::vector<uint32_t> ids(from.class_ids().begin(), from.class_ids().end());
  neighbor["jaccard"] = Jaccard(*query.true_classes, ids);
}

}  // namespace

absl::StatusOr<std::string> MessageToJsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return absl::InternalError(status.ToString());
  return json;
}

absl::StatusOr<std::string> QueryToJsonLine(const QueryResult& query, const ClassNames& names) {
  Json line = {{"query", query.name}};
  if (!query.status.ok()) {
    line["error"] = ErrorToJson(query.status);
    return Dump(line);
  }
  if (query.true_classes) line["true_class_ids"] = *query.true_classes;
  LB_ASSIGN_OR_RETURN(const std::string text, MessageToJsonLine(query.response));
  const Json reply = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  for (const auto& [key, value] : reply.items()) line[key] = value;
  for (int i = 0; i < query.response.neighbors_size(); ++i) {
    Annotate(line["neighbors"][static_cast<size_t>(i)], query.response.neighbors(i), query, names);
  }
  return Dump(line);
}

}  // namespace lookbook
