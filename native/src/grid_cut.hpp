// The cheapest cut of a grid whose pixels have eight neighbours, by the search trees of Boykov and
// Kolmogorov, "An experimental comparison of min-cut/max-flow algorithms for energy minimization in
// vision", PAMI 2004, with distances to the root kept as in Kolmogorov's thesis, 2003.
//
// What source and sink offer a pixel counts by its difference alone, so a pixel has an excess: above
// 0 what still comes from the source, below what still goes to the sink. Capacities are whole
// numbers, so that the cut is exact. The flow stays when the excess changes: the next cut begins
// where the last has ended.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace loops {

// Directions come in pairs: the way back of `d` is `d ^ 1`.
enum Direction : std::uint8_t { right, left, down, up, down_right, up_left, down_left, up_right };
constexpr int directions = 8;

class GridCut {
 public:
  using Pixel = std::int32_t;

  GridCut(int rows, int columns)
      : stride_(columns + 2),
        // A rim with no capacities saves asking where the grid ends.
        nodes_(static_cast<std::size_t>(rows + 2) * stride_),
        capacity_(nodes_.size()),
        queue_(nodes_.size()),
        step_{1, -1, stride_, -stride_, stride_ + 1, -stride_ - 1, stride_ - 1, -stride_ + 1} {}

  Pixel pixel(int row, int column) const { return (row + 1) * stride_ + column + 1; }

  // The same both ways.
  void connect(Pixel from, Direction d, std::int32_t capacity) {
    capacity_[from][d] = capacity_[from + step_[d]][d ^ 1] = capacity;
  }

  void add_excess(Pixel p, std::int32_t more) { nodes_[p].excess += more; }

  // Whether the pixel is on the side of the source, after `cut`. Of equally cheap cuts it is the
  // one with the smallest such side, so it does not depend on how it was found.
  bool at_source(Pixel p) const { return nodes_[p].tree == source; }

  void cut() {
    plant();
    while (waiting_ > 0) {
      const Pixel p = take();
      if (nodes_[p].tree == source)
        grow<source>(p);
      else if (nodes_[p].tree == sink)
        grow<sink>(p);
    }
  }

 private:
  enum Tree : std::uint8_t { free, source, sink };
  // What may stand in place of the direction of a parent.
  enum : std::uint8_t { root = directions, orphan };

  struct Node {
    std::int32_t excess = 0;
    std::int32_t distance = 0;  // to the root, as it was at time `seen`
    std::int32_t seen = 0;
    std::uint8_t tree = free, parent = root;
    bool waits = false;
  };

  // What can still flow from the root's end of a link to the other.
  template <Tree tree>
  std::int32_t open(Pixel parent, int to_child) const {
    return tree == source ? capacity_[parent][to_child]
                          : capacity_[parent + step_[to_child]][to_child ^ 1];
  }

  Pixel parent(Pixel p) const { return p + step_[nodes_[p].parent]; }

  void wake(Pixel p) {
    if (nodes_[p].waits) return;
    nodes_[p].waits = true;
    std::size_t place = first_ + waiting_++;
    if (place >= queue_.size()) place -= queue_.size();
    queue_[place] = p;
  }

  Pixel take() {
    const Pixel p = queue_[first_];
    if (++first_ == queue_.size()) first_ = 0;
    --waiting_;
    nodes_[p].waits = false;
    return p;
  }

  // Makes each pixel with an excess a root, and wakes those from which something may grow.
  void plant() {
    for (Node& node : nodes_) {
      node.tree = node.excess > 0 ? source : node.excess < 0 ? sink : free;
      node.parent = root;
      node.distance = 1;
      node.seen = 0;
    }
    time_ = 0;
    const auto count = static_cast<Pixel>(nodes_.size());
    for (Pixel p = stride_ + 1; p < count - stride_ - 1; ++p) {
      const auto tree = nodes_[p].tree;
      if (tree == free) continue;
      for (int d = 0; d < directions; ++d) {
        const Pixel q = p + step_[d];
        if (nodes_[q].tree == tree) continue;
        if ((tree == source ? capacity_[p][d] : capacity_[q][d ^ 1]) > 0) {
          wake(p);
          break;
        }
      }
    }
  }

  template <Tree tree>
  void grow(Pixel p) {
    for (int d = 0; d < directions; ++d) {
      if (open<tree>(p, d) == 0) continue;
      const Pixel q = p + step_[d];
      Node& near = nodes_[q];
      if (near.tree == free) {
        near.tree = tree;
        adopt(q, p, d);
        wake(q);
      } else if (near.tree != tree) {
        if (tree == source)
          augment(p, d, q);
        else
          augment(q, d ^ 1, p);
        if (nodes_[p].tree != tree) return;
        --d;  // more may flow there, or the neighbour may have become free
      } else if (near.seen <= nodes_[p].seen && near.distance > nodes_[p].distance + 1) {
        adopt(q, p, d);  // nearer to a root
      }
    }
  }

