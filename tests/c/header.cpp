// The header in C++17: it compiles, its names are C names, its structs are plain.
#include "warmstart.h"
#include "warmstart.h"

#include <cstddef>
#include <cstdio>
#include <type_traits>

static_assert(std::is_standard_layout<warm_key>::value && std::is_trivial<warm_key>::value, "a plain struct");
static_assert(std::is_standard_layout<warm_entry_info>::value && std::is_trivial<warm_entry_info>::value, "a plain struct");
static_assert(std::is_standard_layout<warm_store_stats>::value && std::is_trivial<warm_store_stats>::value, "a plain struct");
static_assert(sizeof(warm_key) == 32 && sizeof(warm_entry_info) == 56 && sizeof(warm_store_stats) == 136, "as C lays them out");

int main()
{
    warm_fingerprinter *f = nullptr;
    warm_key key{};
    char hex[65];
    if (warm_fingerprinter_new(&f) != WARM_OK || warm_fingerprinter_finish(f, &key) != WARM_OK || warm_key_to_hex(&key, hex) != WARM_OK)
        return 1;
    warm_fingerprinter_free(&f);
    warm_fingerprinter_free(&f);
    std::printf("header.cpp: %s\n", hex);
    return f == nullptr && warm_status_string(WARM_OK) != nullptr ? 0 : 1;
}
