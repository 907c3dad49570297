// Enlarging, twofold and bilinear, with the normalisation and the 3×3 convolution that follow it.
//
// In both directions the channels are mixed on the small grid, once for each of the nine taps,
// where the large one would take four times as much: see segprior/nn/shared/bilinear.py.
//
// Lines 2 c and 2 c + 1 of the large image, seen through the three taps, are lines 2 c - 1 to
// 2 c + 2, which lie between lines c - 1 and c (the first two) and between c and c + 1 of the small
// image. `far` (4, size) says how far along they are. Reflection is in the line before the first
// and the one behind the last, which are made of the two next to them: the first tap alone looks
// at the one, the third at the other.
#pragma once

#include "conv1x1.hpp"
#include "enlarging.hpp"
#include "matmul.hpp"

namespace loops {

constexpr int upconv_band = 168;  // columns mixed at once; back, twice as many

class UpConv {
 public:
  // z (2 rows, out, 2 columns) is made of x (rows, into, columns), which is xz, activated.
  UpConv(int rows, int columns, int into, int out)
      : rows_(rows), columns_(columns), into_(into), out_(out), down_(rows), across_(columns),
        taps_(9 * out * into), by_mixed_(9 * out * into), gain_(into), mean_(into),
        inverse_(into) {}

  // Find mean and deviation of x enlarged; make the weights (out, into, 3, 3) with a normalisation
  // of gain (into,) in them.
  void prepare(Image xz, const Norm& xnorm, const float* weight, const float* gain) {
    Array<double> total(2 * into_);
    moments(xz, xnorm, total);
    const double count = 4.0 * rows_ * columns_;
    std::copy_n(gain, into_, gain_.get());
    for (int c = 0; c < into_; ++c) {
      mean_[c] = total[2 * c] / count;
      const double variance = total[2 * c + 1] / count - mean_[c] * mean_[c];
      inverse_[c] = 1 / std::sqrt(variance + batch_norm_eps);
    }
    for (int tap = 0; tap < 9; ++tap)
      for (int o = 0; o < out_; ++o)
        for (int c = 0; c < into_; ++c)
          taps_[(tap * out_ + o) * into_ + c] = weight[(o * into_ + c) * 9 + tap];
    const auto mixed = [&](int k, int c) {
      return taps_[k * into_ + c] * static_cast<float>(gain[c] * inverse_[c]);
    };
    forward_.pack(9 * out_, into_, mixed);
    back_.pack(into_, 9 * out_, [&](int c, int k) { return mixed(k, c); });
  }

  void forward(Image z, Norm& norm, Image xz, const Activation& act) const {
    const Sizes s(columns_, rows_, upconv_band);
    // Lines start behind a vector of zeros: what lies outside on the left.
    Band ring(4 * 9 * out_, s.stride), band(into_, s.stride), t(6, columns_ + 3 * lanes);
    Floats spare(2 * lanes);
    int ready = 0;
    for (int r = 0; r < rows_; ++r) {
      while (ready < std::min(r + 2, rows_)) {
        const int last = std::min(ready + s.count, rows_);
        put_rows(band, xz, ready, last, act);
        const int slot = ready / s.count % 3;
        mix(ring.line(slot * 9 * out_), s.stride, forward_, band.line(0), Strided{s.stride}, s.n);
        ready = last;
      }
      if (r == 0) line_outside(ring, 0, s, 0, down_.far_at(2)[0]);
      if (r == rows_ - 1) line_outside(ring, 2, s, rows_ - 2, down_.far_at(1)[rows_ - 1]);
      for (int k = 0; k < out_; ++k) {
        enlarge_rows(t, ring, k, s, r);
        for (int p = 0; p < 2; ++p) {
          float* to = z.at(2 * r + p, k);
          const bool first = r + p == 0;
          enlarge_columns(to, t, p, spare.get(), first ? nullptr : &norm, k);
          if (first) take_moments(norm, k, 0, nullptr, to, 2 * columns_);
        }
      }
    }
  }

  // Gradients: `gw` (out, into, 3, 3) and `ggain` (into,) are written; so is dx, back through the
  // activation of xz, whose sums are added up. dl is the gradient after the normalisation of z.
  void backward(Image dx, float* gw, float* ggain, const AfterNorm& dl, Image xz, Norm& xnorm) {
    back_to_input(dx, dl, xz, Activation(xnorm));
    Floats factor(into_);
    const double count = 4.0 * rows_ * columns_;
    for (int c = 0; c < into_; ++c) {
      double by_factor = 0;
      for (int k = 0; k < 9 * out_; ++k)
        by_factor += static_cast<double>(by_mixed_[k * into_ + c]) * taps_[k * into_ + c];
      const double one = inverse_[c], by_variance = by_factor * gain_[c] * -0.5 * one * one * one;
      factor[c] = static_cast<float>(by_variance * 2 / count);
      ggain[c] = static_cast<float>(by_factor * one);
      const float scale = static_cast<float>(gain_[c] * one);
      for (int o = 0; o < out_; ++o)
        for (int tap = 0; tap < 9; ++tap)
          gw[(o * into_ + c) * 9 + tap] = by_mixed_[(tap * out_ + o) * into_ + c] * scale;
    }
    variance_back(dx, factor, xz, xnorm);
  }

