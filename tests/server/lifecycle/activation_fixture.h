// Bundle roots with bundles as files, pipelines to put them into, and everything that an activation
// works with as a double. Opening a folder gives a bundle without a model, of the folder's id.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "base/reason.h"
#include "server/lifecycle/activation.h"
#include "tests/server/fake_bundle.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {

class ActivationFixture : public ::testing::Test {
 protected:
  ActivationFixture() {
    ConfigureLogging(LogLevel::kError, LogFormat::kText);
    parts_.loader = &loader_;
    parts_.retirement = &retirement_;
    parts_.metrics = &metrics_;
    parts_.clock = &clock_;
    parts_.check = [this](const std::string& directory, const std::function<bool()>&) {
      Note(absl::StrCat("check ", IdOf(directory)));
      return check_;
    };
    parts_.memory_room = [this]() -> absl::StatusOr<int64_t> { return memory_room_; };
    for (const char* name : {"first", "second"}) {
      auto pipeline = Pipeline::Create(name, {.decode_threads = 1, .embed_workers = 1}, &metrics_,
                                       Clock::Steady());
      EXPECT_THAT(pipeline, IsOk());
      pipelines_.push_back(*std::move(pipeline));
      roots_.push_back({name, directory_ / name, pipelines_.back().get()});
    }
  }

  // A bundle in a root; the later it is published, the newer it is. Returns its id.
  std::string Publish(size_t root, bool activate = true) {
    TestBundleOptions options;
    options.created += absl::Hours(++published_);
    options.activate = activate;
    const auto bundle = WriteTestBundleFiles(roots_[root].path, options);
    EXPECT_THAT(bundle, IsOk());
    return bundle->id;
  }
  std::string Live(size_t root) const {
    const auto bundle = roots_[root].pipeline->bundle();
    return bundle == nullptr ? "" : bundle->id;
  }
  std::string Current(size_t root) const {
    const auto current = ReadCurrent(roots_[root].path);
    return current.ok() ? current->bundle_id : "";
  }
  double Loads(const std::string& name, const std::string& result) const {
    const std::string series =
        absl::StrCat("lookbook_bundle_loads_total{bundle=\"", name, "\",result=\"", result, "\"} ");
    const std::string scrape = metrics_.Scrape();
    return std::stod(scrape.substr(scrape.find(series) + series.size()));
  }

  void Note(const std::string& event) {
    MutexLock lock(&mutex_);
    events_.push_back(event);
  }
  std::vector<std::string> events() {
    MutexLock lock(&mutex_);
    return events_;
  }
  static std::string IdOf(const std::string& directory) {
    return directory.substr(directory.rfind('/') + 1);
  }

  absl::StatusOr<std::shared_ptr<const Bundle>> Open(const std::string& path) {
    Note(absl::StrCat("open ", IdOf(path)));
    if (!open_.ok()) return open_;
    if (const auto hook = while_opening_) hook();  // A copy: it may end itself.
    return MakeFakeBundle(directory_ / absl::StrCat("fake-", ++opened_), IdOf(path)).bundle;
  }

  TempDir directory_;
  ServerMetrics metrics_{{"first", "second"}};
  ManualClock clock_;
  Mutex mutex_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mutex_);
  absl::Status check_, open_;
  std::function<void()> while_opening_;
  int64_t memory_room_ = int64_t{1} << 40;
  int published_ = 0, opened_ = 0;
  BundleLoader loader_{[this](const std::string& path, const BundleOptions&) { return Open(path); },
                       {},
                       &metrics_,
                       &clock_};
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
  std::vector<ServedRoot> roots_;
  Retirement retirement_{&metrics_, &clock_};
  ActivationParts parts_;
};

}  // namespace lookbook
