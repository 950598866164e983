/* Records and artifacts: every field, conditions in words, limits, transfer, and what a caller gets wrong. */
#include "check.h"

#define INVALID(words, call) CHECK_ERR(WARM_ERR_INVALID, words, call)
#define UNSUITED(words, call) CHECK_ERR(WARM_ERR_INCOMPATIBLE, words, call)

static warm_record *made(int32_t kind)
{
    warm_record *r = NULL;
    REQUIRE_OK(warm_record_new(kind, &r));
    return r;
}

static void set_text(warm_record *r, const char *field, int64_t at, const char *text)
{
    CHECK_OK(warm_record_set_text(r, field, -1, at, text, -1));
}
static void set_integer(warm_record *r, const char *field, int64_t value) { CHECK_OK(warm_record_set_integer(r, field, -1, 0, value)); }
static void set_number(warm_record *r, const char *field, double value) { CHECK_OK(warm_record_set_number(r, field, -1, 0, value)); }
static void set_numbers(warm_record *r, const char *field, int64_t at, const double *values, int64_t n)
{
    CHECK_OK(warm_record_set_numbers(r, field, -1, at, values, n));
}

static int64_t integer(const warm_record *r, const char *field, int64_t at)
{
    int64_t value = -77;
    CHECK_OK(warm_record_get_integer(r, field, -1, at, &value));
    return value;
}

static int text_is(const warm_record *r, const char *field, int64_t at, const char *want)
{
    char text[256];
    int64_t needed = 0;
    CHECK_OK(warm_record_get_text(r, field, -1, at, text, sizeof text, &needed));
    return strcmp(text, want) == 0 && needed == (int64_t)strlen(want) + 1;
}

static int numbers_are(const warm_record *r, const char *field, int64_t at, const double *want, int64_t n)
{
    double values[16];
    int64_t needed = -1;
    const int32_t status = warm_record_get_numbers(r, field, -1, at, values, 16, &needed);
    return status == WARM_OK && needed == n && memcmp(values, want, (size_t)n * sizeof *want) == 0;
}

static const double RHO[] = {-0.0, 0.1}, BETA[] = {1.0, -1.7976931348623157e308, 5e-324};

static warm_record *warm_start(void)
{
    warm_record *r = made(WARM_RECORD_WARM_START);
    set_text(r, "key", 0, "y ~ s(x)");
    set_integer(r, "n_rows", 100);
    set_integer(r, "n_cols", 3);
    set_numbers(r, "rho", 0, RHO, 2);
    set_numbers(r, "beta", 0, BETA, 3);
    return r;
}

static warm_store *open_store(const char *name)
{
    warm_store *s = NULL;
    REQUIRE_OK(warm_store_open_records(in_scratch(name), -1, &s));
    return s;
}

/* In a record that was read of JSON; NULL where it was refused. */
static warm_record *read_json(int32_t kind, const char *json)
{
    warm_record *r = NULL;
    (void)warm_record_from_json(kind, json, (int64_t)strlen(json), &r);
    return r;
}

