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

only_line(lines, start...) = lines[findfirst(line -> length(line) >= length(start) && all(line[1:length(start)] .== start), lines)]

defined_in_header() = Dict(m[1] => parse(Int, m[2])
    for m in eachmatch(r"#define WARM_(\w+) (-?\d+)\n", read(joinpath(REPOSITORY, "include/warmstart.h"), String)))

@testset "declarations" begin
    @test sort("warm_" .* string.(W.NAMES)) == readlines(joinpath(REPOSITORY, "tests/c/exports.txt"))
    defined = defined_in_header()
    names(prefix) = [Symbol(lowercase(name[length(prefix)+1:end])) for (name, _) in sort([p for p in defined if startswith(p[1], prefix)]; by = last)]
    @test Tuple(names("KIND_")) == W.ENTRY_KINDS
    @test Tuple(names("SOURCE_")) == W.SOURCES
    @test Tuple(names("PROBLEM_")) == W.PROBLEMS
    @test Tuple(names("ACTION_")) == W.ACTIONS
    @test Tuple(names("DURABILITY_")) == W.DURABILITIES
    @test Tuple(names("IMPORTED_")) == W.IMPORTED
    @test Tuple(names("INTERVAL_")) == W.INTERVALS
    @test Tuple(names("STOP_")) == W.STOPS
    @test Tuple(names("DEADLINE_")) == W.DEADLINES
    @test Tuple(names("FIELD_")) == W.FIELD_STATES
    @test Tuple(names("KEYSPACE_")) == W.KEYSPACES && Tuple(names("RECORD_")) == W.RECORDS && Tuple(names("VALUE_")) == W.FIELDS
    @test Tuple(names("PROMOTION_")) == W.PROMOTIONS && Tuple(names("ADMISSION_")) == W.ADMISSIONS && Tuple(names("EXISTENCE_")) == W.EXISTENCES
    @test Tuple(names("UPLOADS_")) == W.UPLOADS && Tuple(names("REACH_")) == W.REACHES && Tuple(names("CHAIN_")) == W.CHAINS && defined["ERR_REMOTE"] == W.FAILED_REMOTELY
    @test Tuple(names("ROLE_")) == (:from_name, W.ROLES...) && defined["ROLE_FROM_NAME"] == -1
    @test Dict(Int32(v) => Symbol(lowercase(k[5:end])) for (k, v) in defined if startswith(k, "ERR_")) == W.KINDS
    @test defined["ABI_VERSION"] == W.ABI_VERSION
    @test [defined[string(n)] for n in (:OK, :NOT_FOUND, :THROTTLED, :QUEUED, :TIMEOUT, :CANCELLED, :DEFERRED)] == 0:6
    layout = joinpath(REPOSITORY, "tests/abi/layout.txt")
    if isfile(layout)
        ours = String[]
        for (name, T) in ("warm_key" => Key, "warm_entry_info" => W.EntryInfoC, "warm_finding" => W.FindingC,
                          "warm_run_info" => W.RunInfoC, "warm_store_limits" => W.StoreLimitsC,
                          "warm_start_stats" => W.StartStatsC, "warm_miss_info" => W.MissInfoC, "warm_field" => W.FieldC,
                          "warm_region_info" => W.RegionInfoC,
                          "warm_store_stats" => W.StoreStatsC, "warm_task_progress" => W.TaskProgressC, "warm_check_report" => W.CheckReportC,
                          "warm_session_stop" => W.SessionStopC, "warm_session_progress" => W.SessionProgressC, "warm_trace_point" => W.TracePointC,
                          "warm_blob_info" => W.BlobInfoC, "warm_put_receipt" => W.PutReceiptC, "warm_cache_stats" => W.CacheStatsC,
                          "warm_remote_stats" => W.RemoteStatsC, "warm_retention_report" => W.RetentionReportC,
                          "warm_prefetch_stats" => W.PrefetchStatsC, "warm_prefetch_cycle" => W.PrefetchCycleC,
                          "warm_live_session" => W.LiveSessionC)
            push!(ours, "$name . . $(sizeof(T))")
            for i in 1:fieldcount(T)
                push!(ours, "$name $(fieldname(T, i)) $(Int(fieldoffset(T, i))) $(sizeof(fieldtype(T, i)))")
            end
        end
        @test sort(ours) == sort(filter(line -> !isempty(line) && !startswith(line, "#"), readlines(layout)))
    end
end

