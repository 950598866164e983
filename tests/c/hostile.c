/* What no engine writes: links, pipes, devices, sockets and directories where files should be, files longer than any memory,
   and metadata made to hurt. Each in a process with little memory and an alarm: nothing hangs or takes much, nothing of it
   is served, the next best is answered, nothing is lost, sweep and verify get through, and a save beside it works. */
#include "check.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static const double ONE = 1.0, BELOW = -0.5;
static const char *SPARE = "next best", *VICTIM = "the victim";
/* SHA-256 of VICTIM */
#define VICTIM_SUM "7c7c2e0277f585e1f22209a5cf6b53be0376728c9cd7585b8fb5cd98af3350b2"

static void bound_memory(void)
{
    /* Under a sanitizer or Valgrind, address space says nothing. */
    const struct rlimit limit = {512u << 20, 512u << 20};
    if (getenv("WARM_TEST_UNBOUNDED") == NULL)
        REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    (void)alarm(120);
}

/* Nothing here is about power loss, and syncing takes long. */
static warm_store *open_unsynced(const char *root)
{
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_durability(options, WARM_DURABILITY_PROCESS));
    warm_store *store = open_with(root, options);
    warm_store_options_free(&options);
    return store;
}

/* A root with a spare entry, and the path of what is to be hostile in it. */
typedef struct {
    char root[PATH_CAP], dir[PATH_CAP + 100], aux[PATH_CAP + 20], outside[PATH_CAP + 20];
    warm_key key, other;
} place;

static void prepare(place *at, const char *name)
{
    (void)snprintf(at->root, sizeof at->root, "%s", in_scratch(name));
    (void)snprintf(at->outside, sizeof at->outside, "%s-outside", at->root);
    at->key = key_of(1);
    at->other = key_of(2);
    (void)snprintf(at->dir, sizeof at->dir, "%s", key_dir(at->root, &at->key));
    (void)snprintf(at->aux, sizeof at->aux, "%s/.warmstart", at->root);
    REQUIRE(mkdir(at->outside, 0700) == 0);
    IN_CHILD({
        const double objective = 9.5;
        warm_store *store = open_unsynced(at->root);
        CHECK_OK(warm_store_save_slot(store, &at->key, "spare", -1, SPARE, (int64_t)strlen(SPARE), &objective, NULL, WARM_KIND_CHECKPOINT));
        warm_store_free(&store);
    });
}

static const char *below(const char *dir, const char *name)
{
    static char ring[8][2 * PATH_CAP];
    static int turn;
    char *path = ring[turn];
    turn = (turn + 1) % 8;
    (void)snprintf(path, sizeof ring[0], "%s/%s", dir, name);
    return path;
}

/* Metadata of a version-1 engine, written now, better than the spare. */
static size_t metadata(char *text, size_t cap, const char *sum, const char *bytes)
{
    return (size_t)snprintf(text, cap, "{\"schema_version\": 1, \"written_unix_secs\": %lld, \"objective\": 1.0, \"kind\": \"Final\", \"checksum_hex\": \"%s\", \"payload_bytes\": %s}",
                            (long long)time(NULL), sum, bytes);
}

