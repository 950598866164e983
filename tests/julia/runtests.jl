# The Julia module against the library: WARMSTART_LIBRARY says where that is.
#
#   julia tests/julia/runtests.jl SCRATCH
include(joinpath(@__DIR__, "..", "..", "examples-c", "julia", "WarmStart.jl"))
using .WarmStart
using Dates, Random, Test

const W = WarmStart
const REPOSITORY = normpath(joinpath(@__DIR__, "..", ".."))
const scratch = ARGS[1]
const K = Key(UInt8.(0:31))
roots = 0
fresh_root() = joinpath(scratch, "root-$(global roots += 1)")

macro fails(kind, expression)
    return quote
        told = try
            $(esc(expression))
            nothing
        catch failure
            failure
        end
        @test told isa WarmError && told.kind === $(esc(kind)) && !isempty(told.text)
        told
    end
end

@testset "declarations" begin
    @test sort("warm_" .* string.(W.NAMES)) == readlines(joinpath(REPOSITORY, "tests/c/exports.txt"))
    header = read(joinpath(REPOSITORY, "include/warmstart.h"), String)
    defined = Dict(m[1] => parse(Int, m[2]) for m in eachmatch(r"#define WARM_(\w+) (-?\d+)\n", header))
    names(prefix) = [Symbol(lowercase(name[length(prefix)+1:end])) for (name, _) in sort([p for p in defined if startswith(p[1], prefix)]; by = last)]
    @test Tuple(names("KIND_")) == W.ENTRY_KINDS
    @test Tuple(names("SOURCE_")) == W.SOURCES
    @test Tuple(names("PROBLEM_")) == W.PROBLEMS
    @test Tuple(names("ACTION_")) == W.ACTIONS
    @test Dict(Int32(v) => Symbol(lowercase(k[5:end])) for (k, v) in defined if startswith(k, "ERR_")) == W.KINDS
    @test defined["ABI_VERSION"] == W.ABI_VERSION
    @test [defined[string(n)] for n in (:OK, :NOT_FOUND, :THROTTLED, :QUEUED, :TIMEOUT, :CANCELLED)] == 0:5
    layout = joinpath(REPOSITORY, "tests/abi/layout.txt")
    if isfile(layout)
        ours = String[]
        for (name, T) in ("warm_key" => Key, "warm_entry_info" => W.EntryInfoC, "warm_finding" => W.FindingC,
                          "warm_store_stats" => W.StoreStatsC, "warm_task_progress" => W.TaskProgressC, "warm_check_report" => W.CheckReportC)
            push!(ours, "$name . . $(sizeof(T))")
            for i in 1:fieldcount(T)
                push!(ours, "$name $(fieldname(T, i)) $(Int(fieldoffset(T, i))) $(sizeof(fieldtype(T, i)))")
            end
        end
        @test sort(ours) == sort(filter(line -> !isempty(line) && !startswith(line, "#"), readlines(layout)))
    end
end

@testset "stores" begin
    Store(fresh_root()) do s
        @test lookup(s, K) === nothing && lookup!(s, K, zeros(2)) === nothing && lookup(s, K; run = "r1") === nothing
        @test !remove(s, K) && !remove(s, K; run = "r1") && !pin(s, K, "r1")
        run = save(s, K, [1.0, 2.0]; objective = 1.5, iteration = 7, kind = :final)
        e = lookup(s, K)
        at = info(e)
        @test payload(e, Float64) == [1.0, 2.0] && run_id(e) == run && key_of(e) == K
        @test (at.kind, at.source, at.objective, at.iteration, at.payload_bytes) == (:final, :exact, 1.5, 7, 16)
        @test abs(at.written - now(UTC)) < Hour(1)
        @test keys(s) == [K] && [r.run for r in entries(s, K)] == [run] && statistics(s).entries == 1
        save(s, string(K), UInt8[9]; run = "mine", objective = NaN)
        @test collect(payload(lookup(s, K; mode = :latest))) == [9] && collect(payload(lookup(s, K; run = "mine"))) == [9]
        @test pin(s, K, "mine") && remove(s, K; run = "mine") && remove(s, K)
        save(s, K, Float64[])
        @test length(payload(lookup(s, K))) == 0
        save(s, K, [1 2; 3 4]; objective = -1)
        into = zeros(Int, 2, 2)
        @test lookup!(s, K, into).objective == -1 && into == [1 2; 3 4] && copyto!(into, lookup(s, K)) == 32
        @fails :buffer lookup!(s, K, zeros(1))
        @fails :incompatible payload(lookup(s, K), NTuple{5,UInt8})
        @fails :invalid save(s, K, ["no bits"])
        @fails :invalid save(s, K, [1]; kind = :other)
        @fails :invalid save(s, K, [1]; iteration = -1)
        @fails :invalid save(s, K, [1]; run = "../escape")
        @fails :invalid flush_all(s; timeout = -1)
        @test isempty(W.root(s)) == false && W.version() != ""
        sweep(s)
    end
    root = fresh_root()
    Store(root; size_budget = 8192, file_budget = 99, memory_budget = 0, ttl_seconds = 0, durability = :process) do s
        @fails :too_large save(s, K, zeros(10_000))
    end
    s = Store(root; read_only = true)
    told = @fails :permission save(s, K, [1])
    @test occursin("permission", sprint(showerror, told)) && told.status == -13
    close(s); close(s)
    @fails :invalid statistics(s)
    @fails :invalid Store(root; ttl_seconds = -1)
    @fails :invalid Key("abc")