static void every_field_of_a_warm_start(void)
{
    warm_store *s = open_store("fields");
    warm_record *r = warm_start(), *found = NULL;
    double number = -7;
    int64_t whole = -7;
    CHECK_ST(WARM_NOT_FOUND, warm_store_load_record(s, r, &found));
    CHECK(found == NULL);
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_numbers(r, "prev_rho", -1, 0, NULL, 0, NULL));
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_integer(r, "last_inner_iters", -1, 0, &whole));
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_number(r, "last_pirls_lm_lambda", -1, 0, &number));
    CHECK(whole == -7 && number < -6);
    set_numbers(r, "prev_rho", 0, BETA, 2);
    set_numbers(r, "prev_beta", 0, BETA, 3);
    set_text(r, "package_version", 0, "tests 1");
    set_integer(r, "last_inner_iters", 7);
    set_integer(r, "last_inner_converged", 1);
    set_number(r, "last_pirls_lm_lambda", 1e-300);
    set_number(r, "last_ift_prediction_residual", -0.0);
    set_number(r, "last_pirls_accept_rho", 0.1);
    CHECK_OK(warm_store_save_record(s, r));
    CHECK_EQ(0, integer(r, "created_unix_secs", 0)); /* the caller's is as it was */
    warm_record_free(&r);
    r = made(WARM_RECORD_WARM_START);
    set_text(r, "key", 0, "y ~ s(x)");
    REQUIRE_OK(warm_store_load_record(s, r, &found));
    CHECK(numbers_are(found, "rho", 0, RHO, 2) && numbers_are(found, "beta", 0, BETA, 3));
    CHECK(numbers_are(found, "prev_rho", 0, BETA, 2) && numbers_are(found, "prev_beta", 0, BETA, 3));
    CHECK(text_is(found, "key", 0, "y ~ s(x)") && text_is(found, "package_version", 0, "tests 1"));
    CHECK_EQ(1, integer(found, "version", 0));
    CHECK_EQ(100, integer(found, "n_rows", 0));
    CHECK_EQ(3, integer(found, "n_cols", 0));
    CHECK_EQ(7, integer(found, "last_inner_iters", 0));
    CHECK_EQ(1, integer(found, "last_inner_converged", 0));
    CHECK(integer(found, "created_unix_secs", 0) > 1700000000 && integer(found, "updated_unix_secs", 0) > 1700000000);
    CHECK_OK(warm_record_get_number(found, "last_pirls_lm_lambda", -1, 0, &number));
    CHECK(memcmp(&number, &(double){1e-300}, sizeof number) == 0);
    CHECK_OK(warm_record_get_number(found, "last_ift_prediction_residual", -1, 0, &number));
    CHECK(memcmp(&number, &(double){-0.0}, sizeof number) == 0);
    CHECK_OK(warm_record_clear(found, "prev_rho", -1, 0));
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_numbers(found, "prev_rho", -1, 0, NULL, 0, NULL));
    warm_record_free(&r);
    warm_record_free(&found);
    warm_store_free(&s);
}

static void blocks(void)
{
    warm_store *s = open_store("blocks");
    warm_record *r = made(WARM_RECORD_BLOCKS), *found = NULL;
    const int64_t dims[] = {3, 1}, set[] = {0, 2};
    int64_t back[2] = {-1, -1}, needed = -1;
    int32_t holds = -1;
    set_text(r, "key", 0, "gaulss");
    set_integer(r, "n_rows", 50);
    CHECK_OK(warm_record_set_integers(r, "block_dims", -1, 0, dims, 2));
    set_numbers(r, "rho", 0, RHO, 2);
    set_text(r, "block_names", 0, "mu");
    set_text(r, "block_names", 1, "sigma");
    set_numbers(r, "block_beta", 0, BETA, 3);
    set_numbers(r, "block_beta", 1, BETA, 1);
    CHECK_OK(warm_record_clear(r, "active_sets", -1, 0));
    CHECK_OK(warm_record_set_integers(r, "active_sets", -1, 1, set, 2));
    set_integer(r, "inner.cycles", 4);
    INVALID("log_likelihood is NaN", warm_store_save_record(s, r));
    set_number(r, "inner.log_likelihood", -1.5);
    set_number(r, "inner.penalty_value", 0.25);
    set_number(r, "inner.block_logdet_h", 2);
    set_number(r, "inner.block_logdet_s", -0.0);
    set_integer(r, "inner.converged", 1);
    CHECK_OK(warm_store_save_record(s, r));
    REQUIRE_OK(warm_store_load_record(s, r, &found));
    CHECK_OK(warm_record_check(found, r));
    CHECK(text_is(found, "block_names", 1, "sigma") && numbers_are(found, "block_beta", 0, BETA, 3));
    CHECK_OK(warm_record_describe(found, "block_beta", -1, &holds, &needed));
    CHECK(holds == WARM_VALUE_NUMBERS && needed == 2);
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_integers(found, "active_sets", -1, 0, back, 2, &needed));
    CHECK_ST(WARM_ERR_BUFFER, warm_record_get_integers(found, "active_sets", -1, 1, back, 1, &needed));
    CHECK(needed == 2 && back[0] == -1);
    CHECK_OK(warm_record_get_integers(found, "active_sets", -1, 1, back, 2, &needed));
    CHECK(back[0] == 0 && back[1] == 2);
    CHECK_EQ(4, integer(found, "inner.cycles", 0));
    CHECK_OK(warm_record_clear(found, "inner", -1, 0));
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_integer(found, "inner.cycles", -1, 0, back));
    set_text(r, "block_names", 1, "tau");
    UNSUITED("block_names[1] is sigma, and tau", warm_record_check(found, r));
    set_text(r, "block_names", 1, "sigma");
    set_numbers(r, "rho", 0, RHO, 1);
    UNSUITED("rho has 2 items, for 1", warm_record_check(found, r));
    warm_record_free(&r);
    warm_record_free(&found);
    warm_store_free(&s);
}

