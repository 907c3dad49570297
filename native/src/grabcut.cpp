// GrabCut: C. Rother, V. Kolmogorov and A. Blake, "GrabCut: interactive foreground extraction using
// iterated graph cuts", ACM Transactions on Graphics 23, 2004.
//
// Which Gaussian a pixel belongs to, what the Gaussians are then, and the cheapest cut, in turns.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "grid_cut.hpp"
#include "guard.hpp"
#include "kmeans.hpp"
#include "loops.h"
#include "mixtures.hpp"

namespace {

using namespace loops;

constexpr double smoothness = 50;  // gamma of the paper
// A pixel whose colours speak as clearly as this cannot be overruled by its neighbours.
constexpr float certain = 9 * smoothness;
constexpr float unit = 1024;  // capacities are whole numbers of 1/1024
// The mixtures want at least so many pixels.
constexpr std::int64_t enough = gaussians;

class GrabCut {
 public:
  GrabCut(const grabcut_input& in, std::uint8_t* object)
      : in_(in),
        object_(object),
        size_(static_cast<std::int64_t>(in.rows) * in.columns),
        colours_(size_),
        part_{std::vector<std::uint8_t>(size_), std::vector<std::uint8_t>(size_)},
        excess_(size_),
        grid_(in.rows, in.columns) {
    for (std::int64_t i = 0; i < size_; ++i)
      for (int c = 0; c < 3; ++c) colours_.planes[c * size_ + i] = in.picture[3 * i + c];
    connect();
  }

  void run() {
    if (!both_sides()) return;
    for (int side = 0; side < 2; ++side)
      divide_colours(in_.picture, object_, side, size_, in_.seed, part_[side].data());
    learn();
    describe();
    for (int k = 0; k < in_.iterations && both_sides(); ++k) {
      learn();
      describe();
      cut();
    }
  }

 private:
  bool both_sides() const {
    const auto count = std::count(object_, object_ + size_, 1);
    return std::min<std::int64_t>(count, size_ - count) >= enough;
  }

  // The two mixtures from the pixels of the two sides.
  void learn() {
    std::array<std::array<Moments, gaussians>, 2> moments{};
    for (std::int64_t i = 0; i < size_; ++i) {
      const int side = object_[i];
      moments[side][part_[side][i]].add(in_.picture + 3 * i);
    }
    for (int side = 0; side < 2; ++side) mixtures_[side] = Mixture(moments[side]);
  }

  // How much likelier each pixel is as object than as ground, and its Gaussian as either.
  void describe() {
    alignas(64) float logs[2][Mixture::block];
    for (std::int64_t start = 0; start < size_; start += Mixture::block) {
      const std::int64_t end = std::min(start + Mixture::block, size_);
      for (int side = 0; side < 2; ++side)
        mixtures_[side].describe(colours_, start, end, logs[side], &part_[side][start]);
      for (std::int64_t i = start; i < end; ++i) {
        const float apart = logs[1][i - start] - logs[0][i - start];
        const float clear = std::min(std::max(apart, -certain), certain);
        excess_[i].wanted = static_cast<std::int32_t>(clear * unit);
      }
    }
    if (in_.ground == nullptr) return;
    for (std::int64_t i = 0; i < size_; ++i)
      if (in_.ground[i]) excess_[i].wanted = static_cast<std::int32_t>(-certain * unit);
  }

  void cut() {
    for (int row = 0; row < in_.rows; ++row) {
      Excess* excess = &excess_[static_cast<std::int64_t>(row) * in_.columns];
      for (int column = 0; column < in_.columns; ++column, ++excess) {
        grid_.add_excess(grid_.pixel(row, column), excess->wanted - excess->given);
        excess->given = excess->wanted;
      }
    }
    grid_.cut();
    std::uint8_t* object = object_;
    for (int row = 0; row < in_.rows; ++row)
      for (int column = 0; column < in_.columns; ++column)
        *object++ = grid_.at_source(grid_.pixel(row, column));
  }

  std::int32_t difference(std::int64_t i, std::int64_t j) const {
    std::int32_t sum = 0;
    for (int c = 0; c < 3; ++c) {
      const std::int32_t step = in_.picture[3 * i + c] - in_.picture[3 * j + c];
      sum += step * step;
    }
    return sum;
  }

  // Calls `use(row, column, direction, i, j)` for each pair of neighbours.
  template <typename Use>
  void for_pairs(Use use) const {
    for (int row = 0; row < in_.rows; ++row) {
      for (int column = 0; column < in_.columns; ++column) {
        const std::int64_t i = static_cast<std::int64_t>(row) * in_.columns + column;
        const bool more = row + 1 < in_.rows;
        if (column + 1 < in_.columns) use(row, column, right, i, i + 1);
        if (more) use(row, column, down, i, i + in_.columns);
        if (more && column + 1 < in_.columns) use(row, column, down_right, i, i + in_.columns + 1);
        if (more && column > 0) use(row, column, down_left, i, i + in_.columns - 1);
      }
    }
  }

  // The more alike two neighbours are, the dearer it is to cut between them.
  void connect() {
    std::int64_t sum = 0, count = 0;
    for_pairs([&](int, int, Direction, std::int64_t i, std::int64_t j) {
      sum += difference(i, j);
      ++count;
    });
    const double mean = static_cast<double>(sum) / static_cast<double>(count);
    const float steepness = sum > 0 ? static_cast<float>(0.5 / mean) : 0;
    const float aside = static_cast<float>(smoothness) * unit;
    const float across = static_cast<float>(smoothness * std::sqrt(0.5)) * unit;
    for_pairs([&](int row, int column, Direction d, std::int64_t i, std::int64_t j) {
      const float alike = exp_below_0(-steepness * static_cast<float>(difference(i, j)));
      const float capacity = (d == right || d == down ? aside : across) * alike;
      grid_.connect(grid_.pixel(row, column), d, static_cast<std::int32_t>(capacity));
    });
  }

  struct Excess {
    std::int32_t wanted = 0, given = 0;
  };

  const grabcut_input& in_;
  std::uint8_t* object_;
  std::int64_t size_;
  Colours colours_;
  std::array<Mixture, 2> mixtures_;                // of ground and object
  std::array<std::vector<std::uint8_t>, 2> part_;  // the Gaussian of each pixel in each
  std::vector<Excess> excess_;
  GridCut grid_;
};

}  // namespace

int grabcut(const grabcut_input* input, uint8_t* object) {
  return guarded([&] { GrabCut(*input, object).run(); });
}
