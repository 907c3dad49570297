// The numbers of segprior/nn/shared/constants.py: tests hold the two to each other.
#pragma once

namespace loops {

constexpr double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_eps = 1e-8;
constexpr double batch_norm_eps = 1e-5;
constexpr float leaky_slope = 0.2f;

}  // namespace loops
