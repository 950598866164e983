/* A smoother that does not make its basis and factor again: a surface of tensor
 * products of cubic B-splines, fitted to points in the unit square by penalised
 * least squares. The basis depends on where the points lie, and the Cholesky
 * factor of the normal equations on that and on the penalty; on the responses
 * neither does. Both are put into a cache, with the fingerprint of the points
 * for a dependency, under a name that says what they are. It is the factor that
 * takes long; the basis shows that one call invalidates all that was made of
 * the same points.
 *
 *     basis_cache DIRECTORY-OF-THE-CACHE [NUMBER-OF-THE-DATA]
 *
 * Run again, it takes both from the cache. With another number the points are
 * others: what was made of the old ones says so by its dependency, and all of
 * it is invalidated in one call, whoever put it, before it is made anew. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "warmstart.h"

enum { POINTS = 20000, MARGIN = 35, SIZE = MARGIN * MARGIN, PACKED = SIZE * (SIZE + 1) / 2 };

static const double smoothing = 1e-3;

/* A point's basis functions that are not zero: four in each direction. */
typedef struct row { double first[2], value[2][4]; } row;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what)
{
    char text[WARM_ERROR_TEXT_MAX] = "";
    warm_last_error(text, sizeof text, NULL);
    fprintf(stderr, "basis_cache: %s: %s\n", what, text);
    exit(1);
}

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) fail("no memory");
    return memory;
}

/* ---- the model ---------------------------------------------------------- */

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void observe(uint64_t number, double (*x)[2], double *y)
{
    uint64_t state = number;
    for (int i = 0; i < POINTS; i++) {
        x[i][0] = uniform(&state);
        x[i][1] = uniform(&state);
        y[i] = sin(5 * x[i][0]) * x[i][1] + 0.1 * (uniform(&state) - 0.5);
    }
}

/* By Cox and de Boor, on knots at equal distances. */
static void splines(double (*x)[2], row *basis)
{
    const int pieces = MARGIN - 3;
    for (int i = 0; i < POINTS; i++) {
        for (int d = 0; d < 2; d++) {
            const double at = x[i][d] * pieces;
            const int piece = at < pieces - 1 ? (int)at : pieces - 1;
            const double u = at - piece, w = 1 - u;
            double *b = basis[i].value[d];
            basis[i].first[d] = piece;
            b[0] = w * w * w / 6;
            b[1] = (3 * u * u * u - 6 * u * u + 4) / 6;
            b[2] = (3 * w * w * w - 6 * w * w + 4) / 6;
            b[3] = u * u * u / 6;
        }
    }
}

static double *at(double *packed, int i, int j) { return &packed[(size_t)i * ((size_t)i + 1) / 2 + (size_t)j]; }

/* Calls for each of a point's sixteen products: its number and its value. */
#define EACH_PRODUCT(r, k, v)                                                                   \
    for (int s_ = 0, k; s_ < 16 && (k = ((int)(r)->first[0] + s_ / 4) * MARGIN + (int)(r)->first[1] + s_ % 4, 1); s_++) \
        for (double v = (r)->value[0][s_ / 4] * (r)->value[1][s_ % 4], *once_ = &v; once_ != NULL; once_ = NULL)

/* The lower triangle of B'B + smoothing * P, where P takes second differences in both directions, by rows. */
static void normal_equations(const row *basis, double *a)
{
    static const double second[3] = {1, -2, 1};
    for (int i = 0; i < POINTS; i++) {
        EACH_PRODUCT(&basis[i], k, v) EACH_PRODUCT(&basis[i], l, w)
        {
            if (l <= k) *at(a, k, l) += v * w;
        }
    }
    for (int d = 0; d < 2; d++) {
        const int step = d == 0 ? MARGIN : 1, other = d == 0 ? 1 : MARGIN;
        for (int line = 0; line < MARGIN; line++)
            for (int m = 0; m + 2 < MARGIN; m++)
                for (int p = 0; p < 3; p++)
                    for (int q = 0; q <= p; q++)
                        *at(a, line * other + (m + p) * step, line * other + (m + q) * step) += smoothing * POINTS * second[p] * second[q];
    }
    for (int k = 0; k < SIZE; k++) *at(a, k, k) += 1e-8;
}

static void cholesky(double *a)
{
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j <= i; j++) {
            const double *x = at(a, i, 0), *y = at(a, j, 0);
            double sum = x[j];
            for (int k = 0; k < j; k++) sum -= x[k] * y[k];
            *at(a, i, j) = i == j ? sqrt(sum) : sum / y[j];
        }
    }
}

static void solve(const double *packed, double *c)
{
    double *l = (double *)(uintptr_t)packed; /* only read */
    for (int i = 0; i < SIZE; i++) {
        for (int k = 0; k < i; k++) c[i] -= *at(l, i, k) * c[k];
        c[i] /= *at(l, i, i);
    }
    for (int i = SIZE - 1; i >= 0; i--) {
        for (int k = i + 1; k < SIZE; k++) c[i] -= *at(l, k, i) * c[k];
        c[i] /= *at(l, i, i);
    }
}

/* ---- the cache ---------------------------------------------------------- */

static char data[WARM_CACHE_LABEL_MAX]; /* "points:" and the fingerprint's digits */
static warm_put *with;

