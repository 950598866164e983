/* C's program of README.md: records. */
#include <warmstart.h>

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void done(int32_t status)
{
    char text[WARM_ERROR_TEXT_MAX] = "";
    if (status == WARM_OK)
        return;
    (void)warm_last_error(text, sizeof text, NULL);
    (void)fprintf(stderr, "status %d: %s\n", (int)status, text);
    exit(1);
}

static void set_text(warm_record *r, const char *field, const char *text) { done(warm_record_set_text(r, field, -1, 0, text, -1)); }
static void set_integer(warm_record *r, const char *field, int64_t n) { done(warm_record_set_integer(r, field, -1, 0, n)); }
static void set_numbers(warm_record *r, const char *field, int64_t at, const double *x, int64_t n)
{
    done(warm_record_set_numbers(r, field, -1, at, x, n));
}

static void hexed(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf(" %016" PRIx64, bits);
}

static void say_numbers(const warm_record *r, const char *title, const char *field, int64_t at)
{
    double x[8];
    int64_t n = 0;
    done(warm_record_get_numbers(r, field, -1, at, x, 8, &n));
    printf("%s", title);
    for (int64_t i = 0; i < n; ++i)
        hexed(x[i]);
    printf("\n");
}

static void say_number(const warm_record *r, const char *title, const char *field)
{
    double x = 0;
    done(warm_record_get_number(r, field, -1, 0, &x));
    printf("%s", title);
    hexed(x);
    printf("\n");
}

static const char *text(const warm_record *r, const char *field, int64_t at)
{
    static char room[2][128];
    static int turn;
    turn = 1 - turn;
    done(warm_record_get_text(r, field, -1, at, room[turn], sizeof room[turn], NULL));
    return room[turn];
}

static int64_t integer(const warm_record *r, const char *field, int64_t at)
{
    int64_t n = 0;
    done(warm_record_get_integer(r, field, -1, at, &n));
    return n;
}

static void add_mean(warm_record *a)
{
    static const char *const labels[] = {"s(Time)"};
    static const int64_t dims[] = {2};
    done(warm_record_add_term(a, "mean: s(Time)", -1, WARM_ROLE_FROM_NAME, labels, NULL, NULL, 1, dims, 1, 9));
}

static void add_sigma(warm_record *a)
{
    static const char *const labels[] = {"a", NULL, "c"};
    static const uint8_t valid[] = {1, 0, 1};
    done(warm_record_add_term(a, "log SIGMA, na\xc3\xafve", -1, WARM_ROLE_FROM_NAME, labels, NULL, valid, 3, NULL, 0, 0));
}

int main(int argc, char **argv)
{
    static const double rho[] = {0.1, -0.0}, beta[] = {DBL_MIN, -DBL_MAX}, mean[] = {0.25}, sigma[] = {-8.5, 9.0, 0.5}, cold[] = {1, 1, 1};
    warm_store *store = NULL;
    warm_record *like = NULL, *artifact = NULL, *found = NULL, *parent = NULL;
    warm_key key;
    char line[256], hex[65];
    if (argc < 4)
        return 2;
    done(warm_store_open_records(argv[2], -1, &store));
    done(warm_record_new(WARM_RECORD_WARM_START, &like));
    (void)snprintf(line, sizeof line, "fit of %s", argv[3]);
    set_text(like, "key", line);
    set_integer(like, "n_rows", 3);
    set_integer(like, "n_cols", 2);
    done(warm_record_new(WARM_RECORD_ARTIFACT, &artifact));
    (void)snprintf(line, sizeof line, "family of %s", argv[3]);
    set_text(artifact, "descriptor.family_kind", line);
    if (strcmp(argv[1], "write") == 0) {
        set_text(like, "package_version", argv[3]);
        set_numbers(like, "rho", 0, rho, 2);
        set_numbers(like, "beta", 0, beta, 2);
        set_integer(like, "last_inner_iters", 7);
        set_integer(like, "last_inner_converged", 1);
        done(warm_record_set_number(like, "last_pirls_lm_lambda", -1, 0, 1e-300));
        done(warm_store_save_record(store, like));
        add_mean(artifact);
        add_sigma(artifact);
        set_numbers(artifact, "terms.rho_for_term", 0, mean, 1);
        set_numbers(artifact, "terms.rho_for_term", 1, sigma, 3);
        set_numbers(artifact, "terms.raw_beta", 0, rho, 2);
        done(warm_record_set_number(artifact, "global.outer_objective", -1, 0, -0.1));
        set_integer(artifact, "global.converged", 1);
        set_integer(artifact, "global.n_rows", 3);
        done(warm_store_save_record(store, artifact));
    } else {
        done(warm_store_load_record(store, like, &found));
        done(warm_record_key(found, &key));
        done(warm_key_to_hex(&key, hex));
        printf("key %s\npackage_version %s\nn_rows %d\n", hex, text(found, "package_version", 0), (int)integer(found, "n_rows", 0));
        say_numbers(found, "rho", "rho", 0);
        say_numbers(found, "beta", "beta", 0);
        printf("prev_rho %s\n", warm_record_get_numbers(found, "prev_rho", -1, 0, NULL, 0, NULL) == WARM_NOT_FOUND ? "absent" : "there");
        printf("last_inner_iters %d\n", (int)integer(found, "last_inner_iters", 0));
        printf("last_inner_converged %d\n", (int)integer(found, "last_inner_converged", 0));
        say_number(found, "last_pirls_lm_lambda", "last_pirls_lm_lambda");
        printf("suits %s\n", warm_record_check(found, like) == WARM_OK ? "yes" : "no");
        add_sigma(artifact);
        add_mean(artifact);
        set_numbers(artifact, "terms.rho_for_term", 0, cold, 3);
        set_numbers(artifact, "terms.rho_for_term", 1, cold, 1);
        done(warm_store_load_record(store, artifact, &parent));
        printf("descriptor_key %s\n", text(parent, "descriptor_key", 0));
        printf("identity %s %s\n", text(parent, "terms.identity", 0), text(parent, "terms.identity", 1));
        say_number(parent, "objective", "global.outer_objective");
        say_numbers(parent, "raw_beta", "terms.raw_beta", 0);
        done(warm_record_transfer(artifact, parent));
        for (int64_t at = 0; at < 2; ++at) {
            printf("term %s %d", text(artifact, "terms.provenance", at), (int)integer(artifact, "terms.source", at));
            say_numbers(artifact, "", "terms.rho_for_term", at);
        }
    }
    warm_record_free(&parent);
    warm_record_free(&found);
    warm_record_free(&artifact);
    warm_record_free(&like);
    warm_store_free(&store);
    return 0;
}
