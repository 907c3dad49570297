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

#include "matmul.hpp"
#include "row_ops.hpp"

namespace loops {

constexpr int upconv_band = 168;  // columns mixed at once; back, twice as many

// How lines of the large image lie among those of the small one, along one axis.
struct Between {
  int size = 0;
  Floats far;     // (4, stride): see above
  Floats turned;  // (8, stride): by which small lines take large ones in the adjoint
  Floats diagonal, side, sums;  // of UᵀU and the side of it; column sums of U, which enlarges
  std::ptrdiff_t stride = 0;

  Between() = default;
  explicit Between(int size)
      : size(size), diagonal(size), side(size), sums(size), stride(size + 2 * lanes) {
    far = Floats(4 * stride);
    turned = Floats(8 * stride);
    const auto position = [size](int line) {
      return static_cast<double>(line) * (size - 1) / (2 * size - 1);
    };
    for (int c = 0; c < size; ++c) {
      at(far, 1)[c] = static_cast<float>(position(2 * c) - c + 1);
      at(far, 2)[c] = static_cast<float>(position(2 * c + 1) - c);
      if (c > 0) at(far, 0)[c] = static_cast<float>(position(2 * c - 1) - (c - 1));
      at(far, 3)[c] = c < size - 1 ? static_cast<float>(position(2 * c + 2) - c) : 1.0f;
    }
    for (int c = 0; c < size; ++c)
      for (int k = 0; k < 2; ++k) {
        at(turned, k)[c] = at(far, k)[c];
        at(turned, 4 + k)[c] = 1 - at(far, 2 + k)[c];
        if (c < size - 1) at(turned, 2 + k)[c] = 1 - at(far, k)[c + 1];
        if (c > 0) at(turned, 6 + k)[c] = at(far, 2 + k)[c - 1];
      }
    Array<double> product(size), beside(size), total(size);
    for (int line = 0; line < 2 * size; ++line) {
      const int low = std::min(static_cast<int>(position(line)), size - 2);
      const double along = position(line) - low;
      product[low] += (1 - along) * (1 - along);
      product[low + 1] += along * along;
      beside[low] += (1 - along) * along;
      total[low] += 1 - along;
      total[low + 1] += along;
    }
    for (int c = 0; c < size; ++c) {
      diagonal[c] = static_cast<float>(product[c]);
      side[c] = static_cast<float>(beside[c]);
      sums[c] = static_cast<float>(total[c]);
    }
  }
  float* at(const Floats& table, int k) const { return table.get() + k * stride; }
  float* far_at(int k) const { return at(far, k); }
  float* turned_at(int k) const { return at(turned, k); }
};

class UpConv {
 public:
  // z (2 rows, out, 2 columns) is made of x (rows, into, columns).
  UpConv(int rows, int columns, int into, int out)
      : rows_(rows), columns_(columns), into_(into), out_(out), down_(rows), across_(columns),
        kept_(rows, into, columns), taps_(9 * out * into), by_mixed_(9 * out * into), mean_(into),
        inverse_(into) {}

