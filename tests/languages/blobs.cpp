// C++'s program of README.md: blobs.
#include <warmstart.hpp>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

std::uint64_t bits(double value)
{
    std::uint64_t n = 0;
    std::memcpy(&n, &value, sizeof n);
    return n;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    const std::string command = argv[1], name = argv[3];
    warm::cache cache(argv[2]);
    if (command == "write") {
        std::vector<double> x(400);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i) / 8;
        x[0] = -0.0;
        warm::put_options with;
        with.version = (std::uint64_t{1} << 53) - 1;
        with.tags = {"tag of " + name, "na\xc3\xafve"};
        with.dependencies = {"data of " + name};
        with.pairs = {{"degree", "3"}, {"\xe6\x97\xa5\xe6\x9c\xac", "\xc3\xa9"}};
        with.content_type = "application/x-doubles";
        with.priority = 7;
        cache.put("languages", "of " + name, x, with);
        return 0;
    }
    if (command == "invalidate") {
        std::printf("%d\n", static_cast<int>(cache.invalidate_tags({"tag of " + name})));
        return 0;
    }
    const auto found = cache.get("languages", "of " + name);
    if (!found) {
        std::puts("absent");
        return 0;
    }
    const auto x = found->as<double>();
    const auto info = found->info();
    std::printf("payload %d %016" PRIx64 " %016" PRIx64 "\n", static_cast<int>(x.size()), bits(x[0]), bits(x[x.size() - 1]));
    std::printf("version %" PRIu64 "\n", info.version.value_or(0));
    for (const auto &tag : found->tags()) std::printf("tag %s\n", tag.c_str());
    for (const auto &dependency : found->dependencies()) std::printf("dependency %s\n", dependency.c_str());
    for (const auto &[at, value] : found->pairs()) std::printf("pair %s=%s\n", at.c_str(), value.c_str());
    std::printf("content_type %s\npriority %d\n", found->content_type()->c_str(), info.priority);
}
