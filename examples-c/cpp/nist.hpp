// What the C++ examples share: a problem of the NIST Statistical Reference Datasets, its key, and how near an
// answer is to the certified one.
#ifndef NIST_HPP
#define NIST_HPP

#include <warmstart.hpp>

extern "C" {
#include "../nist_data.h"
}

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <thread>

namespace nist {

inline unsigned long long bits(double x)
{
    std::uint64_t b = 0;
    std::memcpy(&b, &x, sizeof b);
    return b;
}

/// Made of all that decides on the answer: the data, the model, the method.
inline warm::key key_of(const nist_problem &p, std::string_view method)
{
    const auto n = static_cast<std::size_t>(p.observations);
    return warm::fingerprinter()
        .absorb("problem", std::string_view(p.name))
        .absorb("method", method)
        .absorb("y", warm::span<const double>(p.y, n))
        .absorb("x", warm::span<const double>(p.x, n))
        .absorb("start", warm::span<const double>(p.start, static_cast<std::size_t>(p.parameters)))
        .key();
}

/// The fewest digits in which a parameter agrees with its certified value.
inline double digits(const nist_problem &p, const double *b)
{
    double fewest = 16;
    for (int i = 0; i < p.parameters; ++i) {
        const double off = std::fabs(b[i] - p.certified[i]) / std::fabs(p.certified[i]);
        if (off > 0) fewest = std::min(fewest, -std::log10(off));
    }
    return fewest;
}

/// A line per iterate, for those who compare: all numbers as the digits of their bits.
inline void log_iterate(std::FILE *log, std::int64_t iteration, double f, const double *b, int n)
{
    if (log == nullptr) return;
    std::fprintf(log, "%lld %016llx", static_cast<long long>(iteration), bits(f));
    for (int i = 0; i < n; ++i) std::fprintf(log, " %016llx", bits(b[i]));
    std::fputc('\n', log);
    std::fflush(log);
}

/// Where a fit begins: after which iteration, and whether the cost is what was saved.
template <class At> void say_begin(std::int64_t before, double cost, const At &at)
{
    std::printf("begins after iteration %lld\n", static_cast<long long>(before));
    std::printf("cost there %016llx, saved with it %016llx\n", bits(cost), bits(at ? at->objective.value_or(0) : cost));
    std::fflush(stdout);
}

inline void say_end(std::int64_t before, std::int64_t done, double rss, const nist_problem &p, const double *b)
{
    std::printf("iterations %lld, now %lld\n", static_cast<long long>(done), static_cast<long long>(done - before));
    std::printf("rss %.10e certified %.10e, digits %.1f\n", rss, p.certified_rss, digits(p, b));
}

/// DATA [directory for the checkpoints [log]]: reads the problem, and says in words what `fit` throws.
template <class Fit> int fit_of(int argc, char **argv, Fit fit)
{
    if (argc < 2) {
        std::fprintf(stderr, "%s DATA [directory for the checkpoints [log of the iterates]]\n", argv[0]);
        return 2;
    }
    nist_problem p;
    if (const char *why = nist_read(argv[1], &p)) {
        std::fprintf(stderr, "%s\n", why);
        return 1;
    }
    std::FILE *log = argc > 3 ? std::fopen(argv[3], "a") : nullptr;
    int status = 1;
    try {
        status = fit(p, argc > 2 ? argv[2] : "", log);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
    }
    if (log != nullptr) std::fclose(log);
    return status;
}

/// These problems take microseconds; the fits that are worth a checkpoint do not.
inline void take_time() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

} // namespace nist

#endif
