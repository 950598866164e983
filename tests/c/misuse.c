/* Every function with NULL for every pointer in turn, wrong lengths, text that is no text, numbers out of range.
   Each refusal says why, leaves outputs alone, and changes nothing. */
#include "check.h"

#include <float.h>
#include <stddef.h>
#include <sys/mman.h>

static const double ONE = 1.0;
static const int64_t FIVE = 5, NEGATIVE = -1;

#define INVALID(words, call) CHECK_ERR(WARM_ERR_INVALID, words, call)
#define INVALID_OUT(type, words, call) CHECK_ERR_OUT(type, WARM_ERR_INVALID, words, call)

/* An output that must stay as it is. */
#define UNTOUCHED(type, words, call)                                                  \
    do {                                                                              \
        type out[1], same_[1];                                                        \
        memset(out, 0x5c, sizeof out);                                                \
        memset(same_, 0x5c, sizeof same_);                                            \
        INVALID(words, call);                                                         \
        check_true(__FILE__, __LINE__, #call ": output untouched", memcmp(out, same_, sizeof out) == 0); \
    } while (0)

static const char NOT_UTF8[] = "caf\xe9", CUT_UTF8[] = "caf\xc3", SURROGATE[] = "\xed\xa0\x80", OVERLONG[] = "\xc0\xaf";

static void keys(void)
{
    const warm_key key = key_of(1);
    char hex[65], pattern[65];
    memset(hex, '!', sizeof hex);
    memcpy(pattern, hex, sizeof hex);
    INVALID("key", warm_key_to_hex(NULL, hex));
    CHECK(memcmp(hex, pattern, sizeof hex) == 0);
    INVALID("hex", warm_key_to_hex(&key, NULL));
    CHECK_OK(warm_key_to_hex(&key, hex));
    UNTOUCHED(warm_key, "hex", warm_key_from_hex(NULL, 64, out));
    UNTOUCHED(warm_key, "hex", warm_key_from_hex(NULL, -1, out));
    UNTOUCHED(warm_key, "hex|digit|64", warm_key_from_hex(NULL, 0, out));
    UNTOUCHED(warm_key, "hex|digit|64", warm_key_from_hex("", 0, out));
    UNTOUCHED(warm_key, "hex|digit|64", warm_key_from_hex(hex, 63, out));
    UNTOUCHED(warm_key, "hex|digit|64", warm_key_from_hex(hex, 65, out));
    UNTOUCHED(warm_key, "hex|len", warm_key_from_hex(hex, -2, out));
    UNTOUCHED(warm_key, "hex|len", warm_key_from_hex(hex, INT64_MIN, out));
    INVALID("out", warm_key_from_hex(hex, 64, NULL));
    static const char bad[] = {'g', 'G', ' ', '\0', '\n', '/', ':', '@', '`', (char)0xff, '+', '-', 'x'};
    for (size_t i = 0; i < sizeof bad; ++i) {
        const int at = i % 2 == 0 ? 0 : 63;
        const char was = hex[at];
        hex[at] = bad[i];
        UNTOUCHED(warm_key, "hex|digit", warm_key_from_hex(hex, 64, out));
        hex[at] = was;
    }
}

static void buffers(void)
{
    /* what every `buf, cap, *needed` obeys, on the two that need no handle */
    char buf[8];
    int64_t needed = -7;
    memset(buf, 'p', sizeof buf);
    INVALID("cap", warm_build_info(buf, -1, &needed));
    INVALID("cap", warm_build_info(buf, INT64_MIN, &needed));
    INVALID("buf", warm_build_info(NULL, 8, &needed));
    CHECK_EQ(-7, needed);
    CHECK_ST(WARM_ERR_BUFFER, warm_build_info(buf, 3, NULL));
    CHECK_ST(WARM_ERR_BUFFER, warm_build_info(buf, 0, NULL));
    CHECK_ST(WARM_ERR_BUFFER, warm_build_info(NULL, 0, NULL));
    CHECK_ST(WARM_ERR_BUFFER, warm_build_info(buf, 3, &needed));
    CHECK(needed > 3);
    CHECK(buf[0] == 'p' && buf[2] == 'p');
    CHECK_ST(WARM_ERR_INVALID, warm_last_error(buf, -1, &needed));
    CHECK_ST(WARM_ERR_INVALID, warm_last_error(NULL, 8, &needed));
    CHECK(buf[0] == 'p');
}

static void fingerprinters(void)
{
    warm_fingerprinter *f = NULL;
    warm_key before, after;
    uint64_t word = 0;
    const double values[4] = {1, 2, 3, 4};
    INVALID("out", warm_fingerprinter_new(NULL));
    CHECK_OK(warm_fingerprinter_new(&f));
    INVALID_OUT(warm_fingerprinter, "`f`|fingerprinter", warm_fingerprinter_clone(NULL, &out));
    INVALID("out", warm_fingerprinter_clone(f, NULL));
    CHECK_OK(warm_fingerprinter_absorb_tag(f, "start", -1));
    CHECK_OK(warm_fingerprinter_finish(f, &before));

#define ALL_TAGGED(words, handle, tag, len)                                                  \
    do {                                                                                     \
        INVALID(words, warm_fingerprinter_absorb_tag(handle, tag, len));                     \
        INVALID(words, warm_fingerprinter_absorb_bytes(handle, tag, len, values, 8));        \
        INVALID(words, warm_fingerprinter_absorb_str(handle, tag, len, "text", 4));          \
        INVALID(words, warm_fingerprinter_absorb_u64(handle, tag, len, 7));                  \
        INVALID(words, warm_fingerprinter_absorb_f64(handle, tag, len, 7.0));                \
        INVALID(words, warm_fingerprinter_absorb_f64_slice(handle, tag, len, values, 4));    \
        INVALID(words, warm_fingerprinter_absorb_f64_2d(handle, tag, len, 2, 2, values));    \
    } while (0)

    ALL_TAGGED("`f`|fingerprinter", NULL, "tag", 3);
    ALL_TAGGED("tag", f, NULL, 3);
    ALL_TAGGED("tag", f, NULL, -1);
    ALL_TAGGED("tag", f, "tag", -2);
    ALL_TAGGED("tag", f, "tag", INT64_MIN);
    ALL_TAGGED("tag", f, NOT_UTF8, -1);
    ALL_TAGGED("tag", f, NOT_UTF8, 4);
    ALL_TAGGED("tag", f, CUT_UTF8, -1);
    ALL_TAGGED("tag", f, SURROGATE, -1);
    ALL_TAGGED("tag", f, OVERLONG, -1);

    INVALID("data", warm_fingerprinter_absorb_bytes(f, "t", 1, NULL, 1));
    INVALID("data|len", warm_fingerprinter_absorb_bytes(f, "t", 1, values, -1));
    INVALID("data|len", warm_fingerprinter_absorb_bytes(f, "t", 1, values, INT64_MIN));
    INVALID("text", warm_fingerprinter_absorb_str(f, "t", 1, NULL, 1));
    INVALID("text", warm_fingerprinter_absorb_str(f, "t", 1, NULL, -1));
    INVALID("text", warm_fingerprinter_absorb_str(f, "t", 1, "x", -2));
    INVALID("text", warm_fingerprinter_absorb_str(f, "t", 1, NOT_UTF8, -1));
    INVALID("values", warm_fingerprinter_absorb_f64_slice(f, "t", 1, NULL, 1));
    INVALID("`n`|values", warm_fingerprinter_absorb_f64_slice(f, "t", 1, values, -1));
    INVALID("`n`|values", warm_fingerprinter_absorb_f64_slice(f, "t", 1, values, INT64_MAX));
    INVALID("`n`|values", warm_fingerprinter_absorb_f64_slice(f, "t", 1, values, INT64_MAX / 8 + 1));
    INVALID("values", warm_fingerprinter_absorb_f64_2d(f, "t", 1, 2, 2, NULL));
    INVALID("rows", warm_fingerprinter_absorb_f64_2d(f, "t", 1, -1, 2, values));
    INVALID("col", warm_fingerprinter_absorb_f64_2d(f, "t", 1, 2, -1, values));
    INVALID("rows", warm_fingerprinter_absorb_f64_2d(f, "t", 1, -1, -1, values));
    INVALID("rows|col", warm_fingerprinter_absorb_f64_2d(f, "t", 1, INT64_MAX, 2, values));
    INVALID("rows|col", warm_fingerprinter_absorb_f64_2d(f, "t", 1, (int64_t)1 << 32, (int64_t)1 << 32, values)); /* wraps to 0 */
    INVALID("rows|col|values", warm_fingerprinter_absorb_f64_2d(f, "t", 1, (int64_t)1 << 30, (int64_t)1 << 31, values)); /* 8 times that does */
    INVALID("`f`|fingerprinter", warm_fingerprinter_write_bytes(NULL, values, 8));
    INVALID("data", warm_fingerprinter_write_bytes(f, NULL, 8));
    INVALID("data|len", warm_fingerprinter_write_bytes(f, values, -1));
    INVALID("`f`|fingerprinter", warm_fingerprinter_write_u8(NULL, 1));
    INVALID("`f`|fingerprinter", warm_fingerprinter_write_u64(NULL, 1));
    INVALID("`f`|fingerprinter", warm_fingerprinter_write_f64(NULL, 1.0));
    INVALID("`f`|fingerprinter", warm_fingerprinter_write_str(NULL, "x", 1));
    INVALID("text", warm_fingerprinter_write_str(f, NULL, 1));
    INVALID("text", warm_fingerprinter_write_str(f, NULL, -1));
    INVALID("text", warm_fingerprinter_write_str(f, "x", -2));
    INVALID("text", warm_fingerprinter_write_str(f, NOT_UTF8, -1));
    INVALID("`f`|fingerprinter", warm_fingerprinter_write_f64_slice(NULL, values, 4));
    INVALID("values", warm_fingerprinter_write_f64_slice(f, NULL, 4));
    INVALID("`n`|values", warm_fingerprinter_write_f64_slice(f, values, -1));
    INVALID("`n`|values", warm_fingerprinter_write_f64_slice(f, values, INT64_MAX));
    UNTOUCHED(warm_key, "`f`|fingerprinter", warm_fingerprinter_finish(NULL, out));
    INVALID("out", warm_fingerprinter_finish(f, NULL));
    UNTOUCHED(uint64_t, "`f`|fingerprinter", warm_fingerprinter_finish_u64(NULL, out));
    INVALID("out", warm_fingerprinter_finish_u64(f, NULL));

    /* nothing refused was absorbed */
    CHECK_OK(warm_fingerprinter_finish(f, &after));
    CHECK(same_key(&before, &after));

    /* what only looks odd */
    CHECK_OK(warm_fingerprinter_absorb_tag(f, NULL, 0));
    CHECK_OK(warm_fingerprinter_absorb_bytes(f, "", 0, NULL, 0));
    CHECK_OK(warm_fingerprinter_absorb_str(f, "t", 1, NULL, 0));
    CHECK_OK(warm_fingerprinter_absorb_str(f, "t", 1, "a\0b", 3)); /* text, not a name */
    CHECK_OK(warm_fingerprinter_absorb_f64_slice(f, "t", 1, NULL, 0));
    CHECK_OK(warm_fingerprinter_absorb_f64_2d(f, "t", 1, 0, 5, NULL));
    CHECK_OK(warm_fingerprinter_absorb_f64_2d(f, "t", 1, INT64_MAX, 0, NULL));
    CHECK_OK(warm_fingerprinter_write_bytes(f, NULL, 0));
    CHECK_OK(warm_fingerprinter_write_str(f, NULL, 0));
    CHECK_OK(warm_fingerprinter_write_f64_slice(f, NULL, 0));
    CHECK_OK(warm_fingerprinter_finish_u64(f, &word));
    warm_fingerprinter_free(&f);
    CHECK(f == NULL);
    warm_fingerprinter_free(&f);
    warm_fingerprinter_free(NULL);
}

/* What R, Julia and data frames hold. */
static void native_data(void)
{
    static const char *const words[] = {"ada", "", "\xc3\x89mile"};
    static const char *const bad_words[] = {"ada", NOT_UTF8, "x"}, *const missing_words[] = {"ada", NULL, "x"};
    static const int64_t lens[] = {3, 0, 6}, minus_ones[] = {-1, -1, -1}, bad_lens[] = {3, -2, 1};
    static const int64_t codes[] = {0, 2, 1}, high[] = {0, 3, 1}, low[] = {0, -1, 1};
    static const uint8_t valid[] = {1, 0, 1}, all[] = {1, 1, 1};
    static const double values[] = {1, 2, 3, 4, 5, 6};
    static const int32_t i32[] = {1, 2, 3};
    static const int64_t i64[] = {1, 2, 3};
    static const float f32[] = {1, 2, 3};
    static const uint8_t bools[] = {1, 0, 1};
    warm_fingerprinter *f = NULL, *g = NULL;
    warm_key before, after;
    CHECK_OK(warm_fingerprinter_new(&f));
    CHECK_OK(warm_fingerprinter_finish(f, &before));

#define SLICE(name, data)                                                                \
    do {                                                                                 \
        INVALID("`f`|fingerprinter", name(NULL, "t", 1, data, valid, 3));                \
        INVALID("tag", name(f, NULL, 1, data, valid, 3));                                \
        INVALID("tag", name(f, "t", -2, data, valid, 3));                                \
        INVALID("tag", name(f, NOT_UTF8, -1, data, valid, 3));                           \
        INVALID("`values`|`days`|`nanoseconds`", name(f, "t", 1, NULL, valid, 3));       \
        INVALID("`values`|`days`|`nanoseconds`", name(f, "t", 1, NULL, NULL, 3));        \
        INVALID("`n`|values|days|nanoseconds|valid", name(f, "t", 1, data, valid, -1));  \
        INVALID("`n`|values|days|nanoseconds|valid", name(f, "t", 1, data, NULL, INT64_MAX)); \
        INVALID("`n`|values|days|nanoseconds|valid", name(f, "t", 1, data, valid, INT64_MIN)); \
    } while (0)
    SLICE(warm_fingerprinter_absorb_i32_slice, i32);
    SLICE(warm_fingerprinter_absorb_i64_slice, i64);
    SLICE(warm_fingerprinter_absorb_f32_slice, f32);
    SLICE(warm_fingerprinter_absorb_f64_na_slice, values);
    SLICE(warm_fingerprinter_absorb_date_slice, i64);
    SLICE(warm_fingerprinter_absorb_timestamp_slice, i64);
    INVALID("`f`|fingerprinter", warm_fingerprinter_absorb_bool_slice(NULL, "t", 1, bools, valid, 3));
    INVALID("`values`", warm_fingerprinter_absorb_bool_slice(f, "t", 1, NULL, valid, 3));
    INVALID("`n`|values|valid", warm_fingerprinter_absorb_bool_slice(f, "t", 1, bools, valid, -1));

    INVALID("`f`|fingerprinter", warm_fingerprinter_absorb_str_list(NULL, "t", 1, words, lens, valid, 3));
    INVALID("tag", warm_fingerprinter_absorb_str_list(f, NULL, 1, words, lens, valid, 3));
    INVALID("texts", warm_fingerprinter_absorb_str_list(f, "t", 1, NULL, lens, valid, 3));
    INVALID("texts", warm_fingerprinter_absorb_str_list(f, "t", 1, missing_words, NULL, NULL, 3));
    INVALID("texts", warm_fingerprinter_absorb_str_list(f, "t", 1, bad_words, NULL, NULL, 3));
    INVALID("texts|lens", warm_fingerprinter_absorb_str_list(f, "t", 1, words, bad_lens, NULL, 3));
    INVALID("`n`|texts|valid", warm_fingerprinter_absorb_str_list(f, "t", 1, words, lens, NULL, -1));
    INVALID("`n`|texts|valid", warm_fingerprinter_absorb_str_list(f, "t", 1, words, lens, NULL, INT64_MAX));

    INVALID("`f`|fingerprinter", warm_fingerprinter_absorb_factor(NULL, "t", 1, words, lens, NULL, 3, codes, NULL, 3));
    INVALID("tag", warm_fingerprinter_absorb_factor(f, NULL, 1, words, lens, NULL, 3, codes, NULL, 3));
    INVALID("levels", warm_fingerprinter_absorb_factor(f, "t", 1, NULL, lens, NULL, 3, codes, NULL, 3));
    INVALID("levels", warm_fingerprinter_absorb_factor(f, "t", 1, words, lens, NULL, -1, codes, NULL, 3));
    INVALID("codes", warm_fingerprinter_absorb_factor(f, "t", 1, words, lens, NULL, 3, NULL, NULL, 3));
    INVALID("`n`|codes|valid", warm_fingerprinter_absorb_factor(f, "t", 1, words, lens, NULL, 3, codes, NULL, -1));
    INVALID("code|level", warm_fingerprinter_absorb_factor(f, "t", 1, words, lens, NULL, 3, high, NULL, 3));
    INVALID("code|level", warm_fingerprinter_absorb_factor(f, "t", 1, words, lens, NULL, 3, low, NULL, 3));
    INVALID("code|level", warm_fingerprinter_absorb_factor(f, "t", 1, NULL, NULL, NULL, 0, codes, NULL, 3));

    INVALID("`f`|fingerprinter", warm_fingerprinter_absorb_f64_matrix(NULL, "t", 1, 2, 3, values, NULL, 0));
    INVALID("tag", warm_fingerprinter_absorb_f64_matrix(f, NULL, 1, 2, 3, values, NULL, 0));
    INVALID("values", warm_fingerprinter_absorb_f64_matrix(f, "t", 1, 2, 3, NULL, NULL, 0));
    INVALID("order", warm_fingerprinter_absorb_f64_matrix(f, "t", 1, 2, 3, values, NULL, 2));
    INVALID("order", warm_fingerprinter_absorb_f64_matrix(f, "t", 1, 2, 3, values, NULL, -1));
    INVALID("row", warm_fingerprinter_absorb_f64_matrix(f, "t", 1, -2, 3, values, NULL, 0));
    INVALID("col", warm_fingerprinter_absorb_f64_matrix(f, "t", 1, 2, -3, values, NULL, 0));
    INVALID("row|col", warm_fingerprinter_absorb_f64_matrix(f, "t", 1, (int64_t)1 << 32, (int64_t)1 << 32, values, NULL, 0));
    CHECK_OK(warm_fingerprinter_finish(f, &after));
    CHECK(same_key(&before, &after));

    /* however the lengths are told; and what lies in the slot of something missing does not matter */
    CHECK_OK(warm_fingerprinter_clone(f, &g));
    CHECK_OK(warm_fingerprinter_absorb_str_list(f, "t", 1, words, lens, NULL, 3));
    CHECK_OK(warm_fingerprinter_absorb_str_list(f, "t", 1, words, minus_ones, all, 3));
    CHECK_OK(warm_fingerprinter_absorb_str_list(f, "t", 1, missing_words, NULL, valid, 3));
    CHECK_OK(warm_fingerprinter_absorb_factor(f, "t", 1, words, NULL, NULL, 3, high, valid, 3));
    CHECK_OK(warm_fingerprinter_absorb_i32_slice(f, "t", 1, NULL, NULL, 0));
    CHECK_OK(warm_fingerprinter_absorb_str_list(g, "t", 1, words, NULL, all, 3));
    CHECK_OK(warm_fingerprinter_absorb_str_list(g, "t", 1, words, lens, NULL, 3));
    CHECK_OK(warm_fingerprinter_absorb_str_list(g, "t", 1, bad_words, bad_lens, valid, 3));
    CHECK_OK(warm_fingerprinter_absorb_factor(g, "t", 1, words, lens, all, 3, low, valid, 3));
    CHECK_OK(warm_fingerprinter_absorb_i32_slice(g, "t", 1, i32, all, 0));
    CHECK_OK(warm_fingerprinter_finish(f, &before));
    CHECK_OK(warm_fingerprinter_finish(g, &after));
    CHECK(same_key(&before, &after));
    warm_fingerprinter_free(&f);
    warm_fingerprinter_free(&g);
}

static void store_options(void)
{
    warm_store_options *o = NULL;
    static const double bad_seconds[] = {NAN, -1.0, -INFINITY, -DBL_MIN};
    INVALID("out", warm_store_options_new(NULL));
    CHECK_OK(warm_store_options_new(&o));
    INVALID("`o`|options", warm_store_options_set_size_budget(NULL, 1));
    INVALID("budget|bytes", warm_store_options_set_size_budget(o, -1));
    INVALID("budget|bytes", warm_store_options_set_size_budget(o, INT64_MIN));
    INVALID("`o`|options", warm_store_options_set_file_budget(NULL, 1));
    INVALID("budget|files", warm_store_options_set_file_budget(o, -1));
    INVALID("`o`|options", warm_store_options_set_memory_budget(NULL, 1));
    INVALID("budget|bytes", warm_store_options_set_memory_budget(o, -1));
    INVALID("`o`|options", warm_store_options_set_ttl_seconds(NULL, 1.0));
    for (size_t i = 0; i < sizeof bad_seconds / sizeof bad_seconds[0]; ++i)
        INVALID("ttl|time to live|seconds|expiry", warm_store_options_set_ttl_seconds(o, bad_seconds[i]));
    INVALID("`o`|options", warm_store_options_set_durability(NULL, WARM_DURABILITY_FULL));
    INVALID("durability|level", warm_store_options_set_durability(o, 2));
    INVALID("durability|level", warm_store_options_set_durability(o, -1));
    INVALID("durability|level", warm_store_options_set_durability(o, INT32_MAX));
    INVALID("`o`|options", warm_store_options_set_read_only(NULL, 1));
    CHECK_OK(warm_store_options_set_size_budget(o, INT64_MAX));
    CHECK_OK(warm_store_options_set_file_budget(o, INT64_MAX));
    CHECK_OK(warm_store_options_set_memory_budget(o, 0));
    CHECK_OK(warm_store_options_set_ttl_seconds(o, 1e300));
    /* and a store with such limits works */
    warm_store *s = open_with(in_scratch("extreme"), o);
    const warm_key key = key_of(1);
    CHECK_OK(save_scored(s, &key, "x", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_sweep(s));
    CHECK_BEST(s, &key, "x");
    warm_store_free(&s);
    warm_store_options_free(&o);
    CHECK(o == NULL);
    warm_store_options_free(&o);
    warm_store_options_free(NULL);
}

static const char *const bad_run_ids[] = {"", ".", "..", ".hidden", "../up", "a/b", "/abs", "a\\b", "a b", "a~1", "~", "a.tmp", "a.tmp.b", "caf\xc3\xa9", "caf\xe9", "a\nb", "a:b", "a*", "a\x7f" "b", "\x01"};

static void tasks(warm_store *s)
{
    warm_check_report report, report_pattern;
    warm_task_progress progress, progress_pattern;
    warm_finding finding, finding_pattern;
    warm_task *task = NULL, *none = NULL;
    warm_cursor *findings = NULL, *keys = NULL;
    memset(&report, 0x5c, sizeof report);
    memset(&progress, 0x5c, sizeof progress);
    memset(&finding, 0x5c, sizeof finding);
    const uint32_t first_size = (uint32_t)offsetof(warm_check_report, expired); /* what the first release had */
    report.struct_size = first_size - 1;
    progress.struct_size = (uint32_t)sizeof progress - 1;
    finding.struct_size = (uint32_t)sizeof finding;
    report_pattern = report;
    progress_pattern = progress;
    finding_pattern = finding;
    REQUIRE_OK(warm_store_start_verify(s, &task));
    INVALID("`t`", warm_task_wait(NULL, 1.0));
    INVALID("timeout", warm_task_wait(task, -1.0));
    INVALID("timeout", warm_task_wait(task, (double)NAN));
    CHECK_OK(warm_task_wait(task, (double)INFINITY));
    CHECK_OK(warm_task_wait(task, 0.0)); /* again and again */
    INVALID("`t`", warm_task_cancel(NULL));
    CHECK_OK(warm_task_cancel(task)); /* too late: nothing happens */
    CHECK_OK(warm_task_wait(task, 0.0));
    INVALID("`t`", warm_task_get_progress(NULL, &progress));
    INVALID("progress", warm_task_get_progress(task, NULL));
    INVALID("struct_size", warm_task_get_progress(task, &progress));
    CHECK(memcmp(&progress, &progress_pattern, sizeof progress) == 0);
    INVALID("`t`", warm_task_get_report(NULL, &report));
    INVALID("report", warm_task_get_report(task, NULL));
    INVALID("struct_size", warm_task_get_report(task, &report));
    CHECK(memcmp(&report, &report_pattern, sizeof report) == 0);
    report.struct_size = first_size;
    CHECK_OK(warm_task_get_report(task, &report)); /* of a host that knows no more of it */
    CHECK(report.complete == 1 && report.struct_size == first_size);
    CHECK(memcmp(&report.expired, &report_pattern.expired, sizeof report - first_size) == 0);
    INVALID_OUT(warm_cursor, "`t`", warm_task_findings(NULL, &out));
    INVALID("out", warm_task_findings(task, NULL));
    CHECK_OK(warm_task_findings(task, &findings));
    INVALID("next", warm_cursor_finding(findings, &finding));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(findings));
    INVALID("last", warm_cursor_finding(findings, &finding));
    INVALID("`c`", warm_cursor_finding(NULL, &finding));
    INVALID("finding", warm_cursor_finding(findings, NULL));
    CHECK_OK(warm_store_list_keys(s, &keys));
    if (warm_cursor_next(keys) == WARM_OK)
        INVALID("keys", warm_cursor_finding(keys, &finding));
    CHECK(memcmp(&finding, &finding_pattern, sizeof finding) == 0);
    warm_cursor_free(&keys);
    warm_cursor_free(&findings);
    warm_task_free(&task);
    warm_task_free(&task);
    warm_task_free(&none);
    warm_task_free(NULL);
}

static void stores(void)
{
    const char *root = in_scratch("misuse");
    const warm_key key = key_of(1), empty = key_of(2);
    char long_id[131];
    memset(long_id, 'a', sizeof long_id);
    long_id[129] = '\0'; /* 129 bytes: one too many */

    INVALID("out", warm_store_open(root, -1, NULL, NULL));
    INVALID_OUT(warm_store, "root", warm_store_open(root, -2, NULL, &out));
    INVALID_OUT(warm_store, "root", warm_store_open(root, INT64_MIN, NULL, &out));
    INVALID_OUT(warm_store, "root", warm_store_open(NULL, 5, NULL, &out));
    INVALID_OUT(warm_store, "root|UTF-8", warm_store_open(NOT_UTF8, -1, NULL, &out));
    INVALID_OUT(warm_store, "root|UTF-8", warm_store_open(CUT_UTF8, 4, NULL, &out));
    INVALID_OUT(warm_store, "root|NUL", warm_store_open("/tmp\0x", 6, NULL, &out));
    INVALID_OUT(warm_store, "root|NUL", warm_store_open("\0", 1, NULL, &out));

    warm_store *s = open_root(root);
    char run[WARM_RUN_ID_MAX], buf[64], pattern[64];
    int64_t needed;
    warm_entry_info info;
    CHECK_OK(save_text(s, &key, "payload", &ONE, WARM_KIND_CHECKPOINT, run));
    CHECK_OK(warm_store_flush(s, 10.0));
    const uint64_t before = tree_hash(root);
    memset(pattern, 0x5c, sizeof pattern);

#define BUFFER_RULES(words, handle_null, handle)                        \
    do {                                                                \
        needed = -7;                                                    \
        memset(buf, 0x5c, sizeof buf);                                  \
        INVALID(words, handle_null(buf, (int64_t)sizeof buf, &needed)); \
        INVALID("cap", handle(buf, -1, &needed));                       \
        INVALID("cap", handle(buf, INT64_MIN, &needed));                \
        INVALID("buf", handle(NULL, 8, &needed));                       \
        CHECK_EQ(-7, needed);                                           \
        CHECK(memcmp(buf, pattern, sizeof buf) == 0);                   \
        CHECK_ST(WARM_ERR_BUFFER, handle(buf, 1, &needed));             \
        CHECK(needed > 1);                                              \
        CHECK(memcmp(buf, pattern, sizeof buf) == 0);                   \
        CHECK_ST(WARM_ERR_BUFFER, handle(NULL, 0, NULL));               \
    } while (0)
#define ROOT_NULL(b, c, n) warm_store_root(NULL, b, c, n)
#define ROOT(b, c, n) warm_store_root(s, b, c, n)
    BUFFER_RULES("`s`|store", ROOT_NULL, ROOT);

    /* save: its run id is an output and stays as it is */
#define SAVE(store, k, p, n, it, kind) warm_store_save(store, k, p, n, &ONE, it, kind, buf, sizeof buf, &needed)
    needed = -7;
    memset(buf, 0x5c, sizeof buf);
    INVALID("`s`|store", SAVE(NULL, &key, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("key", SAVE(s, NULL, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("payload", SAVE(s, &key, NULL, 1, &FIVE, WARM_KIND_FINAL));
    INVALID("payload|len", SAVE(s, &key, "x", -1, &FIVE, WARM_KIND_FINAL));
    INVALID("payload|len", SAVE(s, &key, "x", -2, &FIVE, WARM_KIND_FINAL));
    INVALID("payload|len", SAVE(s, &key, "x", INT64_MIN, &FIVE, WARM_KIND_FINAL));
    INVALID("iteration", SAVE(s, &key, "x", 1, &NEGATIVE, WARM_KIND_FINAL));
    INVALID("kind", SAVE(s, &key, "x", 1, &FIVE, 2));
    INVALID("kind", SAVE(s, &key, "x", 1, &FIVE, -1));
    INVALID("kind", SAVE(s, &key, "x", 1, &FIVE, INT32_MIN));
    INVALID("run_id|run id", warm_store_save(s, &key, "x", 1, NULL, NULL, WARM_KIND_FINAL, NULL, 5, &needed));
    INVALID("run_id|run id|cap", warm_store_save(s, &key, "x", 1, NULL, NULL, WARM_KIND_FINAL, buf, -1, &needed));
    CHECK_EQ(-7, needed);
    CHECK(memcmp(buf, pattern, sizeof buf) == 0);
    CHECK_EQ(1, count_entries(s, &key));

#define SLOT(store, k, id, id_len, p, n, it, kind) warm_store_save_slot(store, k, id, id_len, p, n, &ONE, it, kind)
    INVALID("`s`|store", SLOT(NULL, &key, "slot", -1, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("key", SLOT(s, NULL, "slot", -1, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("run_id|run id", SLOT(s, &key, NULL, 4, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("run_id|run id", SLOT(s, &key, NULL, -1, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("run_id|run id", SLOT(s, &key, NULL, 0, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("run_id|run id", SLOT(s, &key, "slot", -2, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("run_id|run id", SLOT(s, &key, "slot", INT64_MAX, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("payload", SLOT(s, &key, "slot", -1, NULL, 1, &FIVE, WARM_KIND_FINAL));
    INVALID("payload|len", SLOT(s, &key, "slot", -1, "x", -1, &FIVE, WARM_KIND_FINAL));
    INVALID("iteration", SLOT(s, &key, "slot", -1, "x", 1, &NEGATIVE, WARM_KIND_FINAL));
    INVALID("kind", SLOT(s, &key, "slot", -1, "x", 1, &FIVE, 2));
    INVALID("kind", SLOT(s, &key, "slot", -1, "x", 1, &FIVE, -1));
    /* run ids: no path escapes the key's directory */
    INVALID("run_id|run id", SLOT(s, &key, long_id, -1, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID("run_id|run id", SLOT(s, &key, "a\0b", 3, "x", 1, &FIVE, WARM_KIND_FINAL));
    INVALID_OUT(warm_entry, "run_id|run id", warm_store_lookup_run(s, &key, long_id, -1, &out));
    INVALID_OUT(warm_entry, "run_id|run id", warm_store_lookup_run(s, &key, "a\0b", 3, &out));
    for (size_t i = 0; i < sizeof bad_run_ids / sizeof bad_run_ids[0]; ++i) {
        const char *id = bad_run_ids[i];
        INVALID("run_id|run id", SLOT(s, &key, id, -1, "x", 1, &FIVE, WARM_KIND_FINAL));
        INVALID_OUT(warm_entry, "run_id|run id", warm_store_lookup_run(s, &key, id, -1, &out));
        INVALID("run_id|run id", warm_store_remove_entry(s, &key, id, -1));
        INVALID("run_id|run id", warm_store_pin(s, &key, id, -1, 1));
    }

    INVALID_OUT(warm_entry, "`s`|store", warm_store_lookup(NULL, &key, WARM_LOOKUP_BEST, &out));
    INVALID_OUT(warm_entry, "key", warm_store_lookup(s, NULL, WARM_LOOKUP_BEST, &out));
    INVALID_OUT(warm_entry, "mode", warm_store_lookup(s, &key, 2, &out));
    INVALID_OUT(warm_entry, "mode", warm_store_lookup(s, &key, -1, &out));
    INVALID("out", warm_store_lookup(s, &key, WARM_LOOKUP_BEST, NULL));

    warm_entry_info info_pattern;
    memset(&info, 0x5c, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    info_pattern = info;
    needed = -7;
    memset(buf, 0x5c, sizeof buf);
#define INTO(store, k, mode, b, cap, i) warm_store_lookup_into(store, k, mode, b, cap, &needed, i)
    INVALID("`s`|store", INTO(NULL, &key, WARM_LOOKUP_BEST, buf, sizeof buf, &info));
    INVALID("key", INTO(s, NULL, WARM_LOOKUP_BEST, buf, sizeof buf, &info));
    INVALID("mode", INTO(s, &key, 2, buf, sizeof buf, &info));
    INVALID("mode", INTO(s, &key, -1, buf, sizeof buf, &info));
    INVALID("buf", INTO(s, &key, WARM_LOOKUP_BEST, NULL, 8, &info));
    INVALID("cap", INTO(s, &key, WARM_LOOKUP_BEST, buf, -1, &info));
    INVALID("cap", INTO(s, &key, WARM_LOOKUP_BEST, NULL, -1, &info));
    CHECK_EQ(-7, needed);
    CHECK(memcmp(&info, &info_pattern, sizeof info) == 0);
    static const uint32_t small[] = {0, 1, 4, sizeof(warm_entry_info) - 1};
    for (size_t i = 0; i < sizeof small / sizeof small[0]; ++i) {
        info.struct_size = small[i];
        info_pattern.struct_size = small[i];
        INVALID("struct_size", INTO(s, &key, WARM_LOOKUP_BEST, buf, sizeof buf, &info));
        CHECK_EQ(-7, needed);
        CHECK(memcmp(&info, &info_pattern, sizeof info) == 0);
    }
    CHECK(memcmp(buf, pattern, sizeof buf) == 0);
    /* a buffer larger than anything is just large enough */
    CHECK_OK(INTO(s, &key, WARM_LOOKUP_BEST, buf, INT64_MAX, NULL));
    CHECK(memcmp(buf, "payload", 7) == 0 && buf[7] == 0x5c);

    INVALID_OUT(warm_entry, "`s`|store", warm_store_lookup_run(NULL, &key, run, -1, &out));
    INVALID_OUT(warm_entry, "key", warm_store_lookup_run(s, NULL, run, -1, &out));
    INVALID_OUT(warm_entry, "run_id|run id", warm_store_lookup_run(s, &key, NULL, 3, &out));
    INVALID_OUT(warm_entry, "run_id|run id", warm_store_lookup_run(s, &key, run, -2, &out));
    INVALID("out", warm_store_lookup_run(s, &key, run, -1, NULL));
    INVALID("`s`|store", warm_store_remove(NULL, &key));
    INVALID("key", warm_store_remove(s, NULL));
    INVALID("`s`|store", warm_store_remove_entry(NULL, &key, run, -1));
    INVALID("key", warm_store_remove_entry(s, NULL, run, -1));
    INVALID("run_id|run id", warm_store_remove_entry(s, &key, NULL, 1));
    INVALID("run_id|run id", warm_store_remove_entry(s, &key, run, -2));
    INVALID("`s`|store", warm_store_pin(NULL, &key, run, -1, 1));
    INVALID("key", warm_store_pin(s, NULL, run, -1, 1));
    INVALID("run_id|run id", warm_store_pin(s, &key, NULL, 1, 1));
    INVALID("run_id|run id", warm_store_pin(s, &key, run, -2, 1));
    INVALID("`s`|store", warm_store_sweep(NULL));
    INVALID("`s`|store", warm_store_flush(NULL, 1.0));
    INVALID("timeout|seconds", warm_store_flush(s, NAN));
    INVALID("timeout|seconds", warm_store_flush(s, -1.0));
    INVALID("timeout|seconds", warm_store_flush(s, -INFINITY));
    CHECK_OK(warm_store_flush(s, 1e300));
    CHECK_OK(warm_store_flush(s, INFINITY));
    INVALID_OUT(warm_cursor, "`s`|store", warm_store_list_keys(NULL, &out));
    INVALID("out", warm_store_list_keys(s, NULL));
    INVALID_OUT(warm_cursor, "`s`|store", warm_store_list_entries(NULL, &key, &out));
    INVALID_OUT(warm_cursor, "key", warm_store_list_entries(s, NULL, &out));
    INVALID("out", warm_store_list_entries(s, &key, NULL));

    warm_store_stats stats, stats_pattern;
    memset(&stats, 0x5c, sizeof stats);
    stats.struct_size = (uint32_t)sizeof stats;
    stats_pattern = stats;
    INVALID("`s`|store", warm_store_get_stats(NULL, &stats));
    INVALID("stats", warm_store_get_stats(s, NULL));
    CHECK(memcmp(&stats, &stats_pattern, sizeof stats) == 0);
    stats.struct_size = stats_pattern.struct_size = (uint32_t)sizeof stats - 1;
    INVALID("struct_size", warm_store_get_stats(s, &stats));
    CHECK(memcmp(&stats, &stats_pattern, sizeof stats) == 0);

    warm_store_limits limits, limits_pattern;
    memset(&limits, 0x5c, sizeof limits);
    limits.struct_size = (uint32_t)sizeof limits - 1;
    limits_pattern = limits;
    INVALID("`s`|store", warm_store_get_limits(NULL, &limits));
    INVALID("limits", warm_store_get_limits(s, NULL));
    INVALID("struct_size", warm_store_get_limits(s, &limits));
    CHECK(memcmp(&limits, &limits_pattern, sizeof limits) == 0);

    INVALID_OUT(warm_task, "`s`|store", warm_store_start_verify(NULL, &out));
    INVALID("out", warm_store_start_verify(s, NULL));
    INVALID_OUT(warm_task, "`s`|store", warm_store_start_repair(NULL, &out));
    INVALID("out", warm_store_start_repair(s, NULL));
    INVALID_OUT(warm_task, "`s`|store", warm_store_start_sweep(NULL, &out));
    INVALID("out", warm_store_start_sweep(s, NULL));
    INVALID_OUT(warm_task, "`s`|store", warm_store_start_sweep_plan(NULL, &out));
    INVALID("out", warm_store_start_sweep_plan(s, NULL));
    tasks(s);

    /* nothing was changed by any of that */
    CHECK(before == tree_hash(root));
    CHECK_EQ(0, count_entries(s, &empty));

    /* cursors */
    warm_cursor *c = NULL;
    warm_key where;
    INVALID("`c`|cursor", warm_cursor_next(NULL));
    CHECK_OK(warm_store_list_entries(s, &key, &c));
    CHECK(warm_cursor_key(c, &where) < 0); /* not on an item yet */
    info = fresh_info();
    CHECK(warm_cursor_info(c, &info) < 0);
    CHECK(warm_cursor_run_id(c, buf, sizeof buf, NULL) < 0);
    CHECK_OK(warm_cursor_next(c));
    INVALID("`c`|cursor", warm_cursor_text(NULL, buf, sizeof buf, NULL));
    warm_run_info run_info, run_pattern;
    memset(&run_info, 0x5c, sizeof run_info);
    run_info.struct_size = (uint32_t)sizeof run_info - 1;
    run_pattern = run_info;
    INVALID("`c`|cursor", warm_cursor_run(NULL, &run_info));
    INVALID("`run`", warm_cursor_run(c, NULL));
    INVALID("struct_size", warm_cursor_run(c, &run_info));
    CHECK(memcmp(&run_info, &run_pattern, sizeof run_info) == 0);
    UNTOUCHED(warm_key, "`c`|cursor", warm_cursor_key(NULL, out));
    INVALID("out", warm_cursor_key(c, NULL));
    INVALID("info", warm_cursor_info(c, NULL));
    INVALID("`c`|cursor", warm_cursor_info(NULL, &info));
    info.struct_size = (uint32_t)sizeof info - 1;
    INVALID("struct_size", warm_cursor_info(c, &info));
#define CURSOR_RUN_NULL(b, n, d) warm_cursor_run_id(NULL, b, n, d)
#define CURSOR_RUN(b, n, d) warm_cursor_run_id(c, b, n, d)
    BUFFER_RULES("`c`|cursor", CURSOR_RUN_NULL, CURSOR_RUN);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    CHECK(warm_cursor_key(c, &where) < 0); /* past the last */
    info = fresh_info();
    CHECK(warm_cursor_info(c, &info) < 0);
    warm_cursor_free(&c);
    CHECK(c == NULL);
    warm_cursor_free(&c);
    warm_cursor_free(NULL);
    /* a key is no entry */
    CHECK_OK(warm_store_list_keys(s, &c));
    CHECK_OK(warm_cursor_next(c));
    CHECK_OK(warm_cursor_key(c, &where));
    const int32_t run_status = warm_cursor_run_id(c, buf, sizeof buf, NULL), info_status = warm_cursor_info(c, &info);
    CHECK(run_status <= 0 && info_status <= 0);
    run_info.struct_size = run_pattern.struct_size = (uint32_t)sizeof run_info;
    INVALID("keys", warm_cursor_run(c, &run_info));
    INVALID("keys", warm_cursor_text(c, buf, sizeof buf, NULL));
    CHECK(memcmp(&run_info, &run_pattern, sizeof run_info) == 0);
    warm_cursor_free(&c);

    /* entries */
    warm_entry *e = NULL;
    CHECK_OK(warm_store_lookup(s, &key, WARM_LOOKUP_BEST, &e));
    const void *data = (const void *)(uintptr_t)0x5c;
    int64_t len = -7;
    INVALID("`e`|entry", warm_entry_payload(NULL, &data, &len));
    INVALID("data", warm_entry_payload(e, NULL, &len));
    INVALID("len", warm_entry_payload(e, &data, NULL));
    CHECK(data == (const void *)(uintptr_t)0x5c && len == -7);
#define COPY_NULL(b, n, d) warm_entry_copy(NULL, b, n, d)
#define COPY(b, n, d) warm_entry_copy(e, b, n, d)
    BUFFER_RULES("`e`|entry", COPY_NULL, COPY);
    memset(buf, 0x5c, sizeof buf);
    CHECK_OK(warm_entry_copy(e, buf, INT64_MAX, NULL));
    CHECK(memcmp(buf, "payload", 7) == 0 && buf[7] == 0x5c);
    memset(&info, 0x5c, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    info_pattern = info;
    INVALID("`e`|entry", warm_entry_get_info(NULL, &info));
    INVALID("info", warm_entry_get_info(e, NULL));
    info.struct_size = info_pattern.struct_size = (uint32_t)sizeof info - 1;
    INVALID("struct_size", warm_entry_get_info(e, &info));
    CHECK(memcmp(&info, &info_pattern, sizeof info) == 0);
    UNTOUCHED(warm_key, "`e`|entry", warm_entry_key(NULL, out));
    INVALID("out", warm_entry_key(e, NULL));
#define ENTRY_RUN_NULL(b, n, d) warm_entry_run_id(NULL, b, n, d)
#define ENTRY_RUN(b, n, d) warm_entry_run_id(e, b, n, d)
    BUFFER_RULES("`e`|entry", ENTRY_RUN_NULL, ENTRY_RUN);
    CHECK_ST(WARM_NOT_FOUND, warm_entry_label(e, buf, sizeof buf, NULL));
    INVALID("`e`|entry", warm_entry_label(NULL, buf, sizeof buf, NULL));
    warm_entry_free(&e);
    warm_session_options *labelled = NULL;
    warm_session *fit = NULL;
    CHECK_OK(warm_session_options_new(&labelled));
    CHECK_OK(warm_session_options_set_label(labelled, "a label", -1));
    CHECK_OK(warm_session_open(s, &empty, labelled, &fit));
    CHECK_OK(warm_session_finalize(fit, "payload", 7, NULL, NULL));
    CHECK_OK(warm_session_load(fit, &e));
    warm_session_free(&fit);
    warm_session_options_free(&labelled);
#define ENTRY_LABEL_NULL(b, n, d) warm_entry_label(NULL, b, n, d)
#define ENTRY_LABEL(b, n, d) warm_entry_label(e, b, n, d)
    BUFFER_RULES("`e`|entry", ENTRY_LABEL_NULL, ENTRY_LABEL);

    warm_store_free(&s);
    CHECK(s == NULL);
    warm_store_free(&s);
    warm_store_free(NULL);
    CHECK(entry_is(e, "payload", 7));
    warm_entry_free(&e);
    CHECK(e == NULL);
    warm_entry_free(&e);
    warm_entry_free(NULL);
}

static void sessions(void)
{
    warm_session_options *o = NULL;
    static const double bad_seconds[] = {NAN, -1.0, -INFINITY};
    INVALID("out", warm_session_options_new(NULL));
    CHECK_OK(warm_session_options_new(&o));
    INVALID("`o`|options", warm_session_options_set_min_interval_seconds(NULL, 1.0));
    INVALID("`o`|options", warm_session_options_set_finish_timeout_seconds(NULL, 1.0));
    for (size_t i = 0; i < sizeof bad_seconds / sizeof bad_seconds[0]; ++i) {
        INVALID("interval|seconds", warm_session_options_set_min_interval_seconds(o, bad_seconds[i]));
        INVALID("timeout|seconds", warm_session_options_set_finish_timeout_seconds(o, bad_seconds[i]));
    }
    INVALID("`o`|options", warm_session_options_set_background(NULL, 1));
    INVALID("`o`|options", warm_session_options_set_lookup(NULL, WARM_LOOKUP_BEST));
    INVALID("mode", warm_session_options_set_lookup(o, 2));
    INVALID("mode", warm_session_options_set_lookup(o, -1));
    warm_fingerprinter *f = NULL;
    CHECK_OK(warm_fingerprinter_new(&f));
    INVALID("`o`|options", warm_session_options_set_fingerprint(NULL, f));
    INVALID("`f`|fingerprint", warm_session_options_set_fingerprint(o, NULL));
    INVALID("`o`|options", warm_session_options_set_label(NULL, "x", 1));
    INVALID("label|text", warm_session_options_set_label(o, NULL, 1));
    INVALID("label|text", warm_session_options_set_label(o, NULL, -1));
    INVALID("label|text", warm_session_options_set_label(o, "x", -2));
    INVALID("label|text", warm_session_options_set_label(o, NOT_UTF8, -1));
    warm_fingerprinter_free(&f);
    INVALID("`o`|options", warm_session_options_set_every(NULL, 1));
    INVALID("calls", warm_session_options_set_every(o, -1));
    INVALID("calls", warm_session_options_set_every(o, INT64_MIN));
    static const double bad_shares[] = {NAN, -0.1, 0.0, 1.1, INFINITY};
    INVALID("`o`|options", warm_session_options_set_max_share(NULL, 0.5));
    for (size_t i = 0; i < sizeof bad_shares / sizeof bad_shares[0]; ++i)
        INVALID("share", warm_session_options_set_max_share(o, bad_shares[i]));
    INVALID("`o`|options", warm_session_options_set_mean_time_between_failures(NULL, 1.0, WARM_INTERVAL_DALY));
    INVALID("mean time", warm_session_options_set_mean_time_between_failures(o, 0.0, WARM_INTERVAL_DALY));
    INVALID("formula", warm_session_options_set_mean_time_between_failures(o, 1.0, 2));
    INVALID("`o`|options", warm_session_options_set_deadline_seconds(NULL, 1.0));
    INVALID("`o`|options", warm_session_options_set_deadline_unix(NULL, 1));
    INVALID("unix_secs", warm_session_options_set_deadline_unix(o, -1));
    INVALID("`o`|options", warm_session_options_set_stop_margin_seconds(NULL, 1.0));
    for (size_t i = 0; i < sizeof bad_seconds / sizeof bad_seconds[0]; ++i) {
        INVALID("mean time", warm_session_options_set_mean_time_between_failures(o, bad_seconds[i], WARM_INTERVAL_YOUNG));
        INVALID("deadline", warm_session_options_set_deadline_seconds(o, bad_seconds[i]));
        INVALID("margin", warm_session_options_set_stop_margin_seconds(o, bad_seconds[i]));
    }
    INVALID("`o`|options", warm_session_options_set_scheduler(NULL, 1));
    INVALID("on", warm_session_options_set_scheduler(o, 2));
    INVALID("`o`|options", warm_session_options_set_halt_file(NULL, "x", 1));
    INVALID("path", warm_session_options_set_halt_file(o, NULL, 1));
    INVALID("path", warm_session_options_set_halt_file(o, NULL, -1));
    INVALID("path", warm_session_options_set_halt_file(o, "x", -2));
    INVALID("path", warm_session_options_set_halt_file(o, "a\0b", 3));
    INVALID("path", warm_session_options_set_halt_file(o, NOT_UTF8, -1));
    INVALID("path", warm_session_options_set_halt_file(o, "x", 65537));

    const char *root = in_scratch("misuse-session");
    const warm_key key = key_of(1), related = key_of(2);
    warm_store *store = open_root(root);
    INVALID_OUT(warm_session, "`s`|store", warm_session_open(NULL, &key, o, &out));
    INVALID_OUT(warm_session, "key", warm_session_open(store, NULL, o, &out));
    INVALID("out", warm_session_open(store, &key, o, NULL));
    warm_session_options_free(&o);
    CHECK(o == NULL);
    warm_session_options_free(&o);
    warm_session_options_free(NULL);

    warm_session *s = open_session(store, &key, 0.0);
    warm_entry *seed = NULL;
    CHECK_OK(save_scored(store, &related, "seed", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_lookup(store, &related, WARM_LOOKUP_BEST, &seed));
    CHECK_OK(warm_session_preload(s, seed));
    const uint64_t before = tree_hash(root);

    char buf[64], pattern[64];
    int64_t needed = -7;
    warm_entry_info info = fresh_info();
    memset(buf, 0x5c, sizeof buf);
    memset(pattern, 0x5c, sizeof pattern);
    INVALID("`s`|session", warm_session_resume(NULL, buf, 4, &info));
    INVALID("buf", warm_session_resume(s, NULL, 4, &info));
    INVALID("buf|len", warm_session_resume(s, buf, -1, &info));
    INVALID("buf|len", warm_session_resume(s, buf, INT64_MIN, &info));
    info.struct_size = (uint32_t)sizeof info - 1;
    INVALID("struct_size", warm_session_resume(s, buf, 4, &info));
    CHECK_ERR(WARM_ERR_INCOMPATIBLE, "length|bytes|size", warm_session_resume(s, buf, INT64_MAX, NULL));
    CHECK(memcmp(buf, pattern, sizeof buf) == 0);

#define WRITES(name)                                                               \
    do {                                                                           \
        INVALID("`s`|session", name(NULL, "x", 1, &ONE, &FIVE));                    \
        INVALID("payload", name(s, NULL, 1, &ONE, &FIVE));                         \
        INVALID("payload|len", name(s, "x", -1, &ONE, &FIVE));                     \
        INVALID("payload|len", name(s, "x", INT64_MIN, &ONE, &FIVE));              \
        INVALID("iteration", name(s, "x", 1, &ONE, &NEGATIVE));                    \
        INVALID("iteration", name(s, "x", 1, NULL, &NEGATIVE));                    \
    } while (0)
    WRITES(warm_session_checkpoint);
    WRITES(warm_session_checkpoint_now);
    WRITES(warm_session_finalize);
    INVALID("`s`|session", warm_session_should_checkpoint(NULL, &ONE));
    INVALID("`s`|session", warm_session_preload(NULL, seed));
    INVALID("entry", warm_session_preload(s, NULL));
    INVALID_OUT(warm_entry, "`s`|session", warm_session_load(NULL, &out));
    INVALID("out", warm_session_load(s, NULL));
    INVALID_OUT(warm_entry, "`s`|session", warm_session_peek(NULL, &out));
    INVALID("out", warm_session_peek(s, NULL));
#define SESSION_RUN_NULL(b, n, d) warm_session_run_id(NULL, b, n, d)
#define SESSION_RUN(b, n, d) warm_session_run_id(s, b, n, d)
    BUFFER_RULES("`s`|session", SESSION_RUN_NULL, SESSION_RUN);
    INVALID("`s`|session", warm_session_flush(NULL, 1.0));
    INVALID("timeout|seconds", warm_session_flush(s, NAN));
    INVALID("timeout|seconds", warm_session_flush(s, -0.5));
    INVALID("`s`|session", warm_session_finish(NULL));
    INVALID("`s`|session", warm_session_should_stop(NULL));
    INVALID("`s`|session", warm_session_confirm(NULL, 1.0, 0.0));
    warm_session_stop stop, stop_pattern;
    warm_session_progress progress, progress_pattern;
    memset(&stop, 0x5c, sizeof stop);
    memset(&progress, 0x5c, sizeof progress);
    stop.struct_size = (uint32_t)sizeof stop;
    progress.struct_size = (uint32_t)sizeof progress;
    stop_pattern = stop;
    progress_pattern = progress;
    INVALID("`s`|session", warm_session_get_stop(NULL, &stop));
    INVALID("`s`|session", warm_session_get_progress(NULL, &progress));
    INVALID("stop", warm_session_get_stop(s, NULL));
    INVALID("progress", warm_session_get_progress(s, NULL));
    stop.struct_size = stop_pattern.struct_size = (uint32_t)sizeof stop - 1;
    progress.struct_size = progress_pattern.struct_size = 0;
    INVALID("struct_size", warm_session_get_stop(s, &stop));
    INVALID("struct_size", warm_session_get_progress(s, &progress));
    CHECK(memcmp(&stop, &stop_pattern, sizeof stop) == 0 && memcmp(&progress, &progress_pattern, sizeof progress) == 0);
    INVALID_OUT(warm_cursor, "`s`|session", warm_session_trace(NULL, &out));
    INVALID("out", warm_session_trace(s, NULL));
    INVALID_OUT(warm_cursor, "`s`|store", warm_store_trace(NULL, &key, "r", 1, &out));
    INVALID_OUT(warm_cursor, "key", warm_store_trace(store, NULL, "r", 1, &out));
    INVALID_OUT(warm_cursor, "run", warm_store_trace(store, &key, NULL, 1, &out));
    INVALID_OUT(warm_cursor, "run", warm_store_trace(store, &key, "r", -2, &out));
    INVALID_OUT(warm_cursor, "run", warm_store_trace(store, &key, NOT_UTF8, -1, &out));
    INVALID("out", warm_store_trace(store, &key, "r", 1, NULL));
    warm_trace_point point;
    memset(&point, 0, sizeof point);
    point.struct_size = (uint32_t)sizeof point;
    INVALID("`c`|cursor", warm_cursor_trace_point(NULL, &point));

    /* nothing was written, and the preloaded entry was taken by none of them; a refusal is no checkpoint seen either */
    CHECK(before == tree_hash(root));
    warm_entry *out = NULL;
    CHECK_OK(warm_session_load(s, &out));
    CHECK(entry_is(out, "seed", 4));
    warm_entry_free(&out);
    warm_entry_free(&seed);
    const double two = 2.0;
    CHECK_OK(warm_session_checkpoint(s, "good", 4, &two, &FIVE));
    CHECK_BEST(store, &key, "good");
    warm_session_free(&s);
    CHECK(s == NULL);
    warm_session_free(&s);
    warm_session_free(NULL);
    warm_store_free(&store);
}

static void *fresh_thread(void *context)
{
    int64_t needed = -7;
    char text[4] = "abc";
    (void)context;
    /* before any failure of this thread there is an empty text */
    CHECK_ST(WARM_ERR_BUFFER, warm_last_error(NULL, 0, &needed));
    CHECK_EQ(1, needed);
    CHECK_OK(warm_last_error(text, 1, &needed));
    CHECK(text[0] == '\0' && text[1] == 'b');
    return NULL;
}

static void last_error(void)
{
    char text[TEXT_CAP], again[TEXT_CAP], path[5001], cut[3];
    int64_t needed = -7;
    pthread_t thread;
    warm_store *store = NULL;
    REQUIRE(pthread_create(&thread, NULL, fresh_thread, NULL) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);

    /* a text longer than the limit is cut at a character, wherever that falls */
    for (size_t shift = 0; shift < 4; ++shift) {
        memset(path, 'a', shift);
        for (size_t i = shift; i + 2 < sizeof path; i += 2)
            memcpy(path + i, "\xc3\xa9", 3);
        CHECK_ERR_OUT(warm_store, WARM_ERR_INVALID, "name|long|path", warm_store_open(path, -1, NULL, &out));
        CHECK_OK(warm_last_error(text, sizeof text, &needed));
        CHECK_EQ((int64_t)strlen(text) + 1, needed);
        CHECK(needed <= WARM_ERROR_TEXT_MAX);
        CHECK(is_utf8(text));
    }

    /* kept until the next failure: success, a full list, a small buffer and freeing leave it alone */
    const warm_key key = key_of(1);
    warm_entry *entry = NULL;
    CHECK_ST(WARM_ERR_INVALID, warm_store_open(NULL, 5, NULL, &store));
    (void)last_error_into(text);
    CHECK(text[0] != '\0');
    store = open_root(in_scratch("last-error"));
    CHECK_ST(WARM_NOT_FOUND, warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
    CHECK_OK(save_scored(store, &key, "x", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
    CHECK_ST(WARM_ERR_BUFFER, warm_store_root(store, NULL, 0, NULL));
    CHECK_ST(WARM_ERR_BUFFER, warm_entry_copy(entry, NULL, 0, NULL));
    warm_session *session = open_session(store, &key, 3600.0);
    CHECK_OK(warm_session_checkpoint(session, "x", 1, &ONE, NULL));
    CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(session, "x", 1, &ONE, NULL));
    warm_session_free(&session);
    warm_entry_free(&entry);
    warm_store_free(&store);
    warm_store_free(&store);
    (void)last_error_into(again);
    CHECK(strcmp(text, again) == 0);

    /* its own buffer protocol */
    const int64_t full = (int64_t)strlen(text) + 1;
    needed = -7;
    CHECK_ST(WARM_ERR_BUFFER, warm_last_error(NULL, 0, &needed));
    CHECK_EQ(full, needed);
    memset(cut, 'p', sizeof cut);
    needed = -7;
    CHECK_ST(WARM_ERR_BUFFER, warm_last_error(cut, sizeof cut, &needed));
    CHECK_EQ(full, needed);
    CHECK(cut[0] == 'p');
    CHECK_OK(warm_last_error(again, full, NULL));
    CHECK(strcmp(text, again) == 0);
    (void)last_error_into(again);
    CHECK(strcmp(text, again) == 0);
}

/* Lengths that cannot be are refused before anything of that length is read: each in a child, which a read beyond would kill. */
static void huge_lengths(void)
{
    const char *root = in_scratch("huge");
    static const int64_t sizes[] = {INT64_MAX, (int64_t)1 << 45};
    const warm_key key = key_of(1);
    /* texts that end where memory does */
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED);
    char *hex = pages + page - 65, *tag = pages + page - 3;
    REQUIRE_OK(warm_key_to_hex(&key, hex));
    memcpy(tag, "tag", 3); /* over the digits' end: neither is ever right */
    REQUIRE(mprotect(pages + page, page, PROT_NONE) == 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
        const int64_t size = sizes[i];
        IN_CHILD(UNTOUCHED(warm_key, "hex|digit|64", warm_key_from_hex(hex, size, out)));
        /* a tag's length is 32 bits on the wire */
        IN_CHILD({
            warm_fingerprinter *f = NULL;
            CHECK_OK(warm_fingerprinter_new(&f));
            CHECK(warm_fingerprinter_absorb_tag(f, tag, size) < 0);
            warm_fingerprinter_free(&f);
        });
        /* no payload of that length fits the budget */
        IN_CHILD({
            warm_store *s = open_root(root);
            CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_store_save(s, &key, "x", size, &ONE, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
            warm_store_free(&s);
        });
        IN_CHILD({
            warm_store *s = open_root(root);
            CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_store_save_slot(s, &key, "slot", -1, "x", size, &ONE, NULL, WARM_KIND_FINAL));
            warm_store_free(&s);
        });
        IN_CHILD({
            warm_store *s = open_root(root);
            warm_session *fit = open_session(s, &key, 0.0);
            CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_session_checkpoint(fit, "x", size, &ONE, NULL));
            warm_session_free(&fit);
            warm_store_free(&s);
        });
        IN_CHILD({
            warm_store *s = open_root(root);
            warm_session *fit = open_session(s, &key, 0.0);
            CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_session_finalize(fit, "x", size, &ONE, NULL));
            warm_session_free(&fit);
            warm_store_free(&s);
        });
    }
    (void)munmap(pages, 2 * page);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    keys();
    buffers();
    fingerprinters();
    native_data();
    store_options();
    stores();
    sessions();
    last_error();
    huge_lengths();
    return check_finish();
}
