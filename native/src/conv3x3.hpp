// 3×3 convolutions of activated, reflected images, forward and backward, by Winograd's algorithm
// F(4, 3) over rows: four rows of results cost six products where there were twelve, each over the
// three taps of a row. Lavin and Gray, CVPR 2016, arXiv:1509.09308.
#pragma once

#include <vector>

#include "conv_band.hpp"

namespace loops {

// Six lines of an image, from four or from six: each a sum of lines by small whole numbers.
// B' d of the input, A g of a gradient of four results; A' y gives the results of six products.
struct Winograd {
  static void input(float* const* __restrict to, const float* const* from, int n) {
    const float *d0 = from[0], *d1 = from[1], *d2 = from[2], *d3 = from[3], *d4 = from[4];
    const float* d5 = from[5];
    for (int j = 0; j < n; j += lanes) {
      const vec a = load(d0 + j), b = load(d1 + j), c = load(d2 + j);
      const vec d = load(d3 + j), e = load(d4 + j), f = load(d5 + j);
      const vec even = e - 4.0f * c, odd = d - 4.0f * b;
      const vec near = e - c, far = 2.0f * (d - b);
      store(to[0] + j, 4.0f * a - 5.0f * c + e);
      store(to[1] + j, even + odd);
      store(to[2] + j, even - odd);
      store(to[3] + j, near + far);
      store(to[4] + j, near - far);
      store(to[5] + j, 4.0f * b - 5.0f * d + f);
    }
  }

  static void gradient(float* const* __restrict to, const float* const* from, int n) {
    const float *g0 = from[0], *g1 = from[1], *g2 = from[2], *g3 = from[3];
    for (int j = 0; j < n; j += lanes) {
      const vec a = load(g0 + j), b = load(g1 + j), c = load(g2 + j), d = load(g3 + j);
      const vec even = a + c, odd = b + d, wide = a + 4.0f * c, far = 2.0f * b + 8.0f * d;
      store(to[0] + j, a);
      store(to[1] + j, even + odd);
      store(to[2] + j, even - odd);
      store(to[3] + j, wide + far);
      store(to[4] + j, wide - far);
      store(to[5] + j, d);
    }
  }

  static void output(float* const* __restrict to, const float* const* from, int n) {
    const float *m0 = from[0], *m1 = from[1], *m2 = from[2], *m3 = from[3], *m4 = from[4];
    const float* m5 = from[5];
    for (int j = 0; j < n; j += lanes) {
      const vec b = load(m1 + j), c = load(m2 + j), d = load(m3 + j), e = load(m4 + j);
      const vec even = b + c, odd = b - c, wide = d + e, far = d - e;
      store(to[0] + j, load(m0 + j) + even + wide);
      store(to[1] + j, odd + 2.0f * far);
      store(to[2] + j, even + 4.0f * wide);
      store(to[3] + j, odd + 8.0f * far + load(m5 + j));
    }
  }

  // Six numbers of three taps, G w, and back: G' u.
  static float filter(int i, const float* w, int step) {
    const float a = w[0], b = w[step], c = w[2 * step];
    switch (i) {
      case 0: return a / 4;
      case 1: return -(a + b + c) / 6;
      case 2: return -(a - b + c) / 6;
      case 3: return a / 24 + b / 12 + c / 6;
      case 4: return a / 24 - b / 12 + c / 6;
      default: return c;
    }
  }
  static void add_filter(int i, float u, float* w, int step) {
    constexpr float table[6][3] = {{1.0f / 4, 0, 0},
                                   {-1.0f / 6, -1.0f / 6, -1.0f / 6},
                                   {-1.0f / 6, 1.0f / 6, -1.0f / 6},
                                   {1.0f / 24, 1.0f / 12, 1.0f / 6},
                                   {1.0f / 24, -1.0f / 12, 1.0f / 6},
                                   {0, 0, 1}};
    for (int a = 0; a < 3; ++a) w[a * step] += table[i][a] * u;
  }
};

// A convolution of stride 1, and its gradients.
class Conv3x3 {
 public:
  // z (rows, out, columns) is made of x (rows, into, columns).
  Conv3x3(int rows, int columns, int into, int out)
      : rows_(rows), columns_(columns), into_(into), out_(out) {}

