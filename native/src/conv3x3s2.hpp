// 3×3 convolutions of stride 2 of activated, reflected images, forward and backward. In a band, lines
// and columns of even and of odd number lie apart, so that what a tap sees is one of four images.
#pragma once

#include "conv_band.hpp"

namespace loops {

// Where the nine taps see each channel of a band, tap by tap: a channel has four lines, of even or
// odd rows and columns.
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

// Row r of x, activated and reflected, into a band: columns before those that count into line
// `4 c + plane`, these into the next.
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

// A convolution of stride 2, and its gradients.
class Conv3x3S2 {
 public:
  // z (rows, out, columns) is made of x (2 rows, into, 2 columns).
  Conv3x3S2(int rows, int columns, int into, int out)
      : rows_(rows), columns_(columns), into_(into), out_(out) {}

  // `weight` is (out, into, 3, 3).
  void pack(const float* weight) {
    const int into = into_, out = out_;
    forward_.pack(out, 9 * into, [=](int o, int k) {
      return weight[(o * into + k % into) * 9 + k / into];
    });
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
    const BandSizes s(columns_, rows_, 1);
    const auto places = half_places(into_, s.around, s.pitch);
    Band band(4 * into_, s.around), y(forward_.rows(), s.plain());
    for (int first = 0; first < rows_; first += s.count) {
      fill(band, x, act, first, s);
      mix(y.line(0), y.stride, forward_, band.line(0), Placed{places.get()}, s.size);
      const int last = std::min(first + s.count, rows_);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < out_; ++c)
          take_moments(norm, c, r, z.at(r, c), y.line(c) + (r - first) * s.pitch, columns_);
    }
  }

  // Gradients: `gw` (out, into, 3, 3) is written; dx, the gradient after the normalisation `xnorm`
  // of x, is written and summed up there unless it is empty.
  void backward(Image dx, float* gw, const AfterNorm& dl, Image x, const Activation& act,
                Norm* xnorm) const {
    const int end = rows_ + 1;
    const BandSizes s(columns_, end, 1);
    const auto places = half_places(into_, s.around, s.pitch);
    const int inset = s.pitch + 1;
    Band band(4 * into_, s.around), dz(out_, s.around, inset);
    Dots dots(out_, 9 * into_);
    const bool on = dx.data != nullptr;
    Band y(on ? 4 * into_padded() : 0, s.plain()), outside(on ? into_ : 0, dx.columns);
    const auto back = back_see(s);
    for (int first = 0; first < end; first += s.count) {
      fill(band, x, act, first, s);
      if (first > 0) keep_lines(dz, 1, 1, s.count * s.pitch, s.pitch);
      for (int r = first; r < first + s.count; ++r)
        put_gradient(dz, (r - first + 1) * s.pitch + 1, dl, r);
      dots.add(dz.line(0) + inset, dz.stride, band.line(0), Placed{places.get()}, s.size);
      if (!on) continue;
      for (int plane = 0; plane < 4; ++plane)
        mix(y.line(plane * into_padded()), y.stride, back_[plane], dz.line(0),
            Placed{back.get() + plane * 9 * out_}, s.size);
      for (int line = first; line < std::min(first + s.count, end); ++line)
        for (int c = 0; c < into_; ++c)
          fold_halves(dx, outside.line(c), y, line, (line - first) * s.pitch, c);
      // A line outside may still be added to the last three rows that were folded.
      const int from = std::max(2 * first - 3, 0);
      const int to =
          first + s.count >= end ? dx.rows : std::min(2 * (first + s.count) - 3, dx.rows);
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
  int into_padded() const { return back_[0].rows(); }

  // Where the ways back see each channel of the gradient.
  Array<std::ptrdiff_t> back_see(const BandSizes& s) const {
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
    const int done = first > 0 ? 1 : 0, last = std::min(first + s.count, rows_);
    if (done) keep_lines(band, 4, 2, s.count * s.pitch, s.pitch);
    for (int line = first + done; line < last + 1; ++line)
      put_halves(band, 0, (line - first) * s.pitch, x, reflected(2 * line - 1, 2 * rows_), act);
    for (int line = first; line < last; ++line)
      put_halves(band, 2, (line - first) * s.pitch, x, 2 * line, act);
  }

  // A line of the gradient of a reflected image into that of the image: rows and columns of even
  // and of odd number come apart.
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

  int rows_, columns_, into_, out_;
  Packed forward_, back_[4];
};

}  // namespace loops
