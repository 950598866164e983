/* Replays the golden sequences (second argument: fingerprints.txt; its first lines say what its fields are). */
#include "check.h"

#define LINE_CAP 16384

static int line_number;
static char *cursor;

/* The next field of the line; "" at its end. */
static char *field(void)
{
    char *start = cursor;
    cursor += strcspn(cursor, " \n");
    if (*cursor != '\0')
        *cursor++ = '\0';
    return start;
}

static void malformed(const char *what)
{
    (void)fprintf(stderr, "fingerprints.txt:%d: malformed %s\n", line_number, what);
    exit(2);
}

/* Allocated to the byte, so that Valgrind sees every read beyond. */
static void *room(size_t bytes)
{
    void *p = malloc(bytes != 0 ? bytes : 1);
    if (p == NULL)
        exit(2);
    return p;
}

static int64_t integer(void)
{
    char *end = NULL;
    const char *text = field();
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0)
        malformed("number");
    return (int64_t)value;
}

static uint64_t natural(int base)
{
    char *end = NULL;
    const char *text = field();
    errno = 0;
    const unsigned long long value = strtoull(text, &end, base);
    if (end == text || *end != '\0' || errno != 0)
        malformed("number");
    return (uint64_t)value;
}

/* Hexadecimal bytes; "-" is none, "*" is NULL. */
static char *bytes(int64_t *len)
{
    const char *text = field();
    *len = 0;
    if (strcmp(text, "*") == 0)
        return NULL;
    if (strcmp(text, "-") == 0)
        return room(0);
    const size_t n = strlen(text) / 2;
    char *out = room(n);
    for (size_t i = 0; i < n; ++i) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
        char *end = NULL;
        out[i] = (char)strtoul(pair, &end, 16);
        if (*end != '\0')
            malformed("bytes");
    }
    *len = (int64_t)n;
    return out;
}

static double *doubles(int64_t n)
{
    double *out = room((size_t)n * sizeof *out);
    for (int64_t i = 0; i < n; ++i) {
        const uint64_t bits = natural(16);
        memcpy(&out[i], &bits, sizeof bits);
    }
    return out;
}

static int64_t *integers(int64_t n)
{
    int64_t *out = room((size_t)n * sizeof *out);
    for (int64_t i = 0; i < n; ++i)
        out[i] = integer();
    return out;
}

static uint8_t *validity(int64_t n)
{
    int64_t len = 0;
    uint8_t *valid = (uint8_t *)bytes(&len);
    if (valid != NULL && len != n)
        malformed("validity");
    return valid;
}

typedef struct { char **texts; int64_t *lens; int64_t n; } text_list;

static text_list texts(int64_t n)
{
    text_list t = {room((size_t)n * sizeof(char *)), room((size_t)n * sizeof(int64_t)), n};
    for (int64_t i = 0; i < n; ++i)
        t.texts[i] = bytes(&t.lens[i]);
    return t;
}

static void texts_free(text_list t)
{
    for (int64_t i = 0; i < t.n; ++i)
        free(t.texts[i]);
    free(t.texts);
    free(t.lens);
}

