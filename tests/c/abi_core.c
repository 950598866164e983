/* The ABI page's declarations, repeated by a stranger beside the generated header: the two must agree to the letter.
   The second half lays the output structs out as C does and checks every size and offset. */
#include "check.h"

#include <stddef.h>

/* status */
#define WARM_OK 0               /* done */
#define WARM_NOT_FOUND 1        /* nothing valid stored under that key; the end of a list */
#define WARM_THROTTLED 2        /* the session's rate limit held this checkpoint back; nothing was written */
#define WARM_QUEUED 3           /* copied and accepted by the background writer; not durable yet */
#define WARM_TIMEOUT 4          /* the wait ended first */
#define WARM_ERR_INVALID -1     /* NULL, out of range, not UTF-8, malformed */
#define WARM_ERR_BUFFER -2      /* caller's buffer too small; *needed is set */
#define WARM_ERR_IO -3
#define WARM_ERR_NO_SPACE -4    /* disk full or quota; what was stored before is intact */
#define WARM_ERR_TOO_LARGE -5   /* over a documented limit */
#define WARM_ERR_CORRUPT -6     /* asked for one particular entry, and it fails its checks */
#define WARM_ERR_INCOMPATIBLE -7/* intact, but does not fit what the caller described; reason in the last error */
#define WARM_ERR_CONFLICT -8    /* a newer version is stored */
#define WARM_ERR_POISONED -9    /* an earlier failure left this handle unusable */
#define WARM_ERR_FORKED -10
#define WARM_ERR_UNSUPPORTED -11/* built without that feature, or the platform lacks it */
#define WARM_ERR_REMOTE -12
#define WARM_ERR_PERMISSION -13
#define WARM_ERR_NO_MEMORY -14  /* an allocation sized by the caller or by a file failed; nothing was changed */
#define WARM_ERR_PANIC -99

#define WARM_ERROR_TEXT_MAX 1024
#define WARM_RUN_ID_MAX 129     /* with its NUL */

#define WARM_KIND_CHECKPOINT 0
#define WARM_KIND_FINAL 1
#define WARM_LOOKUP_BEST 0
#define WARM_LOOKUP_LATEST 1
#define WARM_SOURCE_EXACT 0     /* stored under this very key */
#define WARM_SOURCE_PRELOADED 1 /* handed in by the caller */
#define WARM_SOURCE_SEED 2      /* found under one of the session's seed keys */
#define WARM_DURABILITY_FULL 0  /* survives power loss once the call returned WARM_OK: the default */
#define WARM_DURABILITY_PROCESS 1 /* survives the death of the process; no fsync, so power loss may cost what was written at this level */

uint32_t    warm_abi_version(void);
const char *warm_version_string(void);
int32_t     warm_build_info(char *buf, int64_t cap, int64_t *needed);   /* version, features, panic mode, target */
const char *warm_status_string(int32_t status);
int32_t     warm_last_error(char *buf, int64_t cap, int64_t *needed);

int32_t warm_key_to_hex(const warm_key *key, char *hex65);          /* 64 lower-case digits and a NUL */
int32_t warm_key_from_hex(const char *hex, int64_t len, warm_key *out); /* either case */

/* from C: bool is write_u8 0/1, usize is write_u64, hex16 is finish_u64 printed as %016x */
int32_t warm_fingerprinter_new(warm_fingerprinter **out);
int32_t warm_fingerprinter_clone(const warm_fingerprinter *f, warm_fingerprinter **out);
int32_t warm_fingerprinter_absorb_tag(warm_fingerprinter *f, const char *tag, int64_t tag_len);
int32_t warm_fingerprinter_absorb_bytes(warm_fingerprinter *f, const char *tag, int64_t tag_len, const void *data, int64_t len);
int32_t warm_fingerprinter_absorb_str(warm_fingerprinter *f, const char *tag, int64_t tag_len, const char *text, int64_t len);
int32_t warm_fingerprinter_absorb_u64(warm_fingerprinter *f, const char *tag, int64_t tag_len, uint64_t value);
int32_t warm_fingerprinter_absorb_f64(warm_fingerprinter *f, const char *tag, int64_t tag_len, double value);
int32_t warm_fingerprinter_absorb_f64_slice(warm_fingerprinter *f, const char *tag, int64_t tag_len, const double *values, int64_t n);
int32_t warm_fingerprinter_absorb_f64_2d(warm_fingerprinter *f, const char *tag, int64_t tag_len, int64_t rows, int64_t cols, const double *values);
int32_t warm_fingerprinter_write_bytes(warm_fingerprinter *f, const void *data, int64_t len);
int32_t warm_fingerprinter_write_u8(warm_fingerprinter *f, uint8_t value);
int32_t warm_fingerprinter_write_u64(warm_fingerprinter *f, uint64_t value);
int32_t warm_fingerprinter_write_f64(warm_fingerprinter *f, double value);
int32_t warm_fingerprinter_write_str(warm_fingerprinter *f, const char *text, int64_t len);
int32_t warm_fingerprinter_write_f64_slice(warm_fingerprinter *f, const double *values, int64_t n);
int32_t warm_fingerprinter_finish(const warm_fingerprinter *f, warm_key *out);      /* does not consume */
int32_t warm_fingerprinter_finish_u64(const warm_fingerprinter *f, uint64_t *out);
void    warm_fingerprinter_free(warm_fingerprinter **f);

