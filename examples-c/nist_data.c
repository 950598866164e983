#include "nist_data.h"

#include <stdio.h>
#include <string.h>

/* The header of each file says on which lines the rest is, for instance
 * "Data               (lines 61 to 214)". */
typedef struct lines {
    int from, to;
} lines;

static int within(lines range, int line)
{
    return line >= range.from && line <= range.to;
}

const char *nist_read(const char *path, nist_problem *problem)
{
    FILE *file = fopen(path, "r");
    char text[256];
    lines starts = {0, -1}, data = {0, -1};
    int number = 0, announced = -1, has_rss = 0;

    if (file == NULL)
        return "cannot be opened";
    memset(problem, 0, sizeof *problem);
    while (fgets(text, sizeof text, file) != NULL) {
        lines range;
        double start, certified, y, x;
        int parameter;

        number++;
        (void)sscanf(text, "Dataset Name: %31s", problem->name);
        if (sscanf(text, " Starting Values (lines %d to %d)", &range.from, &range.to) == 2)
            starts = range;
        else if (sscanf(text, " Data (lines %d to %d)", &range.from, &range.to) == 2)
            data = range;
        else if (sscanf(text, "Number of Observations: %d", &announced) == 1)
            continue;
        else if (sscanf(text, "Residual Sum of Squares: %lf", &problem->certified_rss) == 1)
            has_rss = 1;
        else if (within(starts, number)) {
            /* name, start 1, start 2 (not used here), certified value */
            if (sscanf(text, " b%d = %lf %*f %lf", &parameter, &start, &certified) != 3 ||
                parameter != problem->parameters + 1 || parameter > NIST_MAX_PARAMETERS)
                break;
            problem->start[parameter - 1] = start;
            problem->certified[parameter - 1] = certified;
            problem->parameters = parameter;
        } else if (within(data, number)) {
            if (problem->observations == NIST_MAX_OBSERVATIONS || sscanf(text, "%lf %lf", &y, &x) != 2)
                break;
            problem->y[problem->observations] = y;
            problem->x[problem->observations] = x;
            problem->observations++;
        }
    }
    fclose(file);
    if (problem->name[0] == '\0' || starts.to < starts.from || data.to < data.from || !has_rss)
        return "does not look like a nonlinear NIST StRD file";
    if (problem->parameters != starts.to - starts.from + 1)
        return "has a malformed line among its starting values";
    if (problem->observations != data.to - data.from + 1 || problem->observations != announced)
        return "has a malformed or missing data line";
    return NULL;
}