@testset "caches" begin
    where_ = fresh_root()
    cache = Cache(where_)
    @test W.root(cache) == realpath(where_) && blob(cache, "n", "k") === nothing && peek_blob(cache, "n", "k") === nothing
    receipt = put(cache, "n", "k", [1.0 3.0; -0.0 4.0])
    @test receipt.in_memory && receipt.on_disk && !receipt.replaced && receipt.stored_bytes > 0
    found = blob(cache, "n", "k")
    @test payload(found, Float64) == [1.0, -0.0, 3.0, 4.0] && info(found).version === nothing && info(found).from_memory && info(found).priority == 128
    into = zeros(2, 2)
    @test blob_into!(into, cache, "n", "k").payload_bytes == 32 && signbit(into[2, 1]) && blob_into!(into, cache, "n", "absent") === nothing
    @fails :buffer blob_into!(zeros(3), cache, "n", "k")
    @test copyto!(into, found) == 32 && put(cache, "n", "k", UInt8[]).replaced && isempty(payload(blob(cache, "n", "k")))
    @test existence(cache, "n", "k") === :present && haskey(cache, "n", "k") && remove(cache, "n", "k") && !remove(cache, "n", "k")
    kept = payload(found, Float64)
    close(found); GC.gc()
    @test kept[3] == 3.0 && statistics(cache, "n").puts == 2 && statistics(cache).misses == 2

    settings = (tags = ["a", "b"], dependencies = ["data"], pairs = ["degree" => "3", "knots" => ""], content_type = "image/png", priority = 7,
                admission = :always, ttl_seconds = 3600, jitter_percent = 0, idle_seconds = 7200.0, stale_seconds = 5, largest = 100)
    put(cache, "n", "k", [1.0]; version = 5, settings...)
    for misuse in ((version = 5,), (version = 4,), (swap = nothing => 6,), (swap = 4 => 6,))
        @fails :conflict put(cache, "n", "k", [2.0]; misuse...)
    end
    put(cache, "n", "k", [2.0]; swap = 5 => typemax(UInt64), settings...)
    close(cache)
    @fails :invalid blob(cache, "n", "k")
    cache = Cache(where_)
    found = blob(cache, "n", "k")
    @test info(found).version == typemax(UInt64) && info(found).priority == 7 && info(found).remaining_seconds <= 3600
    @test labels(found) == (tags = ["a", "b"], dependencies = ["data"], pairs = Dict(settings.pairs), content_type = "image/png")
    @test set_life(cache, "n", "k"; ttl_seconds = 60) && peek_blob(cache, "n", "k").remaining_seconds <= 60
    @test set_life(cache, "n", "k") && peek_blob(cache, "n", "k").remaining_seconds === nothing && !set_life(cache, "n", "absent")
    put(cache, "n", "past", [1.0]; deadline_unix_ms = 1)
    @test blob(cache, "n", "past") === nothing

    put(cache, "n", "a/1", [1.0]; tags = ["t", "u"])
    put(cache, "m", "a/1", [1.0]; tags = ["t"], dependencies = ["d"])
    @test sort(namespaces(cache)) == ["m", "n"] && [b.key for b in list_blobs(cache, "n", "a/")] == ["a/1"] && isempty(list_blobs(cache, "nowhere"))
    @test invalidate_tags(cache, String[]) == 0 && invalidate_tags(cache, ["x", "u"]; namespace = "n") == 1
    @test invalidate_dependencies(cache, ["d"]) == 1 && blob(cache, "m", "a/1") === nothing && invalidate_prefix(cache, "n", "k") == 1
    put(cache, "n", "k", [1.0])
    flush_namespace(cache, "n")
    @test blob(cache, "n", "k") === nothing && statistics(cache, "n").flushes == 1

    @test put_many(cache, "n", ["a" => [1.0], "b" => [1.0, 2.0], "c" => UInt8[]]; largest = 8) == ["a" => :put, "b" => :too_large, "c" => :put]
    several = blobs(cache, "n", ["c", "b", "a"])
    @test isempty(payload(several[1])) && several[2] === nothing && payload(several[3], Float64) == [1.0] && isempty(blobs(cache, "n", String[]))
    set_quota(cache, "n", 10^6)
    sweep(cache)
    @test drain(cache; timeout = 60)
    copying = start_copy(cache, where_ * "-copy")
    @test wait(copying; timeout = 300) === :done && report(copying).intact == 2
    task = start_verify(cache)
    @test wait(task; timeout = 300) === :done && report(task).complete && report(task).damaged == 0
    Cache(where_ * "-copy"; memory_budget = 0, disk_budget = 0, durability = :process, promotion = :second_hit, background_promotion = 4,
          compression = false) do copy
        @test payload(blob(copy, "n", "a"), Float64) == [1.0]
    end
    @fails :permission put(Cache(where_; read_only = true), "n", "a", [1.0])
    memory = cache_in_memory(memory_budget = 10^6)
    @test W.root(memory) === nothing && !put(memory, "n", "k", [1.0]).on_disk && statistics(memory).memory_budget == 10^6
    with = PutSettings(; tags = ["again"])
    @test !put(memory, "n", "j", [1.0], with).replaced && put(memory, "n", "j", [1.0], with).replaced && invalidate_tags(memory, ["again"]) == 1

    for misuse in (() -> put(cache, "", "k", [1.0]), () -> put(cache, "n", "", [1.0]), () -> put(cache, "n", "k"^1025, [1.0]), () -> put(cache, "n", "a\0b", [1.0]),
                   () -> put(cache, "n"^129, "k", [1.0]), () -> put(cache, "n", "k", ["text"]), () -> put(cache, "n", "k", [1.0]; tags = "text"),
                   () -> put(cache, "n", "k", [1.0]; priority = 256), () -> put(cache, "n", "k", [1.0]; ttl_seconds = NaN),
                   () -> put(cache, "n", "k", [1.0]; version = 1, swap = 1 => 2), () -> put(cache, "n", "k", [1.0]; admission = :perhaps),
                   () -> invalidate_tags(cache, "text"), () -> set_quota(cache, "n", -1), () -> statistics(cache, ""), () -> Cache(where_; memory_budget = -1))
        @fails :invalid misuse()
    end
    @fails :too_large put(cache, "n", "k", [1.0]; tags = string.(1:65))
    @test !haskey(cache, "n", "k")
