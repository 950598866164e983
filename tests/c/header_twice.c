/* The header stands alone, and may be included twice. */
#include "warmstart.h"
#include "warmstart.h"

int main(void)
{
    warm_store *store = 0;
    warm_store_free(&store);
    return warm_abi_version() == WARM_ABI_VERSION ? 0 : 1;
}