int32_t warm_store_options_new(warm_store_options **out);
int32_t warm_store_options_set_size_budget(warm_store_options *o, int64_t bytes);
int32_t warm_store_options_set_file_budget(warm_store_options *o, int64_t files);
int32_t warm_store_options_set_memory_budget(warm_store_options *o, int64_t bytes);
int32_t warm_store_options_set_ttl_seconds(warm_store_options *o, double seconds);   /* 0: never expires */
int32_t warm_store_options_set_durability(warm_store_options *o, int32_t level);
int32_t warm_store_options_set_read_only(warm_store_options *o, int32_t on);
void    warm_store_options_free(warm_store_options **o);

int32_t warm_store_open(const char *root, int64_t root_len, /* NULL, 0: the default root */ const warm_store_options *options /*NULL: defaults*/, warm_store **out);
int32_t warm_store_root(const warm_store *s, char *buf, int64_t cap, int64_t *needed);
int32_t warm_store_save(warm_store *s, const warm_key *key, const void *payload, int64_t len,
                        const double *objective, const int64_t *iteration, int32_t kind,
                        char *run_id, int64_t run_id_cap, int64_t *run_id_needed);   /* run_id may be NULL with cap 0: then it is not wanted; too small is found out before saving */
int32_t warm_store_save_slot(warm_store *s, const warm_key *key, const char *run_id, int64_t run_id_len,
                        const void *payload, int64_t len, const double *objective, const int64_t *iteration, int32_t kind);
int32_t warm_store_lookup(warm_store *s, const warm_key *key, int32_t mode, warm_entry **out);
int32_t warm_store_lookup_into(warm_store *s, const warm_key *key, int32_t mode, void *buf, int64_t cap, int64_t *needed, warm_entry_info *info /*may be NULL*/);
int32_t warm_store_lookup_run(warm_store *s, const warm_key *key, const char *run_id, int64_t run_id_len, warm_entry **out);
int32_t warm_store_remove(warm_store *s, const warm_key *key);
int32_t warm_store_remove_entry(warm_store *s, const warm_key *key, const char *run_id, int64_t run_id_len);
int32_t warm_store_pin(warm_store *s, const warm_key *key, const char *run_id, int64_t run_id_len, int32_t on);
int32_t warm_store_sweep(warm_store *s);       /* expire, evict, reclaim leavings of the dead, set old damage aside: now */
int32_t warm_store_flush(warm_store *s, double timeout_seconds);  /* everything accepted by any of its sessions */
int32_t warm_store_list_keys(warm_store *s, warm_cursor **out);
int32_t warm_store_list_entries(warm_store *s, const warm_key *key, warm_cursor **out);
int32_t warm_cursor_next(warm_cursor *c);            /* first call: the first item; WARM_NOT_FOUND at the end */
int32_t warm_cursor_key(const warm_cursor *c, warm_key *out);
int32_t warm_cursor_info(const warm_cursor *c, warm_entry_info *info);
int32_t warm_cursor_run_id(const warm_cursor *c, char *buf, int64_t cap, int64_t *needed);
void    warm_cursor_free(warm_cursor **c);
int32_t warm_store_get_stats(const warm_store *s, warm_store_stats *stats);
void    warm_store_free(warm_store **s);

