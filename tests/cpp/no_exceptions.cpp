// warmstart.hpp where exceptions are switched off (-fno-exceptions -fno-rtti): the functions that do not throw are
// all there is, and do everything.
//
//     no_exceptions SCRATCH
#include <warmstart.hpp>

#include <cstdio>
#include <string>
#include <vector>

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    const std::vector<double> x{1, 2, 3};
    std::vector<double> y(3);
    auto key = warm::fingerprinter().absorb("x", x).try_key();
    auto store = warm::store::try_open(std::string(argv[1]) + "/store");
    if (!key || !store) return 1;
    auto fit = warm::session::try_open(*store, *key);
    if (!fit) return 1;
    auto saved = fit->try_checkpoint(x, 1.0, 2);
    auto at = fit->try_resume(y);
    if (!saved || *saved != warm::outcome::ok || !at || !*at || (*at)->iteration != 2 || x != y) return 1;
    auto list = store->try_entries(*key);
    auto item = list->try_next();
    if (!item || !*item || (*item)->info.objective != 1.0) return 1;
    auto bad = warm::store::try_open("/dev/null/no/such");
    if (bad) return 1;
    std::printf("%s\n", bad.error().message());
    auto end = fit->try_finish();
    return end && *end == warm::outcome::ok ? 0 : 1;
}
