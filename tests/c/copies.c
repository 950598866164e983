/* Two copies of the library in one process (this program's own, and argv[2] through dlopen) coordinate through the directory
   alone, and unloading is treated as never. */
#include "check.h"

#include <dlfcn.h>

typedef struct {
    int32_t (*open)(const char *, int64_t, const warm_store_options *, warm_store **);
    int32_t (*save_slot)(warm_store *, const warm_key *, const char *, int64_t, const void *, int64_t, const double *, const int64_t *, int32_t);
    int32_t (*lookup_into)(warm_store *, const warm_key *, int32_t, void *, int64_t, int64_t *, warm_entry_info *);
    int32_t (*remove)(warm_store *, const warm_key *);
    int32_t (*last_error)(char *, int64_t, int64_t *);
    void (*free)(warm_store **);
} library;

static void *symbol(void *handle, const char *name)
{
    void *address = dlsym(handle, name);
    if (!CHECK(address != NULL))
        (void)fprintf(stderr, "  no %s\n", name);
    return address;
}

/* ISO C has no conversion from an object's address to a function's; POSIX promises that the bits are the same. */
#define BIND(lib, member, handle, name)                \
    do {                                               \
        void *address_ = symbol(handle, name);         \
        memcpy(&(lib).member, &address_, sizeof address_); \
    } while (0)

int main(int argc, char **argv)
{
    library a = {warm_store_open, warm_store_save_slot, warm_store_lookup_into, warm_store_remove, warm_last_error, warm_store_free}, b;
    const warm_key key = key_of(1);
    char text[64], error_a[WARM_ERROR_TEXT_MAX], error_b[WARM_ERROR_TEXT_MAX];
    if (!test_start(argc, argv) || argc < 3)
        return 2;
    void *handle = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    BIND(b, open, handle, "warm_store_open");
    BIND(b, save_slot, handle, "warm_store_save_slot");
    BIND(b, lookup_into, handle, "warm_store_lookup_into");
    BIND(b, remove, handle, "warm_store_remove");
    BIND(b, last_error, handle, "warm_last_error");
    BIND(b, free, handle, "warm_store_free");
    REQUIRE(check_failures == 0);
    CHECK(a.open != b.open); /* two copies indeed */

    const char *root = in_scratch("copies");
    warm_store *one = NULL, *two = NULL;
    REQUIRE_OK(a.open(root, -1, NULL, &one));
    REQUIRE_OK(b.open(root, -1, NULL, &two));
    for (long i = 0; i < rounds(200); ++i) {
        const library *writer = i % 2 ? &a : &b;
        warm_store *written = i % 2 ? one : two;
        char want[64];
        const double objective = -(double)i;
        (void)snprintf(want, sizeof want, "value %ld", i);
        if (i % 20 == 19)
            CHECK_OK(writer->remove(written, &key));
        CHECK_OK(writer->save_slot(written, &key, i % 3 ? "shared" : "other", -1, want, (int64_t)strlen(want) + 1, &objective, NULL, WARM_KIND_CHECKPOINT));
        CHECK_OK(a.lookup_into(one, &key, WARM_LOOKUP_BEST, text, sizeof text, NULL, NULL));
        CHECK(strcmp(text, want) == 0);
        CHECK_OK(b.lookup_into(two, &key, WARM_LOOKUP_BEST, text, sizeof text, NULL, NULL));
        CHECK(strcmp(text, want) == 0);
    }
    /* each has its own last error */
    CHECK_ST(WARM_ERR_INVALID, a.remove(one, NULL));
    warm_store *none = NULL;
    CHECK_ST(WARM_ERR_INVALID, b.open(root, -2, NULL, &none));
    CHECK_OK(a.last_error(error_a, sizeof error_a, NULL));
    CHECK_OK(b.last_error(error_b, sizeof error_b, NULL));
    CHECK(strcmp(error_a, error_b) != 0);

    /* closed, it is still there: a handle of its own goes on working */
    warm_store *late = NULL;
    CHECK_OK(b.open(root, -1, NULL, &late));
    CHECK(dlclose(handle) == 0);
    CHECK_OK(b.save_slot(late, &key, "late", -1, "late", 5, NULL, NULL, WARM_KIND_CHECKPOINT));
    IN_CHILD({
        CHECK_ST(WARM_ERR_FORKED, b.remove(late, &key));
        CHECK_ST(WARM_ERR_FORKED, a.remove(one, &key));
    });
    b.free(&late);
    b.free(&two);
    a.free(&one);
    return check_finish();
}