end

@testset "remotes" begin
    here, there = Store(fresh_root()), Store(fresh_root())
    for (options, words) in ((deadline = -1,) => "negative", (deadline = NaN,) => "not a number", (payload_limit = 0,) => "between",
                             (payload_limit = 5 * 2^30 + 1,) => "between", (queue_limit = 0,) => "positive", (uploads = :some,) => "uploads is one of")
        @test occursin(words, (@fails :invalid Remote(here, "memory://x"; options...)).text)
    end
    one = try
        Remote(here, "memory://julia"; deadline = 120)
    catch failure
        failure
    end
    if one isa WarmError # built without the feature: every way to a remote tier says so
        @test one.kind === :unsupported && occursin("without the feature remote", one.text) && occursin("--features remote", one.text)
        @test !occursin("remote", W.build_info())
        @fails :unsupported Remote(there, "no url")
    else # two machines are two roots
        other = Remote(there, "memory://julia"; uploads = :all, deadline = 120)
        @test W.url(one) == "memory://julia" && last_failure(one) == "" && !fetch(other, K; timeout = 120)
        save(here, K, [1.0, -0.0]; objective = 0.1, iteration = 4, kind = :final)
        @test flush_remote(one; reach = :local, timeout = 120) && flush_remote(one; timeout = 120) && statistics(one).uploads == 1
        found = lookup(there, K)
        @test payload(found, Float64) == [1.0, -0.0] && info(found).objective == 0.1 && info(found).iteration == 4 && info(found).kind === :final
        @test statistics(other).brought == 1 && statistics(other).uploads == 0 && fetch(other, K; timeout = 120)
        # What was saved before it was attached goes when it is asked for.
        early = fingerprint("early" => 1)
        Store(fresh_root()) do third
            save(third, early, [3.0]; run = "run", kind = :final)
            Remote(third, "memory://julia"; deadline = 120) do late
                @test !fetch(one, early; timeout = 120) && upload(late, early, "run") === nothing
                @test flush_remote(late; timeout = 120) && statistics(late).uploads == 1 && fetch(one, early; timeout = 120)
                @fails :invalid upload(late, early, "..")
                @test remove(one, early; remotely = true, timeout = 120)
            end
        end
        # Removed here, it is not brought again; removed there, it is gone.
        @test remove(other, K) && lookup(there, K) === nothing && !fetch(other, K; timeout = 120)
        @test remove(other, K; remotely = true, timeout = 120) && !remove(other, K; remotely = true, timeout = 120) && !remove(one, K; run = "no-such-run")
        @test payload(lookup(here, K), Float64) == [1.0, -0.0]

        other_key = fingerprint("remote" => 1)
        foreach(f -> save(here, other_key, [f]; objective = f, kind = :final), 1.0:3.0)
        @test flush_remote(one; timeout = 120)
        plan = retain(one; keep_per_key = 1, dry_run = true)
        @test (plan.entries, plan.removed_entries, retain(one).entries) == (3, 2, 3)
        @test retain(one; keep_per_key = 1).removed_bytes == plan.removed_bytes && retain(one; max_bytes = 0, max_age = 3600).removed_entries == 1
        for misuse in (() -> retain(one; max_bytes = -1), () -> retain(one; max_age = -0.5), () -> flush_remote(one; reach = :moon),
                       () -> flush_remote(one; timeout = -1), () -> fetch(one, K; timeout = -1), () -> remove(one, K; run = ".."),
                       () -> Remote(here, "memory://julia"), () -> Remote(there, "no url"))
            @fails :invalid misuse()
        end
        # What lies there is brought before it is asked for.
        for (options, words) in ((weights = (1, -1, 0),) => "negative", (interval = 0,) => "millisecond", (parallel = 65,) => "from 1 to 64",
                                 (cycle_bytes = -1,) => "negative", (back_off = (1, 0),) => "millisecond", (half_life = NaN,) => "not a number")
            @test occursin(words, (@fails :invalid Prefetch(other; options...)).text)
        end
        folds, model = [fingerprint("fold" => i) for i in 0:3], fingerprint("model" => 1)
        foreach(i -> save(here, folds[i], [Float64(i)]; objective = i, kind = :final), 1:4)
        @test flush_remote(one; timeout = 120)
        Prefetch(other; dry_run = true, interval = 1e6) do dry
            @fails :invalid Prefetch(other)
            began = time()
            while statistics(dry).listings == 0 && time() - began < 120
                sleep(0.01)
            end
            for i in 1:4
                note!(dry, folds[i]; parent = i > 1 ? folds[1] : nothing, sequence = i - 1, model = model, namespace = "fits", last_access = time())
            end
            active_model!(dry, model)
            planned = W.plan(dry)
            @test Set(p.key for p in planned) == Set(folds) && planned[1].key == folds[1] && planned[1].score > 1
            @test issorted([p.score for p in planned]; rev = true)
            active_model!(dry, nothing)
            @test W.plan(dry)[1].score < planned[1].score
            @test hint_chain(dry, folds[1], 2) == 2 && hint_chain(dry, folds[4], 9; direction = :backward) == 3
            @test wait(dry, folds[2]; timeout = 120) === :deferred && statistics(dry).fetched == 0
        end
        ahead = Prefetch(other; weights = (1, 0.3, 0.2), half_life = 600, interval = 1e6, parallel = 4, cycle_bytes = 0, cycle_time = 10,
                         fetch_deadline = 60, listing_deadline = 60, back_off = (1, 600))
        @test hint(ahead, folds[1:3]) == 3 && hint(ahead, Key[]) == 0
        @test all(key -> wait(ahead, key; timeout = 120) === :here, folds[1:3])
        asked = statistics(other).fetches
        @test payload(lookup(there, folds[2]), Float64) == [2.0] && statistics(other).fetches == asked
        @test wait(ahead, fingerprint("absent" => 1); timeout = 120) === :not_found
        cancel(ahead, model)
        refresh(ahead)
        @test stop_prefetch(ahead; timeout = 120) && !statistics(ahead).is_running && wait(ahead, model; timeout = 120) === :cancelled
        start_prefetch(ahead)
        @test statistics(ahead).is_running && wait(ahead, folds[4]; timeout = 120) === :here
        @test last_cycle(ahead) === nothing || last_cycle(ahead).number > 0
        for misuse in (() -> wait(ahead, K; timeout = -1), () -> hint_chain(ahead, K, -1), () -> hint_chain(ahead, K; direction = :sideways),
                       () -> note!(ahead, K; sequence = 2^32), () -> note!(ahead, K; run = ".."), () -> W.plan(ahead, -1))
            @fails :invalid misuse()
        end
        close(other) # the worker stops, and says so
        @fails :invalid statistics(other)
        @test !statistics(ahead).is_running
        close(ahead)
        close(one)

        # One that is away fails the wait, and not the save.
        away = joinpath(scratch, "away")
        write(away, "a file where a directory is to be")
        Remote(here, "file://" * joinpath(realpath(away), "bucket"); deadline = 0.1) do remote
            save(here, K, [2.0]; objective = 0.0, kind = :final)
            @fails :remote flush_remote(remote; timeout = 3)
            @test !isempty(last_failure(remote)) && statistics(remote).upload_failures > 0 && flush_remote(remote; reach = :local, timeout = 120)
        end
        @test payload(lookup(here, K), Float64) == [2.0]
    end
    close(here)
    close(there)
