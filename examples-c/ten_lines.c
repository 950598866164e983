/* The smallest complete program: solves x = cos(x), and started again answers
 * at once.
 *
 *     ten_lines [directory for the checkpoints]
 *
 * No return code is checked, and none has to be: were the store unusable, the
 * handles stayed NULL, every call answered WARM_ERR_INVALID, and the fit ran
 * from its start. nist_fit.c shows a program that tells people why. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "warmstart.h"

static double step(double *x, int *converged)
{
    const double last = *x;
    *x = cos(last);
    *converged = fabs(*x - last) < 1e-15;
    return fabs(*x - last);
}

int main(int argc, char **argv)
{
    double x[1] = {1.0}, f;
    int64_t it = 0, n = 1, before;
    int converged = 0;
    warm_key key = {{0}};

    /* The key: this data, this specification. */
    warm_fingerprinter *what = NULL;
    warm_fingerprinter_new(&what);
    warm_fingerprinter_absorb_tag(what, "x = cos(x), version 1", -1);
    warm_fingerprinter_absorb_f64_slice(what, "start", -1, x, n);
    warm_fingerprinter_finish(what, &key);
    warm_fingerprinter_free(&what);

    /* The ten lines. */
    warm_store *store = NULL; warm_session *fit = NULL; warm_entry_info at = {0};
    const int64_t size = n * (int64_t)sizeof *x;
    at.struct_size = sizeof at;
    warm_store_open(argc > 1 ? argv[1] : NULL, argc > 1 ? -1 : 0, NULL, &store);
    warm_session_open(store, &key, NULL, &fit);
    if (warm_session_resume(fit, x, size, &at) == WARM_OK) {    /* killed earlier, or fitted before */
        it = at.iteration + 1; converged = at.kind == WARM_KIND_FINAL;
    }
    for (before = it; !converged; ++it) {
        f = step(x, &converged);
        if (converged) warm_session_finalize(fit, x, size, &f, &it);
        else           warm_session_checkpoint(fit, x, size, &f, &it);
    }
    warm_session_free(&fit); warm_store_free(&store);

    printf("x = %.15f, %" PRId64 " iterations done before, %" PRId64 " now\n", x[0], before, it - before);
    return 0;
}