int32_t warm_entry_payload(const warm_entry *e, const void **data, int64_t *len); /* borrowed until the entry is freed; aligned to 64 bytes, never NULL */
int32_t warm_entry_copy(const warm_entry *e, void *buf, int64_t cap, int64_t *needed);
int32_t warm_entry_get_info(const warm_entry *e, warm_entry_info *info);
int32_t warm_entry_key(const warm_entry *e, warm_key *out);
int32_t warm_entry_run_id(const warm_entry *e, char *buf, int64_t cap, int64_t *needed);
void    warm_entry_free(warm_entry **e);

int32_t warm_session_options_new(warm_session_options **out);
int32_t warm_session_options_set_min_interval_seconds(warm_session_options *o, double seconds);
int32_t warm_session_options_set_background(warm_session_options *o, int32_t on);  /* 1: checkpoints return WARM_QUEUED */
int32_t warm_session_options_set_lookup(warm_session_options *o, int32_t mode);    /* which of the exact key's entries load answers; default best */
int32_t warm_session_options_set_finish_timeout_seconds(warm_session_options *o, double seconds);
int32_t warm_session_options_set_fingerprint(warm_session_options *o, const warm_fingerprinter *f); /* copied; lets "why did this miss" name fields */
int32_t warm_session_options_set_label(warm_session_options *o, const char *text, int64_t len);     /* for people */
void    warm_session_options_free(warm_session_options **o);

int32_t warm_session_open(warm_store *s, const warm_key *key, const warm_session_options *options, warm_session **out);
int32_t warm_session_resume(warm_session *s, void *buf, int64_t len, warm_entry_info *info /*may be NULL*/); /* load of exactly len bytes; another length: WARM_ERR_INCOMPATIBLE, buf untouched, nothing taken */
int32_t warm_session_checkpoint(warm_session *s, const void *payload, int64_t len, const double *objective, const int64_t *iteration);
int32_t warm_session_checkpoint_now(warm_session *s, const void *payload, int64_t len, const double *objective, const int64_t *iteration); /* never throttled, durable on return */
int32_t warm_session_should_checkpoint(warm_session *s, const double *objective); /* 1: a checkpoint now would be written; 0: it would be held back; <0 error */
int32_t warm_session_finalize(warm_session *s, const void *payload, int64_t len, const double *objective, const int64_t *iteration);
int32_t warm_session_preload(warm_session *s, const warm_entry *entry);
int32_t warm_session_load(warm_session *s, warm_entry **out);   /* takes a preloaded entry if there is one */
int32_t warm_session_peek(warm_session *s, warm_entry **out);   /* the same answer, takes nothing */
int32_t warm_session_run_id(const warm_session *s, char *buf, int64_t cap, int64_t *needed);
int32_t warm_session_flush(warm_session *s, double timeout_seconds); /* everything accepted so far is durable, or WARM_TIMEOUT */
int32_t warm_session_finish(warm_session *s);                    /* flush (option's timeout, default 60 s) and report what failed; idempotent */
void    warm_session_free(warm_session **s);                     /* at once; what was accepted is still published while the process lives */

/* A negative array length where `cond` does not hold: C99 has no static assertion. */
#define STATIC_CHECK(name, cond) typedef char static_check_##name[(cond) ? 1 : -1]
#define OFFSET(type, field, at) STATIC_CHECK(type##_##field, offsetof(type, field) == (at))

STATIC_CHECK(key_size, sizeof(warm_key) == 32);
OFFSET(warm_key, bytes, 0);

STATIC_CHECK(info_size, sizeof(warm_entry_info) == 56);
OFFSET(warm_entry_info, struct_size, 0);
OFFSET(warm_entry_info, kind, 4);
OFFSET(warm_entry_info, source, 8);
OFFSET(warm_entry_info, has_objective, 12);
OFFSET(warm_entry_info, has_iteration, 16);
OFFSET(warm_entry_info, written_nanos, 20);
OFFSET(warm_entry_info, objective, 24);
OFFSET(warm_entry_info, iteration, 32);
OFFSET(warm_entry_info, written_unix_secs, 40);
OFFSET(warm_entry_info, payload_bytes, 48);

STATIC_CHECK(stats_size, sizeof(warm_store_stats) == 136);
OFFSET(warm_store_stats, struct_size, 0);
OFFSET(warm_store_stats, reserved, 4);
OFFSET(warm_store_stats, keys, 8);
OFFSET(warm_store_stats, entries, 16);
OFFSET(warm_store_stats, files, 24);
OFFSET(warm_store_stats, bytes, 32);
OFFSET(warm_store_stats, aside_files, 40);
OFFSET(warm_store_stats, aside_bytes, 48);
OFFSET(warm_store_stats, memory_bytes, 56);
OFFSET(warm_store_stats, hits, 64);
OFFSET(warm_store_stats, misses, 72);
OFFSET(warm_store_stats, saves, 80);
OFFSET(warm_store_stats, bytes_written, 88);
OFFSET(warm_store_stats, evictions, 96);
OFFSET(warm_store_stats, expirations, 104);
OFFSET(warm_store_stats, damaged, 112);
OFFSET(warm_store_stats, foreign, 120);
OFFSET(warm_store_stats, save_seconds, 128);

