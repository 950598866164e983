// One piece of misuse for each number; without one it compiles. tests/native.sh tries them all.
#include <warmstart.hpp>

#include <string>
#include <vector>

#ifndef MISUSE
#define MISUSE 0
#endif

void use(warm::store &store, const warm::key &key);
void keep(warm::cache &cache);
void keep(warm::cache &cache)
{
    (void)cache.put("n", "k", std::vector<double>(3)); // for the call only
#if MISUSE == 25
    warm::cache copy(cache); // two owners
#elif MISUSE == 26
    cache.try_put("n", "k", std::vector<double>(3)); // a failure that nobody sees
#elif MISUSE == 27
    cache.put("n", "k", std::vector<std::string>(3)); // pointers
#elif MISUSE == 28
    (void)cache.get("n", "k")->as<double *>(); // the same
#elif MISUSE == 29
    warm::put_options o;
    o.life.ttl = 30; // seconds, or days?
#elif MISUSE == 30
    cache.get("n", "k"); // whether there was anything
#endif
}

void share(warm::remote &remote, const warm::key &key);
void share(warm::remote &remote, const warm::key &key)
{
    (void)remote.fetch(key, warm::seconds(1));
    remote.remove(key, "a-run", warm::reach::local, warm::seconds(1));
#if MISUSE == 31
    warm::remote copy(remote); // two owners
#elif MISUSE == 32
    remote.try_remove(key, warm::reach::remote, warm::seconds(1)); // a failure that nobody sees
#elif MISUSE == 33
    remote.flush(warm::reach::remote, warm::seconds(1)); // whether it has come there
#elif MISUSE == 34
    (void)remote.fetch(key, 5); // seconds, or days?
#elif MISUSE == 35
    remote.remove(key, "a-run", warm::seconds(1)); // here, or there, too?
#endif
}

void use(warm::store &store, const warm::key &key)
{
    warm::session fit(store, key);
    std::vector<double> x(3);
    const std::vector<double> constant(3);
    (void)constant;
#if MISUSE == 0
    (void)fit.resume(x);
    fit.checkpoint(x, 1.0, 2);
    (void)fit.try_checkpoint(x);
    fit.protect("x", x);
#elif MISUSE == 1
    warm::session copy = fit; // two owners
#elif MISUSE == 2
    warm::store copy(store); // two owners
#elif MISUSE == 3
    warm::session other(store, key);
    other = fit; // two owners
#elif MISUSE == 4
    fit.checkpoint(std::vector<std::string>{"text"}); // pointers, on a disk
#elif MISUSE == 5
    fit.checkpoint(std::vector<double *>(3)); // the same
#elif MISUSE == 6
    fit.checkpoint(std::vector<std::vector<double>>(3)); // the same
#elif MISUSE == 7
    fit.try_checkpoint(x); // a failure that nobody sees
#elif MISUSE == 8
    fit.try_finish(); // the same
#elif MISUSE == 9
    warm::store::try_open("root"); // the same
#elif MISUSE == 10
    fit.resume(x); // whether there was anything
#elif MISUSE == 11
    (void)fit.resume(constant); // into what must not change
#elif MISUSE == 12
    (void)fit.resume(std::vector<double>(3)); // into what is gone afterwards
#elif MISUSE == 13
    fit.checkpoint(1.0); // an objective for a payload
#elif MISUSE == 14
    fit.checkpoint(x, "text"); // text for an objective
#elif MISUSE == 15
    warm::key k = warm::fingerprinter().absorb("x", std::vector<std::vector<double>>(3)).key(); // no encoding
#elif MISUSE == 16
    warm::store wrong = "root"; // opening a directory is not a conversion
#elif MISUSE == 17
    fit.checkpoint(std::vector<bool>(3)); // not contiguous
#elif MISUSE == 18
    warm::store_options o;
    o.ttl = 30; // seconds, or days?
#elif MISUSE == 19
    (void)fit.flush(5); // the same
#elif MISUSE == 20
    if (fit.try_finish() == true) return; // a result is no bool
#elif MISUSE == 21
    fit.protect("x", constant); // restored into what must not change
#elif MISUSE == 22
    fit.protect("x", std::vector<double>(3)); // restored into what is gone
#elif MISUSE == 23
    std::vector<std::string> texts(3);
    fit.protect("x", texts); // pointers
#elif MISUSE == 24
    struct pair { double a; int b; } both[3] = {};
    fit.protect("x", both); // no type that a region has
#elif MISUSE > 35
#error "no more misuse"
#endif
}
