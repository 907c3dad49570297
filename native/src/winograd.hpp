// Winograd's convolution F(4x4, 3x3): tiles of 4x4 results, each from 6x6 numbers, by 36 products
// in place of 144 (Lavin and Gray, CVPR 2016, arXiv:1509.09308).
#pragma once

#include <algorithm>

#include "products.hpp"

namespace loops {

constexpr int tile_places = 36;

// What a filter (3) becomes along one axis, at the points 0, ±1, ±2 and infinity.
constexpr double winograd_filter[6][3] = {
    {1.0 / 4, 0, 0},
    {-1.0 / 6, -1.0 / 6, -1.0 / 6},
    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
    {1.0 / 24, 1.0 / 12, 1.0 / 6},
    {1.0 / 24, -1.0 / 12, 1.0 / 6},
    {0, 0, 1},
};

// An image (rows, columns, width): channels lie together.
struct Pixels {
  float* data = nullptr;
  int rows = 0, columns = 0, width = 0;

  float* at(int row, int column) const {
    return data + (static_cast<std::ptrdiff_t>(row) * columns + column) * width;
  }
  int tiles_across() const { return (columns + 3) / 4; }
  int tiles() const { return tiles_across() * ((rows + 3) / 4); }
};

// Some tiles in a row, in the order in which they are read.
struct TileRun {
  int first, count;
};

// Numbers of some tiles at the 36 places: (36, tiles, width).
struct Tiles {
  Floats numbers;
  std::ptrdiff_t place_stride = 0;
  int width = 0;

