/* Damage, leavings and links: passed over, never served, never deleted by a lookup. */
#include "check.h"

static const double ONE = 1.0;

static void flip_byte(const char *path, int64_t at)
{
    char byte = 0;
    const int fd = open(path, O_RDWR);
    REQUIRE(fd >= 0);
    REQUIRE(pread(fd, &byte, 1, (off_t)at) == 1);
    byte = (char)(byte ^ 1);
    REQUIRE(pwrite(fd, &byte, 1, (off_t)at) == 1);
    (void)close(fd);
}

static void verify_tells(warm_store *store, const warm_key *key, const char *run_id)
{
    warm_cursor *faults = NULL;
    warm_finding finding;
    warm_key its_key;
    char id[WARM_RUN_ID_MAX] = "", text[4096] = "";
    int64_t needed = 0;
    memset(&finding, 0, sizeof finding);
    finding.struct_size = (uint32_t)sizeof finding;
    const warm_check_report report = verified(store, &faults);
    CHECK_EQ(1, report.intact);
    CHECK_EQ(1, report.damaged + report.half_present);
    CHECK_EQ(0, report.foreign);
    CHECK_EQ(1, report.keys);
    CHECK_EQ(9, report.payload_bytes);
    CHECK_OK(warm_cursor_next(faults));
    CHECK_OK(warm_cursor_finding(faults, &finding));
    CHECK_EQ(1, finding.has_key);
    CHECK_EQ(WARM_ACTION_NOTHING, finding.action);
    CHECK(finding.problem == WARM_PROBLEM_METADATA || finding.problem == WARM_PROBLEM_PAYLOAD || finding.problem == WARM_PROBLEM_PAYLOAD_MISSING);
    CHECK_EQ(report.half_present, finding.problem == WARM_PROBLEM_PAYLOAD_MISSING);
    CHECK_OK(warm_cursor_key(faults, &its_key));
    CHECK(same_key(key, &its_key));
    CHECK_OK(warm_cursor_run_id(faults, id, sizeof id, NULL));
    CHECK(strcmp(run_id, id) == 0);
    CHECK_ST(WARM_ERR_BUFFER, warm_cursor_text(faults, NULL, 0, &needed));
    CHECK_OK(warm_cursor_text(faults, text, sizeof text, NULL));
    CHECK_EQ((int64_t)strlen(text) + 1, needed);
    CHECK(strstr(text, run_id) != NULL && is_utf8(text));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(faults));
    warm_cursor_free(&faults);
}

