// 3×3 convolutions of activated, reflected images, forward and backward, of stride 1 or 2.
//
// Rows are taken in bands of some hundred columns that stay in the cache. In a band, lines of one
// channel follow each other at a fixed pitch, their borders with them; so what a tap sees is the
// band itself from another place on, and nothing is copied nine times. Between the lines of a
// gradient there are zeros. For stride 2, lines and columns of even and of odd number lie apart.
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
inline void keep_lines(Band& band, int first, int step, int lines, std::ptrdiff_t from, int size) {
  for (int c = first; c < band.channels; c += step)
    for (int k = c; k < std::min(c + lines, band.channels); ++k)
      std::memmove(band.line(k), band.line(k) + from, sizeof(float) * size);
}

// Where the nine taps see each channel of a band, tap by tap; `flipped` for the way back.
inline Array<std::ptrdiff_t> tap_places(int channels, std::ptrdiff_t stride, int pitch,
                                        bool flipped) {
  Array<std::ptrdiff_t> places(9 * channels);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < channels; ++c) {
        const int at = flipped ? (2 - a) * pitch + 2 - b : a * pitch + b;
        places[(a * 3 + b) * channels + c] = c * stride + at;
      }
  return places;
}

// The same for stride 2: channel c has four lines, of even or odd rows and columns.
inline Array<std::ptrdiff_t> half_places(int channels, std::ptrdiff_t stride, int pitch) {
  Array<std::ptrdiff_t> places(9 * channels);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < channels; ++c) {
        const int plane = 4 * c + 2 * (a % 2) + b % 2;
        places[(a * 3 + b) * channels + c] = plane * stride + (a / 2) * pitch + b / 2;
      }
  return places;
}

// Row r of x, activated and reflected on both sides, into a band.
inline void put_line(Band& band, int at, const Image& x, int r, const Activation& act) {
  const int n = x.columns;
  for (int c = 0; c < x.channels; ++c) {
    float* to = band.line(c) + at;
    act.apply(to + 1, x.at(r, c), c, n);
    to[0] = to[2];
    to[n + 1] = to[n - 1];
  }
}

// The same, columns apart: those before into line `4 c + plane`, the others into the next.
inline void put_halves(Band& band, int plane, int at, const Image& x, int r,
                       const Activation& act) {
  const int n = x.columns / 2, whole = n / lanes * lanes;
  for (int c = 0; c < x.channels; ++c) {
    const float s = act.scale[c], t = act.offset[c];
    const vec scale = spread(s), offset = spread(t), part = spread(act.slope);
    float* before = band.line(4 * c + plane) + at;
    float* behind = band.line(4 * c + plane + 1) + at;
    const float* from = x.at(r, c);
    for (int j = 0; j < whole; j += lanes) {
      const vec one = load(from + 2 * j), two = load(from + 2 * j + lanes);
      const vec v = evens(one, two) * scale + offset, w = odds(one, two) * scale + offset;
      store(behind + j, larger(v, v * part));
      store(before + 1 + j, larger(w, w * part));
    }
    for (int j = whole; j < n; ++j) {
      const float v = from[2 * j] * s + t, w = from[2 * j + 1] * s + t;
      behind[j] = std::max(v, v * act.slope);
      before[1 + j] = std::max(w, w * act.slope);
    }
    before[0] = before[1];
  }
}

// Row r of the gradient before the normalisation of z; zeros where there is no such row.
inline void put_gradient(Band& band, int at, const Image& dl, const Image& z, int r,
                         const Norm& norm) {
  for (int c = 0; c < z.channels; ++c) {
    float* to = band.line(c) + at;
    if (r < z.rows)
      NormBack(norm, c).apply(to, dl.at(r, c), z.at(r, c), z.columns);
    else
      std::fill_n(to, z.columns, 0.0f);
  }
}

// A convolution of stride 1 or 2, and its gradients.
class Conv3x3 {
 public:
  // z (rows, out, columns) is made of x (stride * rows, into, stride * columns).
  Conv3x3(int rows, int columns, int into, int out, int stride)
      : rows_(rows), columns_(columns), into_(into), out_(out), stride_(stride) {}