/* Of a JSON that says something else than what is asked for. */
static void does_not_suit(const char *json, const char *words)
{
    warm_record *like = warm_start(), *r = read_json(WARM_RECORD_WARM_START, json);
    REQUIRE(r != NULL);
    UNSUITED(words, warm_record_check(r, like));
    CHECK_OK(warm_record_check(like, like));
    warm_record_free(&like);
    warm_record_free(&r);
}

static void conditions_in_words(void)
{
#define JSON(version, key, rows, cols, rho, beta, more)                                                                    \
    "{\"version\":" version ",\"key\":\"" key "\",\"n_rows\":" rows ",\"n_cols\":" cols ",\"rho\":" rho ",\"beta\":" beta \
    ",\"hostname\":{\"unknown\":[1]}" more "}"
    does_not_suit(JSON("2", "y ~ s(x)", "100", "3", "[0]", "[1,2,3]", ""), "version is 2, and 1 is wanted");
    does_not_suit(JSON("1", "y ~ x", "100", "3", "[0]", "[1,2,3]", ""), "key is y ~ x, and y ~ s(x) is wanted");
    does_not_suit(JSON("1", "y ~ s(x)", "99", "3", "[0]", "[1,2,3]", ""), "n_rows is 99, and 100 is wanted");
    does_not_suit(JSON("1", "y ~ s(x)", "100", "2", "[0]", "[1,2]", ""), "n_cols is 2, and 3 is wanted");
    does_not_suit(JSON("1", "y ~ s(x)", "100", "3", "[0]", "[1,2]", ""), "beta has 2 items, for 3 columns");
    does_not_suit(JSON("1", "y ~ s(x)", "100", "3", "[0]", "[1,2,3]", ",\"prev_rho\":[]"), "prev_rho has 0 items, for 1 numbers in rho");
    does_not_suit(JSON("1", "y ~ s(x)", "100", "3", "[0]", "[1,2,3]", ",\"prev_beta\":[1]"), "prev_beta has 1 items, for 3 columns");
    static const char *const no_numbers[] = {"null", "NaN", "1e999", "Infinity", "\"1\""};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; ++i) {
        char json[300];
        (void)snprintf(json, sizeof json, JSON("1", "k", "1", "1", "[%s]", "[1]", ""), no_numbers[i]);
        UNSUITED("expected|range|invalid", warm_record_from_json(WARM_RECORD_WARM_START, json, (int64_t)strlen(json), &(warm_record *){NULL}));
        CHECK(read_json(WARM_RECORD_WARM_START, json) == NULL);
    }
    warm_record *r = read_json(WARM_RECORD_WARM_START, JSON("1", "y ~ s(x)", "100", "3", "[0]", "[1,2,3]", ",\"package_version\":\"another 9\""));
    warm_record *like = warm_start(), *other = made(WARM_RECORD_BLOCKS);
    CHECK_OK(warm_record_check(r, like)); /* unknown fields and other packages are no reason */
    INVALID("block record", warm_record_check(r, other));
    warm_record_free(&r);
    warm_record_free(&like);
    warm_record_free(&other);
}