static void damage(void)
{
    static const char *cases[] = {"payload-bit", "payload-truncated", "payload-extended", "payload-missing", "payload-emptied", "objective-digit",
                                  "iteration-digit", "kind-swapped", "time-digit", "json-broken", "json-emptied", "json-huge", "json-deep"};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; ++c) {
        const char *name = cases[c];
        const long failures_before = check_failures;
        char root[PATH_CAP], json[PATH_CAP] = "", bin[PATH_CAP] = "", text[16384];
        const warm_key key = key_of(c);
        (void)snprintf(root, sizeof root, "%s", in_scratch("damage-"));
        (void)strncat(root, name, sizeof root - strlen(root) - 1);
        /* written by another process, so that nothing of it lies in this one's memory */
        IN_CHILD({
            warm_store *store = open_root(root);
            const double objective = 9.5; /* the victim is both better and newer */
            CHECK_OK(warm_store_save_slot(store, &key, "spare", -1, "next best", 9, &objective, NULL, WARM_KIND_CHECKPOINT));
            CHECK_OK(warm_store_save_slot(store, &key, "victim", -1, "the victim", 10, &ONE, NULL, WARM_KIND_CHECKPOINT));
            CHECK_OK(warm_store_flush(store, 10.0));
            warm_store_free(&store);
        });
        /* the victim's pair is the one whose stem starts with its name */
        DIR *d = opendir(key_dir(root, &key));
        struct dirent *item;
        int pair = 0;
        REQUIRE(d != NULL);
        while ((item = readdir(d)) != NULL)
            if (strncmp(item->d_name, "victim", 6) == 0) {
                if (ends_with(item->d_name, ".json")) {
                    (void)snprintf(json, sizeof json, "%s/%s", key_dir(root, &key), item->d_name);
                    ++pair;
                }
                if (ends_with(item->d_name, ".bin")) {
                    (void)snprintf(bin, sizeof bin, "%s/%s", key_dir(root, &key), item->d_name);
                    ++pair;
                }
            }
        (void)closedir(d);
        CHECK_EQ(2, pair);

        const int64_t json_len = read_file(json, text, sizeof text - 1);
        REQUIRE(json_len > 0);
        text[json_len] = '\0';
        if (strcmp(name, "payload-bit") == 0) {
            flip_byte(bin, 4);
        } else if (strcmp(name, "payload-truncated") == 0) {
            REQUIRE(truncate(bin, 9) == 0);
        } else if (strcmp(name, "payload-extended") == 0) {
            REQUIRE(truncate(bin, 11) == 0);
        } else if (strcmp(name, "payload-missing") == 0) {
            REQUIRE(unlink(bin) == 0);
        } else if (strcmp(name, "payload-emptied") == 0) {
            REQUIRE(truncate(bin, 0) == 0);
        } else if (strcmp(name, "json-broken") == 0) {
            REQUIRE(truncate(json, (off_t)json_len / 2) == 0);
        } else if (strcmp(name, "json-emptied") == 0) {
            REQUIRE(truncate(json, 0) == 0);
        } else if (strcmp(name, "json-huge") == 0 || strcmp(name, "json-deep") == 0) {
            /* well-formed, but longer or deeper than any metadata can be */
            const int deep = strcmp(name, "json-deep") == 0;
            const size_t each = deep ? 16000 : 40000;
            char *brace = strrchr(text, '}');
            char *all = malloc((size_t)json_len + 2 * each + 100);
            size_t n;
            REQUIRE(brace != NULL && all != NULL);
            n = (size_t)(brace - text);
            memcpy(all, text, n);
            n += (size_t)sprintf(all + n, ", \"note\": %s", deep ? "" : "\"");
            memset(all + n, deep ? '[' : 'x', each);
            n += each;
            memset(all + n, deep ? ']' : 'x', each);
            n += each;
            n += (size_t)sprintf(all + n, "%s}", deep ? "" : "\"");
            REQUIRE(write_file(json, all, n));
            free(all);
        } else {
            /* a changed value that still is good JSON: only a digest of the metadata tells */
            const char *field = strcmp(name, "objective-digit") == 0    ? "\"objective\""
                                : strcmp(name, "iteration-digit") == 0  ? "\"iteration\""
                                : strcmp(name, "kind-swapped") == 0     ? "\"kind\""
                                                                        : "\"written_unix_secs\"";
            char *at = strstr(text, field);
            REQUIRE(at != NULL);
            if (strcmp(name, "objective-digit") == 0) {
                at = strpbrk(at + strlen(field), "0123456789");
                REQUIRE(at != NULL);
                *at = *at == '1' ? '0' : '1';
            } else if (strcmp(name, "time-digit") == 0) {
                at = strpbrk(at + strlen(field), "0123456789");
                REQUIRE(at != NULL);
                at += strspn(at, "0123456789") - 1;
                *at = *at == '1' ? '2' : '1';
            } else if (strcmp(name, "iteration-digit") == 0) {
                at = strstr(at, "null");
                REQUIRE(at != NULL);
                memcpy(at, "1234", 4);
            } else {
                at = strstr(at, "Checkpoint");
                REQUIRE(at != NULL);
                memmove(at + 5, at + 10, strlen(at + 10) + 1);
                memcpy(at, "Final", 5);
            }
            REQUIRE(write_file(json, text, strlen(text)));
        }

        const uint64_t before = tree_hash(key_dir(root, &key));
        warm_store *store = open_root(root);
        CHECK_BEST(store, &key, "next best");
        CHECK_LATEST(store, &key, "next best");
        CHECK_BEST(store, &key, "next best"); /* and again from memory */
        if (strcmp(name, "payload-missing") == 0) {
            warm_entry *out = (warm_entry *)(uintptr_t)16;
            const int32_t status = warm_store_lookup_run(store, &key, "victim", -1, &out);
            CHECK(out == NULL && (status == WARM_ERR_CORRUPT || status == WARM_NOT_FOUND));
        } else {
            CHECK_ERR_OUT(warm_entry, WARM_ERR_CORRUPT, "victim", warm_store_lookup_run(store, &key, "victim", -1, &out));
        }
        CHECK(stats_of(store).damaged >= 1);
        CHECK_EQ(0, stats_of(store).foreign);
        verify_tells(store, &key, "victim");
        CHECK(before == tree_hash(key_dir(root, &key)));
        /* too young to be set aside: a sweep may meet the writer at work */
        CHECK_OK(warm_store_sweep(store));
        CHECK(before == tree_hash(key_dir(root, &key)));
        CHECK_BEST(store, &key, "next best");
        /* and the slot can be written again */
        CHECK_OK(warm_store_save_slot(store, &key, "victim", -1, "healed", 6, &ONE, NULL, WARM_KIND_CHECKPOINT));
        CHECK_BEST(store, &key, "healed");
        warm_store_free(&store);
        if (check_failures != failures_before)
            printf("  (damage case %s)\n", name);
    }
}

