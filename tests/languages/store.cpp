// C++'s program of README.md.
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "warmstart.hpp"

namespace {

using marks = std::vector<std::uint8_t>;
using absorber = void (*)(warm::fingerprinter &, const char *);
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

const struct {
    const char *name;
    absorber absorb;
} data[] = {
    {"doubles",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb_na(tag, std::vector<double>{1.5, -2, 0, 99, nan_, inf, -inf, 1e-300, -0.0}, marks{1, 1, 1, 0, 1, 1, 1, 1, 1});
     }},
    {"integers",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb(tag, std::vector<std::int32_t>{1, 99, -2147483647, 2147483647}, marks{1, 0, 1, 1});
     }},
    {"long_integers",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb(tag, std::vector<std::int64_t>{1, -5, 99, INT64_C(9007199254740993)}, marks{1, 1, 0, 1});
     }},
    {"singles",
     [](warm::fingerprinter &f, const char *tag) { f.absorb(tag, std::vector<float>{0.1f, -0.0f, 99, 16777216}, marks{1, 1, 0, 1}); }},
    {"logicals", [](warm::fingerprinter &f, const char *tag) { f.absorb_bools(tag, marks{1, 0, 1}, marks{1, 1, 0}); }},
    {"texts",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb(tag, std::vector<std::string>{"a", "", "missing", "na\xc3\xafve", "\xe6\x97\xa5\xe6\x9c\xac", "e\xcc\x81"}, marks{1, 1, 0, 1, 1, 1});
     }},
    {"factor",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb_factor(tag, std::vector<std::string>{"lo", "hi", "unused"}, std::vector<std::int64_t>{1, -1, 0, 0}, marks{1, 0, 1, 1});
     }},
    {"dates", [](warm::fingerprinter &f, const char *tag) { f.absorb_dates(tag, std::vector<std::int64_t>{0, 20778, 99, -135081}, marks{1, 1, 0, 1}); }},
    {"instants",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb_timestamps(tag, std::vector<std::int64_t>{0, INT64_C(1795269600250000000), 99, -1000000}, marks{1, 1, 0, 1});
     }},
    {"matrix",
     [](warm::fingerprinter &f, const char *tag) {
         f.absorb_matrix(tag, 3, 2, std::vector<double>{1, 3, -5, 2.5, 99, 6}, warm::order::column_major, marks{1, 1, 1, 1, 0, 1});
     }},
    {"bytes", [](warm::fingerprinter &f, const char *tag) { f.absorb_bytes(tag, marks{0x00, 0xff, 0x41}); }},
    {"model", [](warm::fingerprinter &f, const char *tag) { f.absorb(tag, "y ~ x, Gamma(log)"); }},
    {"rows", [](warm::fingerprinter &f, const char *tag) { f.absorb(tag, UINT64_C(1234567890123)); }},
    {"tolerance", [](warm::fingerprinter &f, const char *tag) { f.absorb(tag, 1e-8); }},
    {"start", [](warm::fingerprinter &f, const char *tag) { f.absorb(tag, std::vector<double>{0.1, -0.0}); }},
};

warm::key everything()
{
    warm::fingerprinter f;
    for (const auto &one : data) one.absorb(f, one.name);
    return f.key();
}

void keys()
{
    for (const auto &one : data) {
        warm::fingerprinter f;
        one.absorb(f, one.name);
        std::cout << one.name << ' ' << f.key().hex() << '\n';
    }
    std::cout << "everything " << everything().hex() << '\n';
}

void write(warm::store &store, const std::vector<std::string> &a)
{
    const warm::kind kind = a[0] == "final" ? warm::kind::final : warm::kind::checkpoint;
    std::optional<double> objective;
    if (a[1] != "none") objective = std::stod(a[1]);
    const std::int64_t iteration = std::stoll(a[2]);
    const std::uint64_t nan_bits = UINT64_C(0x7ff8000000000042);
    double x[5] = {static_cast<double>(iteration), -0.0, 0, std::numeric_limits<double>::denorm_min(), objective.value_or(0)};
    std::memcpy(&x[2], &nan_bits, sizeof nan_bits);
    if (a.size() > 3) {
        store.save_slot(everything(), a[3], x, objective, iteration, kind);
        std::cout << a[3] << '\n';
    } else {
        std::cout << store.save(everything(), x, objective, iteration, kind) << '\n';
    }
}

std::string hex(const void *bytes, std::size_t n)
{
    std::string out;
    char two[3];
    for (std::size_t i = 0; i < n; ++i) {
        std::snprintf(two, sizeof two, "%02x", static_cast<const unsigned char *>(bytes)[i]);
        out += two;
    }
    return out;
}