  Tiles() = default;
  Tiles(int tiles, int width)
      // Lines at the same spot of all places must not share a set of the cache.
      : place_stride(round_up(tiles * width, 32) + 16), width(width) {
    numbers = Floats(place_stride * tile_places);
  }
  float* at(int place, int tile) const {
    return numbers.get() + place * place_stride + static_cast<std::ptrdiff_t>(tile) * width;
  }
};

namespace detail {

LOOPS_INLINE void six_to_six(const group* d, group* t) {
  t[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
  const group a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1];
  t[1] = a + b;
  t[2] = a - b;
  const group c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
  t[3] = c + e;
  t[4] = c - e;
  t[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

LOOPS_INLINE void four_to_six(const group* d, group* t) {
  t[0] = d[0];
  const group a = d[0] + d[2], b = d[1] + d[3];
  t[1] = a + b;
  t[2] = a - b;
  const group c = d[0] + 4.0f * d[2], e = 2.0f * d[1] + 8.0f * d[3];
  t[3] = c + e;
  t[4] = c - e;
  t[5] = d[3];
}

LOOPS_INLINE void six_to_four(const group* m, group* s) {
  const group a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], e = m[3] - m[4];
  s[0] = m[0] + a + c;
  s[1] = b + 2.0f * e;
  s[2] = a + 4.0f * c;
  s[3] = b + 8.0f * e + m[5];
}

// `read(row, column)` gives the numbers of one tile, `size` along each axis.
template <int size, typename Read>
LOOPS_INLINE void tile_in(float* to, std::ptrdiff_t place_stride, Read read) {
  group half[6][size];
  for (int j = 0; j < size; ++j) {
    group line[size], mapped[6];
    for (int i = 0; i < size; ++i) line[i] = read(i, j);
    if constexpr (size == 6)
      six_to_six(line, mapped);
    else
      four_to_six(line, mapped);
    for (int i = 0; i < 6; ++i) half[i][j] = mapped[i];
  }
  for (int i = 0; i < 6; ++i) {
    group mapped[6];
    if constexpr (size == 6)
      six_to_six(half[i], mapped);
    else
      four_to_six(half[i], mapped);
    for (int j = 0; j < 6; ++j) store_group(to + (6 * i + j) * place_stride, mapped[j]);
  }
}

}  // namespace detail

// A number as it is, or by a factor and a term for each channel.
struct AsItIs {
  LOOPS_INLINE group operator()(group v, int) const { return v; }
};
struct Line {
  const float *factor, *term;
  LOOPS_INLINE group operator()(group v, int channel) const {
    return v * load_group(factor + channel) + load_group(term + channel);
  }
};

// Tiles of `size` numbers along each axis that begin `before` pixels before their 4x4; beyond the
// image they are 0.
template <int size, typename Map>
LOOPS_APART void tiles_in(const Tiles& to, const Pixels& image, TileRun run, Map map) {
  constexpr int before = size == 6 ? 1 : 0;
  const std::ptrdiff_t across = image.width, down = across * image.columns;
  for (int t = 0; t < run.count; ++t) {
    const int row = (run.first + t) / image.tiles_across() * 4 - before;
    const int column = (run.first + t) % image.tiles_across() * 4 - before;
    const bool inside = row >= 0 && column >= 0 && row + size <= image.rows &&
                        column + size <= image.columns;
    const float* from = image.data + row * down + column * across;
    float* place = to.at(0, t);
    for (int c = 0; c < image.width; c += group_size)
      if (inside)
        detail::tile_in<size>(place + c, to.place_stride, [=](int i, int j) LOOPS_LAMBDA {
          return map(load_group(from + i * down + j * across + c), c);
        });
      else
        detail::tile_in<size>(place + c, to.place_stride, [=](int i, int j) LOOPS_LAMBDA {
          const int r = row + i, k = column + j;
          return r < 0 || k < 0 || r >= image.rows || k >= image.columns
                     ? group{}
                     : map(load_group(from + i * down + j * across + c), c);
        });
  }
}

// Call `give(pixel, channel, value)` for each result inside the image, `pixel` being where its
// channels begin in the image.
template <typename Give>
LOOPS_INLINE void tiles_out(const Tiles& products, const Pixels& image, TileRun run, Give give) {
  const std::ptrdiff_t across = image.width, down = across * image.columns;
  for (int t = 0; t < run.count; ++t) {
    const int row = (run.first + t) / image.tiles_across() * 4;
    const int column = (run.first + t) % image.tiles_across() * 4;
    const int rows = std::min(4, image.rows - row), columns = std::min(4, image.columns - column);
    const std::ptrdiff_t start = row * down + column * across;
    const float* place = products.at(0, t);
    for (int c = 0; c < image.width; c += group_size) {
      group half[4][6];
      for (int j = 0; j < 6; ++j) {
        group line[6], mapped[4];
        for (int i = 0; i < 6; ++i)
          line[i] = load_group(place + c + (6 * i + j) * products.place_stride);
        detail::six_to_four(line, mapped);
        for (int i = 0; i < 4; ++i) half[i][j] = mapped[i];
      }
      group found[4][4];
      for (int i = 0; i < 4; ++i) detail::six_to_four(half[i], found[i]);
      give(start + c, c, rows, columns, found);
    }
  }
}

// products = inputs * matrices at each place; matrices (36, depth, width).
inline void multiply_tiles(const Tiles& products, const Tiles& inputs, const float* matrices,
                           int depth, int tiles) {
  const int width = products.width;
  for (int place = 0; place < tile_places; ++place)
    multiply_rows<false>({products.at(place, 0), width, inputs.at(place, 0),
                          matrices + static_cast<std::ptrdiff_t>(place) * depth * width, width,
                          round_up(tiles, 4), depth, width},
                         width);
}

// sums (36, depth, width) += inputs^T * grads at each place.
inline void correlate_tiles(float* sums, const Tiles& inputs, const Tiles& grads, int depth,
                            int tiles) {
  const int width = inputs.width;
  for (int place = 0; place < tile_places; ++place)
    multiply_columns<true>({sums + static_cast<std::ptrdiff_t>(place) * depth * width, width,
                            inputs.at(place, 0), grads.at(place, 0), width, depth, tiles, width},
                           width);
}

}  // namespace loops