static void limits(void)
{
    warm_store *s = open_store("limits");
    warm_record *r = warm_start(), *found = NULL;
    const int64_t n = 1 << 20;
    double *large = malloc((size_t)n * sizeof *large);
    char *json = malloc((size_t)(16 << 20) + 2);
    REQUIRE(large != NULL && json != NULL);
    CHECK_OK(warm_store_save_record(s, r));
    for (int64_t i = 0; i < n; ++i)
        large[i] = -1.2345678901234567e-300;
    set_numbers(r, "beta", 0, large, n);
    set_integer(r, "n_cols", n);
    CHECK_ERR(WARM_ERR_TOO_LARGE, "16777216", warm_store_save_record(s, r));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "16777216", warm_record_to_json(r, NULL, 0, NULL));
    REQUIRE_OK(warm_store_load_record(s, r, &found));
    CHECK(numbers_are(found, "beta", 0, BETA, 3)); /* the earlier one */
    warm_record_free(&found);
    memset(json, ' ', (size_t)(16 << 20) + 1);
    CHECK_ERR_OUT(warm_record, WARM_ERR_TOO_LARGE, "16777217", warm_record_from_json(WARM_RECORD_BLOCKS, json, (16 << 20) + 1, &out));
    warm_key key;
    CHECK_OK(warm_record_key(r, &key));
    CHECK_OK(warm_store_save(s, &key, json, (16 << 20) + 1, NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    REQUIRE_OK(warm_store_load_record(s, r, &found)); /* what is larger is passed over, though it is newer */
    warm_record_free(&found);
    CHECK_OK(warm_store_remove_entry(s, &key, "record", -1));
    CHECK_ERR_OUT(warm_record, WARM_ERR_TOO_LARGE, "16777217", warm_store_load_record(s, r, &out));
    free(json);
    free(large);
    warm_record_free(&r);
    warm_store_free(&s);
}

static void keyspaces(void)
{
    warm_store *s = open_store("keyspaces"), *same = open_store("keyspaces/../keyspaces"), *other = open_store("another");
    warm_record *r = warm_start(), *found = NULL;
    warm_session *fit = NULL;
    warm_key record, outer, of_r;
    warm_store_stats stats[3];
    double x = 0.5, back = 0;
    CHECK_OK(warm_key_from_text(WARM_KEYSPACE_RECORD, "y ~ s(x)", -1, &record));
    CHECK_OK(warm_key_from_text(WARM_KEYSPACE_OUTER_ITERATE, "y ~ s(x)", 8, &outer));
    CHECK_OK(warm_record_key(r, &of_r));
    CHECK(memcmp(&record, &of_r, sizeof record) == 0 && memcmp(&record, &outer, sizeof record) != 0);
    /* Outer iterates and a record of one text, in one store, do not meet. */
    REQUIRE_OK(warm_session_open(s, &outer, NULL, &fit));
    CHECK_OK(warm_session_checkpoint(fit, &x, sizeof x, &x, NULL));
    CHECK_OK(warm_store_save_record(s, r));
    CHECK_OK(warm_session_resume(fit, &back, sizeof back, NULL));
    CHECK(memcmp(&back, &x, sizeof x) == 0);
    CHECK_OK(warm_store_load_record(same, r, &found));
    CHECK_ST(WARM_NOT_FOUND, warm_store_lookup(other, &record, WARM_LOOKUP_LATEST, &(warm_entry *){NULL}));
    warm_entry *e = NULL;
    warm_entry_info info = {0};
    info.struct_size = sizeof info;
    CHECK_OK(warm_store_lookup(same, &record, WARM_LOOKUP_BEST, &e));
    CHECK_OK(warm_entry_get_info(e, &info));
    CHECK(info.kind == WARM_KIND_CHECKPOINT && info.has_objective == 0);
    /* Two handles of one root are one store, of another root they are not. */
    warm_store *const stores[3] = {s, same, other};
    for (int i = 0; i < 3; ++i) {
        memset(&stats[i], 0, sizeof stats[i]);
        stats[i].struct_size = sizeof stats[i];
        CHECK_OK(warm_store_get_stats(stores[i], &stats[i]));
    }
    CHECK(stats[0].saves == stats[1].saves && stats[0].hits == stats[1].hits && stats[0].saves >= 2 && stats[2].saves == 0);
    warm_entry_free(&e);
    warm_session_free(&fit);
    warm_store_free(&s);
    CHECK_OK(warm_store_save_record(same, r)); /* the other handle keeps what they share */
    warm_record_free(&found);
    warm_record_free(&r);
    warm_store_free(&same);
    warm_store_free(&other);
}

static void add(warm_record *a, const char *name, const double *rho, int64_t n)
{
    static const char *const labels[] = {"a", NULL, "c"};
    static const uint8_t valid[] = {1, 0, 1};
    const int64_t dims[] = {2};
    int64_t count = 0;
    CHECK_OK(warm_record_add_term(a, name, -1, WARM_ROLE_FROM_NAME, labels, NULL, valid, n, dims, 1, 4));
    CHECK_OK(warm_record_describe(a, "terms.identity", -1, NULL, &count));
    set_numbers(a, "terms.rho_for_term", count - 1, rho, n);
}

static void artifacts(void)
{
    warm_store *s = open_store("artifacts");
    warm_record *parent = made(WARM_RECORD_ARTIFACT), *fold = made(WARM_RECORD_ARTIFACT), *found = NULL;
    const double mean[] = {0.25, 9.0, -0.5}, sigma[] = {-8.5}, cold[] = {1.0, 1.0, 1.0}, seeded[] = {0.25, 1.0, -0.5}, clamped[] = {-8.0};
    const double turn[] = {0, 1, -1, 0};
    char identity[65], parent_key[65], fold_key[65];
    set_text(parent, "descriptor.family_kind", 0, "gaulss");
    add(parent, "mean: s(x)", mean, 3);
    add(parent, "log sigma", sigma, 1);
    INVALID("outer_objective is NaN", warm_store_save_record(s, parent));
    set_number(parent, "global.outer_objective", -0.1);
    set_integer(parent, "global.converged", 1);
    set_integer(parent, "global.n_rows", 100);
    set_text(parent, "descriptor.response_signature.family_kind", 0, "gaussian");
    set_integer(parent, "descriptor.response_signature.n_response_channels", 1);
    set_integer(parent, "descriptor.row_population.n_rows", 100);
    set_text(parent, "descriptor.row_population.label", 0, "all");
    set_text(parent, "terms.basis_meta.kind", 0, "bspline");
    set_integer(parent, "terms.basis_meta.degree", 3);
    set_integer(parent, "terms.basis_meta.num_knots", 10);
    set_integer(parent, "terms.basis_meta.periodic", 0);
    CHECK_OK(warm_record_set_integer(parent, "terms.basis_meta.n_centers", -1, 1, 9));
    CHECK_OK(warm_record_set_integer(parent, "terms.basis_meta.nullspace_order", -1, 1, 2));
    CHECK_OK(warm_record_set_number(parent, "terms.basis_meta.matern_nu", -1, 1, 1.5));
    set_numbers(parent, "terms.raw_beta", 0, BETA, 3);
    set_numbers(parent, "terms.joint_null_rotation.data", 1, turn, 4);
    INVALID("joint_null_rotation.data of term 1 has 4 items, for 0 rows times columns", warm_store_save_record(s, parent));
    CHECK_OK(warm_record_set_integer(parent, "terms.joint_null_rotation.nrows", -1, 1, 2));
    CHECK_OK(warm_record_set_integer(parent, "terms.joint_null_rotation.ncols", -1, 1, 2));
    CHECK_OK(warm_store_save_record(s, parent));

    /* A fold with other rows, its terms in another order, and no objective yet. */
    set_text(fold, "descriptor.family_kind", 0, "gaulss");
    add(fold, "log sigma", cold, 1);
    add(fold, "mean: s(x)", cold, 3);
    CHECK_OK(warm_record_get_text(parent, "descriptor_key", -1, 0, parent_key, sizeof parent_key, NULL));
    CHECK_OK(warm_record_get_text(fold, "descriptor_key", -1, 0, fold_key, sizeof fold_key, NULL));
    CHECK(strcmp(parent_key, fold_key) == 0);
    REQUIRE_OK(warm_store_load_record(s, fold, &found));
    CHECK_OK(warm_record_check(found, fold));
    CHECK(text_is(found, "terms.role", 0, "Mean") && text_is(found, "terms.role", 1, "LogSlope"));
    CHECK(text_is(found, "terms.basis_meta.kind", 0, "bspline") && numbers_are(found, "terms.raw_beta", 0, BETA, 3));
    CHECK(numbers_are(found, "terms.joint_null_rotation.data", 1, turn, 4) && integer(found, "terms.joint_null_rotation.nrows", 1) == 2);
    CHECK_ST(WARM_NOT_FOUND, warm_record_get_numbers(found, "terms.joint_null_rotation.data", -1, 0, NULL, 0, NULL));
    CHECK(integer(found, "terms.basis_meta.degree", 0) == 3 && integer(found, "terms.basis_meta.nullspace_order", 1) == 2);
    CHECK(text_is(found, "descriptor.row_population.label", 0, "all") && integer(found, "global.converged", 0) == 1);
    CHECK_OK(warm_record_get_text(found, "terms.identity", -1, 1, identity, sizeof identity, NULL));
    CHECK(text_is(found, "descriptor.term_identities", 1, identity) && text_is(fold, "terms.identity", 0, identity));
    INVALID("source", warm_record_set_text(fold, "terms.provenance", -1, 0, "projected", -1));
    CHECK_OK(warm_record_transfer(fold, found));
    CHECK(numbers_are(fold, "terms.rho_for_term", 0, clamped, 1) && numbers_are(fold, "terms.rho_for_term", 1, seeded, 3));
    CHECK(text_is(fold, "terms.provenance", 0, "rho_only") && integer(fold, "terms.source", 0) == 1);
    set_text(fold, "terms.provenance", 0, "projected");
    CHECK(text_is(fold, "terms.provenance", 0, "projected") && text_is(found, "terms.provenance", 0, "cold"));

    /* Another family, other terms: nothing moves. */
    set_text(fold, "descriptor.family_kind", 0, "poisson");
    UNSUITED("family_kind is gaulss, and poisson", warm_record_transfer(fold, found));
    CHECK(text_is(fold, "terms.provenance", 0, "projected"));
    warm_record *record = warm_start();
    INVALID("fit artifact", warm_record_transfer(record, found));
    INVALID("in use|two arguments", warm_record_transfer(fold, fold));
    INVALID("artifacts", warm_record_add_term(record, "m", 1, 0, NULL, NULL, NULL, 0, NULL, 0, 1));
    warm_record_free(&record);
    warm_record_free(&parent);
    warm_record_free(&fold);
    warm_record_free(&found);
    warm_store_free(&s);
}

static void misuse(void)
{
    static const char bad[] = "caf\xe9";
    warm_store *s = open_store("misuse");
    warm_record *r = warm_start();
    int64_t whole = -7;
    double number = -7, numbers[2] = {1, NAN};
    char text[8] = "as is";
    warm_key key;
    memset(&key, 0x5c, sizeof key);
    const warm_key before = key;
    INVALID("out", warm_record_new(0, NULL));
    CHECK_ERR_OUT(warm_record, WARM_ERR_INVALID, "kind", warm_record_new(3, &out));
    CHECK_ERR_OUT(warm_record, WARM_ERR_INVALID, "kind", warm_record_from_json(-1, "{}", 2, &out));
    CHECK_ERR_OUT(warm_record, WARM_ERR_INVALID, "data", warm_record_from_json(0, NULL, 2, &out));
    CHECK_ERR_OUT(warm_record, WARM_ERR_INVALID, "data|len", warm_record_from_json(0, "{}", -1, &out));
    INVALID("out", warm_record_from_json(0, "{}", 2, NULL));
    INVALID("handle", warm_record_to_json(NULL, text, 8, NULL));
    INVALID("cap", warm_record_to_json(r, text, -1, NULL));
    INVALID("buf", warm_record_to_json(r, NULL, 8, NULL));
    INVALID("handle", warm_record_key(NULL, &key));
    INVALID("out", warm_record_key(r, NULL));
    INVALID("keyspace", warm_key_from_text(2, "k", 1, &key));
    INVALID("text", warm_key_from_text(0, NULL, 1, &key));
    INVALID("text", warm_key_from_text(0, bad, -1, &key));
    INVALID("out", warm_key_from_text(0, "k", 1, NULL));
    CHECK(memcmp(&key, &before, sizeof key) == 0);
    INVALID("handle", warm_record_check(NULL, r));
    INVALID("handle", warm_record_check(r, NULL));
    INVALID("handle", warm_record_transfer(NULL, r));
    INVALID("handle", warm_record_transfer(r, NULL));
    INVALID("handle", warm_store_save_record(NULL, r));
    INVALID("handle", warm_store_save_record(s, NULL));
    CHECK_ERR_OUT(warm_record, WARM_ERR_INVALID, "handle", warm_store_load_record(NULL, r, &out));
    CHECK_ERR_OUT(warm_record, WARM_ERR_INVALID, "handle", warm_store_load_record(s, NULL, &out));
    INVALID("out", warm_store_load_record(s, r, NULL));
    INVALID("out", warm_store_open_records("x", 1, NULL));
    CHECK_ERR_OUT(warm_store, WARM_ERR_INVALID, "root", warm_store_open_records(NULL, 3, &out));
    CHECK_ERR_OUT(warm_store, WARM_ERR_INVALID, "root|file", warm_store_open_records("/dev/null", -1, &out));

    warm_record *a = made(WARM_RECORD_ARTIFACT);
    const char *const labels[] = {bad, NULL};
    const int64_t lens[] = {4, 1}, dims[] = {-1};
    INVALID("handle", warm_record_add_term(NULL, "m", 1, 0, NULL, NULL, NULL, 0, NULL, 0, 1));
    INVALID("block_name", warm_record_add_term(a, NULL, 1, 0, NULL, NULL, NULL, 0, NULL, 0, 1));
    INVALID("role", warm_record_add_term(a, "m", 1, 3, NULL, NULL, NULL, 0, NULL, 0, 1));
    INVALID("labels", warm_record_add_term(a, "m", 1, 0, NULL, NULL, NULL, 1, NULL, 0, 1));
    INVALID("labels", warm_record_add_term(a, "m", 1, 0, labels, lens, NULL, 1, NULL, 0, 1));
    INVALID("labels", warm_record_add_term(a, "m", 1, 0, labels + 1, lens + 1, NULL, 1, NULL, 0, 1));
    INVALID("labels", warm_record_add_term(a, "m", 1, 0, labels, lens, NULL, -1, NULL, 0, 1));
    INVALID("nullspace_dims", warm_record_add_term(a, "m", 1, 0, NULL, NULL, NULL, 0, NULL, 1, 1));
    INVALID("nullspace_dims", warm_record_add_term(a, "m", 1, 0, NULL, NULL, NULL, 0, dims, 1, 1));
    INVALID("reduced_width", warm_record_add_term(a, "m", 1, 0, NULL, NULL, NULL, 0, NULL, 0, -1));
    CHECK_OK(warm_record_describe(a, "terms.identity", -1, NULL, &whole));
    CHECK_EQ(0, whole);
    warm_record_free(&a);

#define EVERY(words, handle, field, len, at)                                                   \
    do {                                                                                       \
        whole = -7;                                                                            \
        INVALID(words, warm_record_set_text(handle, field, len, at, "x", 1));                  \
        INVALID(words, warm_record_get_text(handle, field, len, at, text, 8, &whole));         \
        INVALID(words, warm_record_set_integer(handle, field, len, at, 1));                    \
        INVALID(words, warm_record_get_integer(handle, field, len, at, &whole));               \
        INVALID(words, warm_record_set_number(handle, field, len, at, 1));                     \
        INVALID(words, warm_record_get_number(handle, field, len, at, &number));               \
        INVALID(words, warm_record_set_integers(handle, field, len, at, &whole, 0));           \
        INVALID(words, warm_record_get_integers(handle, field, len, at, &whole, 1, &whole));   \
        INVALID(words, warm_record_set_numbers(handle, field, len, at, numbers, 1));           \
        INVALID(words, warm_record_get_numbers(handle, field, len, at, numbers, 2, &whole));   \
        INVALID(words, warm_record_clear(handle, field, len, at));                             \
        CHECK(whole == -7 && number < -6 && strcmp(text, "as is") == 0);                       \
    } while (0)
    EVERY("handle", NULL, "rho", -1, 0);
    EVERY("field", r, NULL, -1, 0);
    EVERY("field", r, NULL, 3, 0);
    EVERY("field", r, "rho", -2, 0);
    EVERY("field", r, bad, -1, 0);
    EVERY("has no such field, but version, key", r, "roh", -1, 0);
    EVERY("has no such field", r, "", 0, 0);
    EVERY("index", r, "prev_rho", -1, -1);
    EVERY("no item 1: it has 1|not ", r, "prev_rho", -1, 1);
    INVALID("handle", warm_record_describe(NULL, "rho", -1, NULL, NULL));
    INVALID("no such field", warm_record_describe(r, "terms.role", -1, NULL, NULL));
    CHECK_OK(warm_record_describe(r, "rho", 3, NULL, NULL));
    INVALID("text", warm_record_set_text(r, "key", -1, 0, NULL, 1));
    INVALID("text", warm_record_set_text(r, "key", -1, 0, bad, -1));
    INVALID("list of numbers", warm_record_set_text(r, "rho", -1, 0, "x", 1));
    INVALID("an integer, not a text", warm_record_get_text(r, "n_rows", -1, 0, text, 8, NULL));
    INVALID("negative", warm_record_set_integer(r, "n_rows", -1, 0, -1));
    INVALID("neither 0 nor 1", warm_record_set_integer(r, "last_inner_converged", -1, 0, 2));
    INVALID("out", warm_record_get_integer(r, "n_rows", -1, 0, NULL));
    INVALID("out", warm_record_get_number(r, "last_pirls_lm_lambda", -1, 0, NULL));
    INVALID("is NaN", warm_record_set_number(r, "last_pirls_lm_lambda", -1, 0, NAN));
    INVALID("is inf", warm_record_set_number(r, "last_pirls_lm_lambda", -1, 0, INFINITY));
    INVALID("number 1, counted from 0, is NaN", warm_record_set_numbers(r, "rho", -1, 0, numbers, 2));
    INVALID("values", warm_record_set_numbers(r, "rho", -1, 0, NULL, 2));
    INVALID("values", warm_record_set_numbers(r, "rho", -1, 0, numbers, -1));
    INVALID("values", warm_record_set_numbers(r, "rho", -1, 0, numbers, INT64_MAX));
    INVALID("buf", warm_record_get_numbers(r, "rho", -1, 0, NULL, 2, NULL));
    INVALID("cap", warm_record_get_numbers(r, "rho", -1, 0, numbers, -1, NULL));
    CHECK_ST(WARM_ERR_BUFFER, warm_record_get_numbers(r, "rho", -1, 0, numbers, 1, NULL));
    CHECK(numbers_are(r, "rho", 0, RHO, 2));
    CHECK_OK(warm_record_set_numbers(r, "rho", -1, 0, NULL, 0));
    CHECK(numbers_are(r, "rho", 0, RHO, 0));
    INVALID("no optional field", warm_record_clear(r, "rho", -1, 0));
    warm_record_free(&r);
    CHECK(r == NULL);
    warm_record_free(&r);
    warm_record_free(NULL);
    warm_store_free(&s);
}

static void in_a_forked_child(void)
{
    warm_store *s = open_store("fork");
    warm_record *r = warm_start();
    CHECK_OK(warm_store_save_record(s, r));
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        child_begin();
        warm_record *found = NULL;
        set_integer(r, "n_rows", 7); /* plain memory */
        CHECK_ST(WARM_ERR_FORKED, warm_store_load_record(s, r, &found));
        warm_store *own = open_store("fork"); /* not the parent's, whose locks are not this process's */
        CHECK_OK(warm_store_load_record(own, r, &found));
        warm_record_free(&found);
        warm_record_free(&r);
        warm_store_free(&own);
        warm_store_free(&s);
        child_end();
    }
    CHECK(child_passed(pid));
    warm_record_free(&r);
    warm_store_free(&s);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    every_field_of_a_warm_start();
    blocks();
    conditions_in_words();
    limits();
    keyspaces();
    artifacts();
    misuse();
    in_a_forked_child();
    return check_finish();
}