end

@testset "sessions" begin
    Store(fresh_root()) do s
        Session(s, K; min_interval = 1000, label = "a fit", fingerprint = absorb!(Fingerprinter(), "a", 1)) do fit
            @test resume!(fit, zeros(3)) === nothing && load(fit) === nothing && should_checkpoint(fit, 3.0)
            @test checkpoint!(fit, [1.0, 2.0, -0.0]; objective = 3, iteration = 5) === :written
            @test !should_checkpoint(fit, 4.0) && checkpoint!(fit, zeros(3); objective = 4.0) === :throttled
            checkpoint_now!(fit, zeros(3); objective = 4.0, iteration = 7)
            x = zeros(3)
            at = resume!(fit, x)
            @test at.iteration == 5 && at.objective == 3 && at.kind === :checkpoint && reinterpret(UInt64, x)[3] == 0x8000000000000000
            @fails :incompatible resume!(fit, zeros(4))
            @test run_id(peek_entry(fit)) == run_id(fit)
            finalize!(fit, [1.0]; objective = 2.0)
            @test info(load(fit)).kind === :final && flush_all(fit; timeout = 5)
            @test finish!(fit) && finish!(fit)
            @fails :invalid checkpoint!(fit, [1.0])
        end
        other = fingerprint("other" => 1)
        Session(s, other; background = true) do fit
            preload!(fit, lookup(s, K))
            @test info(load(fit)).source === :preloaded && load(fit) === nothing
            @test checkpoint!(fit, [5.0]; objective = 1) === :queued
        end
        @test payload(lookup(s, other), Float64) == [5.0]
        @test_throws DivideError Session(fit -> (checkpoint!(fit, [6.0]; objective = 0); div(1, 0)), s, other; background = true)
        @test payload(lookup(s, other), Float64) == [6.0]
    end
end

@testset "checks" begin
    root = fresh_root()
    Store(root) do s
        run = save(s, K, zeros(100); objective = 1)
        save(s, K, [1.0]; objective = 2)
        damaged = joinpath(root, string(K), only(filter(name -> startswith(name, run) && endswith(name, ".bin"), readdir(joinpath(root, string(K))))))
        write(damaged, ones(100))
        @test payload(lookup(s, K), Float64) == [1.0]
        @fails :corrupt lookup(s, K; run = run)
        check = start_verify(s)
        @test wait(check) === :done
        @test report(check).complete && report(check).damaged == 1 && report(check).intact == 1 && progress(check).keys_done == 1
        found = only(findings(check))
        @test (found.problem, found.action, found.key, found.run) == (:payload, :nothing, K, run) && occursin(basename(damaged), found.text)
        check = start_repair(s)
        cancel(check)
        @test wait(check; timeout = 60) in (:done, :cancelled)
    end
end

@testset "memory" begin
    s = Store(fresh_root())
    save(s, K, collect(1.0:1000.0))
    e = lookup(s, K)
    v = payload(e, Float64)
    @test UInt(pointer(v)) % 64 == 0
    close(e); close(s)
    e = s = nothing
    GC.gc(); GC.gc()
    @test sum(v) == 500500 && v[end] == 1000 && Vector(v) == 1:1000 && Base.unsafe_convert(Ptr{Float64}, v) == v.pointer
    @test_throws BoundsError v[1001]
    @test_throws Exception v[1] = 2.0
    # What is dropped is freed by finalizers; what is open stays usable.
    root = fresh_root()
    kept = Store(root)
    fit = Session(kept, K)
    for i in 1:200
        checkpoint!(fit, [i]; objective = -i)
        copy(Fingerprinter())
        Session(Store(root), K)
        payload(load(fit), Int)[1] == i || error("not the last one")
        i % 50 == 0 && GC.gc()
    end
    @test checkpoint!(fit, payload(load(fit), Int); objective = -1000) === :written # a view is a payload, too
    @fails :invalid resume!(fit, payload(load(fit), Int))
    @test finish!(fit)
