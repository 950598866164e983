/* What README.md's C about the blob cache takes for granted; its lines come in below. */
#include <stddef.h>

#include <warmstart.h>

extern const char *key, *fingerprint_of_the_data;
extern void *design;
extern int64_t n;

void compute(void *into, int64_t bytes);
void snippet(void);

void snippet(void)
{
README
}