  // `weight` is (out, into, 3, 3).
  void pack(const float* weight) {
    const int into = into_, out = out_;
    for (int i = 0; i < 6; ++i) {
      forward_[i].pack(out, 3 * into, [=](int o, int k) {
        return Winograd::filter(i, weight + (o * into + k % into) * 9 + k / into, 3);
      });
      // Turned round: the last tap first.
      back_[i].pack(into, 3 * out, [=](int c, int k) {
        return Winograd::filter(i, weight + ((k % out) * into + c) * 9 + 8 - k / out, -3);
      });
    }
  }

  void forward(Image z, Norm& norm, Image x, const Activation& act) const {
    const Sizes s(columns_, rows_);
    const auto places = taps(into_, s);
    Band band(into_, s.around), t(6 * into_, s.stride), y(6 * forward_[0].rows(), s.stride);
    Band rows(4, s.stride);
    for (int first = 0; first < rows_; first += s.count) {
      fill(band, x, act, first, s);
      lines_to_six(t, band, s);
      multiply(y, forward_, t, into_, places, s);
      for (int c = 0; c < out_; ++c)
        for (int g = 0; g < s.groups; ++g) {
          float* four[4];
          results(four, rows, y, forward_[0].rows(), c, g, s);
          for (int k = 0; k < 4; ++k) {
            const int r = first + 4 * g + k;
            if (r < rows_) take_moments(norm, c, r, z.at(r, c), four[k], columns_);
          }
        }
    }
  }

  // Gradients: `gw` (out, into, 3, 3) is written, and so is dx, the gradient after the
  // normalisation `xnorm` of x, which is summed up there.
  void backward(Image dx, float* gw, const AfterNorm& dl, Image x, Norm& xnorm) const {
    const Activation act(xnorm);
    const int end = rows_ + 2, padded = back_[0].rows();
    const Sizes s(columns_, end);
    const auto places = taps(into_, s), back = taps(out_, s);
    Band band(into_, s.around), dz(out_, s.around), rows(4, s.stride);
    Band t(6 * into_, s.stride), u(6 * out_, s.stride), y(6 * padded, s.stride);
    Band outside(into_, columns_);
    std::vector<Dots> dots(6, Dots(out_, 3 * into_));
    for (int first = 0; first < end; first += s.count) {
      fill(band, x, act, first, s);
      if (first > 0) keep_lines(dz, 1, 1, s.count * s.pitch, 2 * s.pitch);
      for (int r = first; r < first + s.count; ++r)
        put_gradient(dz, (r - first + 2) * s.pitch + 2, dl, r);
      lines_to_six(t, band, s);
      gradients_to_six(u, dz, s);
      for (int i = 0; i < 6; ++i)
        dots[i].add(u.line(i * out_), u.stride, t.line(i * into_), Placed{places.get()}, s.size);
      lines_to_six(u, dz, s);
      multiply(y, back_, u, out_, back, s);
      for (int c = 0; c < into_; ++c)
        for (int g = 0; g < s.groups; ++g) {
          float* four[4];
          results(four, rows, y, padded, c, g, s);
          for (int k = 0; k < 4; ++k) {
            const int line = first + 4 * g + k;
            if (line < end) fold(dx, outside.line(c), four[k], line, c);
          }
        }
      // A line outside may still be added to the last three rows that were folded.
      const int to = first + s.count >= end ? rows_ : std::min(first + s.count - 3, rows_);
      for (int r = std::max(first - 3, 0); r < to; ++r)
        for (int c = 0; c < into_; ++c)
          slope_back(xnorm, c, dx.at(r, c), dx.at(r, c), x.at(r, c), columns_);
    }
    std::fill_n(gw, 9 * into_ * out_, 0.0f);
    const int into = into_;
    for (int i = 0; i < 6; ++i)
      dots[i].each([=](int o, int k, float total) {
        Winograd::add_filter(i, total, gw + (o * into + k % into) * 9 + k / into, 3);
      });
  }