 private:
  // How rows of the small image lie in a band.
  struct Sizes {
    int count, n;           // rows, and columns of all of them, a multiple of the lanes
    std::ptrdiff_t stride;  // in memory: odd multiples of a line spread over the cache
    Sizes(int columns, int rows, int most) {
      count = std::min(rows, std::max(1, most / columns));
      n = round_up(count * columns, lanes);
      stride = round_up(n + lanes, 16);
      if (stride % 32 == 0) stride += 16;
    }
  };

  // Call `visit(r, c, x, squares)` for each row of each channel of x, xz activated, with what UᵀU
  // of both axes makes of it.
  template <typename Visit>
  void each_row(Image xz, const Norm& xnorm, Visit visit) const {
    ActiveRows x(xz, xnorm, down_, across_);
    Floats line(columns_);
    for (int r = 0; r < rows_; ++r) {
      x.advance(r);
      for (int c = 0; c < into_; ++c) {
        x.squares(r, c, line.get());
        visit(r, c, x.row(r, c), line.get());
      }
    }
  }

  // Sums of x enlarged and of its squares, (into, 2).
  void moments(Image xz, const Norm& xnorm, Array<double>& total) const {
    const float* __restrict sums = across_.sums.get();
    each_row(xz, xnorm, [&](int r, int c, const float* __restrict x, const float* __restrict square) {
      float one = 0, two = 0;
      for (int j = 0; j < columns_; ++j) {
        one += sums[j] * x[j];
        two += square[j] * x[j];
      }
      total[2 * c] += static_cast<double>(one) * down_.sums[r];
      total[2 * c + 1] += two;
    });
  }

  // Line of one tap outside, between rows `first` and `first + 1`, into slot 3 of the ring.
  void line_outside(Band& ring, int group, const Sizes& s, int first, float far) const {
    const int size = 3 * out_, one = first / s.count % 3, two = (first + 1) / s.count % 3;
    for (int k = group * size; k < (group + 1) * size; ++k) {
      const float* from = ring.line(one * 9 * out_ + k) + first % s.count * columns_;
      const float* other = ring.line(two * 9 * out_ + k) + (first + 1) % s.count * columns_;
      float* to = ring.line(27 * out_ + k);
      for (int j = 0; j < columns_; ++j) to[j] = from[j] + far * (other[j] - from[j]);
    }
  }

  // Channel k of rows 2 r and 2 r + 1 before their columns are enlarged: t (2, 3, ...).
  void enlarge_rows(Band& t, Band& ring, int k, const Sizes& s, int r) const {
    const auto row = [&](int line) {
      if (line < 0 || line >= rows_) return ring.line(27 * out_ + k);
      return ring.line(line / s.count % 3 * 9 * out_ + k) + line % s.count * columns_;
    };
    const float *up = row(r - 1), *here = row(r), *down = row(r + 1);
    const vec f0 = spread(down_.far_at(0)[r]), f1 = spread(down_.far_at(1)[r]);
    const vec f2 = spread(down_.far_at(2)[r]), f3 = spread(down_.far_at(3)[r]);
    const std::ptrdiff_t step = 3 * out_ * ring.stride;
    for (int tap = 0; tap < 3; ++tap) {
      const std::ptrdiff_t one = tap * out_ * ring.stride, two = one + step, three = two + step;
      float *even = t.line(tap) + lanes, *odd = t.line(3 + tap) + lanes;
      for (int j = 0; j < columns_; j += lanes) {
        const vec a = load(up + one + j), b = load(here + one + j);
        const vec c = load(up + two + j), d = load(here + two + j), e = load(down + two + j);
        const vec f = load(here + three + j), g = load(down + three + j);
        const vec both = a + f;
        store(even + j, both + f0 * (b - a) + (c + f1 * (d - c)) + f2 * (g - f));
        store(odd + j, both + f1 * (b - a) + (d + f2 * (e - d)) + f3 * (g - f));
      }
      even[columns_] = odd[columns_] = 0;
    }
  }

