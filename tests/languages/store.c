/* C's program of README.md: over the header as it is. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "warmstart.h"

static int32_t checked(int32_t status)
{
    char text[WARM_ERROR_TEXT_MAX] = "";
    if (status >= 0) return status;
    warm_last_error(text, sizeof text, NULL);
    fprintf(stderr, "%s: %s\n", warm_status_string(status), text);
    exit(1);
}

enum { DATA = 15 };
static const char *const names[DATA] = {"doubles", "integers", "long_integers", "singles", "logicals", "texts", "factor", "dates",
                                        "instants", "matrix", "bytes", "model", "rows", "tolerance", "start"};

/* Absorbs one of them under its name. */
static void absorb(warm_fingerprinter *f, int which)
{
    const char *tag = names[which];
    switch (which) {
    case 0: {
        const double x[] = {1.5, -2, 0, 99, NAN, INFINITY, -INFINITY, 1e-300, -0.0};
        const uint8_t valid[] = {1, 1, 1, 0, 1, 1, 1, 1, 1};
        checked(warm_fingerprinter_absorb_f64_na_slice(f, tag, -1, x, valid, 9));
        break;
    }
    case 1: {
        const int32_t x[] = {1, 99, -2147483647, 2147483647};
        const uint8_t valid[] = {1, 0, 1, 1};
        checked(warm_fingerprinter_absorb_i32_slice(f, tag, -1, x, valid, 4));
        break;
    }
    case 2: {
        const int64_t x[] = {1, -5, 99, INT64_C(9007199254740993)};
        const uint8_t valid[] = {1, 1, 0, 1};
        checked(warm_fingerprinter_absorb_i64_slice(f, tag, -1, x, valid, 4));
        break;
    }
    case 3: {
        const float x[] = {0.1f, -0.0f, 99, 16777216};
        const uint8_t valid[] = {1, 1, 0, 1};
        checked(warm_fingerprinter_absorb_f32_slice(f, tag, -1, x, valid, 4));
        break;
    }
    case 4: {
        const uint8_t x[] = {1, 0, 1}, valid[] = {1, 1, 0};
        checked(warm_fingerprinter_absorb_bool_slice(f, tag, -1, x, valid, 3));
        break;
    }
    case 5: {
        const char *const x[] = {"a", "", NULL, "na\xc3\xafve", "\xe6\x97\xa5\xe6\x9c\xac", "e\xcc\x81"};
        const uint8_t valid[] = {1, 1, 0, 1, 1, 1};
        checked(warm_fingerprinter_absorb_str_list(f, tag, -1, x, NULL, valid, 6));
        break;
    }
    case 6: {
        const char *const levels[] = {"lo", "hi", "unused"};
        const int64_t codes[] = {1, -1, 0, 0};
        const uint8_t valid[] = {1, 0, 1, 1};
        checked(warm_fingerprinter_absorb_factor(f, tag, -1, levels, NULL, NULL, 3, codes, valid, 4));
        break;
    }
    case 7: {
        const int64_t x[] = {0, 20778, 99, -135081};
        const uint8_t valid[] = {1, 1, 0, 1};
        checked(warm_fingerprinter_absorb_date_slice(f, tag, -1, x, valid, 4));
        break;
    }
    case 8: {
        const int64_t x[] = {0, INT64_C(1795269600250000000), 99, -1000000};
        const uint8_t valid[] = {1, 1, 0, 1};
        checked(warm_fingerprinter_absorb_timestamp_slice(f, tag, -1, x, valid, 4));
        break;
    }
    case 9: {
        const double x[3][2] = {{1, 2.5}, {3, 99}, {-5, 6}};
        const uint8_t valid[] = {1, 1, 1, 0, 1, 1};
        checked(warm_fingerprinter_absorb_f64_matrix(f, tag, -1, 3, 2, &x[0][0], valid, WARM_ORDER_ROW_MAJOR));
        break;
    }
    case 10: checked(warm_fingerprinter_absorb_bytes(f, tag, -1, "\x00\xff\x41", 3)); break;
    case 11: checked(warm_fingerprinter_absorb_str(f, tag, -1, "y ~ x, Gamma(log)", -1)); break;
    case 12: checked(warm_fingerprinter_absorb_u64(f, tag, -1, UINT64_C(1234567890123))); break;
    case 13: checked(warm_fingerprinter_absorb_f64(f, tag, -1, 1e-8)); break;
    default: {
        const double x[] = {0.1, -0.0};
        checked(warm_fingerprinter_absorb_f64_slice(f, tag, -1, x, 2));
    }
    }
}

