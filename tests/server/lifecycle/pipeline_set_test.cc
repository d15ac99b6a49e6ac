#include "server/lifecycle/pipeline_set.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PipelineSetTest : public ::testing::Test {
 protected:
  PipelineSetTest() {
    std::vector<PipelineSet::Entry> entries;
    for (const char* name : {"first", "second"}) {
      auto pipeline = Pipeline::Create(name, {.decode_threads = 1, .embed_workers = 1}, &metrics_,
                                       Clock::Steady());
      EXPECT_THAT(pipeline, IsOk());
      entries.push_back({name, *std::move(pipeline)});
    }
    set_ = std::make_unique<PipelineSet>(std::move(entries));
  }

  ServerMetrics metrics_{{"first", "second"}};
  std::unique_ptr<PipelineSet> set_;
};

TEST_F(PipelineSetTest, AnEmptyNameIsTheFirst) {
  EXPECT_THAT(set_->Find(""), IsOkAndHolds(set_->entries()[0].pipeline.get()));
  EXPECT_THAT(set_->Find("first"), IsOkAndHolds(set_->entries()[0].pipeline.get()));
  EXPECT_THAT(set_->Find("second"), IsOkAndHolds(set_->entries()[1].pipeline.get()));
  EXPECT_THAT(set_->IndexOf(""), IsOkAndHolds(0u));
  EXPECT_THAT(set_->IndexOf("second"), IsOkAndHolds(1u));
}

TEST_F(PipelineSetTest, AnUnknownNameIsNamedWithThoseThereAre) {
  EXPECT_THAT(set_->Find("third"),
              AllOf(StatusIs(absl::StatusCode::kNotFound,
                             HasSubstr("\"third\" is not served here; there are: first, second")),
                    HasReason("unknown_bundle")));
}

TEST_F(PipelineSetTest, HostileNamesStayOutOfTheMessage) {
  EXPECT_THAT(set_->Find(absl::string_view("a\0b\n", 4)),
              AllOf(StatusIs(absl::StatusCode::kNotFound, HasSubstr("a\\000b\\n")),
                    HasReason("unknown_bundle")));
  EXPECT_THAT(set_->Find("../../etc"), HasReason("unknown_bundle"));
  const auto huge = set_->Find(std::string(1 << 20, 'x'));
  EXPECT_THAT(huge, AllOf(StatusIs(absl::StatusCode::kInvalidArgument), HasReason("bad_bundle")));
  EXPECT_LT(huge.status().message().size(), 200u);
}

TEST_F(PipelineSetTest, ShutdownReachesEveryPipeline) {
  set_->Shutdown();
  for (const PipelineSet::Entry& entry : set_->entries()) {
    absl::Status seen;
    entry.pipeline->Submit(Query(),
                           [&](absl::StatusOr<QueryResult> result) { seen = result.status(); });
    EXPECT_THAT(seen, HasReason("draining"));
  }
}

}  // namespace
}  // namespace lookbook
