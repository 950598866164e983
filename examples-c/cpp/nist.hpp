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

/// These problems take microseconds; the fits that are worth a checkpoint do not.
inline void take_time() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

} // namespace nist

#endif