  // `weight` is (out, into, 3, 3).
  void pack(const float* weight) {
    const int into = into_, out = out_;
    forward_.pack(out, 9 * into, [=](int o, int k) {
      return weight[(o * into + k % into) * 9 + k / into];
    });
    if (stride_ == 1) {
      back_[0].pack(into, 9 * out, [=](int c, int k) {
        return weight[((k % out) * into + c) * 9 + k / out];
      });
      return;
    }
    // By what they go back to: rows and columns of odd number see taps 0 and 2, others tap 1.
    for (int plane = 0; plane < 4; ++plane) {
      const int across = 2 - plane % 2, down = 2 - plane / 2;
      const int row = plane / 2, column = plane % 2;
      back_[plane].pack(into, down * across * out, [=](int c, int k) {
        const int tap = k / out, a = row + 2 * (tap / across), b = column + 2 * (tap % across);
        return weight[((k % out) * into + c) * 9 + 3 * a + b];
      });
    }
  }

  void forward(Image z, Norm& norm, Image x, const Activation& act) const {
    const int margin = stride_ == 1 ? 2 : 1;
    const BandSizes s(columns_, rows_, margin);
    const auto places = tap_see(s);
    Band band(planes() * into_, s.around), y(forward_.rows(), s.plain());
    for (int first = 0; first < rows_; first += s.count) {
      fill(band, x, act, first, s);
      mix(y.line(0), y.stride, forward_, band.line(0), Placed{places.get()}, s.size);
      const int last = std::min(first + s.count, rows_);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < out_; ++c)
          take_moments(norm, c, r, z.at(r, c), y.line(c) + (r - first) * s.pitch, columns_);
    }
  }

  // Gradients: `gw` (out, into, 3, 3) is written; dx, the gradient after the
  // normalisation `xnorm` of x, is written and summed up there unless it is empty. dl is the
  // gradient after the normalisation of z.
  void backward(Image dx, float* gw, Image dl, Image z, const Norm& norm, Image x,
                const Activation& act, Norm* xnorm) const {
    const int margin = stride_ == 1 ? 2 : 1, end = rows_ + margin;
    const BandSizes s(columns_, end, margin);
    const auto places = tap_see(s);
    const int inset = margin * (s.pitch + 1);
    Band band(planes() * into_, s.around), dz(out_, s.around, inset);
    Dots dots(out_, 9 * into_);
    const bool on = dx.data != nullptr;
    Band y(on ? planes() * into_padded() : 0, s.plain()), outside(on ? into_ : 0, dx.columns);
    const auto back = back_see(s);
    const float* start = dz.line(0) + inset;
    for (int first = 0; first < end; first += s.count) {
      fill(band, x, act, first, s);
      if (first > 0) keep_lines(dz, 0, 1, 1, s.count * s.pitch, margin * s.pitch);
      for (int r = first; r < first + s.count; ++r)
        put_gradient(dz, (r - first + margin) * s.pitch + margin, dl, z, r, norm);
      dots.add(start, dz.stride, band.line(0), Placed{places.get()}, s.size);
      if (!on) continue;
      for (int plane = 0; plane < planes(); ++plane)
        mix(y.line(plane * into_padded()), y.stride, back_[plane], dz.line(0),
            Placed{back.get() + plane * 9 * out_}, s.size);
      for (int line = first; line < std::min(first + s.count, end); ++line)
        for (int c = 0; c < into_; ++c)
          if (stride_ == 1)
            fold(dx, outside.line(c), y.line(c) + (line - first) * s.pitch, line, c);
          else
            fold_halves(dx, outside.line(c), y, line, (line - first) * s.pitch, c);
      // A line outside may still be added to the last three rows that were folded.
      const int from = std::max(stride_ * first - 3, 0);
      const int to = first + s.count >= end ? dx.rows
                                            : std::min(stride_ * (first + s.count) - 3, dx.rows);
      for (int r = from; r < to; ++r)
        for (int c = 0; c < into_; ++c)
          slope_back(*xnorm, c, dx.at(r, c), dx.at(r, c), x.at(r, c), dx.columns);
    }
    const int into = into_;
    dots.each([=](int o, int k, float total) {
      gw[(o * into + k % into) * 9 + k / into] = total;
    });
  }

 private:
  int planes() const { return stride_ * stride_; }
  int into_padded() const { return back_[0].rows(); }

  Array<std::ptrdiff_t> tap_see(const BandSizes& s) const {
    return stride_ == 1 ? tap_places(into_, s.around, s.pitch, false)
                        : half_places(into_, s.around, s.pitch);
  }

  // Where the ways back see each channel of the gradient.
  Array<std::ptrdiff_t> back_see(const BandSizes& s) const {
    if (stride_ == 1) return tap_places(out_, s.around, s.pitch, true);
    Array<std::ptrdiff_t> places(4 * 9 * out_);
    for (int plane = 0; plane < 4; ++plane) {
      const int down = 2 - plane / 2, across = 2 - plane % 2;
      for (int a = 0; a < down; ++a)
        for (int b = 0; b < across; ++b)
          for (int o = 0; o < out_; ++o)
            places[plane * 9 * out_ + (a * across + b) * out_ + o] =
                o * s.around + (1 - a) * s.pitch + 1 - b;
    }
    return places;
  }

  // Lines of x, reflected, that rows `first` to `first + count` see.
  void fill(Band& band, const Image& x, const Activation& act, int first,
            const BandSizes& s) const {
    if (stride_ == 1) {
      const int done = first > 0 ? 2 : 0;
      if (done) keep_lines(band, 0, 1, 1, s.count * s.pitch, 2 * s.pitch);
      for (int line = first + done; line < std::min(first + s.count, rows_) + 2; ++line)
        put_line(band, (line - first) * s.pitch, x, reflected(line - 1, rows_), act);
      return;
    }
    const int done = first > 0 ? 1 : 0, last = std::min(first + s.count, rows_);
    if (done) keep_lines(band, 0, 4, 2, s.count * s.pitch, s.pitch);
    for (int line = first + done; line < last + 1; ++line)
      put_halves(band, 0, (line - first) * s.pitch, x, reflected(2 * line - 1, 2 * rows_), act);
    for (int line = first; line < last; ++line)
      put_halves(band, 2, (line - first) * s.pitch, x, 2 * line, act);
  }

  // A line of the gradient of a reflected image into that of the image, at stride 1.
  static void fold(const Image& dx, float* __restrict outside, float* __restrict y, int line,
                   int c) {
    const int n = dx.columns, rows = dx.rows;
    y[2] += y[0];
    y[n - 1] += y[n + 1];
    const float* from = y + 1;
    if (line == 0) {
      copy(outside, from, n);
    } else if (line == rows + 1) {
      float* to = dx.at(rows - 2, c);
      for (int j = 0; j < n; ++j) to[j] += from[j];
    } else if (line == 2) {
      float* __restrict to = dx.at(1, c);
      for (int j = 0; j < n; ++j) to[j] = from[j] + outside[j];
    } else {
      copy(dx.at(line - 1, c), from, n);
    }
  }

  // The same at stride 2: rows and columns of even and of odd number come apart.
  void fold_halves(const Image& dx, float* __restrict outside, Band& y, int line, int at,
                   int c) const {
    const int n = dx.columns / 2, step = into_padded();
    float* odd_odd = y.line(c) + at;
    float* odd_even = y.line(step + c) + at;
    float* even_odd = y.line(2 * step + c) + at;
    float* even_even = y.line(3 * step + c) + at;
    odd_odd[1] += odd_odd[0];
    even_odd[1] += even_odd[0];
    float* to = line == 0 ? outside : dx.at(2 * line - 1, c);
    in_turns(to, odd_even, odd_odd + 1, n);
    if (line == 1)
      for (int j = 0; j < 2 * n; ++j) to[j] += outside[j];
    if (2 * line < dx.rows) in_turns(dx.at(2 * line, c), even_even, even_odd + 1, n);
  }

  static void in_turns(float* to, const float* one, const float* other, int n) {
    int j = 0;
    for (; j + lanes <= n; j += lanes) {
      const vec a = load(one + j), b = load(other + j);
      store(to + 2 * j, first_pairs(a, b));
      store(to + 2 * j + lanes, last_pairs(a, b));
    }
    for (; j < n; ++j) {
      to[2 * j] = one[j];
      to[2 * j + 1] = other[j];
    }
  }

  int rows_, columns_, into_, out_, stride_;
  Packed forward_, back_[4];
};

}  // namespace loops