/* The key of one of the data, or of all of them. */
static warm_key key_of(int first, int last)
{
    warm_fingerprinter *f = NULL;
    warm_key key;
    int i;
    checked(warm_fingerprinter_new(&f));
    for (i = first; i <= last; ++i) absorb(f, i);
    checked(warm_fingerprinter_finish(f, &key));
    warm_fingerprinter_free(&f);
    return key;
}

static void print_key(const char *name, warm_key key)
{
    char hex[65];
    checked(warm_key_to_hex(&key, hex));
    printf("%s %s\n", name, hex);
}

static void write_one(warm_store *s, const warm_key *key, char **a, int n)
{
    const uint64_t nan_bits = UINT64_C(0x7ff8000000000042);
    const double objective = strcmp(a[1], "none") == 0 ? 0 : strtod(a[1], NULL);
    const double *of = strcmp(a[1], "none") == 0 ? NULL : &objective;
    const int64_t iteration = strtoll(a[2], NULL, 10);
    const int32_t kind = strcmp(a[0], "final") == 0 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT;
    double x[5] = {0, -0.0, 0, 4.9406564584124654e-324, 0};
    char run[WARM_RUN_ID_MAX];
    x[0] = (double)iteration;
    memcpy(&x[2], &nan_bits, sizeof nan_bits);
    x[4] = objective;
    if (n > 3) {
        checked(warm_store_save_slot(s, key, a[3], -1, x, sizeof x, of, &iteration, kind));
        puts(a[3]);
    } else {
        checked(warm_store_save(s, key, x, sizeof x, of, &iteration, kind, run, sizeof run, NULL));
        puts(run);
    }
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void read_all(warm_store *s, const warm_key *key)
{
    static char *lines[1000];
    static const char *const modes[] = {"best", "latest"};
    size_t n = 0, i;
    int32_t mode;
    warm_cursor *c = NULL;
    warm_entry *e = NULL;
    char run[WARM_RUN_ID_MAX];
    checked(warm_store_list_entries(s, key, &c));
    while (checked(warm_cursor_next(c)) == WARM_OK && n < 1000) {
        warm_entry_info info;
        const void *data;
        int64_t len, j;
        char objective[17] = "none", payload[1001] = "";
        memset(&info, 0, sizeof info);
        info.struct_size = sizeof info;
        checked(warm_cursor_run_id(c, run, sizeof run, NULL));
        if (checked(warm_store_lookup_run(s, key, run, -1, &e)) != WARM_OK) exit(1);
        checked(warm_entry_get_info(e, &info));
        checked(warm_entry_payload(e, &data, &len));
        if (info.has_objective) {
            uint64_t bits;
            memcpy(&bits, &info.objective, sizeof bits);
            snprintf(objective, sizeof objective, "%016" PRIx64, bits);
        }
        for (j = 0; j < len && j < 500; ++j) snprintf(payload + 2 * j, 3, "%02x", ((const unsigned char *)data)[j]);
        lines[n] = malloc(2000);
        if (!lines[n]) exit(1);
        snprintf(lines[n++], 2000, "%s %s %s %" PRId64 " %s", run, info.kind == WARM_KIND_FINAL ? "final" : "checkpoint", objective,
                 info.iteration, payload);
        warm_entry_free(&e);
    }
    warm_cursor_free(&c);
    qsort(lines, n, sizeof *lines, compare);
    for (i = 0; i < n; ++i) {
        puts(lines[i]);
        free(lines[i]);
    }
    for (mode = WARM_LOOKUP_BEST; mode <= WARM_LOOKUP_LATEST; ++mode) {
        if (checked(warm_store_lookup(s, key, mode, &e)) != WARM_OK) exit(1);
        checked(warm_entry_run_id(e, run, sizeof run, NULL));
        printf("%s %s\n", modes[mode], run);
        warm_entry_free(&e);
    }
}

/* The state of README.md's table. */
typedef struct state {
    double beta[4], scale, x[3][2]; /* column by column */
    float rows[2][3][2];
    double z[2][2][2]; /* column by column; real and imaginary part */
    int64_t count[2];
    int32_t k[3];
    unsigned char text[6];
} state;

static void fill(state *s)
{
    const uint64_t beta[4] = {UINT64_C(0x8000000000000000), UINT64_C(0x7ff8000000000042), 1, UINT64_C(0x3fb999999999999a)};
    int i, j, l;
    memset(s, 0, sizeof *s);
    memcpy(s->beta, beta, sizeof beta);
    s->scale = -2.5;
    for (i = 0; i < 2; ++i)
        for (j = 0; j < 3; ++j) {
            s->x[j][i] = 10 * (i + 1) + (j + 1);
            for (l = 0; l < 2; ++l) s->rows[i][j][l] = (float)((i + 1) + 10 * (j + 1) + 100 * (l + 1));
        }
    for (i = 0; i < 2; ++i)
        for (j = 0; j < 2; ++j) {
            s->z[j][i][0] = i + 1;
            s->z[j][i][1] = -(j + 1);
        }
    s->count[0] = -5;
    s->count[1] = INT64_C(9007199254740993);
    s->k[0] = INT32_MIN;
    s->k[2] = 7;
    memcpy(s->text, "na\xc3\xafve", 6);
}

static void pass_on(warm_store *store, const warm_key *key, int64_t iteration)
{
    static const int64_t two[] = {2, 2}, three[] = {3}, four[] = {4}, six[] = {6}, x[] = {2, 3}, rows[] = {2, 3, 2};
    static state s, want;
    warm_session *fit = NULL;
    fill(&want);
    memset(&s, 0xa5, sizeof s);
    if (iteration == 0) s = want;
    checked(warm_session_open(store, key, NULL, &fit));
    checked(warm_session_protect(fit, "beta", -1, WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, four, s.beta));
    checked(warm_session_protect(fit, "scale", -1, WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 0, NULL, &s.scale));
    checked(warm_session_protect(fit, "X", -1, WARM_TYPE_F64, WARM_ORDER_COLUMN_MAJOR, 2, x, s.x));
    checked(warm_session_protect(fit, "rows", -1, WARM_TYPE_F32, WARM_ORDER_ROW_MAJOR, 3, rows, s.rows));
    checked(warm_session_protect(fit, "z", -1, WARM_TYPE_C128, WARM_ORDER_COLUMN_MAJOR, 2, two, s.z));
    checked(warm_session_protect(fit, "count", -1, WARM_TYPE_I64, WARM_ORDER_ROW_MAJOR, 1, two, s.count));
    checked(warm_session_protect(fit, "k", -1, WARM_TYPE_I32, WARM_ORDER_ROW_MAJOR, 1, three, s.k));
    checked(warm_session_protect(fit, "text", -1, WARM_TYPE_U8, WARM_ORDER_ROW_MAJOR, 1, six, s.text));
    if (iteration > 0) {
        warm_entry_info at;
        memset(&at, 0, sizeof at);
        at.struct_size = sizeof at;
        if (checked(warm_session_restore(fit, &at)) != WARM_OK || at.iteration != iteration - 1) exit(1);
#define SAME(field) (memcmp(&s.field, &want.field, sizeof s.field) == 0)
        if (!(SAME(beta) && SAME(scale) && SAME(x) && SAME(rows) && SAME(z) && SAME(count) && SAME(k) && SAME(text))) {
            fputs("what was restored is not what was stored\n", stderr);
            exit(1);
        }
    }
    checked(warm_session_checkpoint_regions_now(fit, NULL, &iteration));
    checked(warm_session_finish(fit));
    warm_session_free(&fit);
}

int main(int argc, char **argv)
{
    const warm_key everything = key_of(0, DATA - 1);
    warm_store *s = NULL;
    int i;
    if (argc == 2 && strcmp(argv[1], "keys") == 0) {
        for (i = 0; i < DATA; ++i) print_key(names[i], key_of(i, i));
        print_key("everything", everything);
        return 0;
    }
    if (argc < 3) return 2;
    checked(warm_store_open(argv[2], -1, NULL, &s));
    if (strcmp(argv[1], "write") == 0 && argc >= 6) write_one(s, &everything, argv + 3, argc - 3);
    else if (strcmp(argv[1], "read") == 0) read_all(s, &everything);
    else if (strcmp(argv[1], "regions") == 0 && argc == 4) pass_on(s, &everything, strtoll(argv[3], NULL, 10));
    else return 2;
    warm_store_free(&s);
    return 0;
}