#define TYPE_IS(type, field, want) \
    do { const want *p_ = &((type *)at)->field; CHECK((const void *)p_ != NULL); } while (0)

typedef void (*any_function)(void);

static const struct { const char *name; any_function address; } functions[] = {
    {"warm_abi_version", (any_function)warm_abi_version},
    {"warm_version_string", (any_function)warm_version_string},
    {"warm_build_info", (any_function)warm_build_info},
    {"warm_status_string", (any_function)warm_status_string},
    {"warm_last_error", (any_function)warm_last_error},
    {"warm_key_to_hex", (any_function)warm_key_to_hex},
    {"warm_key_from_hex", (any_function)warm_key_from_hex},
    {"warm_fingerprinter_new", (any_function)warm_fingerprinter_new},
    {"warm_fingerprinter_clone", (any_function)warm_fingerprinter_clone},
    {"warm_fingerprinter_absorb_tag", (any_function)warm_fingerprinter_absorb_tag},
    {"warm_fingerprinter_absorb_bytes", (any_function)warm_fingerprinter_absorb_bytes},
    {"warm_fingerprinter_absorb_str", (any_function)warm_fingerprinter_absorb_str},
    {"warm_fingerprinter_absorb_u64", (any_function)warm_fingerprinter_absorb_u64},
    {"warm_fingerprinter_absorb_f64", (any_function)warm_fingerprinter_absorb_f64},
    {"warm_fingerprinter_absorb_f64_slice", (any_function)warm_fingerprinter_absorb_f64_slice},
    {"warm_fingerprinter_absorb_f64_2d", (any_function)warm_fingerprinter_absorb_f64_2d},
    {"warm_fingerprinter_write_bytes", (any_function)warm_fingerprinter_write_bytes},
    {"warm_fingerprinter_write_u8", (any_function)warm_fingerprinter_write_u8},
    {"warm_fingerprinter_write_u64", (any_function)warm_fingerprinter_write_u64},
    {"warm_fingerprinter_write_f64", (any_function)warm_fingerprinter_write_f64},
    {"warm_fingerprinter_write_str", (any_function)warm_fingerprinter_write_str},
    {"warm_fingerprinter_write_f64_slice", (any_function)warm_fingerprinter_write_f64_slice},
    {"warm_fingerprinter_finish", (any_function)warm_fingerprinter_finish},
    {"warm_fingerprinter_finish_u64", (any_function)warm_fingerprinter_finish_u64},
    {"warm_fingerprinter_free", (any_function)warm_fingerprinter_free},
    {"warm_store_options_new", (any_function)warm_store_options_new},
    {"warm_store_options_set_size_budget", (any_function)warm_store_options_set_size_budget},
    {"warm_store_options_set_file_budget", (any_function)warm_store_options_set_file_budget},
    {"warm_store_options_set_memory_budget", (any_function)warm_store_options_set_memory_budget},
    {"warm_store_options_set_ttl_seconds", (any_function)warm_store_options_set_ttl_seconds},
    {"warm_store_options_set_durability", (any_function)warm_store_options_set_durability},
    {"warm_store_options_set_read_only", (any_function)warm_store_options_set_read_only},
    {"warm_store_options_free", (any_function)warm_store_options_free},
    {"warm_store_open", (any_function)warm_store_open},
    {"warm_store_root", (any_function)warm_store_root},
    {"warm_store_save", (any_function)warm_store_save},
    {"warm_store_save_slot", (any_function)warm_store_save_slot},
    {"warm_store_lookup", (any_function)warm_store_lookup},
    {"warm_store_lookup_into", (any_function)warm_store_lookup_into},
    {"warm_store_lookup_run", (any_function)warm_store_lookup_run},
    {"warm_store_remove", (any_function)warm_store_remove},
    {"warm_store_remove_entry", (any_function)warm_store_remove_entry},
    {"warm_store_pin", (any_function)warm_store_pin},
    {"warm_store_sweep", (any_function)warm_store_sweep},
    {"warm_store_flush", (any_function)warm_store_flush},
    {"warm_store_list_keys", (any_function)warm_store_list_keys},
    {"warm_store_list_entries", (any_function)warm_store_list_entries},
    {"warm_cursor_next", (any_function)warm_cursor_next},
    {"warm_cursor_key", (any_function)warm_cursor_key},
    {"warm_cursor_info", (any_function)warm_cursor_info},
    {"warm_cursor_run_id", (any_function)warm_cursor_run_id},
    {"warm_cursor_free", (any_function)warm_cursor_free},
    {"warm_store_get_stats", (any_function)warm_store_get_stats},
    {"warm_store_free", (any_function)warm_store_free},
    {"warm_entry_payload", (any_function)warm_entry_payload},
    {"warm_entry_copy", (any_function)warm_entry_copy},
    {"warm_entry_get_info", (any_function)warm_entry_get_info},
    {"warm_entry_key", (any_function)warm_entry_key},
    {"warm_entry_run_id", (any_function)warm_entry_run_id},
    {"warm_entry_free", (any_function)warm_entry_free},
    {"warm_session_options_new", (any_function)warm_session_options_new},
    {"warm_session_options_set_min_interval_seconds", (any_function)warm_session_options_set_min_interval_seconds},
    {"warm_session_options_set_background", (any_function)warm_session_options_set_background},
    {"warm_session_options_set_lookup", (any_function)warm_session_options_set_lookup},
    {"warm_session_options_set_finish_timeout_seconds", (any_function)warm_session_options_set_finish_timeout_seconds},
    {"warm_session_options_set_fingerprint", (any_function)warm_session_options_set_fingerprint},
    {"warm_session_options_set_label", (any_function)warm_session_options_set_label},
    {"warm_session_options_free", (any_function)warm_session_options_free},
    {"warm_session_open", (any_function)warm_session_open},
    {"warm_session_resume", (any_function)warm_session_resume},
    {"warm_session_checkpoint", (any_function)warm_session_checkpoint},
    {"warm_session_checkpoint_now", (any_function)warm_session_checkpoint_now},
    {"warm_session_should_checkpoint", (any_function)warm_session_should_checkpoint},
    {"warm_session_finalize", (any_function)warm_session_finalize},
    {"warm_session_preload", (any_function)warm_session_preload},
    {"warm_session_load", (any_function)warm_session_load},
    {"warm_session_peek", (any_function)warm_session_peek},
    {"warm_session_run_id", (any_function)warm_session_run_id},
    {"warm_session_flush", (any_function)warm_session_flush},
    {"warm_session_finish", (any_function)warm_session_finish},
    {"warm_session_free", (any_function)warm_session_free},
};

