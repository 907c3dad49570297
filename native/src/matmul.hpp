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
LOOPS_INLINE void mix_tile(float* y, std::ptrdiff_t y_stride, const float* w, int depth, const float* x,
                     Where where) {
  vec sums[rows][vectors];
  for (auto& row : sums)
    for (auto& total : row) total = vec{};
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

// Vectors of the next tile where so many are left: by threes, but four are twice two.
inline int next_tile(int left) { return left >= 5 || left == 3 ? 3 : left >= 2 ? 2 : 1; }

template <int rows, typename Where>
LOOPS_APART void mix_blocks(float* y, std::ptrdiff_t y_stride, const Packed& w, const float* x,
                       Where where, int n) {
  for (int j = 0; j < n;) {
    const int vectors = next_tile((n - j) / lanes);
    for (int b = 0; b < w.blocks(); ++b) {
      float* to = y + b * rows * y_stride + j;
      if (vectors == 3)
        mix_tile<rows, 3>(to, y_stride, w.of(b), w.depth(), x + j, where);
      else if (vectors == 2)
        mix_tile<rows, 2>(to, y_stride, w.of(b), w.depth(), x + j, where);
      else
        mix_tile<rows, 1>(to, y_stride, w.of(b), w.depth(), x + j, where);
    }
    j += vectors * lanes;
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

// Sums of products of the rows of two matrices, over columns that come a band at a time:
// G (rows, columns) += a bᵀ.
class Dots {
 public:
  // `rows` are a multiple of 4.
  Dots(int rows, int columns) : rows_(rows), columns_(columns) {
    for (int p = 0; p < rows; p += block(p))
      for (int q = 0; q < columns; q += next_tile(columns - q))
        size_ += room(block(p) * next_tile(columns - q));
    sums_ = Floats(size_);
  }

  // Over n columns, a multiple of the lanes.
  template <typename Where>
  void add(const float* a, std::ptrdiff_t a_stride, const float* b, Where where, int n) {
    float* to = sums_.get();
    for (int p = 0; p < rows_; p += block(p))
      if (block(p) == 8)
        to = add_rows<8>(to, a + p * a_stride, a_stride, b, where, n);
      else
        to = add_rows<4>(to, a + p * a_stride, a_stride, b, where, n);
  }

  // Call `give(row, column, sum)` for each.
  template <typename Give>
  void each(Give give) const {
    const float* from = sums_.get();
    for (int p = 0; p < rows_; p += block(p))
      for (int q = 0; q < columns_; q += next_tile(columns_ - q)) {
        const int wide = next_tile(columns_ - q);
        for (int k = 0; k < block(p) * wide; ++k)
          give(p + k / wide, q + k % wide, from[k / lanes * lanes + lane_of(k % lanes)]);
        from += room(block(p) * wide);
      }
  }

 private:
  int block(int row) const { return many_registers && rows_ - row >= 8 ? 8 : 4; }
  static int room(int count) { return round_up(count, lanes); }

  template <int rows, typename Where>
  LOOPS_APART float* add_rows(float* to, const float* a, std::ptrdiff_t a_stride, const float* b, Where where,
                  int n) const {
    for (int q = 0; q < columns_; q += next_tile(columns_ - q))
      switch (next_tile(columns_ - q)) {
        case 3: to = tile<rows, 3>(to, a, a_stride, b, where, q, n); break;
        case 2: to = tile<rows, 2>(to, a, a_stride, b, where, q, n); break;
        default: to = tile<rows, 1>(to, a, a_stride, b, where, q, n);
      }
    return to;
  }

  template <int rows, int columns, typename Where>
  static LOOPS_INLINE float* tile(float* to, const float* a, std::ptrdiff_t a_stride, const float* b,
                     Where where, int first, int n) {
    constexpr int count = rows * columns;
    vec sums[count];
    for (vec& total : sums) total = vec{};
    const float* others[columns];
    for (int q = 0; q < columns; ++q) others[q] = b + where(first + q);
    for (int j = 0; j < n; j += lanes) {
      vec right[columns];
      for (int q = 0; q < columns; ++q) right[q] = load(others[q] + j);
      for (int p = 0; p < rows; ++p) {
        vec left = load(a + p * a_stride + j);
        keep_in_register(left);
        for (int q = 0; q < columns; ++q) sums[p * columns + q] += left * right[q];
      }
    }
    put<count>(to, sums);
    return to + round_up(count, lanes);
  }

  template <int count>
  static LOOPS_INLINE void put(float* to, vec* sums) {
    constexpr int now = count < lanes ? count : lanes;
    sums_of<now>(sums);
    store(to, load(to) + sums[0]);
    if constexpr (count > lanes) put<count - lanes>(to + lanes, sums + lanes);
  }

  int rows_, columns_;
  std::size_t size_ = 0;
  Floats sums_;
};

}  // namespace loops