  // Finish one row of channel k of z, 2 columns long, from t[p] (3, ...), and add up its moments.
  void enlarge_columns(float* to, Band& t, int p, float* spare, Norm* norm, int k) const {
    float* one = t.line(3 * p) + lanes;
    float *two = t.line(3 * p + 1) + lanes, *three = t.line(3 * p + 2) + lanes;
    const float *w0 = across_.far_at(0), *w1 = across_.far_at(1);
    const float *w2 = across_.far_at(2), *w3 = across_.far_at(3);
    const int n = columns_;
    one[-1] = one[0] + w2[0] * (one[1] - one[0]);
    three[n] = three[n - 2] + w1[n - 1] * (three[n - 1] - three[n - 2]);
    const float middle = norm ? static_cast<float>(norm->near[k]) : 0.0f;
    const vec near = spread(middle);
    vec total = vec{}, squares = vec{};
    const auto pairs = [&](int j, float* place, bool counts) {
      const vec a = load(one + j - 1), b = load(one + j);
      const vec c = load(two + j - 1), d = load(two + j), e = load(two + j + 1);
      const vec f = load(three + j), g = load(three + j + 1);
      const vec f1 = load(w1 + j), f2 = load(w2 + j), both = a + f;
      const vec even = both + load(w0 + j) * (b - a) + (c + f1 * (d - c)) + f2 * (g - f);
      const vec odd = both + f1 * (b - a) + (d + f2 * (e - d)) + load(w3 + j) * (g - f);
      store(place, first_pairs(even, odd));
      store(place + lanes, last_pairs(even, odd));
      if (!counts) return;
      const vec one = even - near, other = odd - near;
      total += one + other;
      squares += one * one + other * other;
    };
    int j = 0;
    for (; j + lanes <= n; j += lanes) pairs(j, to + 2 * j, true);
    float rest = 0, rest_squares = 0;
    if (j < n) {
      pairs(j, spare, false);
      for (int i = 2 * j; i < 2 * n; ++i) {
        const float v = spare[i - 2 * j] - middle;
        to[i] = spare[i - 2 * j];
        rest += v;
        rest_squares += v * v;
      }
    }
    if (norm) {
      vec both[2] = {total, squares};
      sums_of<2>(both);
      norm->total[k] += both[0][lane_of(0)] + rest;
      norm->squares[k] += both[0][lane_of(1)] + rest_squares;
    }
  }

  void back_to_input(Image dx, const AfterNorm& dl, Image xz, const Activation& act) {
    const Sizes s(columns_, rows_, 2 * upconv_band);
    Band scratch(4, columns_ + 3 * lanes);
    Band ring(8 * 3 * out_, columns_ + 2 * lanes);
    Band nine(9 * out_, s.stride), band(into_, s.stride), y(back_.rows(), s.stride);
    Dots dots(9 * out_, into_);
    int ready = 0;
    for (int first = 0; first < rows_; first += s.count) {
      const int last = std::min(first + s.count, rows_);
      if (last - first < s.count) band.numbers.clear();
      for (int r = first; r < last; ++r) {
        const int until = std::min(2 * r + 4, 2 * rows_), at = (r - first) * columns_;
        for (int k = 0; k < out_; ++k) {
          const NormBack back(dl.norm, k);
          for (int line = ready; line < until; ++line)
            reduce_columns(ring, scratch, dl, k, line, back);
          reduce_rows(nine, at, ring, k, r);
        }
        ready = until;
      }
      put_rows(band, xz, first, last, act);
      dots.add(nine.line(0), nine.stride, band.line(0), Strided{band.stride}, s.n);
      mix(y.line(0), y.stride, back_, nine.line(0), Strided{nine.stride}, s.n);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < into_; ++c)
          copy(dx.at(r, c), y.line(c) + (r - first) * columns_, columns_);
    }
    dots.each([&](int k, int c, float total) { by_mixed_[k * into_ + c] = total; });
  }