/* Nothing but damage: nothing to answer, and no error either. */
static void only_damage(void)
{
    char bin[PATH_CAP];
    const char *root = in_scratch("only-damage");
    const warm_key key = key_of(1);
    IN_CHILD({
        warm_store *store = open_root(root);
        CHECK_OK(save_scored(store, &key, "lonely", 1.0, WARM_KIND_FINAL));
        CHECK_OK(warm_store_flush(store, 10.0));
        warm_store_free(&store);
    });
    REQUIRE(only_name(key_dir(root, &key), ".bin", bin));
    flip_byte(bin, 0);
    warm_store *store = open_root(root);
    CHECK_BEST(store, &key, NULL);
    CHECK_LATEST(store, &key, NULL);
    CHECK_EQ(1, count_names(key_dir(root, &key), ".bin"));
    CHECK_EQ(1, count_names(key_dir(root, &key), ".json"));
    warm_store_free(&store);
}

static void links_below_the_root(void)
{
    char root[PATH_CAP], outside[PATH_CAP], bin[PATH_CAP], away[PATH_CAP];
    const warm_key key = key_of(1), other = key_of(2);
    (void)snprintf(root, sizeof root, "%s", in_scratch("links"));
    (void)snprintf(outside, sizeof outside, "%s", in_scratch("links-outside"));
    IN_CHILD({
        warm_store *store = open_root(root);
        CHECK_OK(save_scored(store, &key, "inside", 1.0, WARM_KIND_FINAL));
        CHECK_OK(save_scored(store, &other, "inside", 1.0, WARM_KIND_FINAL));
        CHECK_OK(warm_store_flush(store, 10.0));
        warm_store_free(&store);
    });
    /* one key's directory, and the other's payload, now are links to the outside */
    REQUIRE(rename(key_dir(root, &key), outside) == 0);
    REQUIRE(symlink(outside, key_dir(root, &key)) == 0);
    REQUIRE(only_name(key_dir(root, &other), ".bin", bin));
    (void)snprintf(away, sizeof away, "%s", in_scratch("links-payload"));
    REQUIRE(rename(bin, away) == 0);
    REQUIRE(symlink(away, bin) == 0);
    const uint64_t before = tree_hash(outside);
    char text[16];
    warm_store *store = open_root(root);
    CHECK(lookup_text(store, &key, WARM_LOOKUP_BEST, text, sizeof text) != WARM_OK);
    CHECK(warm_store_save_slot(store, &key, "slot", -1, "x", 1, NULL, NULL, WARM_KIND_CHECKPOINT) < 0);
    CHECK(warm_store_remove(store, &key) != WARM_OK);
    CHECK_OK(warm_store_sweep(store));
    CHECK(before == tree_hash(outside));
    CHECK_BEST(store, &other, NULL);
    CHECK_EQ(6, read_file(away, text, sizeof text));
    warm_store_free(&store);
}

