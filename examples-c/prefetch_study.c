/* What prefetching is worth: ten-fold cross-validation on a machine whose store
 * is empty, from the answers that another machine uploaded yesterday, when some
 * of the rows were not there yet. A Gaussian process regression by maximum
 * likelihood (BFGS) on observed data of the NIST Statistical Reference Datasets.
 *
 *     prefetch_study fit EVERY DATA ROOT URL        yesterday: fits, and uploads
 *     prefetch_study cv on|off EVERY DATA ROOT URL  today: prints a line of figures
 *     prefetch_study table LINES [PLOT.svg]         a table of such lines
 *
 * EVERY 1 takes all rows of the data set, 5 every fifth. Each line that `table`
 * reads begins with the delay in milliseconds, and ends with the number of requests.
 * prefetch_study.sh does all of it. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nist_data.h"
#include "warmstart.h"

enum { FOLDS = 10, P = 3, STATE = P + P * P, LIMIT = 500, ROWS = 256 };
#define PATIENCE 30.0

/* ---- the fit ------------------------------------------------------------ */

typedef struct rows {
    int n;
    double x[ROWS], y[ROWS];
} rows;

/* What a fit begins from and ends with: logarithms of the signal's standard
 * deviation, of its length scale and of the noise, and the inverse Hessian. */
typedef struct state {
    double at[P], h[P * P];
} state;

/* Minus the logarithm of the likelihood, and its gradient; infinite where the
 * covariance matrix is not positive. */
static double likelihood(const rows *r, const double *at, double *gradient)
{
    static double l[ROWS][ROWS], inverse[ROWS][ROWS];
    double a[ROWS], log_det = 0, fit = 0;
    const double signal = exp(2 * at[0]), scale = exp(-2 * at[1]), noise = exp(2 * at[2]);
    const int n = r->n;

    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            const double d = r->x[i] - r->x[j];
            l[i][j] = signal * exp(-0.5 * d * d * scale) + (i == j ? noise : 0);
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double s = l[i][j];
            for (int k = 0; k < j; k++) s -= l[i][k] * l[j][k];
            if (i > j)
                l[i][j] = s / l[j][j];
            else if (s > 0)
                l[i][i] = sqrt(s);
            else
                return INFINITY;
        }
    for (int i = 0; i < n; i++) {
        a[i] = r->y[i];
        for (int k = 0; k < i; k++) a[i] -= l[i][k] * a[k];
        a[i] /= l[i][i];
        fit += a[i] * a[i];
        log_det += log(l[i][i]);
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) a[i] -= l[k][i] * a[k];
        a[i] /= l[i][i];
    }
    /* Row j holds column j of the inverse of the factor. */
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++) {
            double s = i == j;
            for (int k = j; k < i; k++) s -= l[i][k] * inverse[j][k];
            inverse[j][i] = s / l[i][i];
        }
    gradient[0] = gradient[1] = gradient[2] = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double s = 0;
            for (int k = i; k < n; k++) s += inverse[i][k] * inverse[j][k];
            const double d = r->x[i] - r->x[j], w = (i == j ? 0.5 : 1) * (s - a[i] * a[j]);
            const double covariance = signal * exp(-0.5 * d * d * scale);
            gradient[0] += w * 2 * covariance;
            gradient[1] += w * covariance * d * d * scale;
            if (i == j) gradient[2] += w * 2 * noise;
        }
    return 0.5 * fit + log_det + 0.5 * n * log(2 * 3.14159265358979323846);
}

static double dot(const double *a, const double *b)
{
    double s = 0;
    for (int i = 0; i < P; i++) s += a[i] * b[i];
    return s;
}

static void cold(state *s)
{
    memset(s, 0, sizeof *s);
    s->at[2] = log(0.5);
    for (int i = 0; i < P; i++) s->h[i * P + i] = 0.01;
}

/* From s to the minimum; returns the number of evaluations. Ends when no
 * component of the gradient is larger than 1e-4. */
