/* Fits the NIST problem Bennett5 from its far start by differential evolution
 * and keeps its progress with libwarmstart: killed at any moment and started
 * again, it goes on from its last checkpoint along the very same path, bit for
 * bit. Fitted before and nothing changed, it ends at once.
 *
 *     nist_fit data/Bennett5.dat [directory for the checkpoints]
 *
 * The optimiser is nothing special: it is simple, and it takes long enough to
 * be interrupted. What a solver has to add is make_key, and in main the dozen
 * lines that name warm_ functions; told, keep and the reports are for people. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nist_data.h"
#include "warmstart.h"

enum {
    PARAMETERS = 3,    /* of the model below */
    POPULATION = 800,
    EVERY = 25,        /* generations from one checkpoint to the next */
    LIMIT = 20000      /* generations until we call it a failure */
};
static const uint64_t seed = 1;
static const double weight = 0.6;     /* of the difference in each trial */
static const double scatter = 0.1;    /* of the first population about the start */
static const double tolerance = 1e-12; /* the population agrees on the objective */

/* ---- the problem ------------------------------------------------------ */

static double model(const double *b, double x)
{
    return b[0] * pow(b[1] + x, -1.0 / b[2]);
}

static double residual_sum_of_squares(const nist_problem *problem, const double *b)
{
    double sum = 0.0;
    int i;

    for (i = 0; i < problem->observations; i++) {
        const double r = problem->y[i] - model(b, problem->x[i]);
        sum += r * r;
    }
    return isfinite(sum) ? sum : HUGE_VAL; /* outside the model's domain */
}

/* ---- the optimiser ---------------------------------------------------- */

typedef struct member {
    double b[PARAMETERS];
    double rss;
} member;

/* All that the next generation depends on, the state of the random numbers
 * included: with anything left out, a resumed run would take another path. It is
 * stored as it lies in memory (eight-byte members only, so without padding), and
 * so is read again by the same kind of machine. */
typedef struct fit_state {
    int64_t generation;
    uint64_t random;
    uint64_t trail; /* a hash of every iterate so far, for the demonstration */
    member population[POPULATION];
} fit_state;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double uniform(fit_state *s) /* SplitMix64, scaled to [0, 1) */
{
    s->random += UINT64_C(0x9e3779b97f4a7c15);
    return (double)(mix(s->random) >> 11) / 9007199254740992.0;
}

static int pick(fit_state *s)
{
    return (int)(uniform(s) * POPULATION);
}

static void begin(fit_state *s, const nist_problem *problem)
{
    int i, j;

    memset(s, 0, sizeof *s);
    s->random = seed;
    for (i = 0; i < POPULATION; i++) {
        member *m = &s->population[i];
        for (j = 0; j < PARAMETERS; j++) /* member 0 is the start itself */
            m->b[j] = problem->start[j] * (i == 0 ? 1.0 : 1.0 + scatter * (2.0 * uniform(s) - 1.0));
        m->rss = residual_sum_of_squares(problem, m->b);
    }
}

/* One generation: each member is challenged by a + weight (b - c), with a, b
 * and c drawn from the others, and gives way where it is not better. */
static void step(fit_state *s, const nist_problem *problem)
{
    static member next[POPULATION];
    int i, j;

    for (i = 0; i < POPULATION; i++) {
        member trial;
        int a, b, c;
        do a = pick(s); while (a == i);
        do b = pick(s); while (b == i || b == a);
        do c = pick(s); while (c == i || c == a || c == b);
        for (j = 0; j < PARAMETERS; j++)
            trial.b[j] = s->population[a].b[j] + weight * (s->population[b].b[j] - s->population[c].b[j]);
        trial.rss = residual_sum_of_squares(problem, trial.b);
        next[i] = trial.rss <= s->population[i].rss ? trial : s->population[i];
    }
    for (i = 0; i < POPULATION; i++) {
        s->population[i] = next[i];
        for (j = 0; j < PARAMETERS; j++) {
            uint64_t bits;
            memcpy(&bits, &next[i].b[j], sizeof bits);
            s->trail = mix(s->trail ^ bits);
        }
    }
    s->generation++;
}