/* Everything that may be asked of a store, with something hostile in it. `may`: the victim may be served. */
static void live_with_it(const place *at, int may)
{
    IN_CHILD({
        bound_memory();
        warm_store *store = open_unsynced(at->root);
        for (int round = 0; round < 2; ++round) {
            char text[64];
            warm_cursor *cursor = NULL;
            for (int mode = WARM_LOOKUP_BEST; mode <= WARM_LOOKUP_LATEST; ++mode) {
                CHECK_OK(lookup_text(store, &at->key, mode, text, sizeof text));
                CHECK(strcmp(text, SPARE) == 0 || (may && strcmp(text, VICTIM) == 0));
            }
            warm_entry *entry = NULL;
            const int32_t status = warm_store_lookup_run(store, &at->key, "victim", -1, &entry);
            CHECK(may ? status != WARM_ERR_PANIC : status != WARM_OK);
            warm_entry_free(&entry);
            CHECK_OK(warm_store_lookup_run(store, &at->key, "spare", -1, &entry));
            CHECK(entry_is(entry, SPARE, (int64_t)strlen(SPARE)));
            warm_entry_free(&entry);
            CHECK_OK(warm_store_list_keys(store, &cursor));
            CHECK(count_cursor(cursor) >= 1);
            warm_cursor_free(&cursor);
            CHECK(count_entries(store, &at->key) >= 1);
            const warm_check_report report = verified(store, NULL);
            CHECK(report.intact >= 1);
            CHECK(stats_of(store).files >= 0);
            CHECK_OK(warm_store_sweep(store));
        }
        /* a session beside it: checkpoint, answer, and a fresh process's lookup */
        warm_session *session = open_session(store, &at->key, 0.0);
        CHECK_OK(warm_session_checkpoint(session, "on the way", 10, &BELOW, NULL));
        CHECK_OK(warm_session_finalize(session, "the answer", 10, &BELOW, NULL));
        warm_session_free(&session);
        CHECK_BEST(store, &at->key, "the answer");
        CHECK_OK(save_scored(store, &at->key, "beside", -1.0, WARM_KIND_FINAL));
        CHECK_BEST(store, &at->key, "beside");
        CHECK_OK(warm_store_sweep(store));
        warm_store_free(&store);
        store = open_root(at->root);
        CHECK_BEST(store, &at->key, "beside");
        CHECK_LATEST(store, &at->key, "beside");
        warm_entry *entry = NULL;
        CHECK_OK(warm_store_lookup_run(store, &at->key, "spare", -1, &entry));
        warm_entry_free(&entry);
        warm_store_free(&store);
        /* and with limits of its own, which have to be recorded: done, or refused in words */
        warm_store_options *options = new_options();
        CHECK_OK(warm_store_options_set_ttl_seconds(options, 1e8));
        const int32_t limited = warm_store_open(at->root, -1, options, &store);
        CHECK(limited == WARM_OK || (limited < 0 && limited != WARM_ERR_PANIC));
        if (limited == WARM_OK)
            CHECK_BEST(store, &at->key, "beside");
        warm_store_options_free(&options);
        warm_store_free(&store);
    });
}

/* ---- things that are no regular files ---- */

static const char *const things[] = {"directory", "full-directory", "link", "dangling-link", "link-loop", "pipe", "socket", "zero-device", "full-device", "no-device", "no-misc-device", "block-device"};
enum { THINGS = sizeof things / sizeof things[0] };

/* False where this process may not make such a thing. */
static int make(const char *thing, const char *path, const char *target)
{
    if (strcmp(thing, "directory") == 0)
        return mkdir(path, 0700) == 0;
    if (strcmp(thing, "full-directory") == 0)
        return mkdir(path, 0700) == 0 && write_file(below(path, "inside"), "x", 1);
    if (strcmp(thing, "link") == 0)
        return symlink(target, path) == 0;
    if (strcmp(thing, "dangling-link") == 0)
        return symlink("/nowhere/at/all", path) == 0;
    if (strcmp(thing, "link-loop") == 0)
        return symlink(strrchr(path, '/') + 1, path) == 0;
    if (strcmp(thing, "pipe") == 0)
        return mkfifo(path, 0600) == 0;
    if (strcmp(thing, "socket") == 0) {
        /* its address has little room: bound elsewhere, then moved */
        struct sockaddr_un address;
        const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        memset(&address, 0, sizeof address);
        address.sun_family = AF_UNIX;
        char before[PATH_CAP];
        REQUIRE(fd >= 0 && getcwd(before, sizeof before) != NULL && chdir(check_scratch) == 0);
        (void)strcpy(address.sun_path, "socket");
        (void)unlink("socket");
        REQUIRE(bind(fd, (const struct sockaddr *)&address, (socklen_t)sizeof address) == 0);
        const int done = rename("socket", path) == 0;
        REQUIRE(chdir(before) == 0);
        (void)close(fd);
        return done;
    }
    const int block = strcmp(thing, "block-device") == 0;
    const dev_t device = strcmp(thing, "zero-device") == 0      ? makedev(1, 5)
                         : strcmp(thing, "full-device") == 0    ? makedev(1, 7)
                         : strcmp(thing, "no-misc-device") == 0 ? makedev(10, 250)
                                                                : makedev(240, 7);
    return mknod(path, (mode_t)((block ? S_IFBLK : S_IFCHR) | 0600), device) == 0;
}

static const char *const spots[] = {"victim.json", "victim.bin", "spare.slot", "~key", "~aux", "~aux/record", "~aux/totals", "~aux/aside", "~aux/aside-of-key", "~aux/alive~r1-1", "~aux/sweep",
                                    "victim.pin", "spare.pin", "victim.reused", ".part~00ff", "a.bin.tmp.77.1", "~root.json", "~root/notes"};

