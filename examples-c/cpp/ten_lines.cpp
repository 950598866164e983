// The smallest complete program in C++: solves x = cos(x), and started again answers at once.
//
//     ten_lines [directory for the checkpoints]
#include <warmstart.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

static double step(std::vector<double> &x, bool &converged)
{
    const double last = x[0];
    x[0] = std::cos(last);
    converged = std::fabs(x[0] - last) < 1e-15;
    return std::fabs(x[0] - last);
}

int main(int argc, char **argv)
try {
    std::vector<double> x{1.0};
    std::int64_t it = 0;
    bool converged = false;

    // The key: this data, this specification.
    const warm::key key = warm::fingerprinter().absorb("solve", "x = cos(x), C++").absorb("start", x).key();

    // The ten lines.
    warm::store store(argc > 1 ? argv[1] : ""); // without argument the user's cache directory
    warm::session fit(store, key);
    if (auto at = fit.resume(x)) { // killed earlier, or fitted before
        it = at->iteration.value_or(0) + 1;
        converged = at->kind == warm::kind::final;
    }
    const std::int64_t before = it;
    for (; !converged; ++it) {
        const double f = step(x, converged);
        if (converged) fit.finalize(x, f, it);
        else fit.checkpoint(x, f, it);
    }

    std::printf("x = %.15f, %lld iterations done before, %lld now\n", x[0], static_cast<long long>(before),
                static_cast<long long>(it - before));
} catch (const warm::error &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