void read(warm::store &store)
{
    const warm::key key = everything();
    std::vector<std::string> lines;
    for (const auto &run : store.entries(key)) {
        const auto entry = store.lookup_run(key, run.run_id);
        const warm::entry_info info = entry->info();
        char objective[17] = "none";
        if (info.objective) {
            std::uint64_t bits;
            std::memcpy(&bits, &*info.objective, sizeof bits);
            std::snprintf(objective, sizeof objective, "%016" PRIx64, bits);
        }
        lines.push_back(run.run_id + (info.kind == warm::kind::final ? " final " : " checkpoint ") + objective + ' ' +
                        std::to_string(info.iteration.value_or(-1)) + ' ' + hex(entry->payload().data(), entry->payload().size()));
    }
    std::sort(lines.begin(), lines.end());
    for (const auto &line : lines) std::cout << line << '\n';
    std::cout << "best " << store.lookup(key)->run_id() << "\nlatest " << store.lookup(key, warm::lookup::latest)->run_id() << '\n';
}

/// The state of README.md's table.
struct state {
    std::array<std::uint64_t, 4> bits{UINT64_C(0x8000000000000000), UINT64_C(0x7ff8000000000042), 1, UINT64_C(0x3fb999999999999a)};
    std::vector<double> beta = std::vector<double>(4);
    double scale = -2.5;
    std::vector<double> x{11, 21, 12, 22, 13, 23};
    std::vector<float> rows;
    std::vector<std::complex<double>> z{{1, -1}, {2, -1}, {1, -2}, {2, -2}};
    std::array<std::int64_t, 2> count{-5, INT64_C(9007199254740993)};
    std::int32_t k[3] = {INT32_MIN, 0, 7};
    std::array<unsigned char, 6> text{'n', 'a', 0xc3, 0xaf, 'v', 'e'};

    state()
    {
        std::memcpy(beta.data(), bits.data(), sizeof bits);
        for (int i = 1; i <= 2; ++i) {
            for (int j = 1; j <= 3; ++j) {
                for (int l = 1; l <= 2; ++l) rows.push_back(static_cast<float>(i + 10 * j + 100 * l));
            }
        }
    }
    template <class F>
    void each(F f)
    {
        const std::array<std::int64_t, 2> two{2, 2}, wide{2, 3};
        const std::array<std::int64_t, 3> deep{2, 3, 2};
        const std::int64_t none = 0, four = 4;
        f("beta", beta.data(), warm::span<const std::int64_t>(&four, 1), warm::order::row_major);
        f("scale", &scale, warm::span<const std::int64_t>(&none, 0), warm::order::row_major);
        f("X", x.data(), warm::span<const std::int64_t>(wide), warm::order::column_major);
        f("rows", rows.data(), warm::span<const std::int64_t>(deep), warm::order::row_major);
        f("z", z.data(), warm::span<const std::int64_t>(two), warm::order::column_major);
    }
};

void pass_on(warm::store &store, std::int64_t iteration)
{
    state want, s;
    warm::session fit(store, everything());
    s.each([&](const char *name, auto *data, warm::span<const std::int64_t> dims, warm::order order) { fit.protect(name, data, dims, order); });
    fit.protect("count", s.count);
    fit.protect("k", s.k);
    fit.protect("text", s.text);
    if (iteration > 0) {
        std::memset(s.beta.data(), 0, 4 * sizeof(double));
        s.scale = 0;
        s.x.assign(6, 0);
        s.rows.assign(12, 0);
        s.z.assign(4, 0);
        s.count = {};
        s.k[0] = s.k[2] = 1;
        s.text = {};
        const auto at = fit.restore();
        if (!at || at->iteration != iteration - 1) throw std::runtime_error("there is no such iteration");
        if (std::memcmp(s.beta.data(), want.beta.data(), 4 * sizeof(double)) != 0 || std::memcmp(&s.scale, &want.scale, sizeof s.scale) != 0 ||
            s.x != want.x || s.rows != want.rows || s.z != want.z || s.count != want.count || std::memcmp(s.k, want.k, sizeof s.k) != 0 ||
            s.text != want.text) {
            throw std::runtime_error("what was restored is not what was stored");
        }
    }
    fit.checkpoint_regions_now({}, iteration);
    (void)fit.finish();
}

} // namespace

int main(int argc, char **argv)
{
    try {
        const std::vector<std::string> a(argv + 1, argv + argc);
        if (a.size() == 1 && a[0] == "keys") {
            keys();
            return 0;
        }
        if (a.size() < 2) return 2;
        warm::store store(a[1]);
        if (a[0] == "write") write(store, {a.begin() + 2, a.end()});
        else if (a[0] == "read") read(store);
        else if (a[0] == "regions") pass_on(store, std::stoll(a.at(2)));
        return 0;
    } catch (const std::exception &failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
