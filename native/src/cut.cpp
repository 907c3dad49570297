// The cheapest boundary through part of a grid: pixels in the band go to the side that costs least,
// the others stay where they are.
#include <cstdint>

#include "grid_cut.hpp"
#include "guard.hpp"
#include "loops.h"

namespace {

using namespace loops;

class Band {
 public:
  Band(const cut_input& in, std::uint8_t* object)
      : in_(in), object_(object), grid_(in.rows, in.columns) {}

  void run() {
    connect();
    for (int row = 0; row < in_.rows; ++row)
      for (int column = 0; column < in_.columns; ++column) {
        const std::int64_t i = static_cast<std::int64_t>(row) * in_.columns + column;
        if (in_.band[i]) grid_.add_excess(grid_.pixel(row, column), in_.excess[i]);
      }
    grid_.cut();
    for (int row = 0; row < in_.rows; ++row)
      for (int column = 0; column < in_.columns; ++column) {
        const std::int64_t i = static_cast<std::int64_t>(row) * in_.columns + column;
        if (in_.band[i]) object_[i] = grid_.at_source(grid_.pixel(row, column));
      }
  }

 private:
  // Links inside the band; one that leaves it pulls its pixel to the side of the other.
  void connect() {
    constexpr int down_by[] = {0, 1, 1, 1}, right_by[] = {1, 0, 1, -1};
    constexpr Direction ways[] = {right, down, down_right, down_left};
    for (int row = 0; row < in_.rows; ++row)
      for (int column = 0; column < in_.columns; ++column) {
        const std::int64_t i = static_cast<std::int64_t>(row) * in_.columns + column;
        for (int d = 0; d < 4; ++d) {
          const int below = row + down_by[d], aside = column + right_by[d];
          if (below >= in_.rows || aside < 0 || aside >= in_.columns) continue;
          const std::int64_t j = static_cast<std::int64_t>(below) * in_.columns + aside;
          const std::int32_t capacity = in_.links[4 * i + d];
          if (in_.band[i] && in_.band[j])
            grid_.connect(grid_.pixel(row, column), ways[d], capacity);
          else if (in_.band[i])
            grid_.add_excess(grid_.pixel(row, column), object_[j] ? capacity : -capacity);
          else if (in_.band[j])
            grid_.add_excess(grid_.pixel(below, aside), object_[i] ? capacity : -capacity);
        }
      }
  }

  const cut_input& in_;
  std::uint8_t* object_;
  GridCut grid_;
};

}  // namespace

int cut_band(const cut_input* input, uint8_t* object) {
  return guarded([&] { Band(*input, object).run(); });
}