end

@testset "records" begin
    warm(more...) = Record(:warm_start, "key" => "y ~ s(x)", "n_rows" => 100, "n_cols" => 3, "rho" => [-0.0, 0.1], "beta" => [1.0, 2.0, 5e-324], more...)
    store, record = record_store(fresh_root()), warm("prev_rho" => [1.0, 2.0], "last_inner_converged" => true, "last_pirls_lm_lambda" => 1e-6)
    @test load_record(store, record) === nothing
    save_record(store, record)
    found = load_record(store, Record(:warm_start, "key" => "y ~ s(x)"))
    check(found, record)
    @test found["rho"] == [-0.0, 0.1] && signbit(found["rho"][1]) && found["beta"] == [1.0, 2.0, 5e-324] && found["n_rows"] === 100
    @test found["last_inner_converged"] === 1 && found["last_pirls_lm_lambda"] === 1e-6 && found["prev_beta"] === nothing
    @test found["created_unix_secs"] > 1_700_000_000 && keys(store) == [key(record)] == [key_from_text(:record, "y ~ s(x)")]
    found["prev_rho"] = nothing
    @test found["prev_rho"] === nothing && key_from_text(:outer_iterate, "k") != key_from_text(:record, "k")
    told = @fails :incompatible check(record, warm("n_rows" => 99))
    @test occursin("n_rows is 100, and 99 is wanted", told.text) && !suits(record, warm("key" => "z")) && suits(record, warm("rho" => Float64[]))
    @fails :invalid record["rho"] = [1.0, NaN]
    @fails :invalid record["roh"]
    @fails :invalid record["rho", 2]
    @fails :incompatible Record(:warm_start, Vector{UInt8}("{}"))
    @test Record(:warm_start, json(record))["beta"] == record["beta"]

    blocks = Record(:blocks, "key" => "gaulss", "n_rows" => 50, "block_dims" => [2, 1])
    for (at, (name, beta)) in enumerate(("mu" => [1.0, 2.0], "sigma" => [3.0]))
        blocks["block_names", at], blocks["block_beta", at] = name, beta
    end
    blocks["active_sets", 1], blocks["active_sets", 2] = nothing, [0]
    save_record(store, blocks)
    found = load_record(store, blocks)
    @test suits(found, blocks) && found["active_sets", 1] === nothing && found["active_sets", 2] == [0] && found["block_dims"] == [2, 1]
    @test describe(found, "block_beta") == (holds = :numbers, count = 2) && found["inner.cycles"] === nothing

    function artifact(terms...)
        made = Record(:artifact, "descriptor.family_kind" => "gaussian")
        for (name, rho) in terms
            add_term!(made, name, "rho_for_term" => rho, "raw_beta" => [0.5]; penalty_labels = ["a", nothing][1:length(rho)], nullspace_dims = [1], reduced_width = 4)
        end
        return made
    end
    parent = artifact("mean" => [0.25, 9.0], "sigma" => [-8.5])
    parent["global.outer_objective"] = 1.5
    save_record(store, parent)
    fold = artifact("sigma" => [0.0], "mean" => [1.0, 1.0])
    found = load_record(store, fold)
    transfer!(fold, found)
    @test [(fold["terms.rho_for_term", i], fold["terms.provenance", i], fold["terms.source", i]) for i in 1:2] ==
        [([-8.0], "rho_only", 1), ([0.25, 1.0], "rho_only", 0)]
    fold["terms.provenance", 1] = "projected"
    @test fold["terms.provenance", 1] == "projected" && found["terms.role", 2] == "LogSlope" && fold["descriptor_key"] == parent["descriptor_key"]
    @fails :incompatible transfer!(fold, artifact("mean" => [1.0]))
    @fails :invalid save_record(store, fold)
    golden = [split(line) for line in eachline(joinpath(REPOSITORY, "tests/languages/identities.txt"))]
    term = Record(:artifact, "descriptor.family_kind" => "Gamma(log)")
    add_term!(term, "mean: s(Time)"; penalty_labels = ["s(Time)"], nullspace_dims = [2], reduced_width = 9)
    add_term!(term, "log SIGMA, na\u00efve"; penalty_labels = ["a", nothing, "c"])
    line = only_line(golden, "descriptor", "Gamma(log)", "mu,sigma")
    @test [term["descriptor_key"], string(key(term))] == line[4:5]
    @test [term["terms.identity", 1], term["terms.identity", 2]] == [only_line(golden, "term", name)[3] for name in ("mu", "sigma")]
