// Ceres, killed and started again, goes on from its best iterate.
//
//     ceres_nist DATA [directory for the checkpoints [log of the iterates]]
//
// Fits NIST's Bennett5. The checkpoint is what Ceres can be started from: the parameters and the radius of the
// trust region. From an installed libwarmstart:
//
//     cc -c ../nist_data.c
//     c++ -std=c++17 ceres_nist.cpp nist_data.o $(pkg-config --cflags --libs warmstart eigen3) -lceres -lglog
#include "nist.hpp"

#include <ceres/ceres.h>

#include <optional>

namespace {

constexpr std::size_t parameters = 3;

struct state {
    std::array<double, parameters> b;
    double radius;
};

/// y = b1 (b2 + x) ^ (-1 / b3)
struct residual {
    double y, x;
    template <class T>
    bool operator()(const T *b, T *r) const
    {
        r[0] = T(y) - b[0] * pow(b[1] + T(x), T(-1.0) / b[2]);
        return true;
    }
};

/// Called after each iteration. A checkpoint that fails is told once and does not stop the fit.
class checkpoints : public ceres::IterationCallback {
public:
    checkpoints(warm::session &fit, const double *b, std::int64_t done, std::FILE *log) : fit_(fit), b_(b), done_(done), log_(log) {}

    ceres::CallbackReturnType operator()(const ceres::IterationSummary &s) override
    {
        nist::take_time();
        if (s.iteration == 0 || !s.step_is_successful) return ceres::SOLVER_CONTINUE;
        ++done_;
        nist::log_iterate(log_, done_, s.cost, b_, parameters);
        state now{};
        std::copy_n(b_, parameters, now.b.begin());
        now.radius = s.trust_region_radius;
        if (auto saved = fit_.try_checkpoint(warm::bytes_of(now), s.cost, done_); !saved && !told_) {
            std::fprintf(stderr, "no checkpoint: %s\n", saved.error().message());
            told_ = true;
        }
        return ceres::SOLVER_CONTINUE;
    }
    [[nodiscard]] std::int64_t done() const { return done_; }

private:
    warm::session &fit_;
    const double *b_;
    std::int64_t done_;
    std::FILE *log_;
    bool told_ = false;
};

int run(const nist_problem &p, const char *root, std::FILE *log)
{
    warm::store store(root);
    // Near the end the cost falls by less than is held to be an improvement: no limit, each iterate is written.
    warm::session_options every;
    every.min_interval = std::chrono::seconds(0);
    every.label = "Ceres, Levenberg-Marquardt";
    warm::session fit(store, nist::key_of(p, "ceres, Levenberg-Marquardt"), every);

    state now{{p.start[0], p.start[1], p.start[2]}, 1e4};
    const auto at = fit.resume(warm::bytes_of(now));
    const std::int64_t before = at ? at->iteration.value_or(0) : 0;
    const bool finished = at && at->kind == warm::kind::final;

    double *b = now.b.data();
    ceres::Problem problem;
    for (int i = 0; i < p.observations; ++i) {
        problem.AddResidualBlock(new ceres::AutoDiffCostFunction<residual, 1, parameters>(new residual{p.y[i], p.x[i]}), nullptr, b);
    }
    double cost = 0;
    problem.Evaluate({}, &cost, nullptr, nullptr, nullptr);
    nist::say_begin(before, cost, at);

    std::int64_t done = before;
    if (!finished) {
        checkpoints callback(fit, b, before, log);
        ceres::Solver::Options options;
        options.max_num_iterations = 10000;
        options.function_tolerance = 1e-16;
        options.gradient_tolerance = 1e-16;
        options.parameter_tolerance = 1e-14;
        options.initial_trust_region_radius = now.radius;
        // Where a step leads out of the model's domain the radius shrinks; how fast, Ceres has to learn anew.
        options.max_num_consecutive_invalid_steps = 100;
        options.update_state_every_iteration = true; // the callback reads b
        options.callbacks.push_back(&callback);
        options.logging_type = ceres::SILENT;
        ceres::Solver::Summary summary;
        ceres::Solve(options, &problem, &summary);
        if (!summary.IsSolutionUsable()) {
            std::fprintf(stderr, "%s\n", summary.message.c_str());
            return 1;
        }
        cost = summary.final_cost;
        done = callback.done();
        fit.finalize(warm::bytes_of(now), cost, done);
    }
    nist::say_end(before, done, 2 * cost, p, b);
    return fit.finish() == warm::outcome::ok ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) { return nist::fit_of(argc, argv, run); }
