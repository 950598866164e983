/* What near-match seeds are worth: ten-fold cross-validation, and refits with
 * 1, 5 and 20 % of the rows exchanged, each fitted twice: cold from the far
 * start that NIST names, and from the seed that the store offers, if the guard
 * says so. Nonlinear least squares by Levenberg and Marquardt on observed data
 * of the NIST Statistical Reference Datasets, which are in the public domain.
 *
 *     seed_study DIRECTORY-OF-THE-DATA DIRECTORY-OF-THE-STORE [REPETITIONS [PLOT.svg]]
 *
 * The table goes to the standard output. An answer counts as equal when the
 * residual sums of squares agree to 1e-8 of their size. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nist_data.h"
#include "warmstart.h"

enum { FOLDS = 10, LIMIT = 2000, PROBLEMS = 6, SETTINGS = 4 };

/* ---- models ------------------------------------------------------------- */

static double bennett(const double *b, double x) { return b[0] * pow(b[1] + x, -1 / b[2]); }
static double chwirut(const double *b, double x) { return exp(-b[0] * x) / (b[1] + b[2] * x); }
static double hahn(const double *b, double x)
{
    return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])));
}
static double kirby(const double *b, double x) { return (b[0] + x * (b[1] + x * b[2])) / (1 + x * (b[3] + x * b[4])); }
static double enso(const double *b, double x)
{
    const double turn = 2 * 3.14159265358979323846 * x;
    return b[0] + b[1] * cos(turn / 12) + b[2] * sin(turn / 12) + b[4] * cos(turn / b[3]) + b[5] * sin(turn / b[3]) +
           b[7] * cos(turn / b[6]) + b[8] * sin(turn / b[6]);
}

typedef struct problem_kind {
    const char *file, *model;
    double (*f)(const double *, double);
} problem_kind;

static const problem_kind kinds[PROBLEMS] = {
    {"Bennett5", "bennett5", bennett}, {"Chwirut1", "chwirut", chwirut}, {"Chwirut2", "chwirut", chwirut},
    {"ENSO", "enso", enso},            {"Hahn1", "hahn1", hahn},         {"Kirby2", "kirby2", kirby},
};

/* ---- the solver --------------------------------------------------------- */

/* The rows a fit is made of. */
typedef struct rows {
    const problem_kind *kind;
    int n, p;
    double x[NIST_MAX_OBSERVATIONS], y[NIST_MAX_OBSERVATIONS];
} rows;

static double rss_at(const rows *r, const double *b)
{
    double sum = 0;
    for (int i = 0; i < r->n; i++) {
        const double e = r->y[i] - r->kind->f(b, r->x[i]);
        sum += e * e;
    }
    return sum; /* may be NaN or infinite: outside the model's domain */
}

/* Solves the p equations by Cholesky; 0 where the matrix is not positive. */
static int solve(double a[][NIST_MAX_PARAMETERS], double *v, int p)
{
    for (int j = 0; j < p; j++) {
        for (int k = 0; k < j; k++) a[j][j] -= a[j][k] * a[j][k];
        if (!(a[j][j] > 0)) return 0;
        a[j][j] = sqrt(a[j][j]);
        for (int i = j + 1; i < p; i++) {
            for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
            a[i][j] /= a[j][j];
        }
    }
    for (int i = 0; i < p; i++) {
        for (int k = 0; k < i; k++) v[i] -= a[i][k] * v[k];
        v[i] /= a[i][i];
    }
    for (int i = p - 1; i >= 0; i--) {
        for (int k = i + 1; k < p; k++) v[i] -= a[k][i] * v[k];
        v[i] /= a[i][i];
    }
    return 1;
}

/* From b to the minimum; returns the number of iterations, each with one
 * Jacobian (central differences, scaled columns). Ends by the relative offset of
 * Bates and Watts (Technometrics 23, 1981): when the residuals' projection on the
 * tangent plane is shorter than 1e-6 of them. */