  // Activate z to x, and find the mean and the deviation of x enlarged; then make the weights
  // (out, into, 3, 3) with a normalisation of gain (into,) in them.
  void prepare(Image x, Image z, const Norm& norm, const float* weight, const float* gain) {
    Array<double> total(2 * into_);
    moments(x, z, norm, total);
    const double count = 4.0 * rows_ * columns_;
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

  void forward(Image z, Norm& norm, Image x) const {
    const int pitch = columns_ + 2;
    const Sizes s(pitch, rows_, upconv_band);
    Band ring(4 * 9 * out_, s.stride), band(into_, s.stride), t(6, pitch + 2 * lanes);
    Floats spare(2 * lanes);
    int ready = 0;
    for (int r = 0; r < rows_; ++r) {
      while (ready < std::min(r + 2, rows_)) {
        const int last = std::min(ready + s.count, rows_);
        for (int k = ready; k < last; ++k)
          for (int c = 0; c < into_; ++c)
            copy(band.line(c) + (k - ready) * pitch + 1, x.at(k, c), columns_);
        const int slot = ready / s.count % 3;
        mix(ring.line(slot * 9 * out_), s.stride, forward_, band.line(0), Strided{s.stride}, s.n);
        ready = last;
      }
      if (r == 0) line_outside(ring, 0, s, pitch, 0, down_.far_at(2)[0]);
      if (r == rows_ - 1) line_outside(ring, 2, s, pitch, rows_ - 2, down_.far_at(1)[rows_ - 1]);
      for (int k = 0; k < out_; ++k) {
        enlarge_rows(t, ring, k, s, pitch, r);
        for (int p = 0; p < 2; ++p) {
          float* to = z.at(2 * r + p, k);
          enlarge_columns(to, t, p, spare.get());
          take_moments(norm, k, 2 * r + p, nullptr, to, 2 * columns_);
        }
      }
    }
  }

  // Gradients: `gw` (out, into, 3, 3) and `ggain` (into,) are written; so is dx, back through the
  // activation that made x of xz, whose sums are added up. dl is the gradient after the
  // normalisation of z; `gain` as for `prepare`.
  void backward(Image dx, float* gw, float* ggain, Image dl, Image z, const Norm& norm, Image x,
                Image xz, Norm& xnorm, const float* gain) {
    by_mixed_.clear();
    back_to_input(dx, dl, z, norm, x);
    Floats factor(into_);
    const double count = 4.0 * rows_ * columns_;
    for (int c = 0; c < into_; ++c) {
      double by_factor = 0;
      for (int k = 0; k < 9 * out_; ++k)
        by_factor += static_cast<double>(by_mixed_[k * into_ + c]) * taps_[k * into_ + c];
      const double one = inverse_[c], by_variance = by_factor * gain[c] * -0.5 * one * one * one;
      factor[c] = static_cast<float>(by_variance * 2 / count);
      ggain[c] = static_cast<float>(by_factor * one);
      const float scale = static_cast<float>(gain[c] * one);
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
    Sizes(int pitch, int rows, int most) {
      count = std::min(rows, std::max(1, most / pitch));
      n = round_up(count * pitch, lanes);
      stride = round_up(n + lanes, 16);
      if (stride % 32 == 0) stride += 16;
    }
  };

  // Sums of x enlarged and of its squares, (into, 2): of the small image, by the tridiagonal
  // matrices UᵀU. What the rows' gives is kept for the way back.
  void moments(Image x, Image z, const Norm& norm, Array<double>& total) {
    const Activation act(norm);
    Floats line(columns_ + 2), before(columns_);
    float* __restrict t = line.get() + 1;
    const float* __restrict diagonal = across_.diagonal.get();
    const float* __restrict side = across_.side.get();
    const float* __restrict sums = across_.sums.get();
    for (int j = 1; j < columns_; ++j) before[j] = side[j - 1];
    const float* __restrict other_side = before.get();
    for (int c = 0; c < into_; ++c) act.apply(x.at(0, c), z.at(0, c), c, columns_);
    for (int r = 0; r < rows_; ++r) {
      const int above = std::max(r - 1, 0), below = std::min(r + 1, rows_ - 1);
      const float d = down_.diagonal[r], high = down_.side[r];
      const float low = r > 0 ? down_.side[above] : 0.0f;
      for (int c = 0; c < into_; ++c) {
        if (r + 1 < rows_) act.apply(x.at(r + 1, c), z.at(r + 1, c), c, columns_);
        const float* __restrict here = x.at(r, c);
        const float* __restrict up = x.at(above, c);
        const float* __restrict down = x.at(below, c);
        float* __restrict keep = kept_.at(r, c);
        for (int j = 0; j < columns_; ++j) t[j] = d * here[j] + low * up[j] + high * down[j];
        float one = 0, two = 0;
        for (int j = 0; j < columns_; ++j) {
          const float v = diagonal[j] * t[j] + other_side[j] * t[j - 1] + side[j] * t[j + 1];
          keep[j] = v;
          one += sums[j] * here[j];
          two += v * here[j];
        }
        total[2 * c] += static_cast<double>(one) * down_.sums[r];
        total[2 * c + 1] += two;
      }
    }
  }

  // Line of one tap outside, between rows `first` and `first + 1`, into slot 3 of the ring.
  void line_outside(Band& ring, int group, const Sizes& s, int pitch, int first, float far) const {
    const int size = 3 * out_, one = first / s.count % 3, two = (first + 1) / s.count % 3;
    for (int k = group * size; k < (group + 1) * size; ++k) {
      const float* from = ring.line(one * 9 * out_ + k) + first % s.count * pitch;
      const float* other = ring.line(two * 9 * out_ + k) + (first + 1) % s.count * pitch;
      float* to = ring.line(27 * out_ + k);
      for (int j = 0; j < pitch; ++j) to[j] = from[j] + far * (other[j] - from[j]);
    }
  }

  // Channel k of rows 2 r and 2 r + 1 before their columns are enlarged: t (2, 3, ...).
  void enlarge_rows(Band& t, Band& ring, int k, const Sizes& s, int pitch, int r) const {
    const auto row = [&](int line) {
      if (line < 0 || line >= rows_) return ring.line(27 * out_ + k);
      return ring.line(line / s.count % 3 * 9 * out_ + k) + line % s.count * pitch;
    };
    const float *up = row(r - 1), *here = row(r), *down = row(r + 1);
    const vec f0 = spread(down_.far_at(0)[r]), f1 = spread(down_.far_at(1)[r]);
    const vec f2 = spread(down_.far_at(2)[r]), f3 = spread(down_.far_at(3)[r]);
    const std::ptrdiff_t step = 3 * out_ * ring.stride;
    for (int tap = 0; tap < 3; ++tap) {
      const std::ptrdiff_t one = tap * out_ * ring.stride, two = one + step, three = two + step;
      float *even = t.line(tap), *odd = t.line(3 + tap);
      for (int j = 0; j < pitch; j += lanes) {
        const vec a = load(up + one + j), b = load(here + one + j);
        const vec c = load(up + two + j), d = load(here + two + j), e = load(down + two + j);
        const vec f = load(here + three + j), g = load(down + three + j);
        const vec both = a + f;
        store(even + j, both + f0 * (b - a) + (c + f1 * (d - c)) + f2 * (g - f));
        store(odd + j, both + f1 * (b - a) + (d + f2 * (e - d)) + f3 * (g - f));
      }
    }
  }

  // Finish one row of one channel of z, 2 columns long, from t[p] (3, ...).
  void enlarge_columns(float* to, Band& t, int p, float* spare) const {
    float *one = t.line(3 * p), *two = t.line(3 * p + 1), *three = t.line(3 * p + 2);
    const float *w0 = across_.far_at(0), *w1 = across_.far_at(1);
    const float *w2 = across_.far_at(2), *w3 = across_.far_at(3);
    const int n = columns_;
    one[0] = one[1] + w2[0] * (one[2] - one[1]);
    three[n + 1] = three[n - 1] + w1[n - 1] * (three[n] - three[n - 1]);
    const auto pairs = [&](int j, float* place) {
      const vec a = load(one + j), b = load(one + j + 1);
      const vec c = load(two + j), d = load(two + j + 1), e = load(two + j + 2);
      const vec f = load(three + j + 1), g = load(three + j + 2);
      const vec f1 = load(w1 + j), f2 = load(w2 + j), both = a + f;
      const vec even = both + load(w0 + j) * (b - a) + (c + f1 * (d - c)) + f2 * (g - f);
      const vec odd = both + f1 * (b - a) + (d + f2 * (e - d)) + load(w3 + j) * (g - f);
      store(place, first_pairs(even, odd));
      store(place + lanes, last_pairs(even, odd));
    };
    int j = 0;
    for (; j + lanes <= n; j += lanes) pairs(j, to + 2 * j);
    if (j < n) {
      pairs(j, spare);
      for (int k = 2 * j; k < 2 * n; ++k) to[k] = spare[k - 2 * j];
    }
  }

  void back_to_input(Image dx, Image dl, Image z, const Norm& norm, Image x) {
    const Sizes s(columns_, rows_, 2 * upconv_band);
    Band parts(2, columns_ + 3 * lanes), spare(2, 2 * lanes);
    Band ring(8 * 3 * out_, columns_ + 2 * lanes);
    Band nine(9 * out_, s.stride), band(into_, s.stride), y(back_.rows(), s.stride);
    int ready = 0;
    for (int first = 0; first < rows_; first += s.count) {
      const int last = std::min(first + s.count, rows_);
      if (last - first < s.count) band.numbers.clear();
      for (int r = first; r < last; ++r) {
        const int until = std::min(2 * r + 4, 2 * rows_), at = (r - first) * columns_;
        for (int k = 0; k < out_; ++k) {
          const NormBack back(norm, k);
          for (int line = ready; line < until; ++line)
            reduce_columns(ring, k, parts, dl.at(line, k), z.at(line, k), line, back, spare);
          reduce_rows(nine, at, ring, k, r);
        }
        ready = until;
        for (int c = 0; c < into_; ++c) copy(band.line(c) + at, x.at(r, c), columns_);
      }
      add_dots(Sums{by_mixed_.get(), into_, 9 * out_, into_}, nine.line(0), nine.stride,
               band.line(0), Strided{band.stride}, s.n);
      mix(y.line(0), y.stride, back_, nine.line(0), Strided{nine.stride}, s.n);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < into_; ++c)
          copy(dx.at(r, c), y.line(c) + (r - first) * columns_, columns_);
    }
  }

  // The adjoint of `enlarge_columns`: from the gradient of channel k of a line of z, after its
  // normalisation, into the ring (8, 3 out, ...).
  void reduce_columns(Band& ring, int k, Band& parts, const float* dl, const float* z, int line,
                      const NormBack& back, Band& spare) const {
    const int n = columns_;
    const vec scale = spread(back.scale), all = spread(back.all);
    const vec mean = spread(back.mean), each = spread(back.each);
    float *even = parts.line(0) + lanes, *odd = parts.line(1) + lanes;
    const auto split = [&](int j, const float* d, const float* from) {
      const vec v = scale * (load(d) - all - (load(from) - mean) * each);
      const vec w = scale * (load(d + lanes) - all - (load(from + lanes) - mean) * each);
      store(even + j, evens(v, w));
      store(odd + j, odds(v, w));
    };
    int j = 0;
    for (; j + lanes <= n; j += lanes) split(j, dl + 2 * j, z + 2 * j);
    if (j < n) {
      copy(spare.line(0), dl + 2 * j, 2 * (n - j));
      copy(spare.line(1), z + 2 * j, 2 * (n - j));
      split(j, spare.line(0), spare.line(1));
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

  // The part of the variance: add factor * (kept - mean * sums of both axes) to dx, channel by
  // channel, and take it back through the activation of z.
  void variance_back(Image dx, const Floats& factor, Image z, Norm& norm) const {
    const float* __restrict sums = across_.sums.get();
    for (int r = 0; r < rows_; ++r)
      for (int c = 0; c < into_; ++c) {
        const float f = factor[c], m = f * static_cast<float>(mean_[c]) * down_.sums[r];
        float* __restrict to = dx.at(r, c);
        const float* __restrict keep = kept_.at(r, c);
        for (int j = 0; j < columns_; ++j) to[j] += f * keep[j] - m * sums[j];
        slope_back(norm, c, to, to, z.at(r, c), columns_);
      }
  }

  int rows_, columns_, into_, out_;
  Between down_, across_;
  OwnImage kept_;
  Floats taps_, by_mixed_;
  Array<double> mean_, inverse_;
  Packed forward_, back_;
};

}  // namespace loops
