// Keys made through warmstart.hpp equal the golden ones.
//
//     golden SCRATCH tests/data/fingerprints.txt
#include <warmstart.hpp>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::istringstream line;

std::string word()
{
    std::string w;
    line >> w;
    return w;
}
template <class T>
T decimal()
{
    T value{};
    line >> value;
    return value;
}
std::string bytes_from(const std::string &hex)
{
    std::string out;
    if (hex == "-" || hex == "*") return out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return out;
}
std::string text() { return bytes_from(word()); }

template <class T, class Bits>
std::vector<T> floats(std::size_t n)
{
    std::vector<T> out(n);
    for (T &x : out) {
        const auto b = static_cast<Bits>(std::stoull(word(), nullptr, 16));
        static_assert(sizeof b == sizeof x);
        std::memcpy(&x, &b, sizeof x);
    }
    return out;
}
std::vector<double> doubles(std::size_t n) { return floats<double, std::uint64_t>(n); }
template <class T>
std::vector<T> integers(std::size_t n)
{
    std::vector<T> out(n);
    for (T &x : out) x = decimal<T>();
    return out;
}
std::vector<std::string> texts(std::size_t n)
{
    std::vector<std::string> out(n);
    for (auto &t : out) t = text();
    return out;
}
struct mask {
    std::vector<std::uint8_t> bytes;
    warm::fingerprinter::validity view;
};
mask validity()
{
    mask m;
    const std::string w = word();
    for (const char c : bytes_from(w)) m.bytes.push_back(static_cast<std::uint8_t>(c));
    if (w != "*") m.view = m.bytes;
    return m;
}

bool operate(warm::fingerprinter &f, const std::string &what)
{
    const std::string tag_word = word();
    const std::string tag = bytes_from(tag_word);
    const auto counted = [&](auto absorb) {
        const auto n = decimal<std::size_t>();
        const mask valid = validity();
        absorb(n, valid.view);
    };
    if (what == "absorb_tag") f.absorb(tag);
    else if (what == "absorb_bytes") f.absorb_bytes(tag, text());
    else if (what == "absorb_str") f.absorb(tag, text());
    else if (what == "absorb_u64") f.absorb(tag, decimal<std::uint64_t>());
    else if (what == "absorb_f64") f.absorb(tag, doubles(1)[0]);
    else if (what == "absorb_f64_slice") f.absorb(tag, doubles(decimal<std::size_t>()));
    else if (what == "absorb_f64_2d") {
        const auto rows = decimal<std::size_t>(), cols = decimal<std::size_t>();
        f.absorb_2d(tag, rows, cols, doubles(rows * cols));
    } else if (what == "absorb_i32_slice") counted([&](auto n, auto v) { f.absorb(tag, integers<std::int32_t>(n), v); });
    else if (what == "absorb_i64_slice") counted([&](auto n, auto v) { f.absorb(tag, integers<std::int64_t>(n), v); });
    else if (what == "absorb_date_slice") counted([&](auto n, auto v) { f.absorb_dates(tag, integers<std::int64_t>(n), v); });
    else if (what == "absorb_timestamp_slice") counted([&](auto n, auto v) { f.absorb_timestamps(tag, integers<std::int64_t>(n), v); });
    else if (what == "absorb_f32_slice") counted([&](auto n, auto v) { f.absorb(tag, floats<float, std::uint32_t>(n), v); });
    else if (what == "absorb_f64_na_slice") counted([&](auto n, auto v) { f.absorb_na(tag, doubles(n), v); });
    else if (what == "absorb_bool_slice") counted([&](auto, auto v) {
        const std::string values = text();
        f.absorb_bools(tag, {reinterpret_cast<const std::uint8_t *>(values.data()), values.size()}, v);
    });
    else if (what == "absorb_str_list") counted([&](auto n, auto v) { f.absorb(tag, texts(n), v); });
    else if (what == "absorb_factor") counted([&](auto n, auto levels_valid) {
        const auto levels = texts(n);
        counted([&](auto m, auto v) { f.absorb_factor(tag, levels, integers<std::int64_t>(m), v, levels_valid); });
    });
    else if (what == "absorb_f64_matrix") {
        const auto rows = decimal<std::size_t>(), cols = decimal<std::size_t>();
        const mask valid = validity();
        const auto in = static_cast<warm::order>(decimal<std::int32_t>());
        f.absorb_matrix(tag, rows, cols, doubles(rows * cols), in, valid.view);
    } else if (what == "write_bytes") f.write_bytes(text());
    else if (what == "write_str") f.write_str(text());
    else if (what == "write_u8" || what == "write_bool") f.write_u8(static_cast<std::uint8_t>(decimal<int>()));
    else if (what == "write_u64" || what == "write_usize") f.write_u64(decimal<std::uint64_t>());
    else if (what == "write_f64") f.write_f64(doubles(1)[0]);
    else if (what == "write_f64_slice") f.write_f64_slice(doubles(decimal<std::size_t>()));
    else return false;
    return !line.fail();
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    std::ifstream file(argv[2]);
    std::string all, name;
    warm::fingerprinter f;
    int keys = 0, failed = 0;
    while (std::getline(file, all)) {
        line.clear();
        line.str(all);
        const std::string kind = word();
        if (kind == "seq") {
            name = word();
            f = warm::fingerprinter();
        } else if (kind == "op") {
            const std::string what = word();
            if (!operate(f, what)) {
                ++failed;
                std::fprintf(stderr, "%s: %s cannot be read\n", name.c_str(), what.c_str());
            }
        } else if (kind == "key") {
            ++keys;
            const auto key = f.try_key();
            const auto number = f.try_u64();
            if (!key || key->hex() != word() || !number || *number != decimal<std::uint64_t>()) {
                ++failed;
                std::fprintf(stderr, "%s: another key %s\n", name.c_str(), key ? key->hex().c_str() : key.error().message());
            }
        }
    }
    std::printf("%d keys, %d failed\n", keys, failed);
    return failed != 0 || keys < 200 ? 1 : 0;
}