end

@testset "threads" begin
    root = fresh_root()
    s = Store(root; durability = :process)
    bad = Threads.Atomic{Int}(0)
    Threads.@threads for i in 1:16
        fit = Session(s, fingerprint("thread" => i); min_interval = 0)
        for step in 1:50
            checkpoint!(fit, [i, step]; objective = -step)
            payload(load(fit), Int) == [i, step] || Threads.atomic_add!(bad, 1)
            told = try
                Key("x"^(i + 1))
                ""
            catch failure
                failure.text
            end
            occursin("$(i + 1) bytes", told) || Threads.atomic_add!(bad, 1)
        end
        finish!(fit)
    end
    @test bad[] == 0 && length(keys(s)) == 16
    # Closed under the calls of others: each answers, or says that it is closed.
    for round in 1:20
        store = Store(root; durability = :process)
        fit = Session(store, K; min_interval = 0)
        Threads.@threads for i in 1:4
            try
                i == 1 && (close(fit); close(store))
                for step in 1:30
                    checkpoint!(fit, [step]; objective = -step)
                    lookup(store, K)
                end
            catch failure
                failure isa WarmError && occursin("closed", failure.text) || Threads.atomic_add!(bad, 1)
            end
        end
    end
    @test bad[] == 0
    println(Threads.nthreads(), " threads")
end

