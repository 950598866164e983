// NLopt, killed and started again, goes on from its best point.
//
//     nlopt_nist DATA [directory for the checkpoints [log of the improvements]]
//
// Fits NIST's Rat43 by Nelder and Mead's simplex. NLopt has no callback but the objective, and gives
// nothing of its state away: the checkpoint is the best point so far, and a simplex starts there anew. From an
// installed libwarmstart:
//
//     cc -c ../nist_data.c
//     c++ -std=c++17 nlopt_nist.cpp nist_data.o $(pkg-config --cflags --libs warmstart nlopt_cxx nlopt)
#include "nist.hpp"

#include <nlopt.hpp>

#include <limits>

namespace {

constexpr std::size_t parameters = 4;

/// The objective, which remembers the best and saves it. Nothing is thrown through NLopt.
struct objective {
    const nist_problem &p;
    warm::session &fit;
    std::FILE *log;
    std::int64_t improvements;
    double best;
    bool told = false;

    /// y = b1 / (1 + exp(b2 - b3 x)) ^ (1 / b4), by its sum of squares
    [[nodiscard]] double sum_of_squares(const double *b) const
    {
        double sum = 0;
        for (int i = 0; i < p.observations; ++i) {
            const double r = p.y[i] - b[0] / std::pow(1.0 + std::exp(b[1] - b[2] * p.x[i]), 1.0 / b[3]);
            sum += r * r;
        }
        return std::isfinite(sum) ? sum : std::numeric_limits<double>::max();
    }

    static double call(unsigned, const double *b, double *, void *self) { return static_cast<objective *>(self)->at(b); }

    double at(const double *b) noexcept
    {
        const double f = sum_of_squares(b);
        if (f < best) {
            best = f;
            ++improvements;
            nist::take_time();
            nist::log_iterate(log, improvements, f, b, parameters);
            auto saved = fit.try_checkpoint({b, parameters * sizeof *b}, f, improvements);
            if (!saved && !told) {
                std::fprintf(stderr, "no checkpoint: %s\n", saved.error().message());
                told = true;
            }
        }
        return f;
    }
};

int run(const nist_problem &p, const char *root, std::FILE *log)
{
    warm::store store(root);
    warm::session_options every;
    every.min_interval = std::chrono::seconds(0);
    every.label = "NLopt, Nelder and Mead";
    warm::session fit(store, nist::key_of(p, "nlopt, Nelder and Mead"), every);

    std::vector<double> b(p.start, p.start + parameters);
    const auto at = fit.resume(b);
    const std::int64_t before = at ? at->iteration.value_or(0) : 0;

    objective f{p, fit, log, before, 0};
    f.best = f.sum_of_squares(b.data());
    nist::say_begin(before, f.best, at);

    if (!at || at->kind != warm::kind::final) {
        // A simplex may shrink too early: it is started anew at its best point until that finds no better.
        for (double last = std::numeric_limits<double>::max(); last - f.best > 1e-12 * last;) {
            last = f.best;
            nlopt::opt method(nlopt::LN_NELDERMEAD, parameters);
            method.set_min_objective(objective::call, &f);
            method.set_xtol_rel(1e-12);
            method.set_maxeval(100000);
            double value = 0;
            method.optimize(b, value);
        }
        fit.finalize(b, f.best, f.improvements);
    }
    nist::say_end(before, f.improvements, f.best, p, b.data());
    return fit.finish() == warm::outcome::ok ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) { return nist::fit_of(argc, argv, run); }
