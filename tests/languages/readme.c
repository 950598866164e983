/* What the C of README.md and the guide takes for granted; its lines come in below. */
#include <signal.h>
#include <string.h>

#include <warmstart.h>

extern warm_store *store;
extern warm_session *fit;
extern warm_session_options *options;
extern warm_key key, same_model, same_model_same_study, folds[10];
extern warm_remote *shared;
extern warm_entry_info at;
extern double *x, *y, *X, *beta, *hessian, *cold_start, f, f_at_seed, f_at_cold_start;
extern int64_t n, p, it, size, dims[2];
extern int converged;

double step(double *point, int *is_converged);
double objective(const double *point);
void start(double *point);
void fit_fold(const warm_key *fold);
void complain_once(void);
void snippet(void);

void snippet(void)
{
README
}
