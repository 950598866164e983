/* A store directory written by another engine (argv[1]/root, a copy), and what it must answer (argv[2]: fixtures.txt).
   Then version-1 engines at work beside a store of ours, played with that directory's pairs. */
#include "check.h"

static int32_t kind_of(const char *text)
{
    return strcmp(text, "Final") == 0 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT;
}

static void check_fixture(const char *name, warm_store *store, const warm_key *key, int32_t mode, char *want[5])
{
    const long before = check_failures;
    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    warm_key its_key;
    char payload[256], hex[513] = "-";
    int64_t n = 0;
    if (CHECK_OK(warm_store_lookup(store, key, mode, &entry))) {
        CHECK_OK(warm_entry_get_info(entry, &info));
        CHECK_OK(warm_entry_key(entry, &its_key));
        CHECK(same_key(key, &its_key));
        CHECK_OK(warm_entry_copy(entry, payload, sizeof payload, &n));
        for (int64_t i = 0; i < n; ++i)
            (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)payload[i]);
        CHECK(strcmp(want[4], hex) == 0);
        CHECK_EQ(n, info.payload_bytes);
        CHECK_EQ(WARM_SOURCE_EXACT, info.source);
        if (want[0][0] != '?')
            CHECK_EQ(kind_of(want[0]), info.kind);
        if (want[1][0] == '-') {
            CHECK_EQ(0, info.has_objective);
        } else {
            const uint64_t bits = strtoull(want[1], NULL, 16);
            CHECK_EQ(1, info.has_objective);
            CHECK(memcmp(&bits, &info.objective, sizeof bits) == 0);
        }
        CHECK_EQ(want[2][0] != '-', info.has_iteration);
        if (want[2][0] != '-')
            CHECK_EQ(strtoll(want[2], NULL, 10), info.iteration);
        if (want[3][0] != '?')
            CHECK_EQ(strtoll(want[3], NULL, 10), info.written_unix_secs);
    }
    warm_entry_free(&entry);
    if (check_failures != before)
        (void)fprintf(stderr, "  fixture %s, %s\n", name, mode == WARM_LOOKUP_BEST ? "best" : "latest");
}

static long check_all(warm_store *store, const char *table)
{
    static char line[4096];
    long n = 0;
    FILE *f = fopen(table, "r");
    REQUIRE(f != NULL);
    while (fgets(line, sizeof line, f) != NULL) {
        char *fields[12] = {0}, *rest = line;
        size_t count = 0;
        warm_key key;
        if (line[0] == '#')
            continue;
        for (char *word; count < 12 && (word = strtok_r(rest, " \n", &rest)) != NULL;)
            fields[count++] = word;
        REQUIRE(count == 12);
        REQUIRE_OK(warm_key_from_hex(fields[1], -1, &key));
        for (int twice = 0; twice < 2; ++twice) { /* from the files, then from memory */
            check_fixture(fields[0], store, &key, WARM_LOOKUP_BEST, fields + 2);
            check_fixture(fields[0], store, &key, WARM_LOOKUP_LATEST, fields + 7);
        }
        ++n;
    }
    (void)fclose(f);
    return n;
}

