/* C's program of README.md: blobs. */
#include <warmstart.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void done(int32_t status)
{
    char text[WARM_ERROR_TEXT_MAX] = "";
    if (status == WARM_OK) return;
    (void)warm_last_error(text, sizeof text, NULL);
    (void)fprintf(stderr, "status %d: %s\n", (int)status, text);
    exit(1);
}

static uint64_t bits(double value)
{
    uint64_t n;
    memcpy(&n, &value, sizeof n);
    return n;
}

static void write_one(warm_cache *c, const char *key, const char *tag, const char *dependency)
{
    static double x[400];
    warm_put *p = NULL;
    for (int i = 0; i < 400; ++i) x[i] = i / 8.0;
    x[0] = -0.0;
    done(warm_put_new(&p));
    done(warm_put_set_version(p, (UINT64_C(1) << 53) - 1));
    done(warm_put_add_tag(p, tag, -1));
    done(warm_put_add_tag(p, "na\xc3\xafve", -1));
    done(warm_put_add_dependency(p, dependency, -1));
    done(warm_put_set_pair(p, "degree", -1, "3", -1));
    done(warm_put_set_pair(p, "\xe6\x97\xa5\xe6\x9c\xac", -1, "\xc3\xa9", -1));
    done(warm_put_set_content_type(p, "application/x-doubles", -1));
    done(warm_put_set_priority(p, 7));
    done(warm_cache_put(c, "languages", -1, key, -1, x, sizeof x, p, NULL));
    warm_put_free(&p);
}

static void read_one(warm_cache *c, const char *key)
{
    warm_blob *b = NULL;
    warm_blob_info info;
    const void *data = NULL;
    char text[512], value[512];
    int64_t len = 0, n = 0;
    const int32_t status = warm_cache_get(c, "languages", -1, key, -1, &b);
    if (status == WARM_NOT_FOUND) {
        puts("absent");
        return;
    }
    done(status);
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    done(warm_blob_get_info(b, &info));
    done(warm_blob_payload(b, &data, &len));
    const double *x = data;
    n = len / (int64_t)sizeof *x;
    printf("payload %" PRId64 " %016" PRIx64 " %016" PRIx64 "\nversion %" PRIu64 "\n", n, bits(x[0]), bits(x[n - 1]), info.version);
    done(warm_blob_tag_count(b, &n));
    for (int64_t i = 0; i < n; ++i) {
        done(warm_blob_tag(b, i, text, sizeof text, NULL));
        printf("tag %s\n", text);
    }
    done(warm_blob_dependency_count(b, &n));
    for (int64_t i = 0; i < n; ++i) {
        done(warm_blob_dependency(b, i, text, sizeof text, NULL));
        printf("dependency %s\n", text);
    }
    done(warm_blob_pair_count(b, &n));
    for (int64_t i = 0; i < n; ++i) {
        done(warm_blob_pair_name(b, i, text, sizeof text, NULL));
        done(warm_blob_pair_value(b, i, value, sizeof value, NULL));
        printf("pair %s=%s\n", text, value);
    }
    done(warm_blob_content_type(b, text, sizeof text, NULL));
    printf("content_type %s\npriority %d\n", text, (int)info.priority);
    warm_blob_free(&b);
}

int main(int argc, char **argv)
{
    char key[256], tag[256], dependency[256];
    const char *const tags[] = {tag};
    warm_cache *c = NULL;
    int64_t n = 0;
    if (argc < 4) return 2;
    (void)snprintf(key, sizeof key, "of %s", argv[3]);
    (void)snprintf(tag, sizeof tag, "tag of %s", argv[3]);
    (void)snprintf(dependency, sizeof dependency, "data of %s", argv[3]);
    done(warm_cache_open(argv[2], -1, NULL, &c));
    if (strcmp(argv[1], "write") == 0) {
        write_one(c, key, tag, dependency);
    } else if (strcmp(argv[1], "invalidate") == 0) {
        done(warm_cache_invalidate_tags(c, NULL, 0, tags, NULL, 1, &n));
        printf("%" PRId64 "\n", n);
    } else {
        read_one(c, key);
    }
    warm_cache_free(&c);
    return 0;
}