static int fit(const rows *r, double *b, double *objective)
{
    double lambda = 1e-3, rss = rss_at(r, b);
    int iterations = 0;

    while (iterations < LIMIT && isfinite(rss)) {
        double jtj[NIST_MAX_PARAMETERS][NIST_MAX_PARAMETERS] = {{0}}, gradient[NIST_MAX_PARAMETERS] = {0};
        double scale[NIST_MAX_PARAMETERS];
        iterations++;
        for (int i = 0; i < r->n; i++) {
            double row[NIST_MAX_PARAMETERS], c[NIST_MAX_PARAMETERS];
            const double e = r->y[i] - r->kind->f(b, r->x[i]);
            memcpy(c, b, sizeof c);
            for (int j = 0; j < r->p; j++) {
                const double h = 6e-6 * (fabs(b[j]) > 0 ? fabs(b[j]) : 1e-6);
                c[j] = b[j] + h;
                const double up = r->kind->f(c, r->x[i]);
                c[j] = b[j] - h;
                row[j] = (up - r->kind->f(c, r->x[i])) / (2 * h);
                c[j] = b[j];
            }
            for (int j = 0; j < r->p; j++) {
                gradient[j] += row[j] * e;
                for (int k = 0; k <= j; k++) jtj[j][k] += row[j] * row[k];
            }
        }
        for (int j = 0; j < r->p; j++) scale[j] = jtj[j][j] > 0 ? sqrt(jtj[j][j]) : 1;
        double a[NIST_MAX_PARAMETERS][NIST_MAX_PARAMETERS], v[NIST_MAX_PARAMETERS], next[NIST_MAX_PARAMETERS];
        double projected = 0, gain = 0;
        for (int j = 0; j < r->p; j++) {
            v[j] = gradient[j] / scale[j];
            for (int k = 0; k <= j; k++) a[j][k] = jtj[j][k] / (scale[j] * scale[k]);
        }
        if (solve(a, v, r->p)) {
            for (int j = 0; j < r->p; j++) projected += v[j] * gradient[j] / scale[j];
            if (projected <= 1e-12 * rss) break;
        }
        for (int attempt = 0; attempt < 30 && !(gain > 0); attempt++) {
            for (int j = 0; j < r->p; j++) {
                v[j] = gradient[j] / scale[j];
                for (int k = 0; k <= j; k++) a[j][k] = jtj[j][k] / (scale[j] * scale[k]);
                a[j][j] += lambda;
            }
            if (solve(a, v, r->p)) {
                for (int j = 0; j < r->p; j++) next[j] = b[j] + v[j] / scale[j];
                const double there = rss_at(r, next);
                if (there < rss) {
                    gain = rss - there;
                    memcpy(b, next, (size_t)r->p * sizeof *b);
                    rss = there;
                    lambda = lambda > 1e-14 ? lambda / 5 : lambda;
                    break;
                }
            }
            lambda = lambda < 1e12 ? lambda * 4 : lambda;
        }
        if (!(gain > 0)) break; /* no step helps any more */
    }
    *objective = rss;
    return iterations;
}

/* ---- the store ---------------------------------------------------------- */