static void irregular(void)
{
    long skipped = 0;
    for (size_t s = 0; s < sizeof spots / sizeof spots[0]; ++s)
        for (size_t t = 0; t < THINGS; ++t) {
            const long failures_before = check_failures;
            const char *spot = spots[s], *path, *target;
            char name[100], text[1024], aside[PATH_CAP + 200];
            place at;
            (void)snprintf(name, sizeof name, "irregular-%zu-%zu", s, t);
            prepare(&at, name);
            (void)snprintf(aside, sizeof aside, "%s/aside", at.aux);
            const size_t n = metadata(text, sizeof text, VICTIM_SUM, "10");
            /* where a link would lead, were it followed: to what would be served, or to a directory */
            target = at.outside;
            if (strcmp(spot, "~key") == 0) {
                path = key_dir(at.root, &at.other);
            } else if (strcmp(spot, "~aux") == 0) {
                remove_tree(at.aux);
                path = at.aux;
            } else if (strcmp(spot, "~aux/aside-of-key") == 0) {
                REQUIRE(mkdir(aside, 0700) == 0);
                path = below(aside, strrchr(at.dir, '/') + 1);
            } else if (strncmp(spot, "~aux/", 5) == 0) {
                path = below(at.aux, spot + 5);
                (void)unlink(path);
            } else if (strncmp(spot, "~root", 5) == 0) {
                path = below(at.root, spot + 6);
            } else {
                path = below(at.dir, spot);
            }
            if (strcmp(spot, "victim.json") == 0) {
                REQUIRE(write_file(below(at.dir, "victim.bin"), VICTIM, strlen(VICTIM)));
                target = below(at.outside, "file");
                REQUIRE(write_file(target, text, n));
            } else if (strcmp(spot, "victim.bin") == 0) {
                REQUIRE(write_file(below(at.dir, "victim.json"), text, n));
                target = below(at.outside, "file");
                REQUIRE(write_file(target, VICTIM, strlen(VICTIM)));
            }
            if (!make(things[t], path, target)) {
                ++skipped;
                continue;
            }
            const uint64_t outside = tree_hash(at.outside);
            live_with_it(&at, 0);
            CHECK(outside == tree_hash(at.outside));
            if (strcmp(spot, "~key") == 0 && strstr(things[t], "directory") == NULL) {
                /* nothing to find there, and a save says why it cannot be */
                IN_CHILD({
                    bound_memory();
                    warm_store *store = open_root(at.root);
                    CHECK_BEST(store, &at.other, NULL);
                    CHECK_EQ(0, count_entries(store, &at.other));
                    CHECK_ST(WARM_NOT_FOUND, warm_store_remove(store, &at.other));
                    const int32_t status = save_scored(store, &at.other, "x", 1.0, WARM_KIND_FINAL);
                    CHECK(status < 0 && status != WARM_ERR_PANIC);
                    warm_store_free(&store);
                });
            }
            if (check_failures != failures_before)
                printf("  (%s as %s)\n", things[t], spot);
            remove_tree(at.root);
        }
    if (skipped != 0)
        printf("%ld things could not be made here (devices take root)\n", skipped);
}

/* ---- files longer than any memory ---- */

static int stretch(const char *path, int64_t len)
{
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    const int done = fd >= 0 && ftruncate(fd, (off_t)len) == 0;
    if (fd >= 0)
        (void)close(fd);
    return done;
}