static const struct { const char *name; int64_t got, want; } numbers[] = {
    {"WARM_OK", WARM_OK, 0},
    {"WARM_NOT_FOUND", WARM_NOT_FOUND, 1},
    {"WARM_THROTTLED", WARM_THROTTLED, 2},
    {"WARM_QUEUED", WARM_QUEUED, 3},
    {"WARM_TIMEOUT", WARM_TIMEOUT, 4},
    {"WARM_ERR_INVALID", WARM_ERR_INVALID, -1},
    {"WARM_ERR_BUFFER", WARM_ERR_BUFFER, -2},
    {"WARM_ERR_IO", WARM_ERR_IO, -3},
    {"WARM_ERR_NO_SPACE", WARM_ERR_NO_SPACE, -4},
    {"WARM_ERR_TOO_LARGE", WARM_ERR_TOO_LARGE, -5},
    {"WARM_ERR_CORRUPT", WARM_ERR_CORRUPT, -6},
    {"WARM_ERR_INCOMPATIBLE", WARM_ERR_INCOMPATIBLE, -7},
    {"WARM_ERR_CONFLICT", WARM_ERR_CONFLICT, -8},
    {"WARM_ERR_POISONED", WARM_ERR_POISONED, -9},
    {"WARM_ERR_FORKED", WARM_ERR_FORKED, -10},
    {"WARM_ERR_UNSUPPORTED", WARM_ERR_UNSUPPORTED, -11},
    {"WARM_ERR_REMOTE", WARM_ERR_REMOTE, -12},
    {"WARM_ERR_PERMISSION", WARM_ERR_PERMISSION, -13},
    {"WARM_ERR_NO_MEMORY", WARM_ERR_NO_MEMORY, -14},
    {"WARM_ERR_PANIC", WARM_ERR_PANIC, -99},
    {"WARM_ERROR_TEXT_MAX", WARM_ERROR_TEXT_MAX, 1024},
    {"WARM_RUN_ID_MAX", WARM_RUN_ID_MAX, 129},
    {"WARM_KIND_CHECKPOINT", WARM_KIND_CHECKPOINT, 0},
    {"WARM_KIND_FINAL", WARM_KIND_FINAL, 1},
    {"WARM_LOOKUP_BEST", WARM_LOOKUP_BEST, 0},
    {"WARM_LOOKUP_LATEST", WARM_LOOKUP_LATEST, 1},
    {"WARM_SOURCE_EXACT", WARM_SOURCE_EXACT, 0},
    {"WARM_SOURCE_PRELOADED", WARM_SOURCE_PRELOADED, 1},
    {"WARM_SOURCE_SEED", WARM_SOURCE_SEED, 2},
    {"WARM_DURABILITY_FULL", WARM_DURABILITY_FULL, 0},
    {"WARM_DURABILITY_PROCESS", WARM_DURABILITY_PROCESS, 1},
};

