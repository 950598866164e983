// What the C++ of README.md and the guide takes for granted; its lines come in below.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <warmstart.hpp>

extern std::vector<double> x, y;
extern std::int64_t it;
extern bool converged;
extern warm::session fit;

double step(std::vector<double> &point, bool &is_converged);
void snippet();

void snippet()
{
README
}