static int fit(const rows *r, state *s, double *objective)
{
    double g[P], f = likelihood(r, s->at, g);
    int evaluations = 1;

    while (evaluations < LIMIT && isfinite(f)) {
        double step[P], next[P], g_next[P], f_next = INFINITY, slope = 0, y[P], hy[P], length = 1, largest = 0;
        for (int i = 0; i < P; i++) largest = fmax(largest, fabs(g[i]));
        if (largest <= 1e-4) break;
        for (int i = 0; i < P; i++) step[i] = -dot(s->h + i * P, g);
        slope = dot(step, g);
        if (!(slope < 0)) { /* begin anew with the steepest descent */
            state fresh;
            cold(&fresh);
            memcpy(s->h, fresh.h, sizeof fresh.h);
            for (int i = 0; i < P; i++) step[i] = -0.01 * g[i];
            slope = dot(step, g);
        }
        for (int i = 0; i < P; i++) length = fmin(length, 2 / fmax(1e-300, fabs(step[i])));
        for (int attempt = 0; attempt < 30; attempt++, length /= 3) {
            for (int i = 0; i < P; i++) next[i] = s->at[i] + length * step[i];
            f_next = likelihood(r, next, g_next);
            evaluations++;
            if (f_next <= f + 1e-4 * length * slope) break;
        }
        if (!(f_next < f)) break; /* no step helps any more */
        for (int i = 0; i < P; i++) {
            step[i] = next[i] - s->at[i];
            y[i] = g_next[i] - g[i];
        }
        const double sy = dot(step, y);
        if (sy > 1e-12) {
            for (int i = 0; i < P; i++) hy[i] = dot(s->h + i * P, y);
            const double scale = (1 + dot(y, hy) / sy) / sy;
            for (int i = 0; i < P; i++)
                for (int j = 0; j < P; j++)
                    s->h[i * P + j] += scale * step[i] * step[j] - (hy[i] * step[j] + step[i] * hy[j]) / sy;
        }
        memcpy(s->at, next, sizeof next);
        memcpy(g, g_next, sizeof g);
        f = f_next;
    }
    *objective = f;
    return evaluations;
}

/* ---- the folds ---------------------------------------------------------- */

/* Every nineteenth row came today: each fold has at least one of them. */
static rows fold_of(const nist_problem *data, int every, int fold, int today)
{
    rows r = {0, {0}, {0}};
    double mean[2] = {0, 0}, square[2] = {0, 0};
    for (int i = 0, n = 0; i < data->observations; i += every, n++) {
        /* 7 has no divisor in common with the 10 folds: neighbours are in different ones. */
        if (n * 7 % FOLDS == fold || (!today && n % 19 == 13)) continue;
        r.x[r.n] = data->x[i];
        r.y[r.n++] = data->y[i];
    }
    /* By the whole data set, so that the parameters of all folds mean the same. */
    for (int i = 0; i < data->observations; i++) {
        const double v[2] = {data->x[i], data->y[i]};
        for (int j = 0; j < 2; j++) {
            mean[j] += v[j] / data->observations;
            square[j] += v[j] * v[j] / data->observations;
        }
    }
    for (int i = 0; i < r.n; i++) {
        r.x[i] = (r.x[i] - mean[0]) / sqrt(square[0] - mean[0] * mean[0]);
        r.y[i] = (r.y[i] - mean[1]) / sqrt(square[1] - mean[1] * mean[1]);
    }
    return r;
}

/* ---- the store ---------------------------------------------------------- */

