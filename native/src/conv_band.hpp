// Bands of rows with their borders, as convolutions of 3×3 weights see them.
//
// Rows are taken in bands of some hundred columns that stay in the cache. In a band, lines of one
// channel follow each other at a fixed pitch, their borders with them; so what a tap sees is the
// band itself from another place on, and nothing is copied nine times. Between the lines of a
// gradient there are zeros.
#pragma once

#include "matmul.hpp"
#include "row_ops.hpp"

namespace loops {

constexpr int conv_band = 512;  // columns of a band

// How rows are laid out in a band.
struct BandSizes {
  int count;           // rows of a band
  int pitch;           // columns of a row with its borders
  int size;            // columns of all rows, a multiple of the lanes
  std::ptrdiff_t around;  // the same with the lines around them

  BandSizes(int columns, int rows, int margin) {
    pitch = columns + margin;
    count = std::min(rows, std::max(margin, conv_band / pitch));
    size = round_up(count * pitch, lanes);
    around = spread_over_cache((count + margin) * pitch + 2 * lanes);
  }
  std::ptrdiff_t plain() const { return spread_over_cache(size); }

  // At least so many columns; a stride that spreads lines over the sets of the cache.
  static std::ptrdiff_t spread_over_cache(int size) {
    size = round_up(size, 16);
    return size % 32 ? size : size + 16;
  }
};

// Reflect the number of a line that may lie one outside.
inline int reflected(int line, int size) {
  line = std::abs(line);
  return line < size ? line : 2 * (size - 1) - line;
}

// Move what two bands share from the end of the one to the start of the next.
inline void keep_lines(Band& band, int step, int lines, std::ptrdiff_t from, int size) {
  for (int c = 0; c < band.channels; c += step)
    for (int k = c; k < std::min(c + lines, band.channels); ++k)
      std::memmove(band.line(k), band.line(k) + from, sizeof(float) * size);
}

// Row r of the gradient before the normalisation of z; zeros where there is no such row.
inline void put_gradient(Band& band, int at, const AfterNorm& dl, int r) {
  for (int c = 0; c < dl.z.channels; ++c) {
    float* to = band.line(c) + at;
    if (r < dl.z.rows)
      NormBack(dl.norm, c).apply(to, dl.gradient.at(r, c), dl.z.at(r, c), dl.z.columns);
    else
      std::fill_n(to, dl.z.columns, 0.0f);
  }
}

}  // namespace loops
