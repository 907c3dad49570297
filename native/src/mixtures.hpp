// Colours of object and ground as mixtures of five Gaussians each.
//
// Sums over pixels are whole numbers and the rest goes pixel by pixel, so that the result does not
// depend on how many pixels a vector holds.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "elementary.hpp"
#include "memory.hpp"

namespace loops {

constexpr int gaussians = 5;

// Red, green and blue of each pixel, 0 to 255, each contiguous.
struct Colours {
  explicit Colours(std::int64_t size) : size(size), planes(3 * size) {}
  const float* plane(int c) const { return planes.get() + c * size; }
  std::int64_t size;
  Floats planes;
};

// What is known of the colours of some pixels: how many they are, sums, sums of products.
struct Moments {
  std::int64_t count = 0;
  std::array<std::int64_t, 3> sums{};
  std::array<std::int64_t, 6> products{};  // rr, rg, rb, gg, gb, bb

  void add(const std::uint8_t* colour) {
    const std::int64_t r = colour[0], g = colour[1], b = colour[2];
    ++count;
    sums[0] += r;
    sums[1] += g;
    sums[2] += b;
    products[0] += r * r;
    products[1] += r * g;
    products[2] += r * b;
    products[3] += g * g;
    products[4] += g * b;
    products[5] += b * b;
  }
};

// ln (weight * density) = constant - |factor * (colour - mean)|^2, with a triangular factor.
struct Gaussian {
  float constant = -1e30f;  // there is none
  std::array<float, 3> mean{};
  std::array<float, 6> factor{};  // rr, gr, gg, br, bg, bb

  Gaussian() = default;
  Gaussian(const Moments& of, std::int64_t all) {
    if (of.count == 0) return;
    const double n = static_cast<double>(of.count);
    double m[3], v[6];
    for (int c = 0; c < 3; ++c) mean[c] = static_cast<float>(m[c] = of.sums[c] / n);
    constexpr int one[6] = {0, 0, 0, 1, 1, 2}, other[6] = {0, 1, 2, 1, 2, 2};
    for (int k = 0; k < 6; ++k)
      v[k] = of.products[k] / n - m[one[k]] * m[other[k]] + (one[k] == other[k] ? least : 0);
    // Cholesky's factor of the covariance, and its inverse.
    const double rr = std::sqrt(v[0]), gr = v[1] / rr, br = v[2] / rr;
    const double gg = std::sqrt(std::max(v[3] - gr * gr, least)), bg = (v[4] - br * gr) / gg;
    const double bb = std::sqrt(std::max(v[5] - br * br - bg * bg, least));
    const double half = std::sqrt(0.5);
    const double inverse[6] = {1 / rr,
                               -gr / (rr * gg),
                               1 / gg,
                               (gr * bg - br * gg) / (rr * gg * bb),
                               -bg / (gg * bb),
                               1 / bb};
    for (int k = 0; k < 6; ++k) factor[k] = static_cast<float>(half * inverse[k]);
    // The powers of 2 pi are the same for all.
    constant = static_cast<float>(std::log(n / static_cast<double>(all) / (rr * gg * bb)));
  }

  float log_density(float r, float g, float b) const {
    r -= mean[0];
    g -= mean[1];
    b -= mean[2];
    const float x = factor[0] * r;
    const float y = factor[1] * r + factor[2] * g;
    const float z = factor[3] * r + factor[4] * g + factor[5] * b;
    return constant - (x * x + y * y + z * z);
  }

  // Rounding to 8 bits and one colour alone would leave next to none.
  static constexpr double least = 0.01;
};

struct Mixture {
  std::array<Gaussian, gaussians> parts;

  Mixture() = default;
  explicit Mixture(const std::array<Moments, gaussians>& of) {
    std::int64_t all = 0;
    for (const Moments& part : of) all += part.count;
    for (int k = 0; k < gaussians; ++k) parts[k] = Gaussian(of[k], all);
  }

  // Of pixels [start, end), at most `block`: ln of the density, and the likeliest Gaussian.
  static constexpr std::int64_t block = 256;
  void describe(const Colours& colours, std::int64_t start, std::int64_t end, float* log_density,
                std::uint8_t* part) const {
    const int size = static_cast<int>(end - start);
    const float *r = colours.plane(0) + start, *g = colours.plane(1) + start,
                *b = colours.plane(2) + start;
    alignas(64) float logs[gaussians][block], most[block];
    alignas(64) std::int32_t which[block];
    for (int i = 0; i < size; ++i) {
      most[i] = -3e38f;
      which[i] = 0;
    }
    for (int k = 0; k < gaussians; ++k) {
      const Gaussian gaussian = parts[k];
      for (int i = 0; i < size; ++i) {
        const float log = gaussian.log_density(r[i], g[i], b[i]);
        logs[k][i] = log;
        which[i] = log > most[i] ? k : which[i];
        most[i] = std::max(most[i], log);
      }
    }
    for (int i = 0; i < size; ++i) {
      float sum = 0;
      for (int k = 0; k < gaussians; ++k) sum += exp_below_0(logs[k][i] - most[i]);
      log_density[i] = most[i] + log_of(sum);
    }
    for (int i = 0; i < size; ++i) part[i] = static_cast<std::uint8_t>(which[i]);
  }
};

}  // namespace loops
