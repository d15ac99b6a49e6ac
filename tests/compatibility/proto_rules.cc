#include "tests/compatibility/proto_rules.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/bounded_child.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// What of a field must stay as it is, in words.
std::string Form(const FieldDescriptor& field) {
  std::string text = absl::StrCat(field.name(), " = ", field.number(), " ");
  if (field.is_repeated()) absl::StrAppend(&text, "repeated ");
  if (field.has_optional_keyword()) absl::StrAppend(&text, "optional ");
  absl::StrAppend(&text, field.type_name());
  if (field.message_type() != nullptr) {
    absl::StrAppend(&text, " ", field.message_type()->full_name());
  }
  if (field.enum_type() != nullptr) absl::StrAppend(&text, " ", field.enum_type()->full_name());
  if (field.real_containing_oneof() != nullptr) {
    absl::StrAppend(&text, " of oneof ", field.real_containing_oneof()->name());
  }
  return text;
}

std::string Form(const MethodDescriptor& method) {
  return absl::StrCat(method.client_streaming() ? "stream " : "", method.input_type()->full_name(),
                      " -> ", method.server_streaming() ? "stream " : "",
                      method.output_type()->full_name());
}

class Comparison {
 public:
  void Files(const FileDescriptor& before, const FileDescriptor& after) {
    if (before.package() != after.package()) {
      Report(before.name(), "package ", before.package(), " is now ", after.package());
    }
    for (int i = 0; i < before.message_type_count(); ++i) {
      const Descriptor& message = *before.message_type(i);
      Messages(message, after.FindMessageTypeByName(message.name()));
    }
    for (int i = 0; i < before.enum_type_count(); ++i) {
      const EnumDescriptor& type = *before.enum_type(i);
      Enums(type, after.FindEnumTypeByName(type.name()));
    }
    for (int i = 0; i < before.service_count(); ++i) {
      const ServiceDescriptor& service = *before.service(i);
      Services(service, after.FindServiceByName(service.name()));
    }
  }

  std::vector<std::string> Take() { return std::move(found_); }

 private:
  template <typename... Parts>
  void Report(const Parts&... parts) {
    found_.push_back(absl::StrCat(parts...));
  }

  void Messages(const Descriptor& before, const Descriptor* after) {
    if (after == nullptr) return Report(before.full_name(), " is gone");
    for (int i = 0; i < before.field_count(); ++i) {
      const FieldDescriptor& field = *before.field(i);
      const FieldDescriptor* now = after->FindFieldByNumber(field.number());
      if (now == nullptr) {
        Report(field.full_name(), " is gone");
      } else if (Form(field) != Form(*now)) {
        Report(field.full_name(), ": ", Form(field), " is now ", Form(*now));
      }
    }
    Reserved(before, *after);
    for (int i = 0; i < before.nested_type_count(); ++i) {
      const Descriptor& nested = *before.nested_type(i);
      Messages(nested, after->FindNestedTypeByName(nested.name()));
    }
    for (int i = 0; i < before.enum_type_count(); ++i) {
      const EnumDescriptor& nested = *before.enum_type(i);
      Enums(nested, after->FindEnumTypeByName(nested.name()));
    }
  }

  void Reserved(const Descriptor& before, const Descriptor& after) {
    for (int i = 0; i < after.field_count(); ++i) {
      const FieldDescriptor& field = *after.field(i);
      if (before.IsReservedNumber(field.number()) || before.IsReservedName(field.name())) {
        Report(field.full_name(), ": ", Form(field), " was reserved");
      }
    }
  }

  void Enums(const EnumDescriptor& before, const EnumDescriptor* after) {
    if (after == nullptr) return Report(before.full_name(), " is gone");
    for (int i = 0; i < before.value_count(); ++i) {
      const EnumValueDescriptor& value = *before.value(i);
      const EnumValueDescriptor* now = after->FindValueByName(value.name());
      if (now == nullptr || now->number() != value.number()) {
        Report(before.full_name(), ": ", value.name(), " = ", value.number(), " is gone");
      }
    }
    for (int i = 0; i < after->value_count(); ++i) {
      const EnumValueDescriptor& value = *after->value(i);
      if (before.IsReservedNumber(value.number()) || before.IsReservedName(value.name())) {
        Report(before.full_name(), ": ", value.name(), " = ", value.number(), " was reserved");
      }
    }
  }

  void Services(const ServiceDescriptor& before, const ServiceDescriptor* after) {
    if (after == nullptr) return Report(before.full_name(), " is gone");
    for (int i = 0; i < before.method_count(); ++i) {
      const MethodDescriptor& method = *before.method(i);
      const MethodDescriptor* now = after->FindMethodByName(method.name());
      if (now == nullptr) {
        Report(method.full_name(), " is gone");
      } else if (Form(method) != Form(*now)) {
        Report(method.full_name(), ": ", Form(method), " is now ", Form(*now));
      }
    }
  }

  std::vector<std::string> found_;
};

// The FileDescriptorSet that protoc makes of the files `names` of `folder`.
absl::StatusOr<std::string> Descriptors(const std::string& folder,
                                        const std::vector<std::string>& names) {
  const TempDir scratch(TempDir::kMemory);
  const std::string output = scratch / "set.pb";
  ChildCommand command = {
      LOOKBOOK_PROTOC, {"protoc", "-I", folder, "--descriptor_set_out=" + output}, {}};
  command.arguments.insert(command.arguments.end(), names.begin(), names.end());
  LB_ASSIGN_OR_RETURN(const ChildEnd end, RunBounded(command, {}));
  if (end.kind != ChildEnd::Kind::kExit || end.code != 0) {
    return absl::InvalidArgumentError(absl::StrCat("protoc: ", end.output));
  }
  return ReadFile(output);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProtoFiles>> ProtoFiles::Read(const std::string& folder) {
  auto files = absl::WrapUnique(new ProtoFiles());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".proto") continue;
    files->names_.push_back(std::filesystem::relative(entry.path(), folder));
  }
  std::sort(files->names_.begin(), files->names_.end());
  LB_ASSIGN_OR_RETURN(const std::string bytes, Descriptors(folder, files->names_));
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromString(bytes)) return absl::InternalError("protoc wrote no FileDescriptorSet");
  for (const auto& file : set.file()) {
    if (files->pool_.BuildFile(file) == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(file.name(), " does not fit the others"));
    }
  }
  return files;
}

const FileDescriptor* ProtoFiles::Find(const std::string& name) const {
  return pool_.FindFileByName(name);
}

std::vector<std::string> Incompatibilities(const FileDescriptor& before,
                                           const FileDescriptor& after) {
  Comparison comparison;
  comparison.Files(before, after);
  return comparison.Take();
}

}  // namespace lookbook
