// One reply and the names behind it, for the tests of every output format.
#pragma once

#include "client/class_names.h"
#include "client/query_result.h"

namespace lookbook {

inline ClassNames SampleNames() {
  v1::ListClassesResponse response;
  response.set_bundle_id("bundle-1");
  for (const char* name : {"dress", "top, t-shirt", "bag"}) {
    auto* entry = response.add_classes();
    entry->set_class_id(static_cast<uint32_t>(response.classes_size()));
    entry->set_name(name);
    entry->set_supercategory("garment");
    entry->set_threshold(0.5F);
    entry->set_support(100);
  }
  auto* attribute = response.add_attributes();
  attribute->set_attribute_id(7);
  attribute->set_name("red");
  return ClassNames(response);
}

// Classes: 1 dress, 2 top, 3 bag. Two neighbours, two scores, the first predicted.
inline QueryResult SampleQuery() {
  QueryResult query{.name = "photos/look.jpg"};
  query.response.set_bundle_id("bundle-1");
  auto* first = query.response.add_neighbors();
  first->set_item_id("train/1");
  first->set_similarity(0.75F);
  first->add_class_ids(1);
  first->add_class_ids(2);
  first->set_uri("synth/1.jpg");
  auto* second = query.response.add_neighbors();
  second->set_item_id("train/2");
  second->set_similarity(0.5F);
  second->add_class_ids(3);
  auto* dress = query.response.add_classes();
  dress->set_class_id(1);
  dress->set_name("dress");
  dress->set_score(0.9375F);
  dress->set_predicted(true);
  auto* bag = query.response.add_classes();
  bag->set_class_id(3);
  bag->set_name("bag");
  bag->set_score(0.25F);
  query.response.mutable_timings()->set_decode(0.001);
  query.response.mutable_timings()->set_embed(0.003);
  query.response.mutable_timings()->set_total(0.0125);
  return query;
}

// The same from a bundle that scores attributes: 7 red, 8 striped.
inline QueryResult SampleQueryWithAttributes() {
  QueryResult query = SampleQuery();
  auto* red = query.response.add_attributes();
  red->set_attribute_id(7);
  red->set_name("red");
  red->set_score(0.75F);
  auto* striped = query.response.add_attributes();
  striped->set_attribute_id(8);
  striped->set_name("striped");
  striped->set_score(0.125F);
  return query;
}

}  // namespace lookbook