int main(int argc, char **argv)
{
    static union { warm_key key; warm_entry_info info; warm_store_stats stats; } room;
    void *at = &room;
    if (!test_start(argc, argv))
        return 2;

    /* a pointer of another type does not initialise these without a diagnostic */
    TYPE_IS(warm_key, bytes[0], uint8_t);
    TYPE_IS(warm_entry_info, struct_size, uint32_t);
    TYPE_IS(warm_entry_info, kind, int32_t);
    TYPE_IS(warm_entry_info, source, int32_t);
    TYPE_IS(warm_entry_info, has_objective, int32_t);
    TYPE_IS(warm_entry_info, has_iteration, int32_t);
    TYPE_IS(warm_entry_info, written_nanos, int32_t);
    TYPE_IS(warm_entry_info, objective, double);
    TYPE_IS(warm_entry_info, iteration, int64_t);
    TYPE_IS(warm_entry_info, written_unix_secs, int64_t);
    TYPE_IS(warm_entry_info, payload_bytes, int64_t);
    TYPE_IS(warm_store_stats, struct_size, uint32_t);
    TYPE_IS(warm_store_stats, reserved, int32_t);
    TYPE_IS(warm_store_stats, keys, int64_t);
    TYPE_IS(warm_store_stats, entries, int64_t);
    TYPE_IS(warm_store_stats, files, int64_t);
    TYPE_IS(warm_store_stats, bytes, int64_t);
    TYPE_IS(warm_store_stats, aside_files, int64_t);
    TYPE_IS(warm_store_stats, aside_bytes, int64_t);
    TYPE_IS(warm_store_stats, memory_bytes, int64_t);
    TYPE_IS(warm_store_stats, hits, int64_t);
    TYPE_IS(warm_store_stats, misses, int64_t);
    TYPE_IS(warm_store_stats, saves, int64_t);
    TYPE_IS(warm_store_stats, bytes_written, int64_t);
    TYPE_IS(warm_store_stats, evictions, int64_t);
    TYPE_IS(warm_store_stats, expirations, int64_t);
    TYPE_IS(warm_store_stats, damaged, int64_t);
    TYPE_IS(warm_store_stats, foreign, int64_t);
    TYPE_IS(warm_store_stats, save_seconds, double);

    const size_t count = sizeof functions / sizeof functions[0];
    for (size_t i = 0; i < count; ++i) {
        if (!CHECK(functions[i].address != NULL))
            printf("  no address: %s\n", functions[i].name);
        for (size_t j = 0; j < i; ++j)
            if (functions[i].address == functions[j].address)
                printf("  one address for %s and %s\n", functions[i].name, functions[j].name);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i)
        if (!CHECK_EQ(numbers[i].want, numbers[i].got))
            printf("  wrong: %s\n", numbers[i].name);

    /* soname number 0, a revision from 1 on; a binding needs both */
    const uint32_t version = warm_abi_version();
    CHECK_EQ(WARM_ABI_VERSION, version);
    CHECK_EQ(0, version >> 16);
    CHECK((version & 0xffffu) >= 1);
    CHECK(warm_version_string() != NULL && warm_version_string()[0] != '\0');

    printf("%lu functions of the core, %lu constants\n", (unsigned long)count, (unsigned long)(sizeof numbers / sizeof numbers[0]));
    return check_finish();
}
