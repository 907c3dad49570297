// Colours divided in five by K-means, from starts drawn far from each other (K-means++).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mixtures.hpp"

namespace loops {

// Numbers from 0 up to but not 1, the same everywhere: Steele, Lea and Flood's SplitMix64, 2014.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double operator()() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

class ColourKMeans {
 public:
  using Centre = std::array<float, 3>;
  static constexpr int rounds = 10;

  // Of pixels (count, 3).
  ColourKMeans(const std::vector<std::uint8_t>& pixels, std::uint64_t seed)
      : count_(static_cast<std::int64_t>(pixels.size()) / 3), colours_(count_), nearest_(count_) {
    for (std::int64_t i = 0; i < count_; ++i)
      for (int c = 0; c < 3; ++c) colours_.planes[c * count_ + i] = pixels[3 * i + c];
    start(seed);
    for (int round = 0; round < rounds; ++round) {
      find_nearest();
      if (!move(pixels)) return;
    }
    find_nearest();
  }

  const std::vector<std::int32_t>& nearest() const { return nearest_; }

 private:
  Centre colour(std::int64_t i) const {
    return {colours_.plane(0)[i], colours_.plane(1)[i], colours_.plane(2)[i]};
  }

  // Each further centre is a pixel drawn by its squared distance from those there are.
  void start(std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int32_t> squares(count_, 3 * 255 * 255 + 1);
    centres_[0] = colour(static_cast<std::int64_t>(random() * static_cast<double>(count_)));
    for (int k = 1; k < gaussians; ++k) {
      std::int64_t total = 0;
      for (std::int64_t i = 0; i < count_; ++i) {
        const auto square = static_cast<std::int32_t>(distance(i, centres_[k - 1]));
        squares[i] = std::min(squares[i], square);
        total += squares[i];
      }
      auto left = static_cast<std::int64_t>(random() * static_cast<double>(total));
      std::int64_t i = 0;
      while (i < count_ - 1 && (left -= squares[i]) >= 0) ++i;
      centres_[k] = colour(i);
    }
  }

  float distance(std::int64_t i, const Centre& centre) const {
    const float r = colours_.plane(0)[i] - centre[0], g = colours_.plane(1)[i] - centre[1],
                b = colours_.plane(2)[i] - centre[2];
    return r * r + g * g + b * b;
  }

  void find_nearest() {
    const float *r = colours_.plane(0), *g = colours_.plane(1), *b = colours_.plane(2);
    const auto centres = centres_;
    for (std::int64_t i = 0; i < count_; ++i) {
      float least = 1e30f;
      std::int32_t best = 0;
      for (int k = 0; k < gaussians; ++k) {
        const float x = r[i] - centres[k][0], y = g[i] - centres[k][1], z = b[i] - centres[k][2];
        const float square = x * x + y * y + z * z;
        best = square < least ? k : best;
        least = square < least ? square : least;
      }
      nearest_[i] = best;
    }
  }

  // Whether any centre moved.
  bool move(const std::vector<std::uint8_t>& pixels) {
    std::array<std::array<std::int64_t, 4>, gaussians> sums{};
    for (std::int64_t i = 0; i < count_; ++i) {
      auto& of = sums[nearest_[i]];
      for (int c = 0; c < 3; ++c) of[c] += pixels[3 * i + c];
      ++of[3];
    }
    bool moved = false;
    for (int k = 0; k < gaussians; ++k) {
      if (sums[k][3] == 0) continue;
      for (int c = 0; c < 3; ++c) {
        const auto mean = static_cast<float>(static_cast<double>(sums[k][c]) /
                                             static_cast<double>(sums[k][3]));
        moved |= mean != centres_[k][c];
        centres_[k][c] = mean;
      }
    }
    return moved;
  }

  std::int64_t count_;
  Colours colours_;
  std::vector<std::int32_t> nearest_;
  std::array<Centre, gaussians> centres_{};
};

// Into `part`, where `side_of` is `side`: which of the five each pixel (size, 3) belongs to.
inline void divide_colours(const std::uint8_t* picture, const std::uint8_t* side_of, int side,
                           std::int64_t size, std::uint64_t seed, std::uint8_t* part) {
  std::vector<std::uint8_t> pixels;
  for (std::int64_t i = 0; i < size; ++i)
    if (side_of[i] == side) pixels.insert(pixels.end(), picture + 3 * i, picture + 3 * i + 3);
  const ColourKMeans found(pixels, seed);
  auto from = found.nearest().begin();
  for (std::int64_t i = 0; i < size; ++i)
    if (side_of[i] == side) part[i] = static_cast<std::uint8_t>(*from++);
}

}  // namespace loops