static int32_t operate(warm_fingerprinter *f)
{
    const char *name = field();
    char *tag = NULL;
    int64_t tag_len = 0, n, m;
    int32_t status;
    if (strncmp(name, "write_", 6) == 0)
        (void)field();
    else
        tag = bytes(&tag_len);

#define IS(what) (strcmp(name, what) == 0)
#define DONE(call, ...)  \
    do {                 \
        status = (call); \
        __VA_ARGS__;     \
        free(tag);       \
        return status;   \
    } while (0)

    if (IS("absorb_tag"))
        DONE(warm_fingerprinter_absorb_tag(f, tag, tag_len), (void)0);
    if (IS("absorb_bytes") || IS("absorb_str") || IS("write_bytes") || IS("write_str")) {
        char *data = bytes(&n);
        status = IS("absorb_bytes") ? warm_fingerprinter_absorb_bytes(f, tag, tag_len, data, n)
                 : IS("absorb_str") ? warm_fingerprinter_absorb_str(f, tag, tag_len, data, n)
                 : IS("write_str")  ? warm_fingerprinter_write_str(f, data, n)
                                    : warm_fingerprinter_write_bytes(f, data, n);
        DONE(status, free(data));
    }
    if (IS("absorb_u64"))
        DONE(warm_fingerprinter_absorb_u64(f, tag, tag_len, natural(10)), (void)0);
    if (IS("write_u64") || IS("write_usize"))
        DONE(warm_fingerprinter_write_u64(f, natural(10)), (void)0);
    if (IS("write_u8") || IS("write_bool"))
        DONE(warm_fingerprinter_write_u8(f, (uint8_t)natural(10)), (void)0);
    if (IS("absorb_f64") || IS("write_f64")) {
        double *value = doubles(1);
        DONE(IS("write_f64") ? warm_fingerprinter_write_f64(f, *value) : warm_fingerprinter_absorb_f64(f, tag, tag_len, *value), free(value));
    }
    if (IS("absorb_f64_slice") || IS("write_f64_slice")) {
        n = integer();
        double *values = doubles(n);
        DONE(IS("write_f64_slice") ? warm_fingerprinter_write_f64_slice(f, values, n)
                                   : warm_fingerprinter_absorb_f64_slice(f, tag, tag_len, values, n),
             free(values));
    }
    if (IS("absorb_f64_2d")) {
        n = integer();
        m = integer();
        double *values = doubles(n * m);
        DONE(warm_fingerprinter_absorb_f64_2d(f, tag, tag_len, n, m, values), free(values));
    }

    /* what R, Julia and data frames hold */
    if (IS("absorb_f64_matrix")) {
        n = integer();
        m = integer();
        uint8_t *valid = validity(n * m);
        const int32_t order = (int32_t)integer();
        double *values = doubles(n * m);
        DONE(warm_fingerprinter_absorb_f64_matrix(f, tag, tag_len, n, m, values, valid, order), free(valid), free(values));
    }
    n = integer();
    uint8_t *valid = validity(n);
    if (IS("absorb_i64_slice") || IS("absorb_date_slice") || IS("absorb_timestamp_slice")) {
        int64_t *values = integers(n);
        status = IS("absorb_i64_slice")    ? warm_fingerprinter_absorb_i64_slice(f, tag, tag_len, values, valid, n)
                 : IS("absorb_date_slice") ? warm_fingerprinter_absorb_date_slice(f, tag, tag_len, values, valid, n)
                                           : warm_fingerprinter_absorb_timestamp_slice(f, tag, tag_len, values, valid, n);
        DONE(status, free(valid), free(values));
    }
    if (IS("absorb_i32_slice")) {
        int32_t *values = room((size_t)n * sizeof *values);
        for (int64_t i = 0; i < n; ++i)
            values[i] = (int32_t)integer();
        DONE(warm_fingerprinter_absorb_i32_slice(f, tag, tag_len, values, valid, n), free(valid), free(values));
    }
    if (IS("absorb_f64_na_slice")) {
        double *values = doubles(n);
        DONE(warm_fingerprinter_absorb_f64_na_slice(f, tag, tag_len, values, valid, n), free(valid), free(values));
    }
    if (IS("absorb_f32_slice")) {
        float *values = room((size_t)n * sizeof *values);
        for (int64_t i = 0; i < n; ++i) {
            const uint32_t bits = (uint32_t)natural(16);
            memcpy(&values[i], &bits, sizeof bits);
        }
        DONE(warm_fingerprinter_absorb_f32_slice(f, tag, tag_len, values, valid, n), free(valid), free(values));
    }
    if (IS("absorb_bool_slice")) {
        uint8_t *values = (uint8_t *)bytes(&m);
        if (m != n)
            malformed("booleans");
        DONE(warm_fingerprinter_absorb_bool_slice(f, tag, tag_len, values, valid, n), free(valid), free(values));
    }
    if (IS("absorb_str_list")) {
        text_list t = texts(n);
        DONE(warm_fingerprinter_absorb_str_list(f, tag, tag_len, (const char *const *)t.texts, t.lens, valid, n), free(valid), texts_free(t));
    }
    if (IS("absorb_factor")) {
        text_list levels = texts(n);
        m = integer();
        uint8_t *codes_valid = validity(m);
        int64_t *codes = integers(m);
        DONE(warm_fingerprinter_absorb_factor(f, tag, tag_len, (const char *const *)levels.texts, levels.lens, valid, n, codes, codes_valid, m),
             free(valid), texts_free(levels), free(codes_valid), free(codes));
    }
    malformed(name);
    return WARM_ERR_INVALID;
}

int main(int argc, char **argv)
{
    static char line[LINE_CAP];
    char name[200] = "";
    long sequences = 0, keys = 0;
    warm_fingerprinter *f = NULL;
    if (!test_start(argc, argv) || argc < 3)
        return 2;
    FILE *golden = fopen(argv[2], "r");
    if (golden == NULL) {
        perror(argv[2]);
        return 2;
    }
    while (fgets(line, sizeof line, golden) != NULL) {
        ++line_number;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (strchr(line, '\n') == NULL)
            malformed("line: too long");
        cursor = line;
        const char *what = field();
        if (strcmp(what, "seq") == 0) {
            (void)snprintf(name, sizeof name, "%s", field());
            warm_fingerprinter_free(&f);
            REQUIRE_OK(warm_fingerprinter_new(&f));
            ++sequences;
        } else if (strcmp(what, "op") == 0) {
            if (!CHECK_OK(operate(f)))
                (void)fprintf(stderr, "  line %d, sequence %s\n", line_number, name);
        } else if (strcmp(what, "key") == 0) {
            char hex[65];
            warm_key key;
            uint64_t word = 0;
            const char *want = field();
            ++keys;
            CHECK_OK(warm_fingerprinter_finish(f, &key));
            CHECK_OK(warm_key_to_hex(&key, hex));
            if (!CHECK(strcmp(hex, want) == 0))
                (void)fprintf(stderr, "  line %d, sequence %s: expected %s, got %s\n", line_number, name, want, hex);
            CHECK_OK(warm_fingerprinter_finish_u64(f, &word));
            CHECK(word == natural(10));
            /* finishing consumes nothing, and a clone goes on from here by itself */
            warm_fingerprinter *clone = NULL;
            warm_key again, more;
            CHECK_OK(warm_fingerprinter_clone(f, &clone));
            CHECK_OK(warm_fingerprinter_finish(clone, &again));
            CHECK(same_key(&key, &again));
            CHECK_OK(warm_fingerprinter_write_u8(clone, 1));
            CHECK_OK(warm_fingerprinter_finish(clone, &more));
            CHECK(!same_key(&key, &more));
            CHECK_OK(warm_fingerprinter_finish(f, &again));
            CHECK(same_key(&key, &again));
            warm_fingerprinter_free(&clone);
        } else {
            malformed("line");
        }
    }
    (void)fclose(golden);
    warm_fingerprinter_free(&f);
    CHECK(sequences >= 52 && keys >= sequences);
    printf("%ld sequences, %ld keys\n", sequences, keys);
    return check_finish();
}