static void must(int32_t status, const char *what)
{
    char why[WARM_ERROR_TEXT_MAX] = "";
    if (status >= 0) return;
    (void)warm_last_error(why, sizeof why, NULL);
    fprintf(stderr, "prefetch_study: %s: %s\n", what, why);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The key of a fit, by its rows; without rows the seed key, the same each day. */
static warm_key key_of(const nist_problem *data, int every, int fold, const rows *r)
{
    warm_fingerprinter *f = NULL;
    warm_key key;
    must(warm_fingerprinter_new(&f), "fingerprint");
    must(warm_fingerprinter_absorb_str(f, "model", -1, "Gaussian process, squared exponential", -1), "fingerprint");
    must(warm_fingerprinter_absorb_str(f, "data", -1, data->name, -1), "fingerprint");
    must(warm_fingerprinter_absorb_u64(f, "every", -1, (uint64_t)every), "fingerprint");
    must(warm_fingerprinter_absorb_u64(f, "fold", -1, (uint64_t)fold), "fingerprint");
    if (r != NULL) {
        must(warm_fingerprinter_absorb_f64_slice(f, "x", -1, r->x, r->n), "fingerprint");
        must(warm_fingerprinter_absorb_f64_slice(f, "y", -1, r->y, r->n), "fingerprint");
    }
    must(warm_fingerprinter_finish(f, &key), "fingerprint");
    warm_fingerprinter_free(&f);
    return key;
}

static warm_session *session_of(warm_store *store, const warm_key *own, const warm_key *near)
{
    warm_session_options *options = NULL;
    warm_session *session = NULL;
    must(warm_session_options_new(&options), "options");
    must(warm_session_options_add_seed_key(options, near), "seed key");
    must(warm_session_open(store, own, options, &session), "session");
    warm_session_options_free(&options);
    return session;
}

static warm_remote *attach(warm_store *store, const char *url, int32_t uploads, int32_t lookup)
{
    warm_remote_options *options = NULL;
    warm_remote *remote = NULL;
    must(warm_remote_options_new(&options), "options");
    must(warm_remote_options_set_uploads(options, uploads), "options");
    must(warm_remote_options_set_lookup(options, lookup), "options");
    must(warm_store_attach_remote(store, url, -1, options, &remote), "remote tier");
    warm_remote_options_free(&options);
    return remote;
}

/* ---- yesterday ---------------------------------------------------------- */

static int yesterday(const nist_problem *data, int every, const char *root, const char *url)
{
    warm_store *store = NULL;
    must(warm_store_open(root, -1, NULL, &store), "store");
    warm_remote *remote = attach(store, url, WARM_UPLOADS_FINAL, 1);
    for (int fold = 0; fold < FOLDS; fold++) {
        const rows r = fold_of(data, every, fold, 0);
        const warm_key own = key_of(data, every, fold, &r), near = key_of(data, every, fold, NULL);
        warm_session *session = session_of(store, &own, &near);
        state s;
        double objective;
        cold(&s);
        const int64_t evaluations = fit(&r, &s, &objective);
        must(warm_session_finalize(session, &s, sizeof s, &objective, &evaluations), "finalize");
        warm_session_free(&session);
    }
    const int32_t flushed = warm_remote_flush(remote, WARM_REACH_REMOTE, PATIENCE);
    must(flushed, "upload");
    warm_remote_free(&remote);
    warm_store_free(&store);
    return flushed != WARM_OK;
}

/* ---- today -------------------------------------------------------------- */

static int today(int prefetch, const nist_problem *data, int every, const char *root, const char *url)
{
    const double began = now();
    double first = -1, cold_seconds = 0, objectives[FOLDS];
    int evaluations = 0, cold_evaluations = 0, seeds = 0, equal = 0;
    warm_store *store = NULL;
    warm_prefetch *ahead = NULL;
    warm_prefetch_stats of_worker;
    warm_remote_stats of_tier;
    warm_key own[FOLDS], near[FOLDS];
    warm_entry_info at;

    must(warm_store_open(root, -1, NULL, &store), "store");
    /* Tomorrow's business is not measured, so nothing is uploaded. What the worker is asked for beforehand, lookups
     * need not ask again. */
    warm_remote *remote = attach(store, url, WARM_UPLOADS_NOTHING, !prefetch);
    for (int fold = 0; fold < FOLDS; fold++) {
        const rows r = fold_of(data, every, fold, 1);
        own[fold] = key_of(data, every, fold, &r);
        near[fold] = key_of(data, every, fold, NULL);
    }
    if (prefetch) {
        must(warm_remote_start_prefetch(remote, NULL, &ahead), "prefetch worker");
        /* Hints whose outcome is asked for below, also when it is that there is nothing. */
        for (int fold = 0; fold < FOLDS; fold++) {
            must(warm_prefetch_wait(ahead, &own[fold], 0.0), "hint");
            must(warm_prefetch_wait(ahead, &near[fold], 0.0), "hint");
        }
    }
    for (int fold = 0; fold < FOLDS; fold++) {
        const rows r = fold_of(data, every, fold, 1);
        state s, far;
        double at_seed, at_cold, g[P];
        if (prefetch) {
            must(warm_prefetch_wait(ahead, &own[fold], PATIENCE), "wait");
            must(warm_prefetch_wait(ahead, &near[fold], PATIENCE), "wait");
        }
        warm_session *session = session_of(store, &own[fold], &near[fold]);
        memset(&at, 0, sizeof at);
        at.struct_size = sizeof at;
        cold(&far);
        const int32_t found = warm_session_resume(session, &s, sizeof s, &at);
        must(found, "resume");
        if (found == WARM_OK && at.source == WARM_SOURCE_SEED) {
            if (first < 0) first = now() - began;
            seeds++;
            at_seed = likelihood(&r, s.at, g);
            at_cold = likelihood(&r, far.at, g);
            const int32_t used = warm_session_should_use_seed(session, &at_seed, &at_cold);
            must(used, "guard");
            evaluations += 2;
            if (used != 1) s = far;
        } else {
            s = far;
        }
        const int64_t n = fit(&r, &s, &objectives[fold]);
        evaluations += (int)n;
        must(warm_session_finalize(session, &s, sizeof s, &objectives[fold], &n), "finalize");
        warm_session_free(&session);
    }
    const double total = now() - began;

    memset(&of_worker, 0, sizeof of_worker);
    of_worker.struct_size = sizeof of_worker;
    if (prefetch) must(warm_prefetch_get_stats(ahead, &of_worker), "figures");
    memset(&of_tier, 0, sizeof of_tier);
    of_tier.struct_size = sizeof of_tier;
    must(warm_remote_get_stats(remote, &of_tier), "figures");
    warm_prefetch_free(&ahead);
    warm_remote_free(&remote);
    warm_store_free(&store);

    /* The same without any store, and whether the answers are the same. */
    for (int fold = 0; fold < FOLDS; fold++) {
        const rows r = fold_of(data, every, fold, 1);
        double objective;
        state s;
        cold(&s);
        const double from = now();
        cold_evaluations += fit(&r, &s, &objective);
        cold_seconds += now() - from;
        equal += fabs(objective - objectives[fold]) <= 1e-6 * fmax(1, fabs(objective));
    }
    printf("%s %d %.6f %.6f %.6f %d %d %d %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", prefetch ? "on" : "off", every, first, total,
           cold_seconds, seeds, equal, evaluations, cold_evaluations, of_tier.brought, of_worker.useful_bytes,
           of_worker.wasted_bytes + of_worker.unasked_bytes, of_worker.not_found);
    return 0;
}

/* ---- the table and the plot --------------------------------------------- */

enum { SETTINGS = 32, REPETITIONS = 64 };

/* What was measured with one delay and one size of fit, without the worker and with it. */
typedef struct setting {
    int delay, every, n[2];
    double first[2][REPETITIONS], total[2][REPETITIONS], cold[2 * REPETITIONS];
    long evaluations[2], cold_evaluations, requests[2], useful, wasted;
} setting;

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_size);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* The medians of a setting: first seed off and on, all folds off, on and cold. */
static void medians(setting *s, double m[5])
{
    for (int on = 0; on < 2; on++) {
        m[on] = median(s->first[on], s->n[on]);
        m[2 + on] = median(s->total[on], s->n[on]);
    }
    m[4] = median(s->cold, s->n[0] + s->n[1]);
}

