// Eight channels side by side: images whose channels lie together are padded to a multiple of
// eight, on every processor, so that loops over them have no rest.
#pragma once

#include <cstring>

#include "vectors.hpp"

namespace loops {

constexpr int group_size = 8;

typedef float group __attribute__((vector_size(4 * group_size)));
typedef float group_anywhere __attribute__((vector_size(4 * group_size), aligned(4), may_alias));
typedef std::int32_t group_ints __attribute__((vector_size(4 * group_size)));

LOOPS_INLINE group load_group(const float* at) {
  return *reinterpret_cast<const group_anywhere*>(at);
}
LOOPS_INLINE void store_group(float* at, group v) { *reinterpret_cast<group_anywhere*>(at) = v; }
LOOPS_INLINE group spread_group(float value) { return value - group{}; }
#if !defined(__AVX2__) || defined(__AVX512F__)  // else it is a vector as any other
LOOPS_INLINE group larger(group a, group b) { return a > b ? a : b; }
#endif
LOOPS_INLINE group where_positive(group condition, group v) {
  return condition > group{} ? v : group{};
}

LOOPS_INLINE float largest_of(group v) {
  float most = v[0];
  for (int k = 1; k < group_size; ++k) most = v[k] > most ? v[k] : most;
  return most;
}

LOOPS_INLINE float sum_of(group v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// 1 where a is larger, -1 where b is.
LOOPS_INLINE group sign_of_difference(group a, group b) {
  return __builtin_convertvector((a < b) - (a > b), group);
}

// The exponential function of numbers up to 0, to about 1e-7.
LOOPS_INLINE group exponential(group x) {
  x = larger(x, spread_group(-80.0f)) * 1.4426950408889634f;
  const group_ints whole = __builtin_convertvector(x - 0.5f, group_ints);  // towards 0: the nearest
  const group f = (x - __builtin_convertvector(whole, group)) * 0.6931471805599453f;
  group y = 1.0f / 720 + f * (1.0f / 5040);
  y = 1.0f / 24 + f * (1.0f / 120 + f * y);
  y = 0.5f + f * (1.0f / 6 + f * y);
  y = 1.0f + f * (1.0f + f * y);
  const group_ints bits = (whole + 127) << 23;
  group power;
  std::memcpy(&power, &bits, sizeof power);
  return y * power;
}

}  // namespace loops
