// The regions of an image merged until there is one, the pair of lowest cost first.
//
// Sums are taken in the order written, so that equal costs stay equal whatever the instruction set;
// segprior/regions/merging_plain.py does the same in NumPy.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "guard.hpp"
#include "loops.h"
#include "tournament.hpp"

namespace {

using Link = std::int32_t;
using Region = std::int32_t;
constexpr Link none = -1;
constexpr std::int64_t block = 16;
constexpr double infinite = std::numeric_limits<double>::infinity();

// What is in each region: how many pixels, and the shares of the words of texture in it, as they are
// and diffused. Sums stand beside shares, which are all that a cost asks for.
class Content {
 public:
  explicit Content(const merge_input& in)
      : words_(in.words),
        areas_(in.areas, in.areas + in.regions),
        sums_(in.regions * width()),
        shares_(in.regions * width()) {
    for (Region i = 0; i < in.regions; ++i) {
      std::copy_n(in.histograms + i * words_, words_, &sums_[i * width()]);
      std::copy_n(in.diffused + i * words_, words_, &sums_[i * width() + words_]);
      set_shares(i);
    }
  }

  void add(Region i, Region j) {
    areas_[i] += areas_[j];
    for (std::int64_t k = 0; k < width(); ++k) sums_[i * width() + k] += sums_[j * width() + k];
    set_shares(i);
  }

  double cost(Region i, Region j, double strength, const double* weights) const {
    const double *one = &shares_[i * width()], *other = &shares_[j * width()];
    return strength + weights[0] * distance(one, other) +
           weights[1] * distance(one + words_, other + words_) +
           weights[2] * std::log(std::min(areas_[i], areas_[j]));
  }

 private:
  // The root of the chi-squared distance of two histograms.
  double distance(const double* one, const double* other) const {
    double sum = 0;
    for (std::int64_t start = 0; start < words_; start += block) {
      const std::int64_t size = std::min(block, words_ - start);
      double terms[block];  // apart from their sum, which has an order, they become vectors
      for (std::int64_t k = 0; k < size; ++k) {
        const double apart = one[start + k] - other[start + k];
        const double both = one[start + k] + other[start + k];
        terms[k] = apart * apart / (both > 0 ? both : 1);
      }
      for (std::int64_t k = 0; k < size; ++k) sum += terms[k];
    }
    return std::sqrt(0.5 * sum);
  }

  std::int64_t width() const { return 2 * words_; }
  void set_shares(Region i) {
    for (std::int64_t k = i * width(); k < (i + 1) * width(); ++k)
      shares_[k] = sums_[k] / areas_[i];
  }

  std::int64_t words_;
  std::vector<double> areas_, sums_, shares_;
};

struct Nearest {
  double cost = infinite;
  Region region = none;
};

// Which regions touch: a linked list of neighbours for each. To merge two is to hang one list onto
// the other; lists of others are not searched.
//
// Link 2 e leads from the first region of pair e to the second, and link 2 e + 1 back: the pair of
// a link is `link >> 1`, the way back `link ^ 1`.
class Adjacency {
 public:
  explicit Adjacency(const merge_input& in)
      : heads_(2 * static_cast<Link>(in.pairs)),
        after_(heads_ + in.regions, none),
        to_(heads_),
        gone_(in.pairs, 0),
        sums_(in.sums, in.sums + in.pairs),
        lengths_(in.lengths, in.lengths + in.pairs),
        costs_(in.pairs),
        marks_(in.regions, none) {
    for (Link e = 0; e < heads_ / 2; ++e) {
      const auto a = static_cast<Region>(in.first[e]), b = static_cast<Region>(in.second[e]);
      hang(2 * e, a, b);
      hang(2 * e + 1, b, a);
    }
  }

  Link head(Region i) const { return heads_ + i; }
  Link after(Link link) const { return after_[link]; }
  Region to(Link link) const { return to_[link]; }
  double cost(Link link) const { return costs_[link >> 1]; }
  double strength(Link link) const { return sums_[link >> 1] / lengths_[link >> 1]; }
  void set_cost(Link link, double cost) { costs_[link >> 1] = cost; }

  // The neighbour with which region i merges at the least cost, the lowest of equals. Pairs that
  // are gone leave its list on the way.
  Nearest nearest(Region i) {
    Nearest best;
    Link last = head(i);
    for (Link link = after_[last]; link != none; link = after_[link]) {
      if (gone_[link >> 1]) {
        after_[last] = after_[link];
        continue;
      }
      const double cost = costs_[link >> 1];
      if (cost < best.cost || (cost == best.cost && to_[link] < best.region))
        best = {cost, to_[link]};
      last = link;
    }
    return best;
  }

