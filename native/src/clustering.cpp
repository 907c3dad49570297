#include "clustering.hpp"

#include "guard.hpp"

using Network = loops::ClusteringNetwork;
using loops::guarded;

void* clustering_new(const clustering_shape* shape, const float* image) {
  return loops::made([&] {
    auto network = std::make_unique<Network>(*shape);
    network->set_image(image);
    return network.release();
  });
}

void clustering_free(void* network) { delete static_cast<Network*>(network); }

int clustering_run(void* network, int stage, const clustering_stage* arrays) {
  return guarded([&] {
    Network& n = *static_cast<Network*>(network);
    switch (stage) {
      case CLUSTERING_FIRST: return n.first(*arrays);
      case CLUSTERING_CONV: return n.conv(*arrays);
      case CLUSTERING_RESPOND: return n.respond(*arrays);
      case CLUSTERING_BACK: return n.back(*arrays);
      case CLUSTERING_CONV_BACK: return n.conv_back(*arrays);
      case CLUSTERING_BACK_TO_FEATURES: return n.back_to_features(*arrays);
      case CLUSTERING_FIRST_BACK: return n.first_back(*arrays);
      default: return;
    }
  });
}

int clustering_loss(void* network, const clustering_stage* arrays, clustering_loss_terms* terms) {
  return guarded([&] { static_cast<Network*>(network)->loss(*arrays, *terms); });
}

void clustering_response(const void* network, float* to) {
  static_cast<const Network*>(network)->response(to);
}