end

@testset "regions" begin
    kinds = Dict(AbstractFloat => "F", Signed => "I", Unsigned => "U", Complex => "C")
    for (number, T) in W.ELEMENT_TYPES
        name = T === Bool ? "BOOL" : string(first(v for (k, v) in kinds if T <: k), 8 * sizeof(T))
        @test defined_in_header()["TYPE_$name"] == number
    end
    Store(fresh_root()) do s
        a, z, k, n = [1.0 2.0 3.0; 4.0 -0.0 reinterpret(Float64, 0x7ff8000000000042)], ComplexF32[1+2im, 3], Int16[1 2; 3 4], Ref(7)
        rows, empty = PermutedDimsArray(reshape(collect(Float32, 1:24), 4, 3, 2), (3, 2, 1)), zeros(0, 3)
        all = ["a" => a, "z" => z, "k" => k, "n" => n, "rows" => rows, "empty" => empty, "one" => fill(0x05)]
        fit = Session(s, K)
        @fails :invalid restore!(fit)
        for (name, x) in all
            protect!(fit, name, x)
        end
        note!(fit, "solver", "newton")
        @test checkpoint_regions!(fit; objective = 1.5, iteration = 3) === :written
        @test checkpoint_regions!(fit; objective = 2.5) === :throttled
        before = deepcopy(all)
        a .= 0; z .= 0; k .= 0; n[] = 0; parent(rows) .= 0
        at = restore!(fit)
        @test at.iteration == 3 && at.objective == 1.5 && at.source === :exact
        @test reinterpret(UInt64, vec(a)) == reinterpret(UInt64, vec(before[1][2]))
        @test z == before[2][2] && k == before[3][2] && n[] == 7 && rows == before[5][2]

        e = peek_entry(fit)
        found = regions(e)
        @test Set(keys(found)) == Set(first.(all))
        @test found["rows"] == rows && found["rows"] isa PermutedDimsArray && size(found["empty"]) == (0, 3) && found["one"][] == 0x05
        @test reinterpret(UInt64, vec(found["a"])) == reinterpret(UInt64, vec(a)) && found["k"] == k && found["z"] == z
        @test region(e, "k") == k && region(e, "nobody") === nothing
        told = notes(e)
        @test told["solver"] == "newton" && told["iteration"] == "3" && told["order.a"] == "F" && !haskey(told, "order.rows")
        @test told["complex.z"] == "true"

        # Nothing is touched where one of them differs.
        protect!(fit, "k", zeros(Int16, 2, 3))
        a[1, 1] = 99
        failure = @fails :incompatible restore!(fit)
        @test occursin("region `k`: [2, 2] is stored, and [2, 3] is protected", failure.text) && a[1, 1] == 99
        protect!(fit, "k", PermutedDimsArray(zeros(Int16, 2, 2), (2, 1)))
        failure = @fails :incompatible restore!(fit)
        @test occursin("column-major", failure.text)
        @test unprotect!(fit, "k") && !unprotect!(fit, "k")
        failure = @fails :incompatible restore!(fit)
        @test occursin("`k`: it is stored, and not protected", failure.text)
        protect!(fit, "k", k)
        @test restore!(fit) !== nothing && a[1, 1] == 1

        @test note!(fit, "solver", nothing) && !note!(fit, "solver", nothing)
        checkpoint_regions_now!(fit; objective = 1.0, iteration = 4)
        @test !haskey(notes(load(fit)), "solver")
        finalize_regions!(fit; objective = 0.5, iteration = 5)
        @test restore!(fit).kind === :final
        unprotect!(fit)
        @fails :invalid checkpoint_regions_now!(fit)
        @fails :invalid protect!(fit, "x", ["text"])
        @fails :invalid protect!(fit, "x", PermutedDimsArray(zeros(2, 3, 4), (2, 1, 3)))
        @fails :invalid protect!(fit, "__metadata__", a)
        @fails :invalid note!(fit, "objective", "1")
        close(fit)
        save(s, K, [1.0]; objective = 0.1)
        @fails :incompatible regions(lookup(s, K))
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
        Session(s, K; label = "third attempt", seed_keys = [fingerprint("model" => "m")]) do fit
            finalize!(fit, [1.0]; objective = -1)
            @test label(load(fit)) == "third attempt" && label(lookup(s, K; run = "mine")) === nothing
        end
        @test pin(s, K, "mine")
        listed = entries(s, K)
        @test [(r.label, r.is_pinned, r.seed_keys) for r in listed] == [("third attempt", false, 1), (nothing, true, 0), (nothing, false, 0)]
        @test all(r -> r.durability === :full && r.last_used > r.written - Second(2) && r.key_fields == 0, listed)
        @test remove(s, K; run = "mine") && remove(s, K)
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

