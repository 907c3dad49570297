// The cheapest cut of a grid whose pixels have eight neighbours, by two search trees that grow
// breadth first: A. Goldberg, S. Hed, H. Kaplan, R. Tarjan and R. Werneck, "Maximum flows by
// incremental breadth-first search", ESA 2011; two trees that are kept are an idea of Boykov and
// Kolmogorov, "An experimental comparison of min-cut/max-flow algorithms for energy minimization in
// vision", PAMI 2004.
//
// What source and sink offer a pixel counts by its difference alone, so a pixel has an excess: above
// 0 what still comes from the source, below what still goes to the sink. Pixels with an excess are
// roots, at distance 1. Capacities are whole numbers, so that the cut is exact. The flow stays when
// the excess changes: the next cut begins where the last has ended.
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
    while (!next_[source].empty()) {
      grow<source>();
      if (!next_[sink].empty()) grow<sink>();
    }
  }

 private:
  enum Tree : std::uint8_t { free, source, sink };
  // What may stand in place of the direction of a parent.
  enum : std::uint8_t { root = directions, orphan };

  struct Node {
    std::int32_t excess = 0;
    std::int32_t distance = 0;  // to a root along the tree, the least that there is
    std::uint8_t tree = free, parent = root;
  };

  // What can still flow from the root's end of a link to the other, or to the sink's root.
  template <Tree tree>
  std::int32_t open(Pixel parent, int to_child) const {
    return tree == source ? capacity_[parent][to_child]
                          : capacity_[parent + step_[to_child]][to_child ^ 1];
  }

  Pixel parent(Pixel p) const { return p + step_[nodes_[p].parent]; }

  // Makes each pixel with an excess a root; those with other neighbours than their like may grow.
  void plant() {
    for (Node& node : nodes_) {
      node.tree = node.excess > 0 ? source : node.excess < 0 ? sink : free;
      node.parent = root;
      node.distance = 1;
    }
    for (const Tree tree : {source, sink}) {
      level_[tree] = 1;
      next_[tree].clear();
    }
    const auto count = static_cast<Pixel>(nodes_.size());
    for (Pixel p = stride_ + 1; p < count - stride_ - 1; ++p) {
      const auto tree = nodes_[p].tree;
      if (tree == free) continue;
      for (int d = 0; d < directions; ++d) {
        const Pixel q = p + step_[d];
        if (nodes_[q].tree == tree) continue;
        if ((tree == source ? open<source>(p, d) : open<sink>(p, d)) > 0) {
          next_[tree].push_back(p);
          break;
        }
      }
    }
  }

  // Lets a tree grow from its pixels of the highest distance to those one further.
  template <Tree tree>
  void grow() {
    now_.swap(next_[tree]);
    next_[tree].clear();
    growing_ = tree;
    const std::int32_t level = level_[tree];
    for (std::size_t k = 0; k < now_.size(); ++k) {  // some are added on the way
      const Pixel p = now_[k];
      for (int d = 0; d < directions; ++d) {
        if (nodes_[p].tree != tree || nodes_[p].distance != level) break;
        if (open<tree>(p, d) == 0) continue;
        const Pixel q = p + step_[d];
        if (nodes_[q].tree == free) {
          nodes_[q].tree = tree;
          nodes_[q].parent = static_cast<std::uint8_t>(d ^ 1);
          nodes_[q].distance = level + 1;
          next_[tree].push_back(q);
        } else if (nodes_[q].tree != tree) {
          if (tree == source)
            augment(p, d, q);
          else
            augment(q, d ^ 1, p);
          --d;  // more may flow there, or the neighbour may have become free
        }
      }
    }
    ++level_[tree];
    growing_ = free;
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
    send<source>(from, flow);
    send<sink>(to, flow);
  }

  // Sends flow between a pixel and the root of its tree. Links that are full then are cut.
  template <Tree tree>
  void send(Pixel p, std::int32_t flow) {
    Pixel above = 0;
    for (; nodes_[p].parent != root; p = above) {
      above = parent(p);
      std::int32_t& upwards = capacity_[p][nodes_[p].parent];
      std::int32_t& downwards = capacity_[above][nodes_[p].parent ^ 1];
      std::int32_t& used = tree == source ? downwards : upwards;
      (tree == source ? upwards : downwards) += flow;
      if ((used -= flow) == 0) cast_out<tree>(p);
    }
    if ((nodes_[p].excess -= tree == source ? flow : -flow) == 0) cast_out<tree>(p);
    find_parents<tree>();
  }

  template <Tree tree>
  void cast_out(Pixel p) {
    nodes_[p].parent = orphan;
    const auto distance = static_cast<std::size_t>(nodes_[p].distance);
    if (distance >= orphans_[tree].size()) orphans_[tree].resize(distance + 1);
    orphans_[tree][distance].push_back(p);
    nearest_orphan_ = std::min(nearest_orphan_, distance);
    ++orphan_count_;
  }

  // Those near a root come first: what is nearer to the root than an orphan is in order then.
  template <Tree tree>
  void find_parents() {
    for (std::size_t distance = nearest_orphan_; orphan_count_ > 0; ++distance) {
      for (std::size_t k = 0; k < orphans_[tree][distance].size(); ++k)
        find_parent<tree>(orphans_[tree][distance][k]);
      orphan_count_ -= orphans_[tree][distance].size();
      orphans_[tree][distance].clear();
    }
    nearest_orphan_ = std::numeric_limits<std::size_t>::max();
  }

  // Gives an orphan the neighbour of its tree that is nearest to a root, or sets it free.
  template <Tree tree>
  void find_parent(Pixel p) {
    Node& node = nodes_[p];
    int best = -1;
    std::int32_t least = std::numeric_limits<std::int32_t>::max();
    unsigned children = 0;
    for (int d = 0; d < directions; ++d) {
      const Node& near = nodes_[p + step_[d]];
      if (near.tree != tree) continue;
      children |= static_cast<unsigned>(near.parent == (d ^ 1)) << d;
      if (near.distance >= least || open<tree>(p + step_[d], d ^ 1) == 0) continue;
      least = near.distance;
      best = d;
      if (least == node.distance - 1) {
        node.parent = static_cast<std::uint8_t>(d);
        return;
      }
    }
    for (int d = 0; children != 0; ++d, children >>= 1)
      if (children & 1) cast_out<tree>(p + step_[d]);
    const std::int32_t highest = level_[tree] + (growing_ == tree ? 1 : 0);
    if (best < 0 || least >= highest) {
      node.tree = free;
      return;
    }
    node.parent = static_cast<std::uint8_t>(best);
    node.distance = least + 1;
    if (node.distance == highest)
      next_[tree].push_back(p);
    else if (node.distance == level_[tree])
      now_.push_back(p);
  }

  Pixel stride_;
  std::vector<Node> nodes_;
  std::vector<std::array<std::int32_t, directions>> capacity_;
  std::array<Pixel, directions> step_;

  std::array<std::int32_t, 3> level_{};            // distance from which each tree grows next
  std::array<std::vector<Pixel>, 3> next_;         // the pixels there
  std::vector<Pixel> now_;                         // those from which the tree `growing_` does
  Tree growing_ = free;
  std::array<std::vector<std::vector<Pixel>>, 3> orphans_;  // by distance
  std::size_t nearest_orphan_ = std::numeric_limits<std::size_t>::max(), orphan_count_ = 0;
};

}  // namespace loops
