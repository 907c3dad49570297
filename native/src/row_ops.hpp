// Passes over single rows of an image: normalisation, leaky ReLU, their gradients, moments.
#pragma once

#include <algorithm>
#include <cmath>

#include "constants.hpp"
#include "memory.hpp"

namespace loops {

// A batch normalisation: the moments of what it is given, and the sums that its gradient needs.
struct Norm {
  int width = 0;
  double count = 0;  // of numbers per channel
  Floats scale, offset, mean, inverse;
  // Sums of values and of squares, both less a number near the mean; then that number.
  Array<double> total, squares, near;
  Array<double> sum, sum_apart;  // of gradients, and of gradients times normalised values

  Norm() = default;
  Norm(int width, double count)
      : width(width), count(count), scale(width), offset(width), mean(width), inverse(width),
        total(width), squares(width), near(width), sum(width), sum_apart(width) {}

  void clear() {
    for (auto* array : {&total, &squares, &near, &sum, &sum_apart}) array->clear();
  }

  // Turn moments into a scale and an offset.
  void settle(const float* gain, const float* shift) {
    for (int c = 0; c < width; ++c) {
      const double apart = total[c] / count;
      const double middle = near[c] + apart;
      const double one = 1 / std::sqrt(squares[c] / count - apart * apart + batch_norm_eps);
      const double by = gain[c] * one;
      scale[c] = static_cast<float>(by);
      offset[c] = static_cast<float>(shift[c] - middle * by);
      mean[c] = static_cast<float>(middle);
      inverse[c] = static_cast<float>(one);
    }
  }
};

// What is done to a channel before a convolution: max(v, slope * v) of v = x * scale + offset.
struct Activation {
  const float* scale;
  const float* offset;
  float slope;

  explicit Activation(const Norm& norm)
      : scale(norm.scale.get()), offset(norm.offset.get()), slope(leaky_slope) {}
  Activation(const float* scale, const float* offset, float slope)
      : scale(scale), offset(offset), slope(slope) {}

  void apply(float* __restrict to, const float* __restrict x, int c, int n) const {
    const float s = scale[c], t = offset[c], part = slope;
    for (int j = 0; j < n; ++j) {
      const float v = x[j] * s + t;
      to[j] = std::max(v, v * part);
    }
  }
};

// Copy a row of one channel out of a band, and add up its moments. Row 0 has to be the first.
inline void take_moments(Norm& norm, int c, int row, float* __restrict to,
                         const float* __restrict y, int n) {
  if (row == 0) {
    float total = 0;
    for (int j = 0; j < n; ++j) total += y[j];
    norm.near[c] = total / static_cast<float>(n);
  }
  const float near = static_cast<float>(norm.near[c]);
  float total = 0, squares = 0;
  if (to) {
    for (int j = 0; j < n; ++j) {
      const float v = y[j] - near;
      to[j] = y[j];
      total += v;
      squares += v * v;
    }
  } else {
    for (int j = 0; j < n; ++j) {
      const float v = y[j] - near;
      total += v;
      squares += v * v;
    }
  }
  norm.total[c] += total;
  norm.squares[c] += squares;
}

// Turn the gradient of an activation, `from`, into that of what it was made of; add up its sums.
// `to` may be `from`.
inline void slope_back(Norm& norm, int c, float* to, const float* from, const float* __restrict z,
                       int n) {
  const float s = norm.scale[c], t = norm.offset[c], mean = norm.mean[c];
  float one = 0, other = 0;
#pragma GCC ivdep
  for (int j = 0; j < n; ++j) {
    const float apart = z[j];
    const float v = from[j] * (apart * s + t > 0 ? 1.0f : leaky_slope);
    to[j] = v;
    one += v;
    other += v * (apart - mean);
  }
  norm.sum[c] += one;
  norm.sum_apart[c] += static_cast<double>(other) * norm.inverse[c];
}

// Add up the sums alone: see `slope_back`.
inline void slope_sums(Norm& norm, int c, const float* __restrict from, const float* __restrict z,
                       int n) {
  const float s = norm.scale[c], t = norm.offset[c], mean = norm.mean[c];
  float one = 0, other = 0;
  for (int j = 0; j < n; ++j) {
    const float apart = z[j];
    const float v = from[j] * (apart * s + t > 0 ? 1.0f : leaky_slope);
    one += v;
    other += v * (apart - mean);
  }
  norm.sum[c] += one;
  norm.sum_apart[c] += static_cast<double>(other) * norm.inverse[c];
}

// From the gradient d after a normalisation of z to that before it:
// scale * (d - all - (z - mean) * each).
struct NormBack {
  float scale, all, mean, each;

  NormBack(const Norm& norm, int c)
      : scale(norm.scale[c]), all(static_cast<float>(norm.sum[c] / norm.count)),
        mean(norm.mean[c]),
        each(static_cast<float>(norm.sum_apart[c] / norm.count) * norm.inverse[c]) {}

  void apply(float* __restrict to, const float* __restrict d, const float* __restrict z,
             int n) const {
    const float s = scale, a = all, m = mean, e = each;
    for (int j = 0; j < n; ++j) to[j] = s * (d[j] - a - (z[j] - m) * e);
  }

  // The same of the gradient d after the activation that follows, `offset` being the norm's.
  void apply_activated(float* __restrict to, const float* __restrict d,
                       const float* __restrict z, float offset, int n) const {
    const float s = scale, a = all, m = mean, e = each;
    for (int j = 0; j < n; ++j) {
      const float v = d[j] * (z[j] * s + offset > 0 ? 1.0f : leaky_slope);
      to[j] = s * (v - a - (z[j] - m) * e);
    }
  }
};

// The gradient after the normalisation of an image z.
struct AfterNorm {
  Image gradient, z;
  const Norm& norm;
};

inline void copy(float* __restrict to, const float* __restrict from, int n) {
  for (int j = 0; j < n; ++j) to[j] = from[j];
}

// The exponential function to about 1e-7, without a call, so that loops are vectorised.
inline float exponential(float x) {
  x = std::min(std::max(x, -80.0f), 80.0f) * 1.4426950408889634f;
  const float whole = std::floor(x + 0.5f);
  const float f = (x - whole) * 0.6931471805599453f;  // within ±ln(2)/2
  float y = 1.0f / 720 + f * (1.0f / 5040);
  y = 1.0f / 24 + f * (1.0f / 120 + f * y);
  y = 0.5f + f * (1.0f / 6 + f * y);
  y = 1.0f + f * (1.0f + f * y);
  const std::int32_t bits = (static_cast<std::int32_t>(whole) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return y * power;
}

}  // namespace loops
