// Products of a few rows of pixels with small matrices: tiles of sums that stay in registers.
#pragma once

#include "memory.hpp"

namespace loops {

// Where row k of a matrix is: at a fixed distance from the one before, or anywhere.
struct Strided {
  std::ptrdiff_t stride;
  std::ptrdiff_t operator()(int k) const { return k * stride; }
};
struct Placed {
  const std::ptrdiff_t* places;
  std::ptrdiff_t operator()(int k) const { return places[k]; }
};

// A matrix (rows, depth) by blocks of `block` of its rows, each (depth, block): as `mix` reads it.
class Packed {
 public:
  // `at(row, k)` gives the numbers.
  template <typename At>
  void pack(int rows, int depth, At at) {
    block_ = many_registers && rows % 8 == 0 ? 8 : 4;
    blocks_ = round_up(rows, block_) / block_;
    depth_ = depth;
    const std::size_t size = static_cast<std::size_t>(blocks_) * block_ * depth;
    if (numbers_.size() < size) numbers_ = Floats(size);
    float* to = numbers_.get();
    for (int b = 0; b < blocks_; ++b)
      for (int k = 0; k < depth; ++k)
        for (int r = 0; r < block_; ++r) {
          const int row = b * block_ + r;
          *to++ = row < rows ? at(row, k) : 0.0f;
        }
  }
  int block() const { return block_; }
  int blocks() const { return blocks_; }
  int depth() const { return depth_; }
  int rows() const { return blocks_ * block_; }
  const float* of(int b) const {
    return numbers_.get() + static_cast<std::size_t>(b) * block_ * depth_;
  }

 private:
  Floats numbers_;
  int block_ = 4, blocks_ = 0, depth_ = 0;
};

template <int rows, int vectors, typename Where>
inline void mix_tile(float* y, std::ptrdiff_t y_stride, const float* w, int depth, const float* x,
                     Where where) {
  vec sums[rows][vectors] = {};
  for (int k = 0; k < depth; ++k) {
    const float* source = x + where(k);
    vec pixels[vectors];
    for (int v = 0; v < vectors; ++v) pixels[v] = load(source + v * lanes);
    for (int r = 0; r < rows; ++r) {
      const vec weight = spread(w[k * rows + r]);
      for (int v = 0; v < vectors; ++v) sums[r][v] += weight * pixels[v];
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) store(y + r * y_stride + v * lanes, sums[r][v]);
}

template <int rows, typename Where>
inline void mix_blocks(float* y, std::ptrdiff_t y_stride, const Packed& w, const float* x,
                       Where where, int n) {
  for (int j = 0; j < n; j += 3 * lanes)
    for (int b = 0; b < w.blocks(); ++b) {
      float* to = y + b * rows * y_stride + j;
      if (n - j >= 3 * lanes)
        mix_tile<rows, 3>(to, y_stride, w.of(b), w.depth(), x + j, where);
      else if (n - j == 2 * lanes)
        mix_tile<rows, 2>(to, y_stride, w.of(b), w.depth(), x + j, where);
      else
        mix_tile<rows, 1>(to, y_stride, w.of(b), w.depth(), x + j, where);
    }
}

// y = W x over n columns, a multiple of `lanes`.
template <typename Where>
inline void mix(float* y, std::ptrdiff_t y_stride, const Packed& w, const float* x, Where where,
                int n) {
  if (w.block() == 8)
    mix_blocks<8>(y, y_stride, w, x, where, n);
  else
    mix_blocks<4>(y, y_stride, w, x, where, n);
}

// A matrix that products are added to; a column may be anywhere, rows have a stride.
struct Sums {
  float* data;
  std::ptrdiff_t stride;
  int rows, columns;
};

template <int rows, int columns, typename Where>
inline void dot_tile(float* g, std::ptrdiff_t g_stride, const float* a, std::ptrdiff_t a_stride,
                     const float* b, Where where, int first, int n) {
  vec sums[rows][columns] = {};
  const float* others[columns];
  for (int q = 0; q < columns; ++q) others[q] = b + where(first + q);
  for (int j = 0; j < n; j += lanes) {
    vec right[columns];
    for (int q = 0; q < columns; ++q) right[q] = load(others[q] + j);
    for (int p = 0; p < rows; ++p) {
      const vec left = load(a + p * a_stride + j);
      for (int q = 0; q < columns; ++q) sums[p][q] += left * right[q];
    }
  }
  for (int p = 0; p < rows; ++p)
    for (int q = 0; q < columns; ++q) g[p * g_stride + q] += sum(sums[p][q]);
}

template <int rows, typename Where>
inline void dot_rows(float* g, std::ptrdiff_t g_stride, const float* a, std::ptrdiff_t a_stride,
                     const float* b, Where where, int columns, int n) {
  for (int q = 0; q < columns;) {
    const int left = columns - q;
    if (left >= 5 || left == 3) {
      dot_tile<rows, 3>(g + q, g_stride, a, a_stride, b, where, q, n);
      q += 3;
    } else if (left >= 2) {
      dot_tile<rows, 2>(g + q, g_stride, a, a_stride, b, where, q, n);
      q += 2;
    } else {
      dot_tile<rows, 1>(g + q, g_stride, a, a_stride, b, where, q, n);
      q += 1;
    }
  }
}

// G += a bᵀ over n columns, a multiple of `lanes`. Rows of G are a multiple of 4.
template <typename Where>
inline void add_dots(Sums g, const float* a, std::ptrdiff_t a_stride, const float* b, Where where,
                     int n) {
  int p = 0;
  if (many_registers)
    for (; p + 8 <= g.rows; p += 8)
      dot_rows<8>(g.data + p * g.stride, g.stride, a + p * a_stride, a_stride, b, where, g.columns,
                  n);
  for (; p < g.rows; p += 4)
    dot_rows<4>(g.data + p * g.stride, g.stride, a + p * a_stride, a_stride, b, where, g.columns,
                n);
}

}  // namespace loops