static void rmdir_visit(const char *path, const struct stat *st, void *context)
{
    if (S_ISDIR(st->st_mode) && strcmp(path, context) != 0)
        (void)rmdir(path); /* succeeds where it is empty */
}

/* Other engines remove any empty directory below the root, at any moment. */
static void vanishing_directories(void)
{
    char root[PATH_CAP];
    (void)snprintf(root, sizeof root, "%s", in_scratch("vanishing"));
    warm_store *store = open_root(root);
    for (uint64_t i = 0; i < 10; ++i) {
        const warm_key key = key_of(i % 2);
        walk(root, rmdir_visit, root);
        CHECK_OK(save_scored(store, &key, "again", 1.0, WARM_KIND_FINAL));
        CHECK_BEST(store, &key, "again");
        CHECK_OK(warm_store_remove(store, &key));
        walk(root, rmdir_visit, root);
        CHECK_BEST(store, &key, NULL);
        CHECK_OK(warm_store_sweep(store));
    }
    warm_session *session = NULL;
    const warm_key key = key_of(7);
    CHECK_OK(warm_session_open(store, &key, NULL, &session));
    walk(root, rmdir_visit, root);
    CHECK_OK(warm_session_checkpoint(session, "x", 1, &ONE, NULL));
    warm_session_free(&session);
    /* the whole root gone: an error in words, or made again; never a crash */
    remove_tree(root);
    const int32_t status = save_scored(store, &key, "homeless", 1.0, WARM_KIND_FINAL);
    CHECK(status == WARM_OK || status < 0);
    warm_store_free(&store);
}

static void malformed_leavings(void)
{
    char path[PATH_CAP + 200], root[PATH_CAP], many[120];
    const warm_key key = key_of(1);
    (void)snprintf(root, sizeof root, "%s", in_scratch("leavings"));
    warm_store *store = open_root(root);
    CHECK_OK(save_scored(store, &key, "whole", 1.0, WARM_KIND_FINAL));
    memset(many, 'n', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    const char *names[] = {"a.bin.tmp.", "a.bin.tmp.notapid.1", "a.json.tmp.99999999999999999999.1", ".json", ".bin", "~.json", "x~y~z.json", "x~1~.json", "x~18446744073709551616~1.json",
                           "x~-1~1.bin", "orphan.bin", "orphan.json", "r1-1.tmp.json", "\xff\xfe.json", "a.lock", "...json", "-", many};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        (void)snprintf(path, sizeof path, "%s/%s", key_dir(root, &key), names[i]);
        CHECK(write_file(path, "junk", 4));
        (void)snprintf(path, sizeof path, "%s/%s", root, names[i]);
        CHECK(write_file(path, "junk", 4));
    }
    (void)snprintf(path, sizeof path, "%s/dir.json", key_dir(root, &key));
    CHECK(mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof path, "%s/NOT-A-KEY", root);
    CHECK(mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof path, "%s/fifo.json", key_dir(root, &key));
    CHECK(mkfifo(path, 0600) == 0); /* opening it to read would wait for ever */
    CHECK_BEST(store, &key, "whole");
    CHECK_OK(warm_store_sweep(store));
    CHECK_BEST(store, &key, "whole");
    warm_store_free(&store);
    store = open_root(root);
    CHECK_BEST(store, &key, "whole");
    CHECK_LATEST(store, &key, "whole");
    CHECK_OK(warm_store_sweep(store));
    CHECK_BEST(store, &key, "whole");
    warm_cursor *cursor = NULL;
    CHECK_OK(warm_store_list_keys(store, &cursor));
    CHECK_EQ(1, count_cursor(cursor));
    warm_cursor_free(&cursor);
    CHECK_OK(save_scored(store, &key, "better", 0.5, WARM_KIND_FINAL));
    CHECK_BEST(store, &key, "better");
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    damage();
    only_damage();
    links_below_the_root();
    vanishing_directories();
    malformed_leavings();
    return check_finish();
}