/* Seconds, to two digits or so. */
static const char *seconds(double t)
{
    static char text[8][16];
    static int next;
    char *s = text[next++ % 8];
    (void)snprintf(s, sizeof text[0], t < 0.0995 ? "%.3f" : t < 9.95 ? "%.2f" : "%.1f", t);
    return s;
}

static int plot(const char *path, setting *all, int n)
{
    static const char *const colours[3] = {"#cc6677", "#4477aa", "#888888"}, *const names[3] = {"prefetch off", "prefetch on", "cold, without a store"};
    static const char *const titles[3] = {"First warm seed", "10 folds, long fits", "10 folds, short fits"};
    const double left = 60, top = 70, height = 220, width = 200, gap = 60, low = -3, high = 1.5;
    FILE *f = fopen(path, "w");
    if (f == NULL) return 0;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" font-family=\"sans-serif\" font-size=\"12\">\n",
            left + 3 * width + 2 * gap + 20, top + height + 50);
    fprintf(f, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n<text x=\"%g\" y=\"20\" font-size=\"14\">Seconds, by the delay of each request; the local store empty</text>\n", left);
    for (int i = 0; i < 3; i++)
        fprintf(f, "<rect x=\"%g\" y=\"30\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%g\" y=\"40\">%s</text>\n", left + 120 * i, colours[i], left + 120 * i + 15, names[i]);
    for (int panel = 0; panel < 3; panel++) {
        const double x0 = left + panel * (width + gap);
        int longest = 0, shortest = 0, places = 0;
        for (int i = 0; i < n; i++) {
            if (i == 0 || all[i].every < longest) longest = all[i].every;
            if (all[i].every > shortest) shortest = all[i].every;
        }
        fprintf(f, "<text x=\"%g\" y=\"%g\">%s</text>\n", x0, top - 8, titles[panel]);
        for (int power = -3; power <= 1; power++) {
            const double y = top + height * (high - power) / (high - low);
            fprintf(f, "<line x1=\"%g\" x2=\"%g\" y1=\"%g\" y2=\"%g\" stroke=\"#ccc\"/><text x=\"%g\" y=\"%g\" text-anchor=\"end\">%g s</text>\n", x0, x0 + width, y, y,
                    x0 - 5, y + 4, pow(10, power));
        }
        for (int i = 0; i < n; i++) places += all[i].every == (panel == 2 ? shortest : longest);
        for (int line = panel == 0 ? 1 : 2; line >= 0; line--) {
            char points[512] = "";
            int place = 0;
            for (int i = 0; i < n; i++) {
                double m[5];
                if (all[i].every != (panel == 2 ? shortest : longest)) continue;
                medians(&all[i], m);
                const double v = panel == 0 ? m[line] : m[2 + line];
                const double x = x0 + width * (place + 0.5) / places, y = top + height * (high - log10(v)) / (high - low);
                const size_t used = strlen(points);
                (void)snprintf(points + used, sizeof points - used, "%.1f,%.1f ", x, y);
                fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y, colours[line]);
                if (line == 2 && place++ >= 0) continue;
                const double other = m[(panel == 0 ? 0 : 2) + 1 - line];
                const int above = v > other || (v >= other && line == 0);
                fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"10\" fill=\"%s\">%s</text>\n", x, above ? y - 7 : y + 15, colours[line], seconds(v));
                if (line == 0) fprintf(f, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%d ms</text>\n", x, top + height + 18, all[i].delay);
                place++;
            }
            fprintf(f, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", points, colours[line], line == 2 ? " stroke-dasharray=\"5 4\"" : "");
        }
    }
    fprintf(f, "</svg>\n");
    return fclose(f) == 0;
}