static void describe_points(double (*x)[2])
{
    warm_fingerprinter *f = NULL;
    warm_key key;
    strcpy(data, "points:");
    if (warm_fingerprinter_new(&f) != WARM_OK || warm_fingerprinter_absorb_f64_2d(f, "x", -1, POINTS, 2, &x[0][0]) != WARM_OK ||
        warm_fingerprinter_finish(f, &key) != WARM_OK || warm_key_to_hex(&key, data + strlen(data)) != WARM_OK)
        fail("fingerprinting the points");
    warm_fingerprinter_free(&f);
    if (warm_put_new(&with) != WARM_OK || warm_put_add_dependency(with, data, -1) != WARM_OK) fail("describing what is put");
}

/* What is under that name, if it was made of these points; what was made of others is invalidated, whatever its name. */
static warm_blob *find(warm_cache *cache, const char *what, const char *name, int64_t size)
{
    const double began = now();
    warm_blob *blob = NULL;
    const int32_t status = warm_cache_get(cache, what, -1, name, -1, &blob);
    char of[WARM_CACHE_LABEL_MAX] = "";
    const char *labels[1];
    int64_t gone = 0;
    warm_blob_info info;
    if (status < 0) fail("getting from the cache");
    if (status == WARM_NOT_FOUND) return NULL;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    if (warm_blob_get_info(blob, &info) != WARM_OK || warm_blob_dependency(blob, 0, of, sizeof of, NULL) != WARM_OK) fail("reading a blob");
    if (strcmp(of, data) == 0 && info.payload_bytes == size) {
        printf("%-8s from the %s, %" PRId64 " bytes in %.2f ms\n", what, info.from_memory ? "memory" : "disk", size, 1e3 * (now() - began));
        return blob;
    }
    warm_blob_free(&blob);
    labels[0] = of;
    if (warm_cache_invalidate_dependencies(cache, NULL, 0, labels, NULL, 1, &gone) != WARM_OK) fail("invalidating what was made of other points");
    printf("%-8s is of other points: %" PRId64 " blobs invalidated\n", what, gone);
    return NULL;
}

static void keep(warm_cache *cache, const char *what, const char *name, const void *bytes, int64_t size, double seconds)
{
    const double began = now();
    if (warm_cache_put(cache, what, -1, name, -1, bytes, size, with, NULL) != WARM_OK) fail("putting into the cache");
    printf("%-8s computed in %.2f ms, put in %.2f ms\n", what, 1e3 * seconds, 1e3 * (now() - began));
}

static const void *bytes_of(const warm_blob *blob)
{
    const void *bytes = NULL;
    int64_t size = 0;
    if (warm_blob_payload(blob, &bytes, &size) != WARM_OK) fail("reading a blob");
    return bytes;
}

int main(int argc, char **argv)
{
    double (*x)[2] = room(POINTS, sizeof *x), *y = room(POINTS, sizeof *y), *c = room(SIZE, sizeof *c), sum = 0, began;
    row *basis_made = room(POINTS, sizeof *basis_made);
    double *factor_made = NULL;
    const int64_t basis_size = POINTS * (int64_t)sizeof *basis_made, factor_size = PACKED * (int64_t)sizeof *factor_made;
    warm_cache *cache = NULL;
    warm_cache_stats stats;
    char basis_name[80], factor_name[80];
    if (argc < 2) {
        fprintf(stderr, "usage: basis_cache DIRECTORY-OF-THE-CACHE [NUMBER-OF-THE-DATA]\n");
        return 2;
    }
    observe(argc > 2 ? (uint64_t)strtoull(argv[2], NULL, 10) : 1, x, y);
    if (warm_cache_open(argv[1], -1, NULL, &cache) != WARM_OK) fail("opening the cache");
    describe_points(x);
    snprintf(basis_name, sizeof basis_name, "cubic %d x %d", MARGIN, MARGIN);
    snprintf(factor_name, sizeof factor_name, "cubic %d x %d, smoothing %g", MARGIN, MARGIN, smoothing);

    warm_blob *basis_blob = find(cache, "basis", basis_name, basis_size);
    if (basis_blob == NULL) {
        began = now();
        splines(x, basis_made);
        keep(cache, "basis", basis_name, basis_made, basis_size, now() - began);
    }
    const row *basis = basis_blob != NULL ? bytes_of(basis_blob) : basis_made; /* where it lies, without a copy */

    warm_blob *factor_blob = find(cache, "factor", factor_name, factor_size);
    if (factor_blob == NULL) {
        began = now();
        factor_made = room(PACKED, sizeof *factor_made);
        normal_equations(basis, factor_made);
        cholesky(factor_made);
        keep(cache, "factor", factor_name, factor_made, factor_size, now() - began);
    }
    const double *factor = factor_blob != NULL ? bytes_of(factor_blob) : factor_made;

    for (int i = 0; i < POINTS; i++) EACH_PRODUCT(&basis[i], k, v) c[k] += v * y[i];
    solve(factor, c);
    for (int i = 0; i < POINTS; i++) {
        double e = y[i];
        EACH_PRODUCT(&basis[i], k, v) e -= v * c[k];
        sum += e * e;
    }
    printf("fit      rss %.17g\n", sum);
    memset(&stats, 0, sizeof stats);
    stats.struct_size = (uint32_t)sizeof stats;
    if (warm_cache_get_stats(cache, NULL, 0, &stats) != WARM_OK) fail("asking for figures");
    printf("cache    %" PRId64 " hits, %" PRId64 " misses, %" PRId64 " puts, %" PRId64 " bytes on disk\n", stats.memory_hits + stats.disk_hits,
           stats.misses, stats.puts, stats.disk_bytes);

    warm_blob_free(&basis_blob);
    warm_blob_free(&factor_blob);
    warm_put_free(&with);
    warm_cache_free(&cache);
    free(x);
    free(y);
    free(c);
    free(basis_made);
    free(factor_made);
    return 0;
}