 private:
  // A band of groups of four rows; six lines of each group lie group by group.
  struct Sizes {
    int groups, count, pitch, size;
    std::ptrdiff_t around, stride;
    Sizes(int columns, int rows) {
      pitch = columns + 2;
      groups = std::min(std::max(1, conv_band / 2 / pitch), (rows + 3) / 4);
      count = 4 * groups;
      size = round_up(groups * pitch, lanes);
      around = BandSizes::spread_over_cache((count + 2) * pitch + 2 * lanes);
      stride = BandSizes::spread_over_cache(size + 2 * lanes);
    }
  };

  // Where the three taps of a row see each of `channels` lines.
  static Array<std::ptrdiff_t> taps(int channels, const Sizes& s) {
    Array<std::ptrdiff_t> places(3 * channels);
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < channels; ++c) places[b * channels + c] = c * s.stride + b;
    return places;
  }

  // Lines of x, reflected, that rows `first` to `first + count` see.
  void fill(Band& band, const Image& x, const Activation& act, int first, const Sizes& s) const {
    const int done = first > 0 ? 2 : 0;
    if (done) keep_lines(band, 1, 1, s.count * s.pitch, 2 * s.pitch);
    for (int line = first + done; line < std::min(first + s.count, rows_) + 2; ++line) {
      const int r = reflected(line - 1, rows_);
      for (int c = 0; c < x.channels; ++c) {
        float* to = band.line(c) + (line - first) * s.pitch;
        act.apply(to + 1, x.at(r, c), c, columns_);
        to[0] = to[2];
        to[columns_ + 1] = to[columns_ - 1];
      }
    }
  }

  // Six lines of each group of a band of `band.channels`, into t (6 channels, ...).
  void lines_to_six(Band& t, const Band& band, const Sizes& s) const {
    for (int c = 0; c < band.channels; ++c)
      for (int g = 0; g < s.groups; ++g) {
        float* to[6];
        const float* from[6];
        for (int i = 0; i < 6; ++i) {
          to[i] = t.line(i * band.channels + c) + g * s.pitch;
          from[i] = band.line(c) + (4 * g + i) * s.pitch;
        }
        Winograd::input(to, from, s.pitch);
      }
  }

  // The same of four lines of a gradient; they begin two lines and two columns later.
  void gradients_to_six(Band& u, const Band& dz, const Sizes& s) const {
    for (int c = 0; c < dz.channels; ++c)
      for (int g = 0; g < s.groups; ++g) {
        float* to[6];
        const float* from[4];
        for (int i = 0; i < 6; ++i) to[i] = u.line(i * dz.channels + c) + g * s.pitch;
        for (int k = 0; k < 4; ++k) from[k] = dz.line(c) + (4 * g + k + 2) * s.pitch + 2;
        Winograd::gradient(to, from, s.pitch);
      }
    // What a vector wrote behind the last column would be counted.
    for (int k = 0; k < 6 * dz.channels; ++k)
      std::fill(u.line(k) + s.groups * s.pitch, u.line(k) + s.size, 0.0f);
  }

  void multiply(Band& y, const Packed* w, const Band& t, int channels,
                const Array<std::ptrdiff_t>& places, const Sizes& s) const {
    for (int i = 0; i < 6; ++i)
      mix(y.line(i * w[0].rows()), y.stride, w[i], t.line(i * channels), Placed{places.get()},
          s.size);
  }

  void results(float** four, Band& rows, const Band& y, int channels, int c, int g,
               const Sizes& s) const {
    const float* six[6];
    for (int i = 0; i < 6; ++i) six[i] = y.line(i * channels + c) + g * s.pitch;
    for (int k = 0; k < 4; ++k) four[k] = rows.line(k);
    Winograd::output(four, six, s.pitch);
  }

  // A line of the gradient of a reflected image into that of the image.
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

  int rows_, columns_, into_, out_;
  Packed forward_[6], back_[6];
};

}  // namespace loops
