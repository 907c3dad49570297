// What Double-DIP does between its generators: noise, what a layer costs inside its hint, and what
// the composed image tells each part. Images are (rows, channels, columns).
#include <algorithm>
#include <cmath>

#include "guard.hpp"
#include "loops.h"
#include "random.hpp"

namespace {

// Two selections become vectors; one within the other does not.
float sign(float x, float share) {
  const float up = x > 0 ? share : 0.0f, down = x < 0 ? share : 0.0f;
  return up - down;
}

}  // namespace

int add_noise(const noise_arrays* a) {
  return loops::guarded([&] {
    const std::int64_t size = static_cast<std::int64_t>(a->rows) * a->channels * a->columns;
    loops::Floats drawn(size);
    loops::fill_normal(drawn.get(), a->words, size);
    const int n = a->columns;
    for (int r = 0; r < a->rows; ++r)
      for (int c = 0; c < a->channels; ++c) {
        const std::size_t at = (static_cast<std::size_t>(r) * a->channels + c) * n;
        const float* from = drawn.get() + (static_cast<std::size_t>(c) * a->rows + r) * n;
        for (int j = 0; j < n; ++j) a->out[at + j] = a->noise[at + j] + a->deviation * from[j];
      }
  });
}

double hinted_error(const hinted_arrays* a) {
  double total = 0, inside = 0;
  const int n = a->columns;
  for (std::int64_t k = 0; k < static_cast<std::int64_t>(a->rows) * n; ++k) inside += a->inside[k];
  const double count = inside * a->channels;
  const float share = static_cast<float>(1 / count);
  for (int r = 0; r < a->rows; ++r) {
    const float* hint = a->inside + static_cast<std::size_t>(r) * n;
    for (int c = 0; c < a->channels; ++c) {
      const std::size_t at = (static_cast<std::size_t>(r) * a->channels + c) * n;
      float* __restrict to = a->gradient + at;
      const float *layer = a->layer + at, *target = a->target + at;
      float error = 0;
      for (int j = 0; j < n; ++j) {
        const float apart = hint[j] * (layer[j] - target[j]);
        error += std::abs(apart);
        to[j] = sign(apart, share);
      }
      total += error;
    }
  }
  return total / count;
}

void compare_composed(const composed_arrays* a) {
  double absolute = 0, square = 0;
  const int n = a->columns;
  const double count = static_cast<double>(a->rows) * a->channels * n;
  const float share = static_cast<float>(a->weight / count);
  for (int r = 0; r < a->rows; ++r) {
    const float* mask = a->mask + static_cast<std::size_t>(r) * n;
    float* __restrict by_mask = a->by_mask + static_cast<std::size_t>(r) * n;
    for (int c = 0; c < a->channels; ++c) {
      const std::size_t at = (static_cast<std::size_t>(r) * a->channels + c) * n;
      const float *fore = a->foreground + at, *back = a->background + at, *target = a->target + at;
      float* __restrict by_fore = a->by_foreground + at;
      float* __restrict by_back = a->by_background + at;
      float one = 0, two = 0;
      for (int j = 0; j < n; ++j) {
        const float apart = fore[j] - back[j];
        const float error = back[j] + mask[j] * apart - target[j];
        one += std::abs(error);
        two += error * error;
        if (share > 0) {
          const float told = sign(error, share), part = mask[j] * told;
          by_fore[j] += part;
          by_back[j] += told - part;
          by_mask[j] += apart * told;
        }
      }
      absolute += one;
      square += two;
    }
  }
  a->errors[0] = absolute / count;
  a->errors[1] = square / count;
}
