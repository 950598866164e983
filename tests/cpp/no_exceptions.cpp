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
    auto carried = store->try_export_entry(*key, (*item)->run_id);
    auto elsewhere = warm::store::try_open(std::string(argv[1]) + "/elsewhere");
    if (!carried || !*carried || !elsewhere) return 1;
    auto became = elsewhere->try_import_entry(*key, (*item)->run_id, (*carried)->metadata, (*carried)->entry.payload());
    if (!became || *became != warm::imported::written) return 1;
    auto keys = elsewhere->try_stream_keys();
    auto first = keys->try_next();
    auto running = store->try_sessions();
    auto one = running->try_next();
    if (!first || !*first || **first != *key || !one || !*one || (*one)->progress.iteration != 2) return 1;
    auto bad = warm::store::try_open("/dev/null/no/such");
    if (bad) return 1;
    std::printf("%s\n", bad.error().message());
    auto record = warm::record::try_make(warm::record_kind::warm_start);
    auto records = warm::store::try_open_records(std::string(argv[1]) + "/records");
    if (!record || !records || !record->try_set("key", "k") || !record->try_set("rho", x) || !records->try_save_record(*record)) return 1;
    auto found = records->try_load_record(*record);
    if (!found || !*found || !(*found)->try_check(*record)) return 1;
    auto rho = (*found)->try_numbers("rho");
    if (!rho || *rho != x) return 1;
    auto cache = warm::cache::try_open(std::string(argv[1]) + "/cache");
    if (!cache || !cache->try_put("n", "k", x) || cache->try_put("", "k", x)) return 1;
    auto blob = cache->try_get("n", "k");
    auto absent = cache->try_get("n", "absent");
    if (!blob || !*blob || (*blob)->as<double>()[2] != 3 || !absent || *absent || !cache->try_list("n") || !(*blob)->try_tags()) return 1;
    auto remote = warm::remote::try_attach(*store, "memory://no-exceptions");
    if (remote ? !remote->try_url() : remote.status() != WARM_ERR_UNSUPPORTED) return 1;
    if (remote) {
        auto ahead = remote->try_start_prefetch();
        if (!ahead || !ahead->try_stats() || !ahead->try_stop(warm::seconds(60))) return 1;
    }
    auto end = fit->try_finish();
    return end && *end == warm::outcome::ok ? 0 : 1;
}