static void fixtures(const char *root, const char *table)
{
    /* read only first: then nothing at all may change */
    const uint64_t before = tree_hash(root);
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_ttl_seconds(options, 0.0));
    CHECK_OK(warm_store_options_set_read_only(options, 1));
    warm_store *store = open_with(root, options);
    CHECK_EQ(18, check_all(store, table));
    CHECK(stats_of(store).damaged >= 5);
    CHECK(stats_of(store).foreign >= 1);
    const warm_check_report report = verified(store, NULL);
    CHECK_EQ(18, report.keys);
    CHECK_EQ(4, report.damaged);
    CHECK_EQ(1, report.half_present);
    CHECK_EQ(1, report.foreign);
    CHECK_EQ(0, report.superseded);
    CHECK_EQ(0, report.unreadable);
    warm_store_free(&store);
    CHECK(before == tree_hash(root));

    /* for writing, and still only looked at: the script compares every file that was there */
    CHECK_OK(warm_store_options_set_read_only(options, 0));
    store = open_with(root, options);
    CHECK_EQ(18, check_all(store, table));
    warm_cursor *cursor = NULL;
    CHECK_OK(warm_store_list_keys(store, &cursor));
    CHECK_EQ(18, count_cursor(cursor));
    warm_cursor_free(&cursor);
    /* and what a lookup answers, a session loads */
    warm_key key;
    warm_session *session = NULL;
    warm_entry *entry = NULL;
    CHECK_OK(warm_key_from_hex("650f552e806b8522a93144cea2239ad707023716cdf8377ad50fa7d21308d847", -1, &key));
    CHECK_OK(warm_session_open(store, &key, NULL, &session));
    CHECK_OK(warm_session_load(session, &entry));
    CHECK(entry_is(entry, "done", 4));
    warm_entry_free(&entry);
    warm_session_free(&session);
    warm_store_free(&store);
    warm_store_options_free(&options);
}

/* ---- beside a version-1 engine ---- */

typedef struct { char json[4096], bin[64]; int64_t json_len, bin_len; } pair;

static pair pair_of(const char *root, const char *key_and_stem)
{
    char path[PATH_CAP];
    pair p;
    memset(&p, 0, sizeof p);
    (void)snprintf(path, sizeof path, "%s/%s.json", root, key_and_stem);
    p.json_len = read_file(path, p.json, sizeof p.json - 1);
    (void)snprintf(path, sizeof path, "%s/%s.bin", root, key_and_stem);
    p.bin_len = read_file(path, p.bin, sizeof p.bin);
    REQUIRE(p.json_len > 0 && p.bin_len >= 0);
    return p;
}

/* As they do it: the payload by rename, then the metadata by rename, over the run's pair. */
static void publish(const char *dir, const char *stem, const pair *p)
{
    char name[PATH_CAP], temporary[PATH_CAP];
    (void)snprintf(temporary, sizeof temporary, "%s/%s.bin.tmp.%ld.1", dir, stem, (long)getpid());
    (void)snprintf(name, sizeof name, "%s/%s.bin", dir, stem);
    REQUIRE(write_file(temporary, p->bin, (size_t)p->bin_len) && rename(temporary, name) == 0);
    (void)snprintf(temporary, sizeof temporary, "%s/%s.json.tmp.%ld.2", dir, stem, (long)getpid());
    (void)snprintf(name, sizeof name, "%s/%s.json", dir, stem);
    REQUIRE(write_file(temporary, p->json, (size_t)p->json_len) && rename(temporary, name) == 0);
}

static void unpublish(const char *dir, const char *stem)
{
    char name[PATH_CAP];
    (void)snprintf(name, sizeof name, "%s/%s.json", dir, stem);
    CHECK(unlink(name) == 0);
    (void)snprintf(name, sizeof name, "%s/%s.bin", dir, stem);
    CHECK(unlink(name) == 0);
}

static const char ONLY[] = "6caaa1e4ac92436f66e6909155f3908f827e6f013a828494473572188aa82edf/r88a-18e9ba1ff6e7e98d";     /* "only", 1.5 */
static const char TOUCHED[] = "ef3cee1ee49184c0a682e73980772fbca06289a2c30104b34968acc1013540a7/r88a-18e9ba1ffbba80d3"; /* "touched", 1.0 */

