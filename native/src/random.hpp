// Normal numbers as PyTorch draws them on a CPU, from the words of its Mersenne Twister
// (normal_fill in aten/src/ATen/native/cpu/DistributionTemplates.h): Box and Muller's pairs, eight
// numbers apart.
#pragma once

#include <algorithm>
#include <cmath>

#include "memory.hpp"

namespace loops {

inline float unit(std::uint32_t word) {
  return static_cast<float>(word & 0xFFFFFF) * (1.0f / 16777216.0f);
}

// sqrt(-2 log(1 - u)) for u in [0, 1); the logarithm to about 1e-7.
inline float radius(float u) {
  float x = 1.0f - u;
  std::int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  // The mantissa from sqrt(1/2) to sqrt(2), where the series in (m - 1) / (m + 1) is short.
  const std::int32_t exponent = (bits - 0x3F3504F3) >> 23;
  bits -= exponent << 23;
  float m;
  std::memcpy(&m, &bits, sizeof m);
  const float t = (m - 1.0f) / (m + 1.0f), s = t * t;
  const float series = 2.0f + s * (2.0f / 3 + s * (2.0f / 5 + s * (2.0f / 7 + s * (2.0f / 9))));
  const float log = static_cast<float>(exponent) * 0.6931471805599453f + t * series;
  return std::sqrt(std::max(-2.0f * log, 0.0f));
}

// Cosine and sine of 2 pi u, u in [0, 1), to about 1e-7.
inline void turn(float u, float& cosine, float& sine) {
  const float quarters = u * 4.0f, whole = std::floor(quarters + 0.5f);
  const float x = (quarters - whole) * 1.5707963267948966f, s = x * x;
  const float c = 1.0f + s * (-0.5f + s * (1.0f / 24 + s * (-1.0f / 720 + s * (1.0f / 40320))));
  const float n =
      x * (1.0f + s * (-1.0f / 6 + s * (1.0f / 120 + s * (-1.0f / 5040 + s * (1.0f / 362880)))));
  const std::int32_t quadrant = static_cast<std::int32_t>(whole);
  const float one = quadrant & 1 ? n : c, other = quadrant & 1 ? c : n;
  cosine = (quadrant + 1) & 2 ? -one : one;
  sine = quadrant & 2 ? -other : other;
}

inline void fill_sixteen(float* __restrict to, const std::uint32_t* __restrict words) {
  float cosine[8], sine[8], far[8];
  for (int k = 0; k < 8; ++k) {
    far[k] = radius(unit(words[k]));
    turn(unit(words[8 + k]), cosine[k], sine[k]);
  }
  for (int k = 0; k < 8; ++k) {
    to[k] = far[k] * cosine[k];
    to[8 + k] = far[k] * sine[k];
  }
}

// The last sixteen are drawn anew where there are not sixteen left.
inline void fill_normal(float* to, const std::uint32_t* words, std::int64_t size) {
  std::int64_t k = 0;
  for (; k + 16 <= size; k += 16) fill_sixteen(to + k, words + k);
  if (k < size) fill_sixteen(to + size - 16, words + size);
}

}  // namespace loops