  // Makes region j part of its neighbour i, which gets the neighbours of j. Where both had one, the
  // two boundaries become one. Costs stay as they are.
  void contract(Region i, Region j) {
    Link last = mark(i, j);
    Link following = none;
    for (Link link = after_[head(j)]; link != none; link = following) {
      following = after_[link];
      if (gone_[link >> 1]) continue;
      const Link known = marks_[to_[link]];
      if (known == none) {
        to_[link ^ 1] = i;
        after_[last] = link;
        after_[link] = none;
        last = link;
      } else {
        sums_[known >> 1] += sums_[link >> 1];
        lengths_[known >> 1] += lengths_[link >> 1];
        gone_[link >> 1] = 1;
      }
    }
    after_[head(j)] = none;
    for (Link link = after_[head(i)]; link != none; link = after_[link]) marks_[to_[link]] = none;
  }

 private:
  void hang(Link link, Region from, Region to) {
    to_[link] = to;
    after_[link] = after_[head(from)];
    after_[head(from)] = link;
  }

  // Marks the neighbours of region i but j, the pair with which goes; returns the last link.
  Link mark(Region i, Region j) {
    Link last = head(i);
    for (Link link = after_[last]; link != none; link = after_[link]) {
      if (to_[link] == j) gone_[link >> 1] = 1;
      if (gone_[link >> 1]) {
        after_[last] = after_[link];
      } else {
        marks_[to_[link]] = link;
        last = link;
      }
    }
    return last;
  }

  Link heads_;               // after all links stand the heads of the lists
  std::vector<Link> after_;  // the link that follows
  std::vector<Region> to_;
  std::vector<char> gone_;  // pairs; a list loses their links when it is next walked
  std::vector<double> sums_, lengths_, costs_;
  std::vector<Link> marks_;  // while neighbours are handed over, the link to each
};

class Merging {
 public:
  explicit Merging(const merge_input& in)
      : in_(in),
        content_(in),
        graph_(in),
        lowest_(in.regions),
        nearest_(in.regions) {
    for (Link e = 0; e < in.pairs; ++e) set_cost(static_cast<Region>(in.first[e]), 2 * e);
    for (Region i = 0; i < in.regions; ++i) find_nearest(i);
  }

  void run(std::int32_t* merges, double* costs) {
    double highest = -infinite;
    for (std::int64_t step = 0; step < in_.regions - 1; ++step) {
      // The first of those with the least cost, so its partner is higher.
      const auto i = static_cast<Region>(lowest_.lowest());
      const Region j = nearest_[i];
      highest = std::max(highest, lowest_.at(i));
      merges[2 * step] = i;
      merges[2 * step + 1] = j;
      costs[step] = highest;
      content_.add(i, j);
      graph_.contract(i, j);
      lowest_.put(j, infinite);
      for (Link link = graph_.after(graph_.head(i)); link != none; link = graph_.after(link))
        set_cost(i, link);
      renew(i, j);
    }
  }

 private:
  void set_cost(Region from, Link link) {
    graph_.set_cost(link,
                    content_.cost(from, graph_.to(link), graph_.strength(link), in_.weights));
  }

  void find_nearest(Region i) {
    const Nearest found = graph_.nearest(i);
    nearest_[i] = found.region;
    lowest_.put(i, found.cost);
  }

  // Finds the cheapest neighbours again of region i, with j in it now, and of its neighbours.
  void renew(Region i, Region j) {
    find_nearest(i);
    for (Link link = graph_.after(graph_.head(i)); link != none; link = graph_.after(link)) {
      const Region q = graph_.to(link);
      const double cost = graph_.cost(link), least = lowest_.at(q);
      if (nearest_[q] == i || nearest_[q] == j) {
        find_nearest(q);
      } else if (cost < least || (cost == least && i < nearest_[q])) {
        nearest_[q] = i;
        lowest_.put(q, cost);
      }
    }
  }

  const merge_input& in_;
  Content content_;
  Adjacency graph_;
  loops::Tournament lowest_;
  std::vector<Region> nearest_;
};

}  // namespace

int merge_graph(const merge_input* input, int32_t* merges, double* costs) {
  return loops::guarded([&] { Merging(*input).run(merges, costs); });
}