@testset "carried entries" begin
    where_ = fresh_root()
    a, b = Store(fresh_root()), Store(where_)
    @test export_entry(a, K, "run") === nothing
    @fails :invalid export_entry(a, K, "..")
    save(a, K, [1.5, -0.0]; run = "run", objective = 0.25, iteration = 7, kind = :final)
    out = export_entry(a, K, "run")
    @test out.metadata[1] == UInt8('{') && out.metadata[end] == UInt8('}')
    @test [import_entry(b, K, "run", out.metadata, payload(out.entry)) for _ in 1:2] == [:written, :known]
    found = lookup(b, K)
    @test payload(found, Float64) == [1.5, -0.0] && signbit(payload(found, Float64)[2]) && run_id(found) == "run" && info(found) == info(out.entry)
    bent = collect(payload(out.entry))
    bent[3] ⊻= 0x01
    @fails :corrupt import_entry(b, K, "new", out.metadata, bent)
    @fails :corrupt import_entry(b, K, "run", out.metadata[2:end], payload(out.entry))
    @test lookup(b, K; run = "new") === nothing && payload(lookup(b, K), Float64) == [1.5, -0.0]
    save(a, K, [2.5]; run = "run", kind = :final)
    newer = export_entry(a, K, "run")
    @test import_entry(b, K, "run", newer.metadata, payload(newer.entry)) === :written
    @test import_entry(b, K, "run", out.metadata, payload(out.entry)) === :superseded && payload(lookup(b, K), Float64) == [2.5]

    save(b, fingerprint("n" => 1), [1.0])
    looks = Store(where_; read_only = true)
    @fails :permission import_entry(looks, K, "new", out.metadata, payload(out.entry))
    stream = stream_keys(looks)
    @test isempty(sessions(looks))
    Session(b, K; label = "a spline") do fit
        checkpoint_now!(fit, [1.0]; objective = 0.5, iteration = 41)
        seen = sessions(looks)
        @test length(seen) == 1 && seen[1].key == K && seen[1].run == run_id(fit) && seen[1].label == "a spline" && !isempty(seen[1].host)
        @test seen[1].process_id == getpid() && seen[1].reported_unix_seconds >= seen[1].opened_unix_seconds > 1.7e9
        @test seen[1].progress.iteration == 41 && seen[1].progress.best_objective == 0.5 && seen[1].progress.writes == 1
    end
    @test isempty(sessions(looks))
    close(looks) # a stream holds no store
    @test sort(string.(collect(stream))) == sort(string.(keys(b))) && iterate(stream) === nothing
    close(stream)
    @fails :invalid iterate(stream)
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