  void adopt(Pixel child, Pixel parent, int to_child) {
    nodes_[child].parent = static_cast<std::uint8_t>(to_child ^ 1);
    nodes_[child].seen = nodes_[parent].seen;
    nodes_[child].distance = nodes_[parent].distance + 1;
  }

  // Sends what it can from the root of `from` over its link `d` to the root of `to`.
  void augment(Pixel from, int d, Pixel to) {
    std::int32_t flow = capacity_[from][d];
    Pixel p = from;
    for (; nodes_[p].parent != root; p = parent(p))
      flow = std::min(flow, capacity_[parent(p)][nodes_[p].parent ^ 1]);
    flow = std::min(flow, nodes_[p].excess);
    for (p = to; nodes_[p].parent != root; p = parent(p))
      flow = std::min(flow, capacity_[p][nodes_[p].parent]);
    flow = std::min(flow, -nodes_[p].excess);

    capacity_[from][d] -= flow;
    capacity_[to][d ^ 1] += flow;
    Pixel above = 0;
    for (p = from; nodes_[p].parent != root; p = above) {
      above = parent(p);
      const auto up = nodes_[p].parent;
      capacity_[p][up] += flow;
      if ((capacity_[above][up ^ 1] -= flow) == 0) cast_out(p);
    }
    if ((nodes_[p].excess -= flow) == 0) cast_out(p);
    for (p = to; nodes_[p].parent != root; p = above) {
      above = parent(p);
      const auto up = nodes_[p].parent;
      capacity_[above][up ^ 1] += flow;
      if ((capacity_[p][up] -= flow) == 0) cast_out(p);
    }
    if ((nodes_[p].excess += flow) == 0) cast_out(p);

    ++time_;
    for (std::size_t k = 0; k < orphans_.size(); ++k) {
      if (nodes_[orphans_[k]].tree == source)
        find_parent<source>(orphans_[k]);
      else
        find_parent<sink>(orphans_[k]);
    }
    orphans_.clear();
  }

  void cast_out(Pixel p) {
    nodes_[p].parent = orphan;
    orphans_.push_back(p);
  }

  // Gives an orphan the neighbour of its tree that is nearest to a root, or sets it free.
  template <Tree tree>
  void find_parent(Pixel p) {
    int best = -1;
    std::int32_t least = std::numeric_limits<std::int32_t>::max();
    for (int d = 0; d < directions; ++d) {
      const Pixel q = p + step_[d];
      if (nodes_[q].tree != tree || open<tree>(q, d ^ 1) == 0) continue;
      const std::int32_t distance = distance_of(q);
      if (distance >= 0 && distance < least) {
        least = distance;
        best = d;
      }
    }
    if (best >= 0) {
      nodes_[p].parent = static_cast<std::uint8_t>(best);
      nodes_[p].seen = time_;
      nodes_[p].distance = least + 1;
      return;
    }
    for (int d = 0; d < directions; ++d) {
      const Pixel q = p + step_[d];
      if (nodes_[q].tree != tree) continue;
      if (open<tree>(q, d ^ 1) > 0) wake(q);
      if (nodes_[q].parent == (d ^ 1)) cast_out(q);
    }
    nodes_[p].tree = free;
  }

  // How far it is to the root, -1 if the way ends at an orphan. Known distances are from this
  // moment; what is found on the way becomes known.
  std::int32_t distance_of(Pixel p) {
    std::int32_t steps = 0;
    Pixel q = p;
    for (; nodes_[q].seen != time_; q = parent(q)) {
      if (nodes_[q].parent == orphan) return -1;
      if (nodes_[q].parent == root) {
        nodes_[q].seen = time_;
        nodes_[q].distance = 1;
        break;
      }
      ++steps;
    }
    if (nodes_[q].parent == orphan) return -1;
    const std::int32_t distance = nodes_[q].distance + steps;
    for (std::int32_t known = distance; p != q; p = parent(p)) {
      nodes_[p].seen = time_;
      nodes_[p].distance = known--;
    }
    return distance;
  }

  Pixel stride_;
  std::vector<Node> nodes_;
  std::vector<std::array<std::int32_t, directions>> capacity_;
  std::vector<Pixel> queue_;  // of pixels that wait to grow, a ring
  std::size_t first_ = 0, waiting_ = 0;
  std::vector<Pixel> orphans_;
  std::int32_t time_ = 0;
  std::array<Pixel, directions> step_;
};

}  // namespace loops