/* What another engine publishes, overwrites and removes is seen by the next lookup, however fast it goes. */
static void beside_another_engine(const char *fixture_root)
{
    const char *root = in_scratch("beside");
    const warm_key key = key_of(1);
    const pair only = pair_of(fixture_root, ONLY), touched = pair_of(fixture_root, TOUCHED);
    warm_store *store = open_ttl(root, 0.0);
    CHECK_OK(save_scored(store, &key, "ours", 10.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_flush(store, 10.0));
    CHECK_BEST(store, &key, "ours");
    const char *dir = key_dir(root, &key);
    for (long i = 0; i < rounds(200); ++i) {
        publish(dir, "r88a-1", &only);
        CHECK_BEST(store, &key, "only");
        publish(dir, "r88a-1", &touched); /* over the same names */
        CHECK_BEST(store, &key, "touched");
        publish(dir, "r88a-2", &only);
        CHECK_BEST(store, &key, "touched");
        unpublish(dir, "r88a-1");
        CHECK_BEST(store, &key, "only");
        unpublish(dir, "r88a-2");
        CHECK_BEST(store, &key, "ours");
    }
    /* our own slot under a name it uses; it then overwrites that pair */
    CHECK_OK(warm_store_save_slot(store, &key, "r88a-3", -1, "ours too", 8, NULL, NULL, WARM_KIND_CHECKPOINT));
    CHECK_EQ(2, count_entries(store, &key));
    publish(dir, "r88a-4", &only);
    CHECK_OK(warm_store_save_slot(store, &key, "r88a-4", -1, "replaced", 8, NULL, NULL, WARM_KIND_CHECKPOINT));
    warm_entry *entry = NULL;
    CHECK_OK(warm_store_lookup_run(store, &key, "r88a-4", -1, &entry));
    CHECK(entry_is(entry, "replaced", 8));
    warm_entry_free(&entry);
    CHECK_BEST(store, &key, "ours");
    CHECK_EQ(3, count_entries(store, &key));
    warm_store_free(&store);
}

static void replace(pair *p, const char *old, const char *new)
{
    char *at = strstr(p->json, old);
    REQUIRE(at != NULL);
    const size_t tail = strlen(at + strlen(old)) + 1;
    REQUIRE(strlen(p->json) + strlen(new) < sizeof p->json);
    memmove(at + strlen(new), at + strlen(old), tail);
    memcpy(at, new, strlen(new));
    p->json_len = (int64_t)strlen(p->json);
}

/* Metadata as other engines, of other versions, write it or might. */
static void variants(const char *fixture_root)
{
    static const struct { const char *old, *new; int answered; double objective; int64_t iteration; } cases[] = {
        {"\"iteration\": 7", "\"iteration\": 9223372036854775807", 1, 1.5, INT64_MAX},
        {"\"iteration\": 7", "\"iteration\": 9223372036854775808", 1, 1.5, -1},
        {"\"iteration\": 7", "\"iteration\": 18446744073709551615", 1, 1.5, -1},
        {"\"iteration\": 7", "\"iteration\": null", 1, 1.5, -1},
        {"\"iteration\": 7,", "", 1, 1.5, -1},
        {"\"objective\": 1.5,", "", 1, NAN, 7},
        {"\"objective\": 1.5", "\"objective\": null", 1, NAN, 7},
        {"\"objective\": 1.5", "\"objective\": -0.0", 1, -0.0, 7},
        {"\"objective\": 1.5", "\"objective\": 3", 1, 3.0, 7},
        {"\"objective\": 1.5", "\"objective\": 5e-324", 1, 5e-324, 7},
        {"\"objective\": 1.5", "\"objective\": 2.2250738585072011e-308", 1, 2.2250738585072011e-308, 7},
        {"\"objective\": 1.5", "\"objective\": 1.7976931348623157e308", 1, 1.7976931348623157e308, 7},
        {"\"objective\": 1.5", "\"objective\": 0.30000000000000004", 1, 0.30000000000000004, 7},
        {"\"accessed\": false,", "", 1, 1.5, 7},
        {"\"accessed_unix_secs\": 0,", "", 1, 1.5, 7},
        {",\n  \"accessed_nanos\": 0", "", 1, 1.5, 7},
        {"\"accessed\"", "\"a field of later days\": {\"a\": [1, 2, {\"b\": null}]}, \"accessed\"", 1, 1.5, 7},
        {"\"Checkpoint\"", "\"Final\"", 1, 1.5, 7},
        /* damage */
        {"\"Checkpoint\"", "\"Ready\"", 0, 0, 0},
        {"\"Checkpoint\"", "null", 0, 0, 0},
        {"\"payload_bytes\": 4", "\"payload_bytes\": 5", 0, 0, 0},
        {"\"payload_bytes\": 4", "\"payload_bytes\": -4", 0, 0, 0},
        {"\"payload_bytes\": 4", "\"payload_bytes\": 18446744073709551615", 0, 0, 0},
        {"\"payload_bytes\": 4", "\"payload_bytes\": 9223372036854775807", 0, 0, 0},
        {"\"payload_bytes\": 4,", "", 0, 0, 0},
        {"\"checksum_hex\": \"", "\"checksum_hex\": \"00", 0, 0, 0},
        {"\"checksum_hex\"", "\"checksum_none\"", 0, 0, 0},
        {"\"written_unix_secs\"", "\"written_some_day\"", 0, 0, 0},
        {"\"objective\": 1.5", "\"objective\": \"1.5\"", 0, 0, 0},
        {"\"objective\": 1.5", "\"objective\": NaN", 0, 0, 0},
        {"\"iteration\": 7", "\"iteration\": -7", 0, 0, 0},
        {"{", "[{", 0, 0, 0},
        {"}", "}}", 0, 0, 0},
        {"}", "} trailing", 0, 0, 0},
        /* foreign */
        {"\"schema_version\": 1", "\"schema_version\": 2", 0, 0, 0},
        {"\"schema_version\": 1", "\"schema_version\": 4294967295", 0, 0, 0},
    };
    const char *root = in_scratch("variants");
    warm_store *store = open_ttl(root, 0.0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        const long before = check_failures;
        const warm_key key = key_of(i);
        warm_entry *entry = NULL;
        warm_entry_info info = fresh_info();
        pair p = pair_of(fixture_root, ONLY);
        replace(&p, cases[i].old, cases[i].new);
        CHECK(mkdir(key_dir(root, &key), 0700) == 0);
        publish(key_dir(root, &key), "r88a-1", &p);
        const uint64_t hash = tree_hash(key_dir(root, &key));
        if (CHECK_ST(cases[i].answered ? WARM_OK : WARM_NOT_FOUND, warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry)) && cases[i].answered) {
            CHECK(entry_is(entry, "only", 4));
            CHECK_OK(warm_entry_get_info(entry, &info));
            CHECK_EQ(!isnan(cases[i].objective), info.has_objective);
            CHECK(isnan(cases[i].objective) || memcmp(&cases[i].objective, &info.objective, sizeof info.objective) == 0);
            CHECK_EQ(cases[i].iteration >= 0, info.has_iteration);
            CHECK(cases[i].iteration < 0 || info.iteration == cases[i].iteration);
        }
        warm_entry_free(&entry);
        CHECK(hash == tree_hash(key_dir(root, &key)));
        if (check_failures != before)
            (void)fprintf(stderr, "  variant %s -> %s\n", cases[i].old, cases[i].new);
    }
    CHECK_OK(warm_store_sweep(store));
    warm_store_free(&store);
}

