// Weights as the stages of the clustering network read them, filled up to its width; filters (out,
// into, 3, 3) of Winograd's convolution as matrices, and their gradients back.
#pragma once

#include "winograd.hpp"

namespace loops {

constexpr int clustering_parts = 16;  // of every stage, whatever the number of threads
constexpr int run_tiles = 32;         // tiles at once: they stay in the cache with their products
constexpr int run_pixels = 64;        // and so many pixels
constexpr float no_channel = -1e30f;  // the response of channels that only fill up the width

// What one part of a stage works in, and adds up.
struct ClusteringScratch {
  Tiles inputs, grads, products;
  Floats filters, stem, sums, squares;
  double loss = 0;
};

// How many channels there are, and up to how many they are filled.
struct ChannelSizes {
  int channels, width;
  std::ptrdiff_t matrix() const { return static_cast<std::ptrdiff_t>(channels) * width; }
};

inline Floats padded(const float* values, ChannelSizes s, float rest = 0) {
  Floats found(s.width);
  for (int c = 0; c < s.width; ++c) found[c] = c < s.channels ? values[c] : rest;
  return found;
}

// (channels, channels) to (channels, width).
inline Floats padded_matrix(const float* values, ChannelSizes s) {
  Floats found(s.matrix());
  for (int r = 0; r < s.channels; ++r)
    std::copy_n(values + r * s.channels, s.channels, found.get() + r * s.width);
  return found;
}

inline Floats padded_transpose(const float* values, ChannelSizes s) {
  Floats found(s.matrix());
  for (int r = 0; r < s.channels; ++r)
    for (int c = 0; c < s.channels; ++c) found[r * s.width + c] = values[c * s.channels + r];
  return found;
}

// Filters as matrices (36, into, width); `turned` for the way back.
inline Floats filter_matrices(const float* weight, bool turned, ChannelSizes s) {
  Floats found(tile_places * s.matrix());
  for (int o = 0; o < s.channels; ++o)
    for (int c = 0; c < s.channels; ++c) {
      const float* w = weight + (static_cast<std::ptrdiff_t>(o) * s.channels + c) * 9;
      double half[6][3];
      for (int i = 0; i < 6; ++i)
        for (int b = 0; b < 3; ++b) {
          half[i][b] = 0;
          for (int a = 0; a < 3; ++a)
            half[i][b] += winograd_filter[i][a] * (turned ? w[8 - 3 * a - b] : w[3 * a + b]);
        }
      const std::ptrdiff_t at = turned ? o * s.width + c : c * s.width + o;
      for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j) {
          double total = 0;
          for (int b = 0; b < 3; ++b) total += half[i][b] * winograd_filter[j][b];
          found[(6 * i + j) * s.matrix() + at] = static_cast<float>(total);
        }
    }
  return found;
}

// The gradient of filters from that of their matrices, which `matrix(place, at)` gives.
template <typename Matrix>
void filter_gradients(float* to, ChannelSizes s, Matrix matrix) {
  for (int o = 0; o < s.channels; ++o)
    for (int c = 0; c < s.channels; ++c) {
      double half[3][6] = {};
      for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j) {
          const double total = matrix(6 * i + j, c * s.width + o);
          for (int a = 0; a < 3; ++a) half[a][j] += winograd_filter[i][a] * total;
        }
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) {
          double total = 0;
          for (int j = 0; j < 6; ++j) total += half[a][j] * winograd_filter[j][b];
          to[(static_cast<std::ptrdiff_t>(o) * s.channels + c) * 9 + 3 * a + b] =
              static_cast<float>(total);
        }
    }
}

}  // namespace loops