@testset "when to write and to stop" begin
    Store(fresh_root()) do s
        fit = Session(s, K; min_interval = 1e9, every = 2, max_share = 0.5, deadline = 1e6, scheduler = false, stop_margin = 2)
        @test progress(fit).iteration === nothing && progress(fit).write_seconds === nothing
        @test [checkpoint!(fit, [1.0]; objective = f, iteration = i) for (i, f) in enumerate((3, 4, 4))] == [:written, :throttled, :written]
        at = progress(fit)
        @test (at.iteration, at.best_objective, at.writes, at.throttled, at.waiting) == (3, 3.0, 2, 1, 0) && at.write_seconds > 0
        points = trace(fit)
        @test [(p.iteration, p.objective) for p in points] == [(1, 3.0), (2, 4.0), (3, 4.0)]
        stored = trace(s, K, run_id(fit))
        @test [p.objective for p in stored] == [3.0, 4.0, 4.0] && trace(s, K, "nobody") === nothing
        why = stop_info(fit)
        @test !should_stop(fit) && why.reason === :none && why.deadline === :caller && why.reserve_seconds >= 2 && why.signal === nothing
        @test occursin("go on", why.text)
        close(fit)
        fit = Session(s, K)
        @test !confirm!(fit, 3.0; tolerance = 0)
        @test info(load(fit)).objective == 3 && confirm!(fit, 3.0; tolerance = 0)
        @fails :incompatible confirm!(fit, 3.5; tolerance = 0.1)
        @test info(load(fit)).objective == 4
        halt = tempname()
        write(halt, "")
        @test should_stop(Session(s, K; halt_file = halt)) && should_stop(Session(s, K; deadline_unix = 1000))
        fit = Session(s, K; mean_time_between_failures = 1e7, formula = :young)
        @test checkpoint!(fit, [1.0]) === :written && checkpoint!(fit, [1.0]) === :throttled && progress(fit).next_due_seconds > 1
        @test interval_seconds(5, 1440; formula = :young) == 120 && 116 < interval_seconds(5, 1440) < 118
        @fails :invalid interval_seconds(5, 0)
        @fails :invalid Session(s, K; formula = :other)
        SIGXCPU = 24
        watch_signal(SIGXCPU)
        @test !signal_noted(SIGXCPU) && !should_stop(fit)
        ccall(:raise, Cint, (Cint,), SIGXCPU)
        @test signal_noted(SIGXCPU) && should_stop(fit) && stop_info(fit).reason === :signal && stop_info(fit).signal == SIGXCPU
        @test forget_signal(SIGXCPU) && !should_stop(fit) && unwatch_signal(SIGXCPU) && !unwatch_signal(SIGXCPU)
        @fails :invalid watch_signal(11)
    end
