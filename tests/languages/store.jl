# Julia's program of README.md.
include(joinpath(@__DIR__, "..", "..", "examples-c", "julia", "WarmStart.jl"))
using .WarmStart
using Dates

const W = WarmStart
const data = [
    "doubles" => (f, tag) -> absorb!(f, tag, [1.5, -2.0, 0.0, missing, NaN, Inf, -Inf, 1e-300, -0.0]),
    "integers" => (f, tag) -> absorb!(f, tag, [Int32(1), missing, Int32(-2147483647), Int32(2147483647)]),
    "long_integers" => (f, tag) -> absorb!(f, tag, [1, -5, missing, 9007199254740993]),
    "singles" => (f, tag) -> absorb!(f, tag, [0.1f0, -0.0f0, missing, 16777216.0f0]),
    "logicals" => (f, tag) -> absorb!(f, tag, [true, false, missing]),
    "texts" => (f, tag) -> absorb!(f, tag, ["a", "", missing, "na\u00efve", "\u65e5\u672c", "e\u0301"]),
    "factor" => (f, tag) -> W.absorb_factor!(f, tag, ["lo", "hi", "unused"], [1, missing, 0, 0]),
    "dates" => (f, tag) -> absorb!(f, tag, [Date(1970), Date(2026, 11, 21), missing, Date(1600, 2, 29)]),
    "instants" => (f, tag) -> absorb!(f, tag, [DateTime(1970), DateTime(2026, 11, 21, 14, 0, 0, 250), missing, DateTime(1969, 12, 31, 23, 59, 59, 999)]),
    "matrix" => (f, tag) -> absorb!(f, tag, [1.0 2.5; 3.0 missing; -5.0 6.0]),
    "bytes" => (f, tag) -> absorb!(f, tag, UInt8[0x00, 0xff, 0x41]),
    "model" => (f, tag) -> W.absorb_str!(f, tag, "y ~ x, Gamma(log)"),
    "rows" => (f, tag) -> W.absorb_u64!(f, tag, 1234567890123),
    "tolerance" => (f, tag) -> W.absorb_f64!(f, tag, 1e-8),
    "start" => (f, tag) -> W.absorb_f64_slice!(f, tag, [0.1, -0.0]),
]
function everything()
    f = Fingerprinter()
    foreach(((name, absorb),) -> absorb(f, name), data)
    return key(f)
end
hex(x) = string(reinterpret(UInt64, x); base = 16, pad = 16)

if ARGS[1] == "keys"
    for (name, absorb) in data
        println(name, " ", string(key(absorb(Fingerprinter(), name))))
    end
    println("everything ", string(everything()))
elseif ARGS[1] == "write"
    root, kind, given, iteration = ARGS[2:5]
    objective = given == "none" ? nothing : parse(Float64, given)
    x = [parse(Float64, iteration), -0.0, reinterpret(Float64, 0x7ff8000000000042), 5e-324, something(objective, 0.0)]
    run = length(ARGS) > 5 ? ARGS[6] : nothing
    println(save(Store(root), everything(), x; objective = objective, iteration = parse(Int, iteration), kind = Symbol(kind), run = run))
elseif ARGS[1] == "regions"
    # The state of README.md's table, passed on.
    state() = [
        "beta" => reinterpret(Float64, [0x8000000000000000, 0x7ff8000000000042, 0x0000000000000001, 0x3fb999999999999a])[:],
        "scale" => Ref(-2.5),
        "X" => Float64[10i + j for i in 1:2, j in 1:3],
        "rows" => PermutedDimsArray(Float32[i + 10j + 100l for l in 1:2, j in 1:3, i in 1:2], (3, 2, 1)),
        "z" => ComplexF64[i - j * im for i in 1:2, j in 1:2],
        "count" => [-5, 9007199254740993],
        "k" => Int32[typemin(Int32), 0, 7],
        "text" => Vector{UInt8}("na\u00efve"),
    ]
    bytes_of(x) = x isa Ref ? reinterpret(UInt8, [x[]]) : reinterpret(UInt8, vec(x isa Array ? x : parent(x)))
    own, want, iteration = state(), state(), parse(Int, ARGS[3])
    Session(Store(ARGS[2]), everything()) do fit
        foreach(((name, x),) -> protect!(fit, name, x), own)
        if iteration > 0
            foreach(((name, x),) -> x isa Ref ? (x[] = 1) : fill!(x, 1), own)
            at = restore!(fit)
            at !== nothing && at.iteration == iteration - 1 || error("there is no such iteration")
            for i in eachindex(own)
                bytes_of(own[i][2]) == bytes_of(want[i][2]) || error("$(own[i][1]) that was restored is not what was stored")
            end
        end
        checkpoint_regions_now!(fit; iteration = iteration)
    end
else
    store, k = Store(ARGS[2]), everything()
    lines = map(entries(store, k)) do listed
        e = lookup(store, k; run = listed.run)
        at = info(e)
        objective = at.objective === nothing ? "none" : hex(at.objective)
        join((listed.run, at.kind, objective, at.iteration, bytes2hex(Vector(payload(e)))), " ")
    end
    foreach(println, sort(lines))
    println("best ", run_id(lookup(store, k)))
    println("latest ", run_id(lookup(store, k; mode = :latest)))
end
