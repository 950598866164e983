// What the C++ tests share.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdio>
#include <exception>
#include <string>

inline int made = 0, failed = 0;

inline void check_at(int line, bool good, const char *what)
{
    ++made;
    if (good) return;
    ++failed;
    std::fprintf(stderr, "FAILED at line %d: %s\n", line, what);
}
#define CHECK(condition) check_at(__LINE__, (condition), #condition)

template <class E, class F>
void throws_at(int line, F &&f, const std::string &words)
{
    try {
        f();
        check_at(line, false, "nothing was thrown");
    } catch (const E &e) {
        check_at(line, std::string(e.what()).find(words) != std::string::npos, e.what());
    } catch (const std::exception &e) {
        check_at(line, false, e.what());
    }
}
#define THROWS(E, words, expression) throws_at<E>(__LINE__, [&] { (void)(expression); }, words)

inline int verdict()
{
    std::printf("%d checks, %d failed\n", made, failed);
    return failed != 0 || made == 0 ? 1 : 0;
}

#endif