end

@testset "relatives" begin
    Store(fresh_root()) do s
        of(y) = absorb!(absorb!(Fingerprinter(), "x", 1.0), "y", y)
        near, far = fingerprint("model" => "m"), fingerprint("terms" => "t")
        Session(s, key(of(1.0)); fingerprint = of(1.0), seed_keys = [near, far]) do fit
            @test load(fit) === nothing && explain_miss(fit) === nothing
            finalize!(fit, [1.0, 2.0]; objective = 3.0)
        end
        Session(s, key(of(2.0)); fingerprint = of(2.0), seed_keys = [fingerprint("nothing" => 1), far]) do fit
            seed = load(fit)
            @test info(seed).source === :seed && seed_level(seed) == 1 && payload(seed, Float64) == [1.0, 2.0]
            @test should_use_seed(fit, 1.0, 2.0) && !should_use_seed(fit, NaN, 2.0) && !should_use_seed(fit, nothing, 2.0)
            note_iterations_saved!(fit, -4)
            begun = start_statistics(fit)
            @test (begun.seed_level, begun.seeds_offered, begun.seeds_taken, begun.seeds_refused) == (1, 1, 0, 1)
            why = explain_miss(fit)
            @test why.text == "y differs; x equal" && why.key == key(of(1.0)) && why.fields[2] == (tag = "y", state = :differs)
            @test explain(s, key(of(1.0))) === nothing && only(entries(s, key(of(1.0)))).key_fields == 2
            @fails :invalid explain(s, key(of(2.0)))
            finalize!(fit, [1.0, 2.0]; objective = 2.0)
            why = explain(s, key(of(1.0)); timeout = 5)
            @test why.text == "y differs; x equal" && why.key == key(of(2.0)) && why.fields[2] == (tag = "y", state = :differs)
        end
        @test start_statistics(s).iterations_saved == -4 && start_statistics(s).seed_level === nothing
        @test seed_level(lookup(s, key(of(1.0)))) === nothing
        k = fingerprint("kept" => 1)
        foreach(f -> save(s, k, [f]; objective = f), (3.0, 1.0, 2.0))
        @test retain(s, k; last = 1, best = 1) == 1 && failed_restarts(s, k) == 0 && !reset_restarts(s, k; run = "nobody")
        @fails :invalid retain(s, k)
        Session(s, k; min_interval = 0, keep_last = 2, keep_best = 2, max_failed_restarts = 1) do fit
            foreach(f -> checkpoint!(fit, [f]; objective = f), (5.0, 6.0, 7.0, 8.0))
            @test length(entries(s, k)) == 2 + 4
        end
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

@testset "sweeps" begin
    root = fresh_root()
    Store(root) do s
        @test limits(s) == (size_budget = 2^30, file_budget = 200_000, ttl_seconds = 30 * 86400.0)
        foreach(i -> save(s, fingerprint("n" => i), [i]), 1:4)
    end
    s = Store(root; file_budget = 1, read_only = true)
    plan = start_sweep_plan(s)
    @test wait(plan) === :done && limits(s).file_budget == 1
    planned = findings(plan)
    @test report(plan).complete && report(plan).evicted == length(planned) > 0 && report(plan).expired == 0
    @test all(f -> f.problem === :over_budget && f.action === :nothing && f.key in keys(s) && !isempty(f.run), planned)
    @fails :permission wait(start_sweep(s))
    close(s)
    Store(root; file_budget = 1) do s
        done = start_sweep(s)
        @test wait(done) === :done && all(f -> f.action === :removed, findings(done))
        @test Set(f.run for f in findings(done)) == Set(f.run for f in planned) && statistics(s).entries == 4 - length(planned)
    end
    @test limits(Store(root; read_only = true)).file_budget == 1
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
