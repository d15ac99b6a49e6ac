// Losses on logits.
#include "models/loss/asl.h"
#include "models/loss/bce.h"
#include "models/loss/class_weights.h"
#include "models/nn/embedder_net.h"
#include "tests/models/loss/oracle_checks.h"

namespace lookbook {
namespace {

void CheckPrior(Oracle& oracle, const std::vector<int64_t>& counts, int64_t images) {
  const auto net = MakeNetwork({.classes = static_cast<int>(counts.size())});
  ASSERT_TRUE(net.ok()) << net.status().ToString();
  (*net)->SetClassPrior(counts, images);
  for (const auto& parameter : (*net)->named_parameters()) {
    if (parameter.key() != "classifier.bias") continue;
    oracle.Expect("/bce/bias_init_logit_prior", parameter.value(), 1e-5);
  }
}

}  // namespace

void CheckBce(Oracle& oracle) {
  const torch::Tensor logits = oracle.Tensor("/inputs/logits"),
                      target = oracle.Tensor("/inputs/target"),
                      mask = oracle.Tensor("/inputs/mask");
  const torch::Tensor class_counts = oracle.Tensor("/bce/class_counts").to(torch::kInt64);
  const std::vector<int64_t> counts(class_counts.data_ptr<int64_t>(),
                                    class_counts.data_ptr<int64_t>() + class_counts.numel());
  const int64_t images = static_cast<int64_t>(oracle.Number("/bce/n_images"));
  const torch::Tensor pos_weight = PosWeight(counts, images);
  const torch::Tensor balanced = EffectiveNumberWeights(counts, 0.999);
  oracle.Expect("/bce/pos_weight_sqrt_clamped_1_10", pos_weight);
  oracle.Expect("/bce/effective_number_weights_beta_0.999_mean1", balanced);
  CheckPrior(oracle, counts, images);

  const auto check = [&](const std::string& name, const torch::Tensor& m,
                         const BceOptions& options) {
    ExpectLoss(oracle, logits, "/bce/cases/" + name + "/loss", "/bce/cases/" + name + "/grad",
               [&](const torch::Tensor& x) { return BceLoss(x, target, m, options); });
  };
  check("plain", {}, {});
  check("masked", mask, {});
  check("label_smoothing_0.1", {}, {.smoothing = 0.1});
  check("pos_weight_sqrt", {}, {.pos_weight = pos_weight});
  check("class_balanced", {}, {.class_weights = balanced});
}

// The file holds sums over the batch; the loss divides by its rows.
void CheckAsl(Oracle& oracle) {
  const torch::Tensor logits = oracle.Tensor("/inputs/logits"),
                      target = oracle.Tensor("/inputs/target");
  const auto check = [&](const std::string& name, AslOptions options) {
    const std::string place = "/asl/cases/" + name;
    const LossFunction sum = [&](const torch::Tensor& x) {
      return AslLoss(x, target, {}, options) * x.size(0);
    };
    options.detach_focal = false;
    ExpectLoss(oracle, logits, place + "/loss_sum", place + "/grad", sum);
    options.detach_focal = true;
    ExpectLoss(oracle, logits, place + "/loss_sum", place + "/grad_focal_weight_detached", sum);
  };
  check("gn4_gp1_m0.05", {});
  check("gn4_gp0_m0.05", {.gamma_positive = 0});
  check("gn2_gp1_m0.0", {.gamma_negative = 2, .clip = 0});
  check("gn0_gp0_m0.0", {.gamma_negative = 0, .gamma_positive = 0, .clip = 0});
}

}  // namespace lookbook
