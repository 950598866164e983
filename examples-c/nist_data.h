/* Reads one nonlinear problem of the NIST Statistical Reference Datasets from
 * its .dat file: data, starting values and certified answers. */
#ifndef NIST_DATA_H
#define NIST_DATA_H

enum { NIST_MAX_OBSERVATIONS = 512, NIST_MAX_PARAMETERS = 16 };

typedef struct nist_problem {
    char name[32];
    int observations;
    int parameters;
    double y[NIST_MAX_OBSERVATIONS];
    double x[NIST_MAX_OBSERVATIONS];
    double start[NIST_MAX_PARAMETERS]; /* start 1: the far one */
    double certified[NIST_MAX_PARAMETERS];
    double certified_rss;
} nist_problem;

/* Returns NULL, or a sentence saying what is wrong with the file. */
const char *nist_read(const char *path, nist_problem *problem);

#endif