/* Reads our pair as a newer version-1 engine does at each lookup: its own copy of the metadata, with the fields it knows and its
   access stamp, goes back onto the stem. */
static void reread(const char *json)
{
    static const char *const known[] = {"schema_version", "written_unix_secs", "written_nanos", "objective", "iteration", "kind", "checksum_hex", "payload_bytes"};
    char text[8192], out[8192], temporary[PATH_CAP + 20], *rest = text;
    const int64_t n = read_file(json, text, sizeof text - 1);
    size_t used = 0;
    REQUIRE(n > 0);
    text[n] = '\0';
    used += (size_t)snprintf(out, sizeof out, "{\n");
    for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;)
        for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i) {
            char quoted[40];
            (void)snprintf(quoted, sizeof quoted, "\"%s\"", known[i]);
            if (strstr(line, quoted) != NULL) {
                line[strcspn(line, ",")] = '\0';
                used += (size_t)snprintf(out + used, sizeof out - used, "%s,\n", line);
            }
        }
    used += (size_t)snprintf(out + used, sizeof out - used, "  \"accessed\": true,\n  \"accessed_unix_secs\": %ld,\n  \"accessed_nanos\": 5\n}", (long)time(NULL));
    (void)snprintf(temporary, sizeof temporary, "%s.tmp.%ld.3", json, (long)getpid());
    REQUIRE(write_file(temporary, out, used) && rename(temporary, json) == 0);
}

