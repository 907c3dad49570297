/* What Python calls, through segprior/runtime/loops.py. Arrays are contiguous; nothing here keeps
 * one after it has returned, except where it says so. Functions hold no lock and use one thread.
 * Those that return an int return 0, or 1 where memory ran out; those that make something return
 * NULL then. */
#ifndef SEGPRIOR_LOOPS_H
#define SEGPRIOR_LOOPS_H

#include <stdint.h>

#ifdef _WIN32
#define LOOPS_API __declspec(dllexport)
#else
#define LOOPS_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The best instruction set of this processor among those that are built: 0 for the baseline, then
 * AVX2 with FMA, AVX-512. */
LOOPS_API int instruction_set(void);
/* How many floats a vector has in this library. */
LOOPS_API int vector_lanes(void);
/* 10^9 additions and multiplications a second in products from the cache, on one thread. */
LOOPS_API double peak_gflops(double seconds);

/* constants.hpp: beta1, beta2 and eps of Adam, eps of a batch normalisation, leaky slope. */
LOOPS_API void loop_constants(double* to);

/* generator.hpp */
typedef struct {
  int32_t rows, columns; /* multiples of 8, at least 16 */
  int32_t channels, noise_channels;
} generator_shape;

enum {
  CONV3X3S2_FORWARD,
  CONV3X3_FORWARD,
  UPCONV_FORWARD,
  CONV1X1_FORWARD,
  HEAD_FORWARD,
  HEAD_BACKWARD,
  CONV1X1_BACKWARD,
  UPCONV_BACKWARD,
  CONV3X3_BACKWARD,
  CONV3X3S2_BACKWARD,
  GENERATOR_OPERATIONS
};

LOOPS_API void* generator_new(const generator_shape* shape);
LOOPS_API void generator_free(void* generator);
/* Weights and gradients as in segprior/nn/shared/initial.py, one after the other; images are (rows,
 * channels, columns). Noise and target are kept until `generator_backward` has returned. */
typedef struct {
  const float* weights;
  const float* noise;  /* (rows, noise_channels, columns) */
  const float* target; /* or NULL */
  float* out;
  const float* d_out; /* the gradient of out, or NULL: from the error to the target */
  float* gradients;
  double error; /* mean absolute error to the target */
} generator_pass;
/* Write out and, with a target, error. */
LOOPS_API int generator_forward(void* generator, generator_pass* pass);
/* Write gradients, from out, which was generated last. */
LOOPS_API int generator_backward(void* generator, generator_pass* pass);
/* to (rows', columns', width): what a block gave last. */
LOOPS_API int generator_features(const void* generator, int block, float* to);
/* Seconds spent in each operation so far, (GENERATOR_OPERATIONS,). */
LOOPS_API void generator_seconds(const void* generator, double* to);

typedef struct {
  float *weights, *mean, *square;
  const float* gradient;
  int64_t size;
  float rate, deviation; /* learning rate / (1 - beta1^step), sqrt(1 - beta2^step) */
} adam_arrays;
LOOPS_API void adam_step(const adam_arrays* arrays);

/* Mean absolute error of out to target, and its gradient into d_out. */
LOOPS_API double absolute_error(float* d_out, const float* out, const float* target, int64_t rows,
                                int64_t columns);

/* double_dip.cpp */
typedef struct {
  float* out;
  const float* noise; /* (rows, channels, columns), as out */
  const uint32_t* words; /* one for each number, and 16 more where they are no multiple of 16 */
  int32_t rows, channels, columns; /* at least 16 numbers */
  float deviation;
} noise_arrays;
/* out = noise + deviation * normal numbers, drawn in the order (channels, rows, columns). */
LOOPS_API int add_noise(const noise_arrays* arrays);

typedef struct {
  float* gradient;
  const float *layer, *target; /* (rows, channels, columns), as gradient */
  const float* inside;         /* (rows, columns): 1 inside the hint, 0 elsewhere, some of it 1 */
  int32_t rows, channels, columns;
} hinted_arrays;
/* Mean absolute error of a layer inside its hint, and its gradient. */
LOOPS_API double hinted_error(const hinted_arrays* arrays);