@testset "fingerprints" begin
    made(value; options...) = key(absorb!(Fingerprinter(), "v", value; options...))
    named(f, arguments...; options...) = key(f(Fingerprinter(), "v", arguments...; options...))
    @test made([1.0, missing]) == named(W.absorb_f64_na!, [1.0, 5.0]; valid = [true, false]) != made([1.0, NaN])
    @test made(1.0) == made([1.0]) != made(1)
    @test made(-0.0) == made(0.0) && made(NaN) == made(-NaN)
    @test made(Int32(1)) == made(Int8(1)) == named(W.absorb_i32!, [1]) != made(1)
    @test made(UInt32(1)) == made(1) == named(W.absorb_i64!, Int64[1])
    @test made(true) == named(W.absorb_bool!, [1]) && made([true, missing]) == named(W.absorb_bool!, [1, 0]; valid = [1, 0])
    @test made(trues(3)) == made([true, true, true])
    @test made("é") == named(W.absorb_str_list!, ["é"]) && made(["a", missing]) != made(["a", ""])
    @test made(Date(2026, 11, 21)) == named(W.absorb_date!, [20778])
    @test made([DateTime(2026, 11, 21, 14, 0, 0, 250), missing]) == named(W.absorb_timestamp!, [1795269600250000000, 0]; valid = [1, 0])
    @test made([1.0 2.0; 3.0 4.0]) == made([1 2; 3 4]) == made(transpose([1.0 3.0; 2.0 4.0])) != made([1.0, 3, 2, 4])
    @test made([1.0 missing]) == made([1.0 7.0]; valid = [1 0])
    @test made(UInt8[1]) == named(W.absorb_bytes!, UInt8[1])
    @test made((a = 1.0, b = "x")) == made(["a" => 1.0, "b" => "x"]) == key(absorb!(absorb!(W.absorb_u64!(Fingerprinter(), "v", 2), "a", 1.0), "b", "x"))
    @test made(view([1.0, 2.0, 3.0], 1:2)) == made(1.0:2.0) == made([1.0, 2.0])
    for bad in ([], [missing], [1.0 + im], Any[1, "a"])
        @fails :invalid made(bad)
    end
    @test_throws MethodError made(nothing)
    @test_throws InexactError named(W.absorb_i32!, [2^31])
    @fails :invalid named(W.absorb_factor!, ["a"], [1])
    @fails :invalid made([1.0]; valid = [1, 1])
    f = Fingerprinter()
    @test key_u64(f) isa UInt64 && key(copy(f)) == key(f)

    # The committed sequences, line by line.
    bytes(hex) = hex == "-" ? UInt8[] : hex2bytes(hex)
    bits64(words) = Float64[reinterpret(Float64, parse(UInt64, w; base = 16)) for w in words]
    bits32(words) = Float32[reinterpret(Float32, parse(UInt32, w; base = 16)) for w in words]
    marks(word) = word == "*" ? nothing : bytes(word)
    texts(words) = [w == "*" ? "" : String(bytes(w)) for w in words]
    count = parse
    f, sequences = Fingerprinter(), 0
    for line in eachline(joinpath(REPOSITORY, "tests/data/fingerprints.txt"))
        (isempty(line) || startswith(line, "#")) && continue
        words = split(line, ' ')
        if words[1] == "seq"
            f = Fingerprinter()
        elseif words[1] == "key"
            sequences += 1
            @test string(key(f)) == words[2] && key_u64(f) == parse(UInt64, words[3])
        else
            name, tag, a = words[2], String(bytes(words[3])), words[4:end]
            if name == "absorb_tag"; W.absorb_tag!(f, tag)
            elseif name == "absorb_bytes"; W.absorb_bytes!(f, tag, bytes(a[1]))
            elseif name == "absorb_str"; W.absorb_str!(f, tag, String(bytes(a[1])))
            elseif name == "absorb_u64"; W.absorb_u64!(f, tag, parse(UInt64, a[1]))
            elseif name == "absorb_f64"; W.absorb_f64!(f, tag, bits64(a)[1])
            elseif name == "absorb_f64_slice"; W.absorb_f64_slice!(f, tag, bits64(a[2:end]))
            elseif name == "absorb_f64_2d"; W.absorb_f64_2d!(f, tag, parse(Int, a[1]), parse(Int, a[2]), bits64(a[3:end]))
            elseif name == "write_bytes"; write_bytes!(f, bytes(a[1]))
            elseif name in ("write_u8", "write_bool"); W.write_u8!(f, parse(UInt8, a[1]))
            elseif name in ("write_u64", "write_usize"); W.write_u64!(f, parse(UInt64, a[1]))
            elseif name == "write_f64"; W.write_f64!(f, bits64(a)[1])
            elseif name == "write_str"; W.write_str!(f, String(bytes(a[1])))
            elseif name == "write_f64_slice"; W.write_f64_slice!(f, bits64(a[2:end]))
            elseif name == "absorb_i32_slice"; W.absorb_i32!(f, tag, parse.(Int32, a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_i64_slice"; W.absorb_i64!(f, tag, parse.(Int64, a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_date_slice"; W.absorb_date!(f, tag, parse.(Int64, a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_timestamp_slice"; W.absorb_timestamp!(f, tag, parse.(Int64, a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_f32_slice"; W.absorb_f32!(f, tag, bits32(a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_f64_na_slice"; W.absorb_f64_na!(f, tag, bits64(a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_bool_slice"; W.absorb_bool!(f, tag, bytes(a[3]); valid = marks(a[2]))
            elseif name == "absorb_str_list"; W.absorb_str_list!(f, tag, texts(a[3:end]); valid = marks(a[2]))
            elseif name == "absorb_factor"
                n = parse(Int, a[1])
                rest = a[n+3:end]
                W.absorb_factor!(f, tag, texts(a[3:n+2]), parse.(Int64, rest[3:end]); levels_valid = marks(a[2]), valid = marks(rest[2]))
            elseif name == "absorb_f64_matrix"
                rows, columns, order = parse.(Int, (a[1], a[2], a[4]))
                lie(v) = order == 1 ? reshape(v, rows, columns) : permutedims(reshape(v, columns, rows))
                here = marks(a[3])
                W.absorb_f64_matrix!(f, tag, lie(bits64(a[5:end])); valid = here === nothing ? nothing : lie(here))
            else
                error("no operation $name")
            end
        end
    end
    @test sequences > 200
end

@testset "killed and resumed" begin
    script, data = joinpath(@__DIR__, "fit.jl"), joinpath(REPOSITORY, "examples-c/data/Bennett5.dat")
    fit(root, more...) = run(pipeline(ignorestatus(`$(Base.julia_cmd()) --startup-file=no $script $root $data $more`); stdout = joinpath(scratch, "said")))
    said() = split(read(joinpath(scratch, "said"), String))
    @test success(fit(joinpath(scratch, "whole")))
    whole = said()
    at = rand(RandomDevice(), 40:360)
    println("killed after $at of 400 iterations")
    @test fit(joinpath(scratch, "killed"), at).termsignal == 9
    @test success(fit(joinpath(scratch, "killed")))
    resumed = said()
    @test resumed[1] == string(at) && resumed[2:end] == whole[2:end] # bit by bit
    @test success(fit(joinpath(scratch, "killed")))
    @test said()[1] == "400" && said()[3:end] == whole[3:end]
end