static void its_access_stamp(void)
{
    char root[PATH_CAP], json[PATH_CAP], text[64];
    const warm_key key = key_of(1);
    const double objective = 0.1;
    const int64_t iteration = 12;
    (void)snprintf(root, sizeof root, "%s", in_scratch("reread"));
    warm_store *store = open_root(root);
    for (int i = 0; i < 10; ++i) {
        warm_entry *entry = NULL;
        warm_entry_info info = fresh_info();
        (void)snprintf(text, sizeof text, "generation %d", i);
        CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, text, (int64_t)strlen(text), &objective, &iteration, i % 2 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT));
        CHECK_OK(warm_store_flush(store, 10.0));
        REQUIRE(only_name(key_dir(root, &key), ".json", json));
        reread(json);
        warm_store *fresh = open_root(root);
        CHECK_BEST(store, &key, text);
        CHECK_OK(warm_store_lookup_run(fresh, &key, "slot", -1, &entry));
        CHECK(entry_is(entry, text, (int64_t)strlen(text)));
        CHECK_OK(warm_entry_get_info(entry, &info));
        CHECK(info.has_objective == 1 && info.objective == 0.1 && info.iteration == 12 && info.kind == (i % 2 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT));
        warm_entry_free(&entry);
        CHECK_EQ(1, count_entries(fresh, &key));
        CHECK_EQ(0, stats_of(fresh).damaged);
        warm_store_free(&fresh);
    }
    CHECK_EQ(1, count_names(key_dir(root, &key), ".json"));
    warm_store_free(&store);
}

/* Expiry counts from the last activity, whoever noted it; what comes from the future is as fresh as now. */
static void its_clock(const char *fixture_root)
{
    static const struct { long written, accessed; int alive; } cases[] = {
        {-10, 0, 1}, {-1000, 0, 0}, {-1000, -10, 1}, {-1000, -900, 0}, {-10, -1000, 1}, {100000, 0, 1}, {-1000, 100000, 1}, {100000, -1000, 1},
    };
    const char *root = in_scratch("clock");
    warm_store *store = open_ttl(root, 500.0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        const warm_key key = key_of(i);
        const long now = (long)time(NULL);
        char value[80];
        pair p = pair_of(fixture_root, ONLY);
        (void)snprintf(value, sizeof value, "\"written_unix_secs\": %ld, \"was\":", now + cases[i].written);
        replace(&p, "\"written_unix_secs\":", value);
        if (cases[i].accessed != 0) {
            replace(&p, "\"accessed\": false", "\"accessed\": true");
            (void)snprintf(value, sizeof value, "\"accessed_unix_secs\": %ld", now + cases[i].accessed);
            replace(&p, "\"accessed_unix_secs\": 0", value);
        }
        CHECK(mkdir(key_dir(root, &key), 0700) == 0);
        publish(key_dir(root, &key), "r88a-1", &p);
    }
    for (int swept = 0; swept < 2; ++swept) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
            const warm_key key = key_of(i);
            if (!CHECK_BEST(store, &key, cases[i].alive ? "only" : NULL))
                (void)fprintf(stderr, "  written %ld, accessed %ld\n", cases[i].written, cases[i].accessed);
        }
        CHECK_OK(warm_store_sweep(store)); /* removes the dead and spares the others */
    }
    warm_cursor *cursor = NULL;
    CHECK_OK(warm_store_list_keys(store, &cursor));
    CHECK_EQ(6, count_cursor(cursor));
    warm_cursor_free(&cursor);
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv) || argc < 3)
        return 2;
    fixtures(in_scratch("root"), argv[2]);
    beside_another_engine(in_scratch("root"));
    its_access_stamp();
    its_clock(in_scratch("root"));
    variants(in_scratch("root"));
    return check_finish();
}