static int table(const char *path, const char *svg)
{
    static setting all[SETTINGS];
    int n = 0, delay, every, seeds, equal, evaluations, cold_evaluations, brought, useful, wasted, missing, requests, bad = 0;
    double first, total, cold_seconds;
    char mode[8];
    FILE *f = fopen(path, "r");
    if (f == NULL) return 1;
    while (fscanf(f, "%d %7s %d %lf %lf %lf %d %d %d %d %d %d %d %d %d", &delay, mode, &every, &first, &total, &cold_seconds, &seeds, &equal, &evaluations,
                  &cold_evaluations, &brought, &useful, &wasted, &missing, &requests) == 15) {
        const int on = strcmp(mode, "on") == 0;
        int i = 0;
        while (i < n && (all[i].delay != delay || all[i].every != every)) i++;
        if (i == SETTINGS || all[i].n[on] == REPETITIONS) return 1;
        setting *s = &all[i];
        n += i == n;
        s->delay = delay;
        s->every = every;
        s->cold[s->n[0] + s->n[1]] = cold_seconds;
        s->first[on][s->n[on]] = first;
        s->total[on][s->n[on]++] = total;
        s->evaluations[on] += evaluations;
        s->cold_evaluations += cold_evaluations;
        s->requests[on] += requests;
        s->useful += useful;
        s->wasted += wasted;
        /* Timings are told; these are claimed. The worker also brings what it guesses. */
        if (seeds != FOLDS || equal != FOLDS || brought < FOLDS || (on && (useful < 1 || useful + wasted < FOLDS * (int)sizeof(state))) || evaluations >= cold_evaluations) {
            fprintf(stderr, "prefetch_study: %s at %d ms: %d seeds, %d equal answers of %d, %d entries brought, %d useful bytes, %d of %d evaluations\n", mode, delay, seeds,
                    equal, FOLDS, brought, useful, evaluations, cold_evaluations);
            bad = 1;
        }
    }
    const int complete = feof(f) && n > 0;
    (void)fclose(f);
    printf("| fit | delay | first seed, s: off | on | 10 folds, s: off | on | cold | evaluations, cold → seeded | requests: off | on | bytes useful, not |\n"
           "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (int i = 0; i < n; i++) {
        setting *s = &all[i];
        double m[5];
        if (s->n[0] < 1 || s->n[1] < 1) return 1;
        medians(s, m);
        printf("| %s | %d ms | %s | %s | %s | %s | %s | %.0f → %.0f | %.0f | %.0f | %.0f, %.0f |\n", s->every == 1 ? "long" : "short", s->delay, seconds(m[0]),
               seconds(m[1]), seconds(m[2]), seconds(m[3]), seconds(m[4]), (double)s->cold_evaluations / (s->n[0] + s->n[1]),
               (double)(s->evaluations[0] + s->evaluations[1]) / (s->n[0] + s->n[1]), (double)s->requests[0] / s->n[0], (double)s->requests[1] / s->n[1],
               (double)s->useful / s->n[1], (double)s->wasted / s->n[1]);
    }
    if (svg != NULL && !plot(svg, all, n)) {
        fprintf(stderr, "prefetch_study: %s cannot be written\n", svg);
        return 1;
    }
    return bad || !complete;
}

int main(int argc, char **argv)
{
    static nist_problem data;
    const int is_fit = argc == 6 && strcmp(argv[1], "fit") == 0;
    const int is_cv = argc == 7 && strcmp(argv[1], "cv") == 0;

    if ((argc == 3 || argc == 4) && strcmp(argv[1], "table") == 0) return table(argv[2], argc > 3 ? argv[3] : NULL);
    if (!is_fit && !is_cv) {
        fprintf(stderr, "usage: prefetch_study fit EVERY DATA ROOT URL\n       prefetch_study cv on|off EVERY DATA ROOT URL\n"
                        "       prefetch_study table LINES [PLOT.svg]\n");
        return 2;
    }
    char **rest = argv + (is_fit ? 2 : 3);
    const int every = atoi(rest[0]);
    const char *wrong = nist_read(rest[1], &data);
    if (wrong != NULL || every < 1 || data.observations > ROWS) {
        fprintf(stderr, "prefetch_study: %s %s\n", rest[1], wrong ? wrong : "has too many rows");
        return 1;
    }
    return is_fit ? yesterday(&data, every, rest[2], rest[3]) : today(strcmp(argv[2], "on") == 0, &data, every, rest[2], rest[3]);
}