/* The best objective; *converged when even the worst is as good. */
static double best(const fit_state *s, int *converged)
{
    double low = s->population[0].rss, high = low;
    int i;

    for (i = 1; i < POPULATION; i++) {
        if (s->population[i].rss < low) low = s->population[i].rss;
        if (s->population[i].rss > high) high = s->population[i].rss;
    }
    *converged = high - low <= tolerance * low;
    return low;
}

/* The answer is the population's mean: its members differ from the seventh
 * digit on, where rounding hides any difference in their sums of squares. */
static void answer(const fit_state *s, double *b)
{
    int i, j;

    for (j = 0; j < PARAMETERS; j++) {
        double sum = 0.0;
        for (i = 0; i < POPULATION; i++)
            sum += s->population[i].b[j];
        b[j] = sum / POPULATION;
    }
}

/* ---- what surrounds it ------------------------------------------------ */

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Passes a status on, and tells people about a failure in the library's words. */
static int32_t told(int32_t status)
{
    if (status < 0) {
        char why[WARM_ERROR_TEXT_MAX] = "";
        (void)warm_last_error(why, sizeof why, NULL);
        fprintf(stderr, "nist_fit: %s: %s\n", warm_status_string(status), why);
    }
    return status;
}

/* This program is about the store, so without one it ends; a solver would
 * rather fit without. */
static void need(int32_t status)
{
    if (told(status) != WARM_OK)
        exit(EXIT_FAILURE);
}

/* Everything that decides the path: who fits what, from where, and how. The
 * tag's version goes up when the model, the method or fit_state changes. */
static void make_key(const nist_problem *problem, warm_key *key)
{
    warm_fingerprinter *f = NULL;

    need(warm_fingerprinter_new(&f));
    need(warm_fingerprinter_absorb_tag(f, "nist_fit Bennett5 version 1", -1));
    need(warm_fingerprinter_absorb_f64_slice(f, "x", -1, problem->x, problem->observations));
    need(warm_fingerprinter_absorb_f64_slice(f, "y", -1, problem->y, problem->observations));
    need(warm_fingerprinter_absorb_f64_slice(f, "start", -1, problem->start, PARAMETERS));
    need(warm_fingerprinter_absorb_u64(f, "seed", -1, seed));
    need(warm_fingerprinter_absorb_u64(f, "population", -1, POPULATION));
    need(warm_fingerprinter_absorb_f64(f, "weight", -1, weight));
    need(warm_fingerprinter_absorb_f64(f, "scatter", -1, scatter));
    need(warm_fingerprinter_absorb_f64(f, "tolerance", -1, tolerance));
    need(warm_fingerprinter_finish(f, key));
    warm_fingerprinter_free(&f);
}

typedef struct tally {
    int written, held, failed;
    double seconds;
} tally;

/* Checkpoints, or finalizes what has converged, and counts what it cost. */
static void keep(warm_session *fit, const fit_state *s, double f, int converged, tally *spent)
{
    const double before = seconds(CLOCK_MONOTONIC);
    const int64_t size = sizeof *s;
    const int32_t status = converged ? warm_session_finalize(fit, s, size, &f, &s->generation)
                                     : warm_session_checkpoint(fit, s, size, &f, &s->generation);

    spent->seconds += seconds(CLOCK_MONOTONIC) - before;
    /* A full disk costs the checkpoint, not the fit: told, and on we go. */
    if (told(status) < 0) spent->failed++;
    else if (status == WARM_THROTTLED) spent->held++;
    else spent->written++;
}

static void report_start(const warm_entry_info *at, int resumed)
{
    static const char *const source[] = {"exact", "preloaded", "seed"};
    const double written = (double)at->written_unix_secs + 1e-9 * (double)at->written_nanos;

    if (resumed)
        printf("resumed at %" PRId64 " from %s %s objective %.10E written %.1f s ago\n", at->iteration,
               source[at->source], at->kind == WARM_KIND_FINAL ? "final" : "checkpoint", at->objective,
               seconds(CLOCK_REALTIME) - written);
    else
        printf("started at 0\n");
    fflush(stdout);
}

