// Exponentials and logarithms of floats from sums and products alone: the compiler makes vectors of
// loops over them, and they are the same numbers on every processor.
#pragma once

#include <cstdint>
#include <cstring>

namespace loops {

// e^x for x up to 0, from -87 down that of -87.
inline float exp_below_0(float x) {
  x = x < -87.0f ? -87.0f : x;
  // Adding 1.5 * 2^23 leaves the nearest whole number in the last bits.
  constexpr float shift = 12582912.0f;
  const float shifted = x * 1.44269504f + shift;
  const float power = shifted - shift;
  const float rest = (x - power * 0.693359375f) + power * 2.12194440e-4f;
  float value = 1.9875691500e-4f;
  value = value * rest + 1.3981999507e-3f;
  value = value * rest + 8.3334519073e-3f;
  value = value * rest + 4.1665795894e-2f;
  value = value * rest + 1.6666665459e-1f;
  value = value * rest + 5.0000001201e-1f;
  value = value * rest * rest + rest + 1.0f;
  std::int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = static_cast<std::int32_t>(static_cast<std::uint32_t>(bits + 127) << 23);
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return value * scale;
}

// ln x for normal x above 0.
inline float log_of(float x) {
  std::int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  // So that what is left lies between sqrt(1/2) and sqrt(2).
  const std::int32_t exponent = (bits - 0x3f3504f3) >> 23;
  bits -= exponent * (1 << 23);
  float rest;
  std::memcpy(&rest, &bits, sizeof rest);
  const float t = (rest - 1) / (rest + 1), square = t * t;
  float series = 0.111111111f;
  series = series * square + 0.142857143f;
  series = series * square + 0.2f;
  series = series * square + 0.333333333f;
  series = series * square + 1.0f;
  return static_cast<float>(exponent) * 0.693147181f + 2 * t * series;
}

}  // namespace loops
