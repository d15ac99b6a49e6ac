// Self-supervised losses.
#include "models/loss/barlow.h"
#include "models/loss/byol.h"
#include "models/loss/ntxent.h"
#include "models/loss/rotation.h"
#include "models/loss/vicreg.h"
#include "tests/models/loss/oracle_checks.h"

namespace lookbook {

void CheckNtXent(Oracle& oracle) {
  const torch::Tensor x = oracle.Tensor("/inputs/X"), other = oracle.Tensor("/inputs/X2");
  const auto check = [&](const std::string& name, const NtXentOptions& options) {
    ExpectLoss(oracle, x, "/ntxent/" + name + "/loss", "/ntxent/" + name + "/grad_view1",
               [&](const torch::Tensor& view) {
                 return NtXentLoss(view, other.to(view.scalar_type()), options);
               });
  };
  check("ntxent_tau0.5", {.temperature = 0.5});
  check("ntxent_tau0.1", {.temperature = 0.1});
  check("dcl_tau0.5", {.temperature = 0.5, .decoupled = true});
  check("dcl_tau0.1", {.temperature = 0.1, .decoupled = true});
}

void CheckVicReg(Oracle& oracle) {
  const torch::Tensor x = oracle.Tensor("/inputs/X"), other = oracle.Tensor("/inputs/X2");
  const torch::Tensor weights = oracle.Tensor("/vicreg/lambda_mu_nu");
  const VicRegOptions options = {.invariance = weights[0].item<double>(),
                                 .variance = weights[1].item<double>(),
                                 .covariance = weights[2].item<double>()};
  EXPECT_EQ(oracle.Number("/vicreg/eps"), 1e-4);  // Fixed in the loss.
  ExpectLoss(oracle, x, "/vicreg/loss", "/vicreg/grad_view1", [&](const torch::Tensor& view) {
    return VicRegLoss(view, other.to(view.scalar_type()), options).loss;
  });
  const VicRegResult result = VicRegLoss(x, other, options);
  oracle.Expect("/vicreg/invariance", result.invariance);
  oracle.Expect("/vicreg/variance_mean_of_views", result.variance);
  oracle.Expect("/vicreg/covariance_sum_of_views", result.covariance);
  EXPECT_EQ(VicRegLoss(x, other).loss.item<double>(), result.loss.item<double>());  // The defaults.
}

void CheckBarlow(Oracle& oracle) {
  const torch::Tensor x = oracle.Tensor("/inputs/X"), other = oracle.Tensor("/inputs/X2");
  EXPECT_EQ(oracle.Number("/barlow/bn_eps"), 1e-5);  // Fixed in the loss.
  const BarlowOptions options = {.off_diagonal = oracle.Number("/barlow/lambda")};
  EXPECT_EQ(options.off_diagonal, BarlowOptions().off_diagonal);
  ExpectLoss(oracle, x, "/barlow/loss", "/barlow/grad_view1", [&](const torch::Tensor& view) {
    return BarlowLoss(view, other.to(view.scalar_type()), options);
  });
}

void CheckByol(Oracle& oracle) {
  const torch::Tensor target = oracle.Tensor("/inputs/X2");
  ExpectLoss(oracle, oracle.Tensor("/inputs/X"), "/byol_regression/loss",
             "/byol_regression/grad_online", [&](const torch::Tensor& prediction) {
               return ByolLoss(prediction, target.to(prediction.scalar_type()));
             });
}

void CheckRotation(Oracle& oracle) {
  const torch::Tensor image = oracle.Tensor("/rotation/image");
  const torch::Tensor turned =
      RotateQuarterTurns(image.expand({4, 1, 3, 3}), torch::arange(4, torch::kInt64));
  oracle.Expect("/rotation/rot", turned.squeeze(1), 0);
  const std::string place = "/rotation/cross_entropy";
  const torch::Tensor labels = oracle.Tensor(place + "/labels").to(torch::kInt64);
  const torch::Tensor logits = oracle.Tensor(place + "/logits");
  oracle.Expect(place + "/loss", RotationLoss(logits, labels));
  oracle.Expect(place + "/loss", RotationLoss(logits.to(torch::kFloat32), labels), 1e-5);
}

}  // namespace lookbook