static void report_progress(const fit_state *s, double f)
{
    printf("at %" PRId64 " objective %.10E trail %016" PRIx64 "\n", s->generation, f, s->trail);
    fflush(stdout);
}

static void report_answer(const fit_state *s, const nist_problem *problem, double f)
{
    double b[PARAMETERS];
    int j;

    answer(s, b);
    for (j = 0; j < PARAMETERS; j++) {
        const double error = fabs(b[j] / problem->certified[j] - 1.0);
        /* NIST certifies eleven digits, so no more can be claimed. */
        const double digits = error < 1e-11 ? 11.0 : -log10(error);
        uint64_t bits;
        memcpy(&bits, &b[j], sizeof bits);
        printf("b%d %.10E certified %.10E digits %.1f bits %016" PRIx64 "\n", j + 1, b[j],
               problem->certified[j], digits, bits);
    }
    printf("rss %.10E certified %.10E\n", f, problem->certified_rss);
    printf("trail %016" PRIx64 "\n", s->trail);
}

int main(int argc, char **argv)
{
    static nist_problem problem;
    static fit_state state;
    const double began = seconds(CLOCK_MONOTONIC);
    double f, run;
    int64_t it = 0, first;
    int converged = 0, resumed;
    tally spent = {0, 0, 0, 0.0};
    warm_store *store = NULL;
    warm_session_options *how = NULL;
    warm_session *fit = NULL;
    warm_entry_info at = {0};
    warm_key key;
    char hex[65];
    const char *wrong;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: nist_fit problem.dat [directory for the checkpoints]\n");
        return EXIT_FAILURE;
    }
    wrong = nist_read(argv[1], &problem);
    if (wrong == NULL && (strcmp(problem.name, "Bennett5") != 0 || problem.parameters != PARAMETERS))
        wrong = "is another problem than the one whose model is built in";
    if (wrong != NULL) {
        fprintf(stderr, "nist_fit: %s %s\n", argv[1], wrong);
        return EXIT_FAILURE;
    }
    make_key(&problem, &key);
    need(warm_key_to_hex(&key, hex));
    printf("problem %s observations %d population %d state %d bytes key %s\n", problem.name,
           problem.observations, POPULATION, (int)sizeof state, hex);
    begin(&state, &problem);

    /* ---- libwarmstart: from here ... ---------------------------------- */
    need(warm_store_open(argc == 3 ? argv[2] : NULL, argc == 3 ? -1 : 0, NULL, &store));
    need(warm_session_options_new(&how));
    /* A generation that leaves the best member alone still moves the others, so
     * it is the latest state we want, whatever its objective. (Any other would
     * lead to the same answer and only repeat more.) */
    need(warm_session_options_set_lookup(how, WARM_LOOKUP_LATEST));
    /* Near the end, improvements are too small to be a reason for writing. */
    need(warm_session_options_set_min_interval_seconds(how, 0.2));
    need(warm_session_open(store, &key, how, &fit));
    at.struct_size = sizeof at;
    resumed = told(warm_session_resume(fit, &state, sizeof state, &at)) == WARM_OK;
    if (resumed) {
        it = at.iteration;
        converged = at.kind == WARM_KIND_FINAL;
    }
    report_start(&at, resumed);
    for (f = at.objective, first = it; !converged && it < LIMIT;) {
        step(&state, &problem);
        it = state.generation;
        f = best(&state, &converged);
        report_progress(&state, f);
        if (converged || it % EVERY == 0)
            keep(fit, &state, f, converged, &spent);
    }
    warm_session_free(&fit);
    warm_session_options_free(&how);
    warm_store_free(&store);
    /* ---- ... to here -------------------------------------------------- */

    run = seconds(CLOCK_MONOTONIC) - began;
    printf("%s at %" PRId64 " done %" PRId64 " in %.3f s\n", converged ? "converged" : "gave-up", it, it - first, run);
    printf("saves %d held %d failed %d took %.1f ms share %.2f %%\n", spent.written, spent.held, spent.failed,
           1e3 * spent.seconds, 100.0 * spent.seconds / run);
    report_answer(&state, &problem, f);
    return converged ? EXIT_SUCCESS : EXIT_FAILURE;
}
