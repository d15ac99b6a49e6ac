// What a change of .proto files takes away from those who have the earlier ones.
#pragma once

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lookbook {

// The .proto files of a folder and of the folders in it, as protoc reads them. Immutable.
class ProtoFiles {
 public:
  // InvalidArgument: there is none, or what protoc says of them.
  static absl::StatusOr<std::unique_ptr<ProtoFiles>> Read(const std::string& folder);

  // Such as "lookbook/v1/search.proto"; sorted.
  const std::vector<std::string>& names() const { return names_; }
  // Null: no file of that name. Valid as long as this object.
  const google::protobuf::FileDescriptor* Find(const std::string& name) const;

 private:
  ProtoFiles() = default;

  std::vector<std::string> names_;
  google::protobuf::DescriptorPool pool_;
};

// A line for each thing of `before` that `after` has not, or has otherwise: a message, enum,
// service, method or value that is gone; a field that is gone or has another name, number, type,
// presence or oneof; a method with other messages or streams; a number or name that was reserved
// and is used. Names count as well as numbers, for JSON and sources have names. What `after` has
// besides is no matter. Empty: who has `before` can go on with it.
std::vector<std::string> Incompatibilities(const google::protobuf::FileDescriptor& before,
                                           const google::protobuf::FileDescriptor& after);

}  // namespace lookbook