static void gigantic(void)
{
    static const char *const where[] = {"victim.bin", "victim.bin as said", "victim.json", "victim.json alone", "orphan.bin", "spare.slot", "~record", "~totals", "~alive~r1-1", "core", "a.bin.tmp.77.1", "victim.pin"};
    for (size_t w = 0; w < sizeof where / sizeof where[0]; ++w) {
        const long failures_before = check_failures;
        char name[60], text[1024], bytes[40], path[2 * PATH_CAP];
        int64_t len = (int64_t)8 << 40;
        place at;
        (void)snprintf(name, sizeof name, "gigantic-%zu", w);
        prepare(&at, name);
        if (where[w][0] == '~')
            (void)snprintf(path, sizeof path, "%s", below(at.aux, where[w] + 1));
        else
            (void)snprintf(path, sizeof path, "%.*s", (int)sizeof path - 1, below(at.dir, where[w]));
        path[strcspn(path, " ")] = '\0';
        while (!stretch(path, len) && len > 1)
            len /= 2; /* the longest file there may be */
        CHECK(len >= (int64_t)1 << 30);
        if (strncmp(where[w], "victim.bin", 10) == 0) {
            (void)snprintf(bytes, sizeof bytes, "%lld", strstr(where[w], "said") != NULL ? (long long)len : 10LL);
            REQUIRE(write_file(below(at.dir, "victim.json"), text, metadata(text, sizeof text, VICTIM_SUM, bytes)));
        } else if (strcmp(where[w], "victim.json") == 0) {
            REQUIRE(write_file(below(at.dir, "victim.bin"), VICTIM, strlen(VICTIM)));
        }
        live_with_it(&at, 0);
        if (check_failures != failures_before)
            printf("  (gigantic %s)\n", where[w]);
        remove_tree(at.root);
    }
}

/* ---- metadata ---- */

enum { REFUSED, SERVED, EITHER };

/* %s stands for the fields that every metadata must have; without one the text is all there is. */
static const struct { const char *text; int64_t len; int outcome; } texts[] = {
    {"{%s}", -1, SERVED},
    {"{%s, \"unknown\": {\"a\": [1, {}]}}", -1, SERVED},
    {"{%s, \"unknown\": 1, \"unknown\": 2}", -1, SERVED},
    {"{%s, \"objective\": -0.0}", -1, SERVED},
    {"{%s, \"objective\": -0}", -1, SERVED},
    {"{%s, \"objective\": 1e-400}", -1, SERVED},
    {"{%s, \"iteration\": 18446744073709551615}", -1, SERVED},
    {"{%s, \"label\": \"\\u0000\\ud83d\\ude00\"}", -1, SERVED},
    {" \t\r\n{%s}\n\n", -1, SERVED},
    {"{%s, \"accessed\": true, \"accessed_unix_secs\": 18446744073709551615, \"accessed_nanos\": 4294967295}", -1, SERVED},
    {"{%s, \"kind\": \"Final\"}", -1, REFUSED},
    {"{%s, \"schema_version\": 1}", -1, REFUSED},
    {"{%s, \"objective\": 1.0, \"objective\": 2.0}", -1, REFUSED},
    {"{%s, \"objective\": 1e999}", -1, REFUSED},
    {"{%s, \"objective\": -1e999}", -1, REFUSED},
    {"{%s, \"objective\": NaN}", -1, REFUSED},
    {"{%s, \"objective\": Infinity}", -1, REFUSED},
    {"{%s, \"objective\": \"1.0\"}", -1, REFUSED},
    {"{%s, \"objective\": 0x10}", -1, REFUSED},
    {"{%s, \"objective\": 01}", -1, REFUSED},
    {"{%s, \"objective\": 1.}", -1, REFUSED},
    {"{%s, \"iteration\": 18446744073709551616}", -1, REFUSED},
    {"{%s, \"iteration\": -1}", -1, REFUSED},
    {"{%s, \"iteration\": 1.5}", -1, REFUSED},
    {"{%s, \"iteration\": -0}", -1, EITHER},
    {"{%s, \"written_nanos\": 4294967296}", -1, REFUSED},
    {"{%s, \"label\": \"\\ud800\"}", -1, REFUSED},
    {"{%s, \"label\": \"\\udc00\\ud800\"}", -1, REFUSED},
    {"{%s, \"unknown\": \"\\ud800\"}", -1, EITHER},
    {"{%s, \"label\": \"\\uZZZZ\"}", -1, REFUSED},
    {"{%s, \"label\": \"\xff\xfe\"}", -1, REFUSED},
    {"{%s, \"label\": \"a\nb\"}", -1, REFUSED},
    {"{%s, \"metadata_digest_hex\": \"00\"}", -1, REFUSED},
    {"{%s, \"metadata_digest_hex\": null}", -1, SERVED},
    {"{%s, \"durability\": \"eternal\"}", -1, REFUSED},
    {"{%s, \"key_fields\": {}}", -1, REFUSED},
    {"{%s,}", -1, REFUSED},
    {"{%s} x", -1, REFUSED},
    {"{%s}{%s}", -1, REFUSED},
    {"[{%s}]", -1, REFUSED},
    {"\xef\xbb\xbf{%s}", -1, REFUSED},
    {"// comment\n{%s}", -1, REFUSED},
    {"{%s", -1, REFUSED},
    {"null", -1, REFUSED},
    {"0", -1, REFUSED},
    {"\"\"", -1, REFUSED},
    {"", -1, REFUSED},
    {"{}", -1, REFUSED},
    {"\0\0\0\0\0\0\0\0", 8, REFUSED},
    {"\xff\xfe{\0\"\0s\0\"\0:\0""1\0}\0", 16, REFUSED},
};