static void must(int32_t status, const char *what)
{
    char why[WARM_ERROR_TEXT_MAX] = "";
    if (status >= 0) return;
    (void)warm_last_error(why, sizeof why, NULL);
    fprintf(stderr, "seed_study: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static warm_key key_of(const char *model, const char *data, const rows *r)
{
    warm_fingerprinter *f = NULL;
    warm_key key;
    must(warm_fingerprinter_new(&f), "fingerprint");
    must(warm_fingerprinter_absorb_str(f, "model", -1, model, -1), "fingerprint");
    must(warm_fingerprinter_absorb_str(f, "solver", -1, "Levenberg-Marquardt 1", -1), "fingerprint");
    if (data != NULL) must(warm_fingerprinter_absorb_str(f, "data", -1, data, -1), "fingerprint");
    if (r != NULL) {
        must(warm_fingerprinter_absorb_f64_slice(f, "x", -1, r->x, r->n), "fingerprint");
        must(warm_fingerprinter_absorb_f64_slice(f, "y", -1, r->y, r->n), "fingerprint");
    }
    must(warm_fingerprinter_finish(f, &key), "fingerprint");
    warm_fingerprinter_free(&f);
    return key;
}

/* What was found in one setting of one problem. */
typedef struct tally {
    int fits, offered, refused, equal, better, worse, failed;
    long cold_iterations, seeded_iterations;
    double cold_seconds, seeded_seconds, store_seconds;
} tally;

/* Fits the rows cold and seeded, and stores the seeded answer. */
static void compare(warm_store *store, const rows *r, const nist_problem *problem, tally *t)
{
    double cold[NIST_MAX_PARAMETERS] = {0}, seeded[NIST_MAX_PARAMETERS] = {0}, cold_rss, seeded_rss, began;
    const size_t size = (size_t)r->p * sizeof *cold;
    const warm_key own = key_of(r->kind->model, problem->name, r);
    const warm_key near = key_of(r->kind->model, problem->name, NULL), far = key_of(r->kind->model, NULL, NULL);
    warm_session_options *options = NULL;
    warm_session *session = NULL;
    warm_entry_info at = {0};
    int64_t iterations;

    memcpy(cold, problem->start, size);
    began = now();
    const int cold_iterations = fit(r, cold, &cold_rss);
    t->cold_seconds += now() - began;
    t->cold_iterations += cold_iterations;

    began = now();
    must(warm_session_options_new(&options), "options");
    must(warm_session_options_add_seed_key(options, &near), "near seed key"); /* the same data, other rows */
    must(warm_session_options_add_seed_key(options, &far), "far seed key");   /* the same model, other data */
    must(warm_session_open(store, &own, options, &session), "session");
    warm_session_options_free(&options);
    at.struct_size = sizeof at;
    const int32_t found = warm_session_resume(session, seeded, (int64_t)size, &at);
    must(found, "resume");
    t->store_seconds += now() - began;
    began = now();
    int used = 0;
    if (found == WARM_OK) {
        if (at.source != WARM_SOURCE_SEED) {
            fprintf(stderr, "seed_study: two fits have the same rows\n");
            exit(1);
        }
        const double at_seed = rss_at(r, seeded), at_cold = rss_at(r, problem->start);
        used = warm_session_should_use_seed(session, &at_seed, &at_cold);
        must(used, "guard");
        t->offered++;
        t->refused += !used;
    }
    if (!used) memcpy(seeded, problem->start, size);
    iterations = fit(r, seeded, &seeded_rss);
    t->seeded_seconds += now() - began;
    t->seeded_iterations += (long)iterations;
    t->fits++;
    began = now();
    if (used) must(warm_session_note_iterations_saved(session, cold_iterations - iterations), "note");
    if (isfinite(seeded_rss)) must(warm_session_finalize(session, seeded, (int64_t)size, &seeded_rss, &iterations), "finalize");
    warm_session_free(&session);
    t->store_seconds += now() - began;

    if (!isfinite(seeded_rss) || !isfinite(cold_rss))
        t->failed++;
    else if (fabs(seeded_rss - cold_rss) <= 1e-8 * cold_rss)
        t->equal++;
    else if (seeded_rss < cold_rss)
        t->better++;
    else
        t->worse++;
}

/* ---- the settings ------------------------------------------------------- */

static uint64_t state = 1;
static int below(int n) /* SplitMix64 */
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int)((z ^ (z >> 31)) % (uint64_t)n);
}

