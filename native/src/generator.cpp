#include "generator.hpp"

#include "guard.hpp"

using loops::Generator;
using loops::guarded;

void* generator_new(const generator_shape* shape) {
  return loops::made([&] { return new Generator(*shape); });
}

void generator_free(void* generator) { delete static_cast<Generator*>(generator); }

int generator_forward(void* generator, generator_pass* pass) {
  return guarded([&] {
    pass->error = static_cast<Generator*>(generator)->forward(pass->weights, pass->noise,
                                                              pass->target, pass->out);
  });
}

int generator_backward(void* generator, generator_pass* pass) {
  return guarded([&] {
    static_cast<Generator*>(generator)->backward(pass->out, pass->d_out, pass->gradients);
  });
}

int generator_features(const void* generator, int block, float* to) {
  return guarded([&] { static_cast<const Generator*>(generator)->features(block, to); });
}

void generator_seconds(const void* generator, double* to) {
  std::copy_n(static_cast<const Generator*>(generator)->seconds, GENERATOR_OPERATIONS, to);
}

void adam_step(const adam_arrays* a) {
  constexpr float kept = static_cast<float>(1 - loops::adam_beta1);
  constexpr float beta2 = static_cast<float>(loops::adam_beta2);
  constexpr float kept_square = static_cast<float>(1 - loops::adam_beta2);
  constexpr float eps = static_cast<float>(loops::adam_eps);
  float* __restrict weights = a->weights;
  float* __restrict mean = a->mean;
  float* __restrict square = a->square;
  const float* __restrict gradient = a->gradient;
  for (std::int64_t j = 0; j < a->size; ++j) {
    const float g = gradient[j];
    mean[j] += kept * (g - mean[j]);
    square[j] = square[j] * beta2 + kept_square * g * g;
    weights[j] -= a->rate * mean[j] / (std::sqrt(square[j]) / a->deviation + eps);
  }
}

void loop_constants(double* to) {
  const double all[] = {loops::adam_beta1, loops::adam_beta2, loops::adam_eps,
                        loops::batch_norm_eps, loops::leaky_slope};
  std::copy(std::begin(all), std::end(all), to);
}

double absolute_error(float* d_out, const float* out, const float* target, std::int64_t rows,
                      std::int64_t columns) {
  const double size = static_cast<double>(rows) * columns;
  const float share = static_cast<float>(1 / size);
  double total = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    float* __restrict to = d_out + r * columns;
    const float *one = out + r * columns, *other = target + r * columns;
    float error = 0;
    for (std::int64_t j = 0; j < columns; ++j) {
      const float apart = one[j] - other[j];
      error += std::abs(apart);
      const float up = apart > 0 ? share : 0.0f, down = apart < 0 ? share : 0.0f;
      to[j] = up - down;
    }
    total += error;
  }
  return total / size;
}