typedef struct {
  float *by_foreground, *by_background, *by_mask; /* gradients, added to */
  const float *foreground, *background, *target;  /* (rows, channels, columns) */
  const float* mask;                              /* (rows, columns) */
  double* errors; /* (2,): mean absolute error and mean squared error */
  int32_t rows, channels, columns;
  float weight; /* of the mean absolute error; 0 leaves the gradients as they are */
} composed_arrays;
LOOPS_API void compare_composed(const composed_arrays* arrays);

/* merging.cpp: a connected graph of regions, as in segprior/regions/merging.py. */
typedef struct {
  int64_t regions, pairs, words;
  const int64_t *first, *second;              /* (pairs,), ascending */
  const double *sums, *lengths;               /* (pairs,) */
  const double *areas, *histograms, *diffused; /* (regions,), by words twice */
  double weights[3];
} merge_input;
/* merges (regions - 1, 2), costs (regions - 1,). */
LOOPS_API int merge_graph(const merge_input* input, int32_t* merges, double* costs);

/* grabcut.cpp */
typedef struct {
  int32_t rows, columns, iterations;
  uint64_t seed;
  const uint8_t* picture; /* (rows, columns, 3): red, green, blue */
  const uint8_t* ground;  /* (rows, columns): 1 where surely no object is; or NULL */
} grabcut_input;
/* object (rows, columns), 0 and 1: a guess, then what was found. */
LOOPS_API int grabcut(const grabcut_input* input, uint8_t* object);

/* cut.cpp */
typedef struct {
  int32_t rows, columns;
  const int32_t* links;  /* (rows, columns, 4): to the right, below, below right, below left */
  const int32_t* excess; /* (rows, columns): what it costs more to be ground than object */
  const uint8_t* band;   /* (rows, columns): 1 where it is decided */
} cut_input;
/* object (rows, columns), 0 and 1: what it is outside of the band, then what was found. */
LOOPS_API int cut_band(const cut_input* input, uint8_t* object);

/* clustering.hpp */
typedef struct {
  int32_t rows, columns, bands, channels, blocks;
} clustering_shape;

enum {
  CLUSTERING_FIRST,
  CLUSTERING_CONV,
  CLUSTERING_RESPOND,
  CLUSTERING_BACK,
  CLUSTERING_CONV_BACK,
  CLUSTERING_BACK_TO_FEATURES,
  CLUSTERING_FIRST_BACK
};

/* What a stage reads and writes; the stages say what of it, for `channels` = C. */
typedef struct {
  int32_t threads, block;
  const float* weight; /* a convolution (C, ., 3, 3), or a matrix (C, C) */
  const float* bias;   /* (C,) */
  const float *factor, *term; /* (C,): of the features before */
  const float* mixed;  /* (C, C), or (C,) for CLUSTERING_BACK_TO_FEATURES */
  int64_t* labels;     /* (rows, columns) */
  double* sums;        /* (C,) */
  double* products;    /* (C,) or (C, C) */
  float* filters;      /* the gradient of a convolution */
} clustering_stage;

typedef struct {
  const int64_t* target; /* (rows, columns) */
  const float* shares;   /* (rows, columns): how much a pixel counts, or NULL: all alike */
  double continuity;
  double loss; /* written */
} clustering_loss_terms;

/* image (rows, columns, bands) is copied. */
LOOPS_API void* clustering_new(const clustering_shape* shape, const float* image);
LOOPS_API void clustering_free(void* network);
LOOPS_API int clustering_run(void* network, int stage, const clustering_stage* arrays);
LOOPS_API int clustering_loss(void* network, const clustering_stage* arrays,
                              clustering_loss_terms* terms);
/* to (rows, columns, C); before `clustering_loss`. */
LOOPS_API void clustering_response(const void* network, float* to);

/* watershed.cpp */
typedef struct {
  int32_t* labels; /* (rows, columns), from 1 */
  const float* image; /* (rows, columns), no NaN */
  int32_t rows, columns;
} watershed_arrays;
/* Write the number of the basin of each pixel. */
LOOPS_API int flood_basins(const watershed_arrays* arrays);

/* unpacking.cpp: undo a compression of TIFF. Return how many bytes were written, at most `room`, or
 * -1 for bytes that are no LZW. */
LOOPS_API int64_t lzw_decode(const uint8_t* from, int64_t length, uint8_t* to, int64_t room);
LOOPS_API int64_t packbits_decode(const uint8_t* from, int64_t length, uint8_t* to, int64_t room);

#ifdef __cplusplus
}
#endif

#endif