static void in_victims_place(const char *name, const char *text, size_t len, int outcome)
{
    const long failures_before = check_failures;
    place at;
    prepare(&at, name);
    REQUIRE(write_file(below(at.dir, "victim.bin"), VICTIM, strlen(VICTIM)));
    REQUIRE(write_file(below(at.dir, "victim.json"), text, len));
    live_with_it(&at, outcome != REFUSED);
    if (outcome == SERVED)
        IN_CHILD({
            warm_entry *entry = NULL;
            warm_store *store = open_root(at.root);
            CHECK_OK(warm_store_lookup_run(store, &at.key, "victim", -1, &entry));
            CHECK(entry_is(entry, VICTIM, (int64_t)strlen(VICTIM)));
            warm_entry_free(&entry);
            warm_store_free(&store);
        });
    /* too young to be set aside, whatever it is */
    CHECK_EQ((int64_t)strlen(VICTIM), read_file(below(at.dir, "victim.bin"), (char[64]){0}, 64));
    CHECK_EQ(0, access(below(at.dir, "victim.json"), F_OK));
    if (check_failures != failures_before)
        printf("  (%s: %.60s)\n", name, text);
    remove_tree(at.root);
}

static void hostile_texts(void)
{
    char fields[512], text[2048], name[60];
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; ++t) {
        size_t n = 0;
        (void)snprintf(fields, sizeof fields, "\"schema_version\": 1, \"written_unix_secs\": %lld, \"kind\": \"Final\", \"checksum_hex\": \"" VICTIM_SUM "\", \"payload_bytes\": 10",
                       (long long)time(NULL));
        if (texts[t].len >= 0) {
            n = (size_t)texts[t].len;
            memcpy(text, texts[t].text, n);
        } else {
            for (const char *p = texts[t].text; *p != '\0'; ++p) {
                if (p[0] == '%' && p[1] == 's') {
                    (void)strcpy(text + n, fields);
                    n += strlen(fields);
                    ++p;
                } else {
                    text[n++] = *p;
                }
            }
            text[n] = '\0';
        }
        (void)snprintf(name, sizeof name, "text-%zu", t);
        in_victims_place(name, text, n, texts[t].outcome);
    }
    /* a field with a wrong value instead of the right one */
    static const char *const instead[][2] = {
        {"\"Final\"", "\"final\""}, {"\"Final\"", "\"\\ud800\""}, {"\"Final\"", "1"}, {"\"Final\"", "\"Final\\u0000\""}, {"\"Final\"", "\"Final"},
        {"ayload_bytes\": 10", "ayload_bytes\": 18446744073709551615"}, {"ayload_bytes\": 10", "ayload_bytes\": 18446744073709551616"}, {"ayload_bytes\": 10", "ayload_bytes\": -1"},
        {"ayload_bytes\": 10", "ayload_bytes\": 1e1"}, {"ayload_bytes\": 10", "ayload_bytes\": 9223372036854775807"}, {"schema_version\": 1", "schema_version\": 2"},
        {"schema_version\": 1", "schema_version\": 4294967297"}, {"schema_version\": 1", "schema_version\": 1.0"}, {"schema_version\": 1", "schema_version\": -1"},
        {"7c7c2e02", "7c7c2e0"}, {"7c7c2e02", "7c7c2e00"}, {"7c7c2e02", "7c7c2e0g"}, {"7c7c2e02", "../../x/"}, {"7c7c2e02", "\xef\xbc\x90""86e8"},
    };
    for (size_t t = 0; t < sizeof instead / sizeof instead[0]; ++t) {
        char *at;
        (void)snprintf(name, sizeof name, "instead-%zu", t);
        (void)snprintf(fields, sizeof fields, "{\"schema_version\": 1, \"written_unix_secs\": %lld, \"kind\": \"Final\", \"checksum_hex\": \"" VICTIM_SUM "\", \"payload_bytes\": 10}",
                       (long long)time(NULL));
        at = strstr(fields, instead[t][0]);
        REQUIRE(at != NULL);
        *at = '\0';
        (void)snprintf(text, sizeof text, "%s%s%s", fields, instead[t][1], at + strlen(instead[t][0]));
        in_victims_place(name, text, strlen(text), REFUSED);
    }
}

