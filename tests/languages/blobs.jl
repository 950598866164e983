# Julia's program of README.md: blobs.
include(joinpath(@__DIR__, "..", "..", "examples-c", "julia", "WarmStart.jl"))
using .WarmStart

command, root, name = ARGS
hex(x) = string(reinterpret(UInt64, x); base = 16, pad = 16)
cache = Cache(root)
if command == "write"
    x = collect(0:399) ./ 8
    x[1] = -0.0
    put(cache, "languages", "of $name", x; version = 2^53 - 1, tags = ["tag of $name", "na\u00efve"], dependencies = ["data of $name"],
        pairs = ["degree" => "3", "\u65e5\u672c" => "\u00e9"], content_type = "application/x-doubles", priority = 7)
elseif command == "invalidate"
    println(invalidate_tags(cache, ["tag of $name"]))
else
    found = blob(cache, "languages", "of $name")
    if found === nothing
        println("absent")
    else
        x, known, said = payload(found, Float64), info(found), labels(found)
        println("payload ", length(x), " ", hex(x[1]), " ", hex(x[end]))
        println("version ", known.version)
        foreach(tag -> println("tag ", tag), said.tags)
        foreach(dependency -> println("dependency ", dependency), said.dependencies)
        foreach(at -> println("pair ", at, "=", said.pairs[at]), sort(collect(keys(said.pairs))))
        println("content_type ", said.content_type)
        println("priority ", known.priority)
    end
end
