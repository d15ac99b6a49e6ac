// Replies as tables for a terminal. Every function returns whole lines, each ended by '\n'.
#pragma once

#include <string>

#include "client/class_names.h"
#include "client/query_result.h"
#include "client/terminal.h"
#include "lookbook/v1/catalog.pb.h"

namespace lookbook {

// A heading, a row per neighbour and a row per class score. REQUIRES: the query succeeded.
std::string RenderQuery(const QueryResult& query, const ClassNames& names, const TextStyle& style);

// `server` is the address it was asked under.
std::string RenderInfo(const v1::GetInfoResponse& info, const std::string& server,
                       const TextStyle& style);
std::string RenderItem(const v1::GetItemResponse& item, const ClassNames& names,
                       const TextStyle& style);
std::string RenderClasses(const v1::ListClassesResponse& classes, bool with_attributes,
                          const TextStyle& style);

}  // namespace lookbook