/* Far more than there may be: long, deep, many. */
static void huge_texts(void)
{
    const size_t cap = (size_t)64 << 20;
    char fields[512], *all = malloc(cap + 1000);
    REQUIRE(all != NULL);
    (void)snprintf(fields, sizeof fields, "{\"schema_version\": 1, \"written_unix_secs\": %lld, \"kind\": \"Final\", \"checksum_hex\": \"" VICTIM_SUM "\", \"payload_bytes\": 10, \"note\": ",
                   (long long)time(NULL));
    static const char *const names[] = {"64-mib-text", "64-mib-numbers", "million-deep", "million-deep-unclosed", "deep-within-the-limit", "many-fields", "white-space"};
    for (size_t c = 0; c < sizeof names / sizeof names[0]; ++c) {
        size_t n = strlen(fields);
        memcpy(all, fields, n);
        switch (c) {
        case 0:
            all[n++] = '"';
            memset(all + n, 'x', cap - n);
            n = cap;
            n += (size_t)sprintf(all + n, "\"}");
            break;
        case 1:
            all[n++] = '[';
            while (n + 2 < cap) {
                all[n++] = '1';
                all[n++] = ',';
            }
            n += (size_t)sprintf(all + n, "1]}");
            break;
        case 2:
        case 3:
            memset(all + n, '[', 1000000);
            n += 1000000;
            if (c == 2) {
                memset(all + n, ']', 1000000);
                n += 1000000;
                all[n++] = '}';
            }
            break;
        case 4:
            for (int i = 0; i < 5000; ++i)
                n += (size_t)sprintf(all + n, "{\"a\":");
            all[n++] = '1';
            memset(all + n, '}', 5001);
            n += 5001;
            break;
        case 5:
            all[n++] = '1';
            for (int i = 0; i < 20000; ++i)
                n += (size_t)sprintf(all + n, ",\"f%d\":%d", i, i);
            all[n++] = '}';
            break;
        default:
            all[n++] = '1';
            memset(all + n, ' ', 100000);
            n += 100000;
            all[n++] = '}';
            break;
        }
        in_victims_place(names[c], all, n, REFUSED);
    }
    free(all);
}

/* Names that are as long as names may be, or no text, and very many of them. */
static void hostile_names(void)
{
    char name[300], path[2 * PATH_CAP];
    place at;
    prepare(&at, "names");
    for (int i = 0; i < 600; ++i) {
        static const char *const suffixes[] = {".json", ".bin", ".pin", ".reused", ".bin.tmp.1.2", ""};
        const char *suffix = suffixes[i % 6];
        const size_t n = 252 - strlen(suffix); /* and room for the number */
        memset(name, 'a' + i % 26, n);
        if (i % 5 == 1)
            (void)memcpy(name + n - 30, "~18446744073709551615~ffffffff", 30);
        else if (i % 5 == 2)
            name[3] = (char)0xff;
        else if (i % 5 == 3)
            name[3] = '\n';
        (void)snprintf(name + n - 100 * (size_t)(i % 5 == 4), sizeof name - n, "%d%s", i, suffix);
        name[255] = '\0';
        (void)snprintf(path, sizeof path, "%s", below(at.dir, name));
        CHECK(write_file(path, "junk", 4));
    }
    live_with_it(&at, 0);
    /* a slot whose last generation is taken, by something that is none: refused in words, and removed it is free */
    REQUIRE(write_file(below(at.dir, "last~18446744073709551615~ff.json"), "junk", 4));
    IN_CHILD({
        warm_store *store = open_root(at.root);
        CHECK_ERR(WARM_ERR_TOO_LARGE, "generation", warm_store_save_slot(store, &at.key, "last", -1, "x", 1, &ONE, NULL, WARM_KIND_FINAL));
        CHECK_OK(warm_store_remove_entry(store, &at.key, "last", -1));
        CHECK_OK(warm_store_save_slot(store, &at.key, "last", -1, "x", 1, &ONE, NULL, WARM_KIND_FINAL));
        warm_store_free(&store);
    });
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    hostile_texts();
    huge_texts();
    gigantic();
    irregular();
    hostile_names();
    return check_finish();
}