static void shuffle(int *order, int n)
{
    for (int i = n - 1; i > 0; i--) {
        const int j = below(i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void add(rows *r, const nist_problem *problem, int i)
{
    r->x[r->n] = problem->x[i];
    r->y[r->n++] = problem->y[i];
}

/* The root of each setting is its own, so that nothing is found but relatives. */
static warm_store *fresh_store(const char *below_this, const char *problem, const char *setting, int repetition)
{
    char root[1024];
    warm_store *store = NULL;
    if (snprintf(root, sizeof root, "%s/%s-%s-%d", below_this, problem, setting, repetition) >= (int)sizeof root) exit(2);
    must(warm_store_open(root, -1, NULL, &store), "store");
    return store;
}

/* Ten folds, each fitted on the other nine. */
static void cross_validate(const char *scratch, const problem_kind *kind, const nist_problem *problem, int repetition, tally *t)
{
    int order[NIST_MAX_OBSERVATIONS];
    warm_store *store = fresh_store(scratch, problem->name, "cv", repetition);
    for (int i = 0; i < problem->observations; i++) order[i] = i;
    shuffle(order, problem->observations);
    for (int fold = 0; fold < FOLDS; fold++) {
        rows r = {kind, 0, problem->parameters, {0}, {0}};
        for (int i = 0; i < problem->observations; i++)
            if (i % FOLDS != fold) add(&r, problem, order[i]);
        compare(store, &r, problem, t);
    }
    warm_store_free(&store);
}

/* A fit of three quarters of the rows, then one in which `share` of these has
 * been exchanged for rows that were left out. The first is not counted. */
static void refit(const char *scratch, const problem_kind *kind, const nist_problem *problem, double share, int repetition, tally *t)
{
    int order[NIST_MAX_OBSERVATIONS];
    char setting[32];
    const int most = problem->observations, n = most * 3 / 4;
    int changed = (int)ceil(share * n);
    if (changed > most - n) changed = most - n;
    (void)snprintf(setting, sizeof setting, "refit%d", (int)(100 * share));
    warm_store *store = fresh_store(scratch, problem->name, setting, repetition);
    for (int i = 0; i < most; i++) order[i] = i;
    shuffle(order, most);
    for (int again = 0; again < 2; again++) {
        rows r = {kind, 0, problem->parameters, {0}, {0}};
        tally not_counted = {0};
        for (int i = 0; i < n; i++) add(&r, problem, order[again && i < changed ? n + i : i]);
        compare(store, &r, problem, again ? t : &not_counted);
    }
    warm_store_free(&store);
}

/* ---- the plot ----------------------------------------------------------- */

static const char *const settings[SETTINGS] = {"10-fold CV", "1 % changed", "5 % changed", "20 % changed"};

/* Iterations of the seeded fits as a share of the cold ones', a group of bars for
 * each problem. */
static int plot(const char *path, tally t[PROBLEMS][SETTINGS])
{
    static const char *const colours[SETTINGS] = {"#4477aa", "#66ccee", "#228833", "#ccbb44"};
    const double left = 60, top = 50, height = 220, group = 110, bar = 20;
    FILE *f = fopen(path, "w");
    if (f == NULL) return 0;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" font-family=\"sans-serif\" font-size=\"12\">\n",
            left + PROBLEMS * group + 20, top + height + 50);
    fprintf(f, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n<text x=\"%g\" y=\"20\" font-size=\"14\">Iterations from a seed, in %% of those of a cold start</text>\n", left);
    for (int i = 0; i < SETTINGS; i++)
        fprintf(f, "<rect x=\"%g\" y=\"30\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%g\" y=\"40\">%s</text>\n", left + 130 * i, colours[i],
                left + 130 * i + 15, settings[i]);
    for (int tick = 0; tick <= 100; tick += 25)
        fprintf(f, "<line x1=\"%g\" x2=\"%g\" y1=\"%g\" y2=\"%g\" stroke=\"#ccc\"/><text x=\"%g\" y=\"%g\" text-anchor=\"end\">%d %%</text>\n", left,
                left + PROBLEMS * group, top + height - height * tick / 100, top + height - height * tick / 100, left - 5,
                top + height - height * tick / 100 + 4, tick);
    for (int p = 0; p < PROBLEMS; p++) {
        for (int i = 0; i < SETTINGS; i++) {
            double share = (double)t[p][i].seeded_iterations / (double)t[p][i].cold_iterations;
            if (share > 1) share = 1;
            fprintf(f, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"%s\"/>\n", left + p * group + 10 + i * bar, top + height * (1 - share),
                    bar - 2, height * share, colours[i]);
        }
        fprintf(f, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%s</text>\n", left + p * group + 10 + 2 * bar, top + height + 18, kinds[p].file);
    }
    fprintf(f, "</svg>\n");
    return fclose(f) == 0;
}

static void print_row(const char *problem, const char *setting, const tally *s)
{
    printf("%-9s %-17s %5d %8.1f %8.1f %6.1f %9.3f %9.3f %9.3f %8d %8d %6d %6d %6d %6d\n", problem, setting, s->fits,
           (double)s->cold_iterations / s->fits, (double)s->seeded_iterations / s->fits,
           100.0 * (double)s->seeded_iterations / (double)s->cold_iterations, 1e3 * s->cold_seconds / s->fits,
           1e3 * s->seeded_seconds / s->fits, 1e3 * s->store_seconds / s->fits, s->offered, s->refused, s->equal, s->better, s->worse, s->failed);
}

/* Nine tenths of the rows of one data set of a model, from a fit of the other
 * data set of the same model (Chwirut1 and Chwirut2), by the far seed key. */
static void across(const char *scratch, const nist_problem *problem, const char *setting, int repetition, tally *t)
{
    for (int other = 1; other <= 2; other++) {
        warm_store *store = fresh_store(scratch, problem[other].name, setting, repetition);
        for (int turn = 0; turn < 2; turn++) {
            const int p = turn == 0 ? 3 - other : other;
            rows r = {&kinds[p], 0, problem[p].parameters, {0}, {0}};
            int order[NIST_MAX_OBSERVATIONS];
            tally not_counted = {0};
            for (int i = 0; i < problem[p].observations; i++) order[i] = i;
            shuffle(order, problem[p].observations);
            for (int i = 0; i < problem[p].observations * 9 / 10; i++) add(&r, &problem[p], order[i]);
            compare(store, &r, &problem[p], turn == 0 ? &not_counted : t);
        }
        warm_store_free(&store);
    }
}

int main(int argc, char **argv)
{
    static nist_problem problem[PROBLEMS];
    static tally t[PROBLEMS][SETTINGS];
    const int repetitions = argc > 3 ? atoi(argv[3]) : 10;

    if (argc < 3 || repetitions < 1) {
        fprintf(stderr, "usage: seed_study DATA STORE [REPETITIONS [PLOT.svg]]\n");
        return 2;
    }
    printf("%-9s %-17s %5s %8s %8s %6s %9s %9s %9s %8s %8s %6s %6s %6s %6s\n", "problem", "setting", "fits", "it cold", "it seed", "%", "ms cold",
           "ms seed", "ms store", "offered", "refused", "equal", "better", "worse", "failed");
    for (int p = 0; p < PROBLEMS; p++) {
        char path[1024];
        if (snprintf(path, sizeof path, "%s/%s.dat", argv[1], kinds[p].file) >= (int)sizeof path) return 2;
        const char *wrong = nist_read(path, &problem[p]);
        if (wrong != NULL) {
            fprintf(stderr, "seed_study: %s %s\n", path, wrong);
            return 1;
        }
        for (int repetition = 0; repetition < repetitions; repetition++) {
            cross_validate(argv[2], &kinds[p], &problem[p], repetition, &t[p][0]);
            refit(argv[2], &kinds[p], &problem[p], 0.01, repetition, &t[p][1]);
            refit(argv[2], &kinds[p], &problem[p], 0.05, repetition, &t[p][2]);
            refit(argv[2], &kinds[p], &problem[p], 0.20, repetition, &t[p][3]);
        }
        for (int i = 0; i < SETTINGS; i++) {
            print_row(kinds[p].file, settings[i], &t[p][i]);
        }
    }
    /* Another data set of the same model: from NIST's far start, and where the cold
     * start is a good guess, the certified answer to two digits. */
    {
        tally far = {0}, good = {0};
        for (int repetition = 0; repetition < repetitions; repetition++) across(argv[2], problem, "across", repetition, &far);
        for (int p = 0; p < PROBLEMS; p++)
            for (int i = 0; i < problem[p].parameters; i++) {
                char two_digits[32];
                (void)snprintf(two_digits, sizeof two_digits, "%.1e", problem[p].certified[i]);
                problem[p].start[i] = strtod(two_digits, NULL);
            }
        for (int repetition = 0; repetition < repetitions; repetition++) across(argv[2], problem, "guess", repetition, &good);
        print_row("Chwirut", "other data", &far);
        print_row("Chwirut", "other, good guess", &good);
    }
    if (argc > 4 && !plot(argv[4], t)) {
        fprintf(stderr, "seed_study: %s cannot be written\n", argv[4]);
        return 1;
    }
    return 0;
}