  // The adjoint of `enlarge_columns`: from the gradient of channel k of a line of z, after its
  // normalisation, into the ring (8, 3 out, ...).
  void reduce_columns(Band& ring, Band& scratch, const AfterNorm& after, int k, int line,
                      const NormBack& back) const {
    const int n = columns_;
    const float *dl = after.gradient.at(line, k), *z = after.z.at(line, k);
    const vec scale = spread(back.scale), all = spread(back.all);
    const vec mean = spread(back.mean), each = spread(back.each);
    float *even = scratch.line(0) + lanes, *odd = scratch.line(1) + lanes;
    const auto split = [&](int j, const float* d, const float* from) {
      const vec v = scale * (load(d) - all - (load(from) - mean) * each);
      const vec w = scale * (load(d + lanes) - all - (load(from + lanes) - mean) * each);
      store(even + j, evens(v, w));
      store(odd + j, odds(v, w));
    };
    int j = 0;
    for (; j + lanes <= n; j += lanes) split(j, dl + 2 * j, z + 2 * j);
    if (j < n) {
      copy(scratch.line(2), dl + 2 * j, 2 * (n - j));
      copy(scratch.line(3), z + 2 * j, 2 * (n - j));
      split(j, scratch.line(2), scratch.line(3));
    }
    // What lies outside counts for nothing: its weights are 0, but it must be a number.
    even[-1] = odd[-1] = 0;
    even[n] = odd[n] = 0;
    float* to[3];
    for (int tap = 0; tap < 3; ++tap) to[tap] = ring.line(line % 8 * 3 * out_ + tap * out_ + k);
    const float* w[8];
    for (int i = 0; i < 8; ++i) w[i] = across_.turned_at(i);
    for (j = 0; j < n; j += lanes) {
      const vec a = load(even + j - 1), b = load(even + j), c = load(even + j + 1);
      const vec d = load(odd + j - 1), e = load(odd + j), f = load(odd + j + 1);
      const vec w1 = load(w[1] + j), w3 = load(w[3] + j), w4 = load(w[4] + j), w6 = load(w[6] + j);
      store(to[0] + j, load(w[0] + j) * b + w1 * e + load(w[2] + j) * c + w3 * f);
      store(to[1] + j, w1 * b + w3 * c + w4 * e + w6 * d);
      store(to[2] + j, w4 * b + w6 * a + load(w[5] + j) * e + load(w[7] + j) * d);
    }
    const float start = even[0], end = odd[n - 1];
    to[0][0] += (1 - w[6][1]) * start;
    to[0][1] += w[6][1] * start;
    to[2][n - 2] += (1 - w[1][n - 1]) * end;
    to[2][n - 1] += w[1][n - 1] * end;
  }

  // The adjoint of `enlarge_rows`: row r of the small grid into nine (9 out, ...) from `at`.
  void reduce_rows(Band& nine, int at, Band& ring, int channel, int r) const {
    const int size = 3 * out_, n = columns_;
    const std::ptrdiff_t step = size * nine.stride;
    const auto weight = [&](int k) { return down_.turned_at(k)[r]; };
    const vec v0 = spread(weight(0)), v1 = spread(weight(1)), w0 = spread(weight(2));
    const vec w1 = spread(weight(3)), w2 = spread(weight(4)), w3 = spread(weight(5));
    const vec v2 = spread(weight(6)), v3 = spread(weight(7));
    for (int k = channel; k < size; k += out_) {
      const auto line = [&](int row) { return ring.line((row + 8) % 8 * size + k); };
      const float *above = line(2 * r - 2), *before = line(2 * r - 1), *here = line(2 * r);
      const float *next = line(2 * r + 1), *below = line(2 * r + 2), *last = line(2 * r + 3);
      float* one = nine.line(k) + at;
      float *two = one + step, *three = two + step;
      for (int j = 0; j < n; j += lanes) {
        const vec a = load(above + j), b = load(before + j), c = load(here + j);
        const vec d = load(next + j), e = load(below + j), f = load(last + j);
        store(one + j, v0 * c + v1 * d + w0 * e + w1 * f);
        store(two + j, v1 * c + w1 * e + w2 * d + v2 * b);
        store(three + j, w2 * c + w3 * d + v2 * a + v3 * b);
      }
      const float* turned6 = down_.turned_at(6);
      const float* turned1 = down_.turned_at(1);
      if (r < 2) {
        const float share = r == 1 ? turned6[1] : 1 - turned6[1];
        const float* from = line(0);
        for (int j = 0; j < n; ++j) one[j] += share * from[j];
      }
      if (r >= rows_ - 2) {
        const float share = r == rows_ - 1 ? turned1[rows_ - 1] : 1 - turned1[rows_ - 1];
        const float* from = line(2 * rows_ - 1);
        for (int j = 0; j < n; ++j) three[j] += share * from[j];
      }
    }
  }

  // The part of the variance: add factor * (squares - mean * sums of both axes) to dx, channel by
  // channel, and take it back through the activation of xz.
  void variance_back(Image dx, const Floats& factor, Image xz, Norm& xnorm) const {
    const float* __restrict sums = across_.sums.get();
    each_row(xz, xnorm, [&](int r, int c, const float*, const float* __restrict square) {
      const float f = factor[c], m = f * static_cast<float>(mean_[c]) * down_.sums[r];
      float* __restrict to = dx.at(r, c);
      for (int j = 0; j < columns_; ++j) to[j] += f * square[j] - m * sums[j];
      slope_back(xnorm, c, to, to, xz.at(r, c), columns_);
    });
  }

  int rows_, columns_, into_, out_;
  Between down_, across_;
  Floats taps_, by_mixed_, gain_;
  Array<double> mean_, inverse_;
  Packed forward_, back_;
};

}  // namespace loops
