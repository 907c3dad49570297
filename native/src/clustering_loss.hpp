// The loss of the clustering network at one pixel, and its gradient.
#pragma once

#include <cmath>
#include <cstdint>

#include "groups.hpp"

namespace loops {

// Responses (rows, columns, width), of which `channels` are real.
struct Responses {
  const float* data;
  int rows, columns, width, channels;
  const float* at(int pixel) const { return data + static_cast<std::ptrdiff_t>(pixel) * width; }
};

// Softmax less one at the target, times the weight, into `to`; returns the loss of the pixel. `top`
// is its largest response. `to` may be the response itself.
inline double cross_entropy(float* to, const float* x, float top, std::int64_t target,
                            float weight, int width) {
  const float picked = x[target] - top;
  group total = group{};
  for (int c = 0; c < width; c += group_size) {
    const group e = exponential(load_group(x + c) - top);
    store_group(to + c, e);
    total += e;
  }
  const float sum = sum_of(total), factor = weight / sum;
  for (int c = 0; c < width; c += group_size) store_group(to + c, load_group(to + c) * factor);
  to[target] -= weight;
  return weight * (std::log(static_cast<double>(sum)) - picked);
}

// Mean absolute differences to the right and below that begin at a pixel, times `continuity`; adds
// the gradient of all that it has part in.
inline double neighbour_differences(float* to, const Responses& x, int pixel, double continuity) {
  const int row = pixel / x.columns, column = pixel % x.columns;
  const double each = continuity / x.channels;
  const double across = each / (static_cast<double>(x.rows) * (x.columns - 1));
  const double down = each / (static_cast<double>(x.rows - 1) * x.columns);
  double loss = 0;
  const auto pair = [&](int other, double weight, bool counts) {
    group total = group{};
    for (int c = 0; c < x.width; c += group_size) {
      const group a = load_group(x.at(pixel) + c), b = load_group(x.at(other) + c);
      const group sign = sign_of_difference(a, b);
      store_group(to + c, load_group(to + c) + sign * static_cast<float>(weight));
      total += larger(a - b, b - a);
    }
    if (counts) loss += weight * sum_of(total);
  };
  if (column > 0) pair(pixel - 1, across, false);
  if (column < x.columns - 1) pair(pixel + 1, across, true);
  if (row > 0) pair(pixel - x.columns, down, false);
  if (row < x.rows - 1) pair(pixel + x.columns, down, true);
  return loss;
}

}  // namespace loops
