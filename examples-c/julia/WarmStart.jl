"""
Crash-safe checkpoints and warm starts for fitting engines: libwarmstart from Julia.

    include("WarmStart.jl")            # or push!(LOAD_PATH, its directory); using WarmStart
    using .WarmStart

    key = fingerprint("model" => "logistic", "X" => X, "y" => y)
    Store() do store
        Session(store, key) do fit
            x = zeros(p)
            at = resume!(fit, x)                           # killed earlier, or fitted before
            i, done = at === nothing ? (0, false) : (at.iteration, at.kind === :final)
            while !done
                i += 1
                f, done = step!(x)
                (done ? finalize! : checkpoint!)(fit, x; objective = f, iteration = i)
            end
        end
    end

**The library** is looked for where the environment's WARMSTART_LIBRARY says, else beside this file, else where the
system's linker looks. There is nothing to compile, and no package is needed but Julia's own.

**Payloads** are dense arrays of bits types, handed over as they lie in memory, without a copy. They come out into an
array (`resume!`, `lookup!`) or as a read-only vector over the entry's own memory (`payload`), which keeps the entry.

**Regions** are arrays that a session writes and fills where they lie: `protect!(fit, "x", x)` once, then
`checkpoint_regions!(fit)` and `restore!(fit)`. An array that has grown is to be protected again. They are stored with name,
type and dimensions: any other language reads them, and `regions(entry)` whatever one wrote.

**Errors** are `WarmError`s, whose `kind` is a symbol such as `:invalid`, `:incompatible`, `:no_space`. What is no error
is an answer: `nothing` where nothing is stored.

**Tasks and threads.** Stores, remotes, prefetch workers, sessions and entries may be used from any number at once, also while they are closed:
the library's side goes with the last call. Fingerprinters belong to one task at a time. Waits are polls with sleeps
between them, so other tasks run, and an interrupt is heard; but what asks a remote tier (`fetch`, `remove`, `retain`, a lookup that
misses) holds its thread until it is answered or its time is over. Finalizers free what is dropped, and neither wait nor yield.
"""
module WarmStart

using Dates
using Libdl

export Store, Session, Entry, Key, Fingerprinter, Check, PayloadView, WarmError
export save, lookup, lookup!, remove, pin, sweep, entries, statistics, flush_all, start_verify, start_repair
export limits, explain, start_sweep, start_sweep_plan, label
export stream_keys, sessions, export_entry, import_entry
export resume!, load, peek_entry, preload!, checkpoint!, checkpoint_now!, should_checkpoint, finalize!, finish!, run_id
export should_stop, stop_info, confirm!, trace, interval_seconds, watch_signal, unwatch_signal, signal_noted, forget_signal
export protect!, unprotect!, note!, checkpoint_regions!, checkpoint_regions_now!, finalize_regions!, restore!, region, regions, notes
export payload, info, key_of, cancel, progress, report, findings
export seed_level, should_use_seed, note_iterations_saved!, start_statistics, explain_miss, retain, failed_restarts, reset_restarts
export Record, record_store, save_record, load_record, describe, add_term!, check, suits, transfer!, json, key_from_text
export absorb!, write_bytes!, key, key_u64, fingerprint
export Cache, Blob, PutSettings, cache_in_memory, put, put_many, blob, blobs, blob_into!, existence, peek_blob, set_life
export invalidate_prefix, invalidate_tags, invalidate_dependencies, flush_namespace, namespaces, list_blobs, set_quota, start_copy, drain, labels
export Remote, flush_remote, last_failure, upload
export Prefetch, start_prefetch, stop_prefetch, hint, hint_chain, refresh, active_model!, plan, last_cycle

# ---- the library ----

const ABI_VERSION = UInt32(3) # WARM_ABI_VERSION of the header this file was written for
const NAMES = Symbol[]        # the functions, in the order in which they occur below
const TABLE = Ptr{Cvoid}[]    # their addresses

function index_of(name::Symbol)
    at = findfirst(==(name), NAMES)
    at === nothing || return at
    push!(NAMES, name)
    return length(NAMES)
end

"A function of the library's, called: `@warm store_sweep(Int32, (Ptr{Cvoid},), p)`."
macro warm(call)
    name, rest = call.args[1], call.args[2:end]
    return :(ccall(TABLE[$(index_of(name))], $(map(esc, rest)...)))
end

function candidates()
    named = get(ENV, "WARMSTART_LIBRARY", "")
    isempty(named) || return [named]
    beside = [joinpath(@__DIR__, name) for name in ("libwarmstart.so.0", "libwarmstart.so", "libwarmstart.dylib")]
    return [filter(isfile, beside); "libwarmstart.so.0"; "libwarmstart"]
end

function __init__()
    library = C_NULL
    for candidate in candidates()
        found = Libdl.dlopen(candidate, Libdl.RTLD_NOW | Libdl.RTLD_LOCAL; throw_error = false)
        found === nothing || (library = found; break)
    end
    library == C_NULL && error("libwarmstart cannot be loaded: set WARMSTART_LIBRARY to the path of libwarmstart.so")
    resize!(TABLE, length(NAMES))
    for (at, name) in enumerate(NAMES)
        TABLE[at] = Libdl.dlsym(library, Symbol(:warm_, name))
    end
    there = abi_version()
    if there >> 16 != ABI_VERSION >> 16 || there & 0xffff < ABI_VERSION & 0xffff
        error("libwarmstart has ABI version $there; this module needs $ABI_VERSION or a later revision of it")
    end
end

# ---- errors ----

"A failure of the library: what kind, its number, and its words."
struct WarmError <: Exception
    kind::Symbol
    status::Int32
    text::String
end
Base.showerror(io::IO, e::WarmError) = print(io, "WarmError(", e.kind, "): ", e.text)

const OK, NOT_FOUND, THROTTLED, QUEUED, TIMEOUT, CANCELLED, DEFERRED = Int32.(0:6)
const KINDS = Dict{Int32,Symbol}(
    -1 => :invalid, -2 => :buffer, -3 => :io, -4 => :no_space, -5 => :too_large, -6 => :corrupt, -7 => :incompatible,
    -8 => :conflict, -9 => :poisoned, -10 => :forked, -11 => :unsupported, -12 => :remote, -13 => :permission,
    -14 => :no_memory, -99 => :panic,
)
refuse(text) = throw(WarmError(:invalid, Int32(-1), text))

"""
The status, where it is no error. The words belong to the thread that failed, so they are fetched before anything can
yield: between the call and this one there is no allocation that waits, no lock and no output.
"""
@inline function checked(status::Int32)
    status < 0 && fail(status)
    return status
end

@noinline function fail(status::Int32)
    buffer = Vector{UInt8}(undef, 1024)
    words = @warm last_error(Int32, (Ptr{UInt8}, Int64, Ptr{Int64}), buffer, 1024, C_NULL)
    text = words == OK && buffer[1] != 0 && status != -2 ? GC.@preserve(buffer, unsafe_string(pointer(buffer))) :
        unsafe_string(@warm status_string(Cstring, (Int32,), status))
    throw(WarmError(get(KINDS, status, :unknown), status, text))
end

abi_version() = @warm abi_version(UInt32, ())
"The library's version."
version() = unsafe_string(@warm version_string(Cstring, ()))

function read_text(call)
    needed, room = Ref{Int64}(0), 256
    while true
        buffer = Vector{UInt8}(undef, room)
        status = call(buffer, Int64(room), needed)
        status == -2 || (checked(status); return GC.@preserve(buffer, unsafe_string(pointer(buffer))))
        room = needed[]
    end
end

"Text that there may be none of."
function some_text(call)
    status = call(C_NULL, Int64(0), Ref{Int64}(0))
    status == -2 || checked(status) == OK || return nothing
    return read_text(call)
end

"Version, features, panic mode and target of the library, on one line."
build_info() = read_text((b, n, m) -> @warm build_info(Int32, (Ptr{UInt8}, Int64, Ref{Int64}), b, n, m))

# ---- handles ----

"""
Owns a pointer of the library's, which is freed when the last of its users has let go: its owner (by `close`, or when it is
collected), the calls in progress, the views of an entry's memory.
"""
mutable struct Handle
    pointer::Ptr{Cvoid} # first, so that the library writes it: the finalizer is set before anything is opened
    free::Ptr{Cvoid}
    users::Threads.Atomic{Int}
    open::Threads.Atomic{Bool}
    function Handle(free::Ptr{Cvoid})
        h = new(C_NULL, free, Threads.Atomic{Int}(1), Threads.Atomic{Bool}(true))
        return finalizer(close, h)
    end
end

Base.isopen(h::Handle) = h.open[]
Base.close(h::Handle) = (Threads.atomic_xchg!(h.open, false) && release(h); nothing)
out(h::Handle) = Ptr{Ptr{Cvoid}}(pointer_from_objref(h))

function acquire(h::Handle)
    users = h.users[]
    while true
        users == 0 && refuse("this object is closed")
        h.open[] || refuse("this object is closed")
        seen = Threads.atomic_cas!(h.users, users, users + 1)
        seen == users && return h.pointer
        users = seen
    end
end

function release(h::Handle)
    if Threads.atomic_sub!(h.users, 1) == 1
        GC.@preserve h ccall(h.free, Cvoid, (Ptr{Ptr{Cvoid}},), out(h))
    end
    return nothing
end

"Calls `f` with the pointer, which stays valid for as long as that takes."
@inline function held(f::F, h::Handle) where {F}
    p = acquire(h)
    try
        return f(p)
    finally
        release(h)
    end
end

const FREES = Dict{Symbol,Int}(kind => index_of(Symbol(kind, :_free)) for kind in
    (:store, :session, :entry, :fingerprinter, :cursor, :task, :record, :store_options, :session_options, :miss,
     :cache, :cache_options, :cache_cursor, :put, :blob, :remote, :remote_options,
     :prefetch, :prefetch_options))
fresh(kind::Symbol) = Handle(TABLE[FREES[kind]])

abstract type Owner end
Base.close(x::Owner) = close(x.handle)
Base.isopen(x::Owner) = isopen(x.handle)
held(f::F, x::Owner) where {F} = held(f, x.handle)

"A store: a directory of entries, private to the user. Any number of processes may have it open at once."
mutable struct Store <: Owner
    handle::Handle
end
"One fit in progress under one key. It keeps its best and its latest checkpoint apart."
mutable struct Session <: Owner
    handle::Handle
    arrays::Dict{String,Any} # what is protected, so that it stays where it is
end
"A verified entry: payload, key, run and what is known about it."
mutable struct Entry <: Owner
    handle::Handle
end
"A verification or repair in progress, on a thread of its own. Closing it cancels what still runs."
mutable struct Check <: Owner
    handle::Handle
end
"Makes a key out of data and a specification: see `absorb!`."
mutable struct Fingerprinter <: Owner
    handle::Handle
end

"A typed record: where a fit stood, or what a finished fit can teach its relatives."
mutable struct Record <: Owner
    handle::Handle
end

"A cache of blobs under namespaces and keys, in memory and, below it, in a directory."
mutable struct Cache <: Owner
    handle::Handle
end
"An entry of a cache: its bytes, and what was put with them."
mutable struct Blob <: Owner
    handle::Handle
end
"A store's attachment to a remote tier: an object store that machines share."
mutable struct Remote <: Owner
    handle::Handle
end
"A worker that brings what lies in a remote tier to this machine before anybody asks for it."
mutable struct Prefetch <: Owner
    handle::Handle
end
"What goes with the bytes of a put: see `put`. It may serve any number of puts, of one task at a time."
mutable struct PutSettings <: Owner
    handle::Handle
end

# ---- values in and out ----

"What a fit is stored under: 32 bytes that stand for \"this data, this specification\"."
struct Key
    bytes::NTuple{32,UInt8}
end
function Key(hex::AbstractString)
    text, key = String(hex), Ref(Key(ntuple(_ -> 0x00, 32)))
    checked(@warm key_from_hex(Int32, (Ptr{UInt8}, Int64, Ref{Key}), text, sizeof(text), key))
    return key[]
end
Key(bytes::AbstractVector{UInt8}) = (length(bytes) == 32 || refuse("a key has 32 bytes"); Key(ntuple(i -> bytes[i], 32)))
function Base.string(key::Key)
    digits = Vector{UInt8}(undef, 65)
    checked(@warm key_to_hex(Int32, (Ref{Key}, Ptr{UInt8}), key, digits))
    return String(digits[1:64])
end
Base.show(io::IO, key::Key) = print(io, "Key(\"", string(key), "\")")
Base.convert(::Type{Key}, hex::AbstractString) = Key(hex)

# The structs of the header, field by field.

struct EntryInfoC
    struct_size::UInt32
    kind::Int32
    source::Int32
    has_objective::Int32
    has_iteration::Int32
    written_nanos::Int32
    objective::Float64
    iteration::Int64
    written_unix_secs::Int64
    payload_bytes::Int64
end

struct RunInfoC
    struct_size::UInt32
    durability::Int32
    is_pinned::Int32
    has_label::Int32
    last_used_unix_secs::Int64
    seed_keys::Int64
    key_fields::Int64
end

struct StartStatsC
    struct_size::UInt32
    seed_level::Int32
    seeds_offered::Int64
    seeds_taken::Int64
    seeds_refused::Int64
    iterations_saved::Int64
    passed_over::Int64
end

struct MissInfoC
    struct_size::UInt32
    reserved::Int32
    equal::Int64
    differing::Int64
    only_here::Int64
    only_there::Int64
    keys_compared::Int64
    keys_listed::Int64
end

struct FieldC
    struct_size::UInt32
    state::Int32
end

struct FindingC
    struct_size::UInt32
    problem::Int32
    action::Int32
    has_key::Int32
end

struct RegionInfoC
    struct_size::UInt32
    type::Int32
    order::Int32
    rank::Int32
    elements::Int64
    bytes::Int64
end

struct StoreStatsC
    struct_size::UInt32
    reserved::Int32
    keys::Int64
    entries::Int64
    files::Int64
    bytes::Int64
    aside_files::Int64
    aside_bytes::Int64
    memory_bytes::Int64
    hits::Int64
    misses::Int64
    saves::Int64
    bytes_written::Int64
    evictions::Int64
    expirations::Int64
    damaged::Int64
    foreign::Int64
    save_seconds::Float64
end

struct StoreLimitsC
    struct_size::UInt32
    reserved::Int32
    size_budget::Int64
    file_budget::Int64
    ttl_seconds::Float64
end

struct TaskProgressC
    struct_size::UInt32
    cancelled::Int32
    keys_done::Int64
    keys_total::Int64
    entries_done::Int64
    bytes_done::Int64
    bytes_total::Int64
    seconds::Float64
end

struct CheckReportC
    struct_size::UInt32
    complete::Int32
    keys::Int64
    intact::Int64
    superseded::Int64
    damaged::Int64
    half_present::Int64
    foreign::Int64
    unreadable::Int64
    leavings::Int64
    unpublished::Int64
    payload_bytes::Int64
    moved_aside::Int64
    removed::Int64
    waiting::Int64
    failed::Int64
    expired::Int64
    evicted::Int64
end

struct SessionStopC
    struct_size::UInt32
    reason::Int32
    signal::Int32
    deadline::Int32
    seconds_left::Float64
    reserve_seconds::Float64
end

struct SessionProgressC
    struct_size::UInt32
    has_iteration::Int32
    has_rate::Int32
    has_objective::Int32
    has_durable::Int32
    has_next_due::Int32
    iteration::Int64
    iterations_per_second::Float64
    best_objective::Float64
    elapsed_seconds::Float64
    durable_age_seconds::Float64
    next_due_seconds::Float64
    write_seconds::Float64
    written_seconds::Float64
    blocked_seconds::Float64
    writes::Int64
    failed::Int64
    throttled::Int64
    waiting::Int64
end

struct LiveSessionC
    struct_size::UInt32
    has_label::Int32
    process_id::Int64
    opened_unix_seconds::Float64
    reported_unix_seconds::Float64
end

struct TracePointC
    struct_size::UInt32
    has_iteration::Int32
    has_objective::Int32
    reserved::Int32
    seconds::Float64
    unix_seconds::Float64
    iteration::Int64
    objective::Float64
end

struct BlobInfoC
    struct_size::UInt32
    has_version::Int32
    version::UInt64
    payload_bytes::Int64
    written_unix_ms::Int64
    has_remaining::Int32
    is_stale::Int32
    remaining_seconds::Float64
    from_memory::Int32
    priority::Int32
end

struct PutReceiptC
    struct_size::UInt32
    in_memory::Int32
    on_disk::Int32
    replaced::Int32
    evicted_from_memory::Int64
    evicted_from_disk::Int64
    stored_bytes::Int64
end

struct CacheStatsC
    struct_size::UInt32
    reserved::Int32
    memory_hits::Int64
    memory_misses::Int64
    disk_hits::Int64
    misses::Int64
    puts::Int64
    insertions::Int64
    memory_evictions::Int64
    disk_evictions::Int64
    expirations::Int64
    idle_deaths::Int64
    invalidations::Int64
    flushes::Int64
    version_conflicts::Int64
    refusals::Int64
    metadata_reads::Int64
    filter_skips::Int64
    filter_false_positives::Int64
    promotions_queued::Int64
    promotions_dropped::Int64
    promotions_done::Int64
    promotions_waiting::Int64
    stale_serves::Int64
    compression_skipped::Int64
    compressed_from_bytes::Int64
    compressed_to_bytes::Int64
    memory_entries::Int64
    memory_bytes::Int64
    memory_budget::Int64
    disk_entries::Int64
    disk_bytes::Int64
    disk_budget::Int64
end

struct RemoteStatsC
    struct_size::UInt32
    reserved::Int32
    uploads::Int64
    uploaded_bytes::Int64
    uploads_known::Int64
    upload_failures::Int64
    uploads_waiting::Int64
    uploads_dropped::Int64
    fetches::Int64
    brought::Int64
    brought_bytes::Int64
    missing::Int64
    fetch_failures::Int64
    fetch_timeouts::Int64
    refused::Int64
    skipped::Int64
    corrupt::Int64
    foreign::Int64
end

struct PrefetchStatsC
    struct_size::UInt32
    is_running::Int32
    cycles::Int64
    scored::Int64
    resident_met::Int64
    selected::Int64
    over_budget::Int64
    fetched::Int64
    bytes::Int64
    not_found::Int64
    failed::Int64
    cancelled::Int64
    deferred::Int64
    corrupt::Int64
    panics::Int64
    hints::Int64
    hints_dropped::Int64
    hints_fetched::Int64
    listings::Int64
    listings_failed::Int64
    useful_bytes::Int64
    wasted_bytes::Int64
    unasked_bytes::Int64
    entries::Int64
    resident::Int64
    index_bytes::Int64
    hanging::Int64
    busy_seconds::Float64
end

struct PrefetchCycleC
    struct_size::UInt32
    reserved::Int32
    number::Int64
    scored::Int64
    resident::Int64
    in_back_off::Int64
    selected::Int64
    over_budget::Int64
    fetched::Int64
    bytes::Int64
    not_found::Int64
    failed::Int64
    cancelled::Int64
    deferred::Int64
    corrupt::Int64
    panics::Int64
    selecting_seconds::Float64
    elapsed_seconds::Float64
end

struct RetentionReportC
    struct_size::UInt32
    reserved::Int32
    entries::Int64
    bytes::Int64
    removed_entries::Int64
    removed_payloads::Int64
    removed_bytes::Int64
    waiting_payloads::Int64
    foreign::Int64
end

"An output struct: zeroes, and its size."
empty_struct(T) = Ref(T(sizeof(T) % UInt32, (zero(fieldtype(T, i)) for i in 2:fieldcount(T))...))

"The fields of an output struct from the third on, by name."
fields(c::T) where {T} = NamedTuple{fieldnames(T)[3:end]}(ntuple(i -> getfield(c, i + 2), fieldcount(T) - 2))

const ENTRY_KINDS = (:checkpoint, :final)
const DURABILITIES = (:full, :process)
const SOURCES = (:exact, :preloaded, :seed)

"What is known of an entry: kind, source, objective and iteration (or `nothing`), time of writing (UTC), payload_bytes."
described(c::EntryInfoC) = (
    kind = ENTRY_KINDS[c.kind+1], source = SOURCES[c.source+1], objective = c.has_objective == 1 ? c.objective : nothing,
    iteration = c.has_iteration == 1 ? c.iteration : nothing,
    written = unix2datetime(c.written_unix_secs) + Millisecond(div(c.written_nanos, 1_000_000)), payload_bytes = c.payload_bytes,
)

function chosen(value::Symbol, choices, what)
    at = findfirst(==(value), choices)
    at === nothing && refuse("$what is one of $(join(choices, ", "))")
    return Int32(at - 1)
end

const Number_ = Union{Nothing,Real}
optional(::Nothing, T) = Ptr{T}(C_NULL)
optional(value::Real, T) = Ref{T}(value)
const Bits = DenseArray

function bits(x::Bits)
    isbitstype(eltype(x)) || refuse("a payload is an array of a bits type, not of $(eltype(x))")
    return Int64(sizeof(eltype(x)) * length(x))
end

writable(x::Bits) = bits(x)

# ---- stores ----

setting(kind, o, ::Nothing, set) = nothing
setting(kind, o, value, set) = checked(set(o, value))

"""
    Store(root = ""; size_budget, file_budget, memory_budget, ttl_seconds, durability, read_only = false)
    Store(f, root = ""; ...)

Opens a directory, made where it is missing; the empty string is WARMSTART_DIR of the environment, else `warmstart` in the
user's cache directory. What is not given is inherited from what the root recorded, else 1 GiB, 200 000 files, 256 MiB
of memory, 30 days without use (0: for ever), and `durability = :full` (the other is `:process`).
"""
function Store(root::AbstractString = ""; size_budget = nothing, file_budget = nothing, memory_budget = nothing, ttl_seconds = nothing,
               durability::Symbol = :full, read_only::Bool = false)
    options = fresh(:store_options)
    GC.@preserve options checked(@warm store_options_new(Int32, (Ptr{Ptr{Cvoid}},), out(options)))
    h, text = fresh(:store), String(root)
    held(options) do o
        setting(:store, o, size_budget, (o, v) -> @warm store_options_set_size_budget(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:store, o, file_budget, (o, v) -> @warm store_options_set_file_budget(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:store, o, memory_budget, (o, v) -> @warm store_options_set_memory_budget(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:store, o, ttl_seconds, (o, v) -> @warm store_options_set_ttl_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        level = chosen(durability, DURABILITIES, "durability")
        checked(@warm store_options_set_durability(Int32, (Ptr{Cvoid}, Int32), o, level))
        checked(@warm store_options_set_read_only(Int32, (Ptr{Cvoid}, Int32), o, read_only))
        GC.@preserve h checked(@warm store_open(Int32, (Ptr{UInt8}, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), text, sizeof(text), o, out(h)))
    end
    close(options)
    return Store(h)
end

function Store(f::Function, root::AbstractString = ""; options...)
    store = Store(root; options...)
    try
        return f(store)
    finally
        close(store)
    end
end

"The directory, absolute."
root(s::Store) = held(p -> read_text((b, n, m) -> @warm store_root(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), s)

"""
    save(store, key, payload; objective, iteration, kind = :checkpoint, run = nothing)

Saves an array under a key as a new run, or as the next generation of `run`, and answers the run's id. Durable on return.
"""
function save(s::Store, key, x::Bits; objective::Number_ = nothing, iteration::Number_ = nothing, kind::Symbol = :checkpoint, run = nothing)
    k, len, level = convert(Key, key), bits(x), chosen(kind, ENTRY_KINDS, "kind")
    f, it = optional(objective, Float64), optional(iteration, Int64)
    if run === nothing
        id = Vector{UInt8}(undef, 129)
        held(s) do p
            checked(@warm store_save(Int32,
                (Ptr{Cvoid}, Ref{Key}, Ptr{Cvoid}, Int64, Ptr{Float64}, Ptr{Int64}, Int32, Ptr{UInt8}, Int64, Ptr{Int64}),
                p, k, x, len, f, it, level, id, 129, C_NULL))
        end
        return GC.@preserve(id, unsafe_string(pointer(id)))
    end
    text = String(run)
    held(s) do p
        checked(@warm store_save_slot(Int32,
            (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ptr{Cvoid}, Int64, Ptr{Float64}, Ptr{Int64}, Int32),
            p, k, text, sizeof(text), x, len, f, it, level))
    end
    return text
end

function entry_by(call)
    h = fresh(:entry)
    status = GC.@preserve h checked(call(out(h)))
    return status == OK ? Entry(h) : (close(h); nothing)
end

"""
    lookup(store, key; mode = :best, run = nothing)

The best or latest entry under a key, or the newest generation of one run, verified; `nothing` where there is none.
"""
function lookup(s::Store, key; mode::Symbol = :best, run = nothing)
    k, m = convert(Key, key), chosen(mode, (:best, :latest), "mode")
    held(s) do p
        run === nothing && return entry_by(o -> @warm store_lookup(Int32, (Ptr{Cvoid}, Ref{Key}, Int32, Ptr{Ptr{Cvoid}}), p, k, m, o))
        text = String(run)
        return entry_by(o -> @warm store_lookup_run(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}), p, k, text, sizeof(text), o))
    end
end

"The same, into an array that has room for it; what is known of the entry, or `nothing`."
function lookup!(s::Store, key, x::Bits; mode::Symbol = :best)
    k, m, c, len = convert(Key, key), chosen(mode, (:best, :latest), "mode"), empty_struct(EntryInfoC), writable(x)
    status = held(s) do p
        checked(@warm store_lookup_into(Int32, (Ptr{Cvoid}, Ref{Key}, Int32, Ptr{Cvoid}, Int64, Ptr{Int64}, Ref{EntryInfoC}), p, k, m, x, len, C_NULL, c))
    end
    return status == OK ? described(c[]) : nothing
end

"Removes everything under a key, or one run; whether there was something."
function remove(s::Store, key; run = nothing)
    k = convert(Key, key)
    held(s) do p
        run === nothing && return checked(@warm store_remove(Int32, (Ptr{Cvoid}, Ref{Key}), p, k)) == OK
        text = String(run)
        return checked(@warm store_remove_entry(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64), p, k, text, sizeof(text))) == OK
    end
end

"Keeps a run from expiry, and from eviction while anything else is left; whether there is such a run."
function pin(s::Store, key, run; on::Bool = true)
    k, text = convert(Key, key), String(run)
    return held(p -> checked(@warm store_pin(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Int32), p, k, text, sizeof(text), on)), s) == OK
end

"Expires, evicts, reclaims what dead writers left and sets old damage aside, now."
sweep(s::Store) = (held(p -> checked(@warm store_sweep(Int32, (Ptr{Cvoid},), p)), s); nothing)

"Polls with sleeps between, so that other tasks run and an interrupt is heard; `passing` is a failure only at the end."
function poll(step, timeout; passing = TIMEOUT)
    timeout === nothing || timeout >= 0 || refuse("a timeout is 0 or more seconds")
    began = time()
    while true
        last = timeout !== nothing && time() - began >= timeout
        status = step()
        status in (TIMEOUT, passing) && !last || return checked(status)
        sleep(0.01)
    end
end

"Waits until everything accepted is durable; `false` when `timeout` seconds did not suffice."
flush_all(s::Store; timeout = nothing) = poll(() -> held(p -> (@warm store_flush(Int32, (Ptr{Cvoid}, Float64), p, 0.0)), s), timeout) == OK

function listed(item, h::Handle)
    items = held(h) do c
        found = []
        while checked(@warm cursor_next(Int32, (Ptr{Cvoid},), c)) == OK
            push!(found, item(c))
        end
        found
    end
    close(h)
    return [items...]
end

const NO_KEY = Key(ntuple(_ -> 0x00, 32))

function cursor_key(c)
    k = Ref(NO_KEY)
    checked(@warm cursor_key(Int32, (Ptr{Cvoid}, Ref{Key}), c, k))
    return k[]
end
cursor_run_id(c) = read_text((b, n, m) -> @warm cursor_run_id(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), c, b, n, m))
cursor_text(c) = read_text((b, n, m) -> @warm cursor_text(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), c, b, n, m))

function cursor_entry(c)
    i = empty_struct(EntryInfoC)
    checked(@warm cursor_info(Int32, (Ptr{Cvoid}, Ref{EntryInfoC}), c, i))
    r = empty_struct(RunInfoC)
    checked(@warm cursor_run(Int32, (Ptr{Cvoid}, Ref{RunInfoC}), c, r))
    more = (
        label = r[].has_label == 1 ? cursor_text(c) : nothing, is_pinned = r[].is_pinned == 1, durability = DURABILITIES[r[].durability+1],
        last_used = unix2datetime(r[].last_used_unix_secs), seed_keys = r[].seed_keys, key_fields = r[].key_fields,
    )
    return merge((run = cursor_run_id(c),), described(i[]), more)
end

"The keys something is stored under, in order."
function Base.keys(s::Store)
    h = fresh(:cursor)
    held(s) do p
        GC.@preserve h checked(@warm store_list_keys(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))
    end
    return listed(cursor_key, h)
end

"Keys as they are found: see `stream_keys`. One task at a time."
mutable struct KeyStream <: Owner
    handle::Handle
end

"""
    stream_keys(store)

An iterator over the same keys as they are found, in no order: the first comes at once, and memory is bounded, however many there
are. What is made or removed meanwhile may be among them, and so may a key that nothing is stored under any more. It reads on with
each key, which can fail. `close` it where it is not gone through.
"""
function stream_keys(s::Store)
    h = fresh(:cursor)
    held(s) do p
        GC.@preserve h checked(@warm store_stream_keys(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))
    end
    return KeyStream(h)
end

Base.IteratorSize(::Type{KeyStream}) = Base.SizeUnknown()
Base.eltype(::Type{KeyStream}) = Key
function Base.iterate(keys::KeyStream, _ = nothing)
    return held(keys) do c
        checked(@warm cursor_next(Int32, (Ptr{Cvoid},), c)) == OK ? (cursor_key(c), nothing) : nothing
    end
end

const IMPORTED = (:written, :known, :superseded, :expired)

"""
    export_entry(store, key, run)

The newest intact generation of one run, for the `import_entry` of another store, here or on another machine: its `metadata`, which
is JSON, and the `entry`, whose payload goes with it; `nothing`: no such run. `:corrupt`: it fails its checks.
"""
function export_entry(s::Store, key, run)
    k, text, room, needed = convert(Key, key), String(run), Vector{UInt8}(undef, 65536), Ref{Int64}(0)
    entry = held(s) do p
        entry_by(o -> @warm store_export_entry(Int32,
            (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ref{Int64}, Ptr{Ptr{Cvoid}}),
            p, k, text, sizeof(text), room, length(room), needed, o))
    end
    return entry === nothing ? nothing : (metadata = room[1:needed[]], entry = entry)
end

"""
    import_entry(store, key, run, metadata, payload)

Takes in what `export_entry` gave, under the key and run id it had: `payload(entry)`. Nothing of it is trusted, and what is here stays
unless it is damaged or an older generation of the run. What became of it: `:written`, `:known`, `:superseded` or `:expired`.
`:corrupt`: it fails its checks, and nothing of it was written.
"""
function import_entry(s::Store, key, run, metadata::Bits, payload::Bits)
    k, text, became = convert(Key, key), String(run), Ref{Int32}(0)
    json, len = bits(metadata), bits(payload)
    held(s) do p
        checked(@warm store_import_entry(Int32,
            (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ptr{Cvoid}, Int64, Ptr{Cvoid}, Int64, Ref{Int32}),
            p, k, text, sizeof(text), metadata, json, payload, len, became))
    end
    return IMPORTED[became[]+1]
end

"""
The runs under a key, newest first; payloads are not read. Of each what `info` tells, the `label` of its session or `nothing`,
whether it is pinned, its durability, when it was written or, as far as that is noted, used (UTC), under how many seed keys it
is found as well, and how many fields of what its key was made from are recorded.
"""
function entries(s::Store, key)
    h, k = fresh(:cursor), convert(Key, key)
    held(s) do p
        GC.@preserve h checked(@warm store_list_entries(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{Ptr{Cvoid}}), p, k, out(h)))
    end
    return listed(cursor_entry, h)
end

"Figures: the first seven of the root, as last known; the others of this store object."
function statistics(s::Store)
    c = empty_struct(StoreStatsC)
    held(p -> checked(@warm store_get_stats(Int32, (Ptr{Cvoid}, Ref{StoreStatsC}), p, c)), s)
    return fields(c[])
end

"What may lie below the root: `size_budget` in bytes, `file_budget`, `ttl_seconds`; as named, else as the root recorded. 0: no limit."
function limits(s::Store)
    c = empty_struct(StoreLimitsC)
    held(p -> checked(@warm store_get_limits(Int32, (Ptr{Cvoid}, Ref{StoreLimitsC}), p, c)), s)
    return fields(c[])
end

level_of(level) = level < 0 ? nothing : Int(level)

function started_with(call, x)
    c = empty_struct(StartStatsC)
    held(p -> checked(call(p, c)), x)
    return merge((seed_level = level_of(c[].seed_level),), fields(c[]))
end

"How the fits of a store's sessions began, or those of one session: counts of seeds, and of checkpoints that were passed over."
start_statistics(s::Store) = started_with((p, c) -> (@warm store_get_start_stats(Int32, (Ptr{Cvoid}, Ref{StartStatsC}), p, c)), s)
start_statistics(s::Session) = started_with((p, c) -> (@warm session_get_start_stats(Int32, (Ptr{Cvoid}, Ref{StartStatsC}), p, c)), s)

"Removes the runs that are neither among the `last` nor the `best`, but for pinned ones and those of living sessions; how many."
function retain(s::Store, key; last = 0, best = 0)
    k, removed = convert(Key, key), Ref{Int64}(0)
    held(p -> checked(@warm store_retain(Int32, (Ptr{Cvoid}, Ref{Key}, Int64, Int64, Ref{Int64}), p, k, last, best, removed)), s)
    return removed[]
end

"How many restarts from the checkpoints of a run, or of all under a key, have failed: see `Session`."
function failed_restarts(s::Store, key; run = nothing)
    k, count, text = convert(Key, key), Ref{Int64}(0), run === nothing ? C_NULL : String(run)
    len = run === nothing ? 0 : sizeof(text)
    held(p -> checked(@warm store_failed_restarts(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ref{Int64}), p, k, text, len, count)), s)
    return count[]
end

"Forgets them, so that the checkpoints are loaded again; whether there were any."
function reset_restarts(s::Store, key; run = nothing)
    k, text = convert(Key, key), run === nothing ? C_NULL : String(run)
    len = run === nothing ? 0 : sizeof(text)
    return held(p -> checked(@warm store_reset_restarts(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64), p, k, text, len)), s) == OK
end

# ---- checks ----

function started(start, s::Owner)
    h = fresh(:task)
    held(p -> GC.@preserve(h, checked(start(p, out(h)))), s)
    return Check(h)
end

"Starts to read and check everything; nothing is changed."
start_verify(s::Store) = started((p, o) -> (@warm store_start_verify(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)
"The same, and moves damage aside, removes what dead writers left, and loses nothing intact."
start_repair(s::Store) = started((p, o) -> (@warm store_start_repair(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)

"Starts a sweep that also reads every payload; each run that goes is a finding, `:expired` or `:over_budget`."
start_sweep(s::Store) = started((p, o) -> (@warm store_start_sweep(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)
"Starts to find out which runs a sweep would remove now: each is a finding, and nothing is changed."
start_sweep_plan(s::Store) = started((p, o) -> (@warm store_start_sweep_plan(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)

"Waits for the end: `:done`, `:cancelled`, or `:timeout`."
function Base.wait(t::Check; timeout = nothing)
    status = poll(() -> held(p -> (@warm task_wait(Int32, (Ptr{Cvoid}, Float64), p, 0.0)), t), timeout)
    return status == OK ? :done : status == CANCELLED ? :cancelled : :timeout
end

"Asks the work to stop, and does not wait for it."
cancel(t::Check) = (held(p -> checked(@warm task_cancel(Int32, (Ptr{Cvoid},), p)), t); nothing)

"How far the work has come."
function progress(t::Check)
    c = empty_struct(TaskProgressC)
    held(p -> checked(@warm task_get_progress(Int32, (Ptr{Cvoid}, Ref{TaskProgressC}), p, c)), t)
    return merge((cancelled = c[].cancelled == 1,), fields(c[]))
end

"What was found, once the work has ended."
function report(t::Check)
    c = empty_struct(CheckReportC)
    held(p -> checked(@warm task_get_report(Int32, (Ptr{Cvoid}, Ref{CheckReportC}), p, c)), t)
    return merge((complete = c[].complete == 1,), fields(c[]))
end

const PROBLEMS = (:metadata, :payload, :payload_missing, :metadata_missing, :unreadable, :leaving, :totals, :record, :expired, :over_budget)
const ACTIONS = (:nothing, :waits, :moved_aside, :removed, :rebuilt, :failed)

"What is wrong, or which runs a sweep removed or would, one by one; the first 10 000."
function findings(t::Check)
    h = fresh(:cursor)
    held(p -> GC.@preserve(h, checked(@warm task_findings(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), t)
    return listed(h) do c
        f = empty_struct(FindingC)
        checked(@warm cursor_finding(Int32, (Ptr{Cvoid}, Ref{FindingC}), c, f))
        (problem = PROBLEMS[f[].problem+1], action = ACTIONS[f[].action+1], key = f[].has_key == 1 ? cursor_key(c) : nothing,
         run = cursor_run_id(c), text = cursor_text(c))
    end
end

# ---- entries ----

"A read-only vector over an entry's own memory, which it keeps."
struct PayloadView{T} <: DenseVector{T}
    handle::Handle
    pointer::Ptr{T}
    length::Int
    user::Any # lets go of the handle when the view is collected
end

writable(::PayloadView) = refuse("an entry's memory is not written to")

mutable struct User
    handle::Handle
    User(h::Handle) = (acquire(h); finalizer(u -> release(u.handle), new(h)))
end

Base.size(v::PayloadView) = (v.length,)
Base.IndexStyle(::Type{<:PayloadView}) = IndexLinear()
Base.@propagate_inbounds function Base.getindex(v::PayloadView, i::Int)
    @boundscheck checkbounds(v, i)
    return GC.@preserve v unsafe_load(v.pointer, i)
end
Base.unsafe_convert(::Type{Ptr{T}}, v::PayloadView{T}) where {T} = v.pointer
Base.strides(::PayloadView) = (1,)
Base.elsize(::Type{PayloadView{T}}) where {T} = sizeof(T)

"""
    payload(entry, T = UInt8)

The payload as a read-only vector of a bits type, without a copy; it outlives the entry. `Vector(payload(entry))` copies.
"""
function payload(e::Entry, ::Type{T} = UInt8) where {T}
    return view_of((p, data, len) -> (@warm entry_payload(Int32, (Ptr{Cvoid}, Ref{Ptr{Cvoid}}, Ref{Int64}), p, data, len)), e.handle, T)
end

function view_of(call::F, h::Handle, ::Type{T}) where {F,T}
    isbitstype(T) || refuse("a payload has elements of a bits type, not $T")
    user = User(h)
    data, len = Ref{Ptr{Cvoid}}(C_NULL), Ref{Int64}(0)
    checked(call(h.pointer, data, len))
    if sizeof(T) == 0 || len[] % sizeof(T) != 0
        throw(WarmError(:incompatible, Int32(-7), "the payload's $(len[]) bytes are no run of $T"))
    end
    return PayloadView{T}(h, Ptr{T}(data[]), div(len[], sizeof(T)), user)
end

"Copies the payload into an array that has room for it, and answers its length in bytes."
function Base.copyto!(x::Bits, e::Entry)
    needed, len = Ref{Int64}(0), writable(x)
    held(p -> checked(@warm entry_copy(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ref{Int64}), p, x, len, needed)), e)
    return needed[]
end

"What is known of an entry: kind, source, objective, iteration, written, payload_bytes."
function info(e::Entry)
    c = empty_struct(EntryInfoC)
    held(p -> checked(@warm entry_get_info(Int32, (Ptr{Cvoid}, Ref{EntryInfoC}), p, c)), e)
    return described(c[])
end

"Which of the session's seed keys an entry was found under, 0 for the nearest; `nothing` when it was not."
function seed_level(e::Entry)
    level = Ref{Int32}(-1)
    held(p -> checked(@warm entry_seed_level(Int32, (Ptr{Cvoid}, Ref{Int32}), p, level)), e)
    return level_of(level[])
end

"The key an entry lies under."
function key_of(e::Entry)
    k = Ref(NO_KEY)
    held(p -> checked(@warm entry_key(Int32, (Ptr{Cvoid}, Ref{Key}), p, k)), e)
    return k[]
end

"The run that wrote an entry, or that a session writes."
run_id(e::Entry) = held(p -> read_text((b, n, m) -> @warm entry_run_id(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), e)

"What the session that wrote an entry was labelled with; `nothing` where it was not, or another engine wrote or rewrote it."
label(e::Entry) = held(p -> some_text((b, n, m) -> (@warm entry_label(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m))), e)

# ---- caches ----

const PROMOTIONS = (:immediate, :second_hit)
const ADMISSIONS = (:auto, :always, :never)
const EXISTENCES = (:absent, :present, :maybe)

"Calls `f` with options for a cache."
function cache_options(f; memory_budget, disk_budget, durability, read_only, promotion, background_promotion, compression)
    options = fresh(:cache_options)
    GC.@preserve options checked(@warm cache_options_new(Int32, (Ptr{Ptr{Cvoid}},), out(options)))
    level, when = chosen(durability, DURABILITIES, "durability"), chosen(promotion, PROMOTIONS, "promotion")
    held(options) do o
        setting(:cache, o, memory_budget, (o, v) -> @warm cache_options_set_memory_budget(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:cache, o, disk_budget, (o, v) -> @warm cache_options_set_disk_budget(Int32, (Ptr{Cvoid}, Int64), o, v))
        checked(@warm cache_options_set_durability(Int32, (Ptr{Cvoid}, Int32), o, level))
        checked(@warm cache_options_set_read_only(Int32, (Ptr{Cvoid}, Int32), o, read_only))
        checked(@warm cache_options_set_promotion(Int32, (Ptr{Cvoid}, Int32), o, when))
        setting(:cache, o, background_promotion,
            (o, v) -> @warm cache_options_set_background_promotion(Int32, (Ptr{Cvoid}, Int32, Int64), o, 1, v))
        checked(@warm cache_options_set_compression(Int32, (Ptr{Cvoid}, Int32), o, compression))
        f(o)
    end
    close(options)
    return nothing
end

"""
    Cache(root = ""; memory_budget, disk_budget, durability = :full, read_only = false, promotion = :immediate, background_promotion, compression = true)
    Cache(f, root = ""; ...)

Opens a cache in a directory, made where it is missing; the empty string is the default root of stores with "-cache" appended to
its name. Defaults: 256 MiB of memory, 4 GiB of disk. `promotion = :second_hit`: what is read once leaves memory alone.
`background_promotion = n`: a thread keeps in memory what gets read from the disk, and at most n wait for it.

    basis = blob(cache, "bases", name)
    basis === nothing && put(cache, "bases", name, compute(x); dependencies = [string(fingerprint("x" => x))])
"""
function Cache(root::AbstractString = ""; memory_budget = nothing, disk_budget = nothing, durability::Symbol = :full, read_only::Bool = false,
               promotion::Symbol = :immediate, background_promotion = nothing, compression::Bool = true)
    h, text = fresh(:cache), String(root)
    cache_options(; memory_budget = memory_budget, disk_budget = disk_budget, durability = durability, read_only = read_only,
                  promotion = promotion, background_promotion = background_promotion, compression = compression) do o
        GC.@preserve h checked(@warm cache_open(Int32, (Ptr{UInt8}, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), text, sizeof(text), o, out(h)))
    end
    return Cache(h)
end

function Cache(f::Function, root::AbstractString = ""; options...)
    cache = Cache(root; options...)
    try
        return f(cache)
    finally
        close(cache)
    end
end

"A cache that lies in memory only."
function cache_in_memory(; memory_budget = nothing)
    h = fresh(:cache)
    cache_options(; memory_budget = memory_budget, disk_budget = nothing, durability = :full, read_only = false, promotion = :immediate,
                  background_promotion = nothing, compression = true) do o
        GC.@preserve h checked(@warm cache_open_in_memory(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), o, out(h)))
    end
    return Cache(h)
end

"The directory; `nothing` where it lies in memory only."
root(c::Cache) = held(p -> some_text((b, n, m) -> (@warm cache_root(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m))), c)

"""
    PutSettings(; version, swap, tags, dependencies, pairs, content_type, priority, admission, ttl_seconds, deadline_unix_ms,
                jitter_percent, idle_seconds, stale_seconds, largest)

`version`: the put is a `:conflict` when a live entry has this version or a higher one. `swap = expected => version`: unless the live
entry's version is exactly the expected one; `nothing`: unless there is none. `pairs` are `"name" => "value"`.
"""
function PutSettings(; version = nothing, swap = nothing, tags = (), dependencies = (), pairs = (), content_type = nothing, priority = nothing,
                     admission = nothing, ttl_seconds = nothing, deadline_unix_ms = nothing, jitter_percent = nothing, idle_seconds = nothing,
                     stale_seconds = nothing, largest = nothing)
    version === nothing || swap === nothing || refuse("a put has a version or a swap, not both")
    (tags isa AbstractString || dependencies isa AbstractString || pairs isa Pair) && refuse("tags, dependencies and pairs are lists")
    priority === nothing || 0 <= priority <= 255 || refuse("a priority is between 0 and 255, and not $priority")
    h = fresh(:put)
    GC.@preserve h checked(@warm put_new(Int32, (Ptr{Ptr{Cvoid}},), out(h)))
    held(h) do q
        setting(:put, q, version, (q, v) -> @warm put_set_version(Int32, (Ptr{Cvoid}, UInt64), q, v))
        if swap !== nothing
            before, after = swap
            has, expected = before !== nothing, something(before, 0)
            checked(@warm put_set_swap(Int32, (Ptr{Cvoid}, Int32, UInt64, UInt64), q, has, expected, after))
        end
        for tag in tags
            t = String(tag)
            checked(@warm put_add_tag(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), q, t, sizeof(t)))
        end
        for dependency in dependencies
            t = String(dependency)
            checked(@warm put_add_dependency(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), q, t, sizeof(t)))
        end
        for (name, value) in pairs
            a, b = String(name), String(value)
            checked(@warm put_set_pair(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64), q, a, sizeof(a), b, sizeof(b)))
        end
        if content_type !== nothing
            t = String(content_type)
            checked(@warm put_set_content_type(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), q, t, sizeof(t)))
        end
        setting(:put, q, priority, (q, v) -> @warm put_set_priority(Int32, (Ptr{Cvoid}, Int32), q, v))
        admission === nothing || checked(@warm put_set_admission(Int32, (Ptr{Cvoid}, Int32), q, chosen(admission, ADMISSIONS, "admission")))
        setting(:put, q, ttl_seconds, (q, v) -> @warm put_set_ttl_seconds(Int32, (Ptr{Cvoid}, Float64), q, v))
        setting(:put, q, deadline_unix_ms, (q, v) -> @warm put_set_deadline_unix_ms(Int32, (Ptr{Cvoid}, Int64), q, v))
        setting(:put, q, jitter_percent, (q, v) -> @warm put_set_jitter_percent(Int32, (Ptr{Cvoid}, Float64), q, v))
        setting(:put, q, idle_seconds, (q, v) -> @warm put_set_idle_seconds(Int32, (Ptr{Cvoid}, Float64), q, v))
        setting(:put, q, stale_seconds, (q, v) -> @warm put_set_stale_seconds(Int32, (Ptr{Cvoid}, Float64), q, v))
        setting(:put, q, largest, (q, v) -> @warm put_set_largest(Int32, (Ptr{Cvoid}, Int64), q, v))
    end
    return PutSettings(h)
end

receipt_of(c::PutReceiptC) = (
    in_memory = c.in_memory == 1, on_disk = c.on_disk == 1, replaced = c.replaced == 1, evicted_from_memory = c.evicted_from_memory,
    evicted_from_disk = c.evicted_from_disk, stored_bytes = c.stored_bytes,
)

"""
    put(cache, namespace, key, payload; settings...)
    put(cache, namespace, key, payload, settings::PutSettings)

Puts an array under a key, in the place of what was there, and answers a receipt. Durable on return. For the settings see `PutSettings`.
"""
put(c::Cache, namespace, key, x::Bits; settings...) = put(c, namespace, key, x, PutSettings(; settings...))
function put(c::Cache, namespace, key, x::Bits, settings::PutSettings)
    ns, k, len, receipt = String(namespace), String(key), bits(x), empty_struct(PutReceiptC)
    held(c) do p
        held(settings) do q
            checked(@warm cache_put(Int32,
                (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ptr{Cvoid}, Int64, Ptr{Cvoid}, Ref{PutReceiptC}),
                p, ns, sizeof(ns), k, sizeof(k), x, len, q, receipt))
        end
    end
    return receipt_of(receipt[])
end

"Puts several, `key => array`, with the same settings; for each `:put`, or the kind of its failure."
function put_many(c::Cache, namespace, items; settings...)
    listing = collect(Pair{String,Any}, String(k) => x for (k, x) in items)
    ns, with, n = String(namespace), PutSettings(; settings...), length(listing)
    kept, pointers, lengths, _ = texts(first.(listing), nothing)
    arrays = Any[last(item) for item in listing]
    all(x -> x isa Bits, arrays) || refuse("payloads are dense arrays")
    sizes, statuses = Int64[bits(x) for x in arrays], zeros(Int32, n)
    GC.@preserve kept arrays begin
        places = Ptr{Cvoid}[Ptr{Cvoid}(pointer(x)) for x in arrays]
        held(c) do p
            held(with) do q
                checked(@warm cache_put_many(Int32,
                    (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{UInt8}}, Ptr{Int64}, Ptr{Ptr{Cvoid}}, Ptr{Int64}, Int64, Ptr{Cvoid}, Ptr{Int32}),
                    p, ns, sizeof(ns), pointers, lengths, places, sizes, n, q, statuses))
            end
        end
    end
    return [first(listing[i]) => (statuses[i] == OK ? :put : get(KINDS, statuses[i], :unknown)) for i in 1:n]
end

"The live entry under a key, or `nothing`."
function blob(c::Cache, namespace, key)
    ns, k, h = String(namespace), String(key), fresh(:blob)
    status = held(c) do p
        GC.@preserve h checked(@warm cache_get(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}),
            p, ns, sizeof(ns), k, sizeof(k), out(h)))
    end
    return status == OK ? Blob(h) : (close(h); nothing)
end

"The same for several keys; the first that fails is thrown."
function blobs(c::Cache, namespace, keys)
    ns, (kept, pointers, lengths, _) = String(namespace), texts(keys, nothing)
    n = length(kept)
    handles, found, statuses = [fresh(:blob) for _ in 1:n], fill(Ptr{Cvoid}(C_NULL), n), zeros(Int32, n)
    GC.@preserve kept held(c) do p
        status = @warm cache_get_many(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{UInt8}}, Ptr{Int64}, Int64, Ptr{Ptr{Cvoid}}, Ptr{Int32}),
            p, ns, sizeof(ns), pointers, lengths, n, found, statuses)
        for i in 1:n
            handles[i].pointer = found[i]
        end
        checked(status)
        foreach(checked, statuses)
    end
    return Union{Blob,Nothing}[statuses[i] == OK ? Blob(handles[i]) : nothing for i in 1:n]
end

"What is known of a blob: version (or `nothing`), payload_bytes, time of writing (UTC), remaining_seconds (or `nothing`), is_stale, from_memory, priority."
described(c::BlobInfoC) = (
    version = c.has_version == 1 ? c.version : nothing, payload_bytes = c.payload_bytes,
    written = DateTime(1970) + Millisecond(c.written_unix_ms), remaining_seconds = c.has_remaining == 1 ? c.remaining_seconds : nothing,
    is_stale = c.is_stale == 1, from_memory = c.from_memory == 1, priority = Int(c.priority),
)

"Fills an array with the live entry under a key, for which it has room; what is known of it, or `nothing`."
function blob_into!(x::Bits, c::Cache, namespace, key)
    ns, k, i, len = String(namespace), String(key), empty_struct(BlobInfoC), writable(x)
    status = held(c) do p
        checked(@warm cache_get_into(Int32,
            (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ptr{Cvoid}, Int64, Ptr{Int64}, Ref{BlobInfoC}),
            p, ns, sizeof(ns), k, sizeof(k), x, len, C_NULL, i))
    end
    return status == OK ? described(i[]) : nothing
end

"What is known of the live entry, or `nothing`; no access."
function peek_blob(c::Cache, namespace, key)
    ns, k, i = String(namespace), String(key), empty_struct(BlobInfoC)
    status = held(c) do p
        checked(@warm cache_peek(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ref{BlobInfoC}), p, ns, sizeof(ns), k, sizeof(k), i))
    end
    return status == OK ? described(i[]) : nothing
end

function info(b::Blob)
    i = empty_struct(BlobInfoC)
    held(p -> checked(@warm blob_get_info(Int32, (Ptr{Cvoid}, Ref{BlobInfoC}), p, i)), b)
    return described(i[])
end

function payload(b::Blob, ::Type{T} = UInt8) where {T}
    return view_of((p, data, len) -> (@warm blob_payload(Int32, (Ptr{Cvoid}, Ref{Ptr{Cvoid}}, Ref{Int64}), p, data, len)), b.handle, T)
end

function Base.copyto!(x::Bits, b::Blob)
    needed, len = Ref{Int64}(0), writable(x)
    held(p -> checked(@warm blob_copy(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ref{Int64}), p, x, len, needed)), b)
    return needed[]
end

function numbered(count, text, p)
    n = Ref{Int64}(0)
    checked(count(p, n))
    return String[read_text((b, room, m) -> text(p, at, b, room, m)) for at in 0:n[]-1]
end

"What a blob was put with: tags, dependencies, pairs and content_type (or `nothing`)."
labels(b::Blob) = held(b) do p
    tags = numbered((p, n) -> (@warm blob_tag_count(Int32, (Ptr{Cvoid}, Ref{Int64}), p, n)),
        (p, at, b, n, m) -> (@warm blob_tag(Int32, (Ptr{Cvoid}, Int64, Ptr{UInt8}, Int64, Ref{Int64}), p, at, b, n, m)), p)
    dependencies = numbered((p, n) -> (@warm blob_dependency_count(Int32, (Ptr{Cvoid}, Ref{Int64}), p, n)),
        (p, at, b, n, m) -> (@warm blob_dependency(Int32, (Ptr{Cvoid}, Int64, Ptr{UInt8}, Int64, Ref{Int64}), p, at, b, n, m)), p)
    pair_count = (p, n) -> (@warm blob_pair_count(Int32, (Ptr{Cvoid}, Ref{Int64}), p, n))
    names = numbered(pair_count,
        (p, at, b, n, m) -> (@warm blob_pair_name(Int32, (Ptr{Cvoid}, Int64, Ptr{UInt8}, Int64, Ref{Int64}), p, at, b, n, m)), p)
    values = numbered(pair_count,
        (p, at, b, n, m) -> (@warm blob_pair_value(Int32, (Ptr{Cvoid}, Int64, Ptr{UInt8}, Int64, Ref{Int64}), p, at, b, n, m)), p)
    type = some_text((b, n, m) -> (@warm blob_content_type(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)))
    return (tags = tags, dependencies = dependencies, pairs = Dict(zip(names, values)), content_type = type)
end

"What is known of a key without reading a file: `:absent`, `:present` or `:maybe`."
function existence(c::Cache, namespace, key)
    ns, k, what = String(namespace), String(key), Ref{Int32}(0)
    held(c) do p
        checked(@warm cache_existence(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ref{Int32}), p, ns, sizeof(ns), k, sizeof(k), what))
    end
    return EXISTENCES[what[]+1]
end

"Whether there is a live entry, exactly."
function Base.haskey(c::Cache, namespace, key)
    ns, k = String(namespace), String(key)
    return held(c) do p
        checked(@warm cache_contains(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64), p, ns, sizeof(ns), k, sizeof(k))) == OK
    end
end

"Removes an entry of a cache; whether there was one."
function remove(c::Cache, namespace, key)
    ns, k = String(namespace), String(key)
    return held(c) do p
        checked(@warm cache_remove(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64), p, ns, sizeof(ns), k, sizeof(k))) == OK
    end
end

"Gives the live entry another life from now on (of the settings of a put those that say when it dies); whether there is one."
function set_life(c::Cache, namespace, key; life...)
    ns, k, with = String(namespace), String(key), PutSettings(; life...)
    return held(c) do p
        held(q -> checked(@warm cache_set_life(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ptr{Cvoid}),
            p, ns, sizeof(ns), k, sizeof(k), q)), with) == OK
    end
end

"Removes the entries whose keys begin so; how many."
function invalidate_prefix(c::Cache, namespace, prefix)
    ns, t, n = String(namespace), String(prefix), Ref{Int64}(0)
    held(c) do p
        checked(@warm cache_invalidate_prefix(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ref{Int64}), p, ns, sizeof(ns), t, sizeof(t), n))
    end
    return n[]
end

"A namespace's name and its length; NULL and 0 for all of them."
name_or_all(::Nothing) = (C_NULL, 0)
name_or_all(namespace) = (t = String(namespace); (t, sizeof(t)))

function invalidated(call, c::Cache, labels, namespace)
    labels isa AbstractString && refuse("labels are a list of texts, and one text is none")
    (kept, pointers, lengths, _), (ns, ns_len), n = texts(labels, nothing), name_or_all(namespace), Ref{Int64}(0)
    GC.@preserve kept held(p -> checked(call(p, ns, ns_len, pointers, lengths, length(kept), n)), c)
    return n[]
end

"Removes the entries that have any of the tags, in one namespace or in all; how many."
invalidate_tags(c::Cache, tags; namespace = nothing) = invalidated(c, tags, namespace) do p, ns, ns_len, pointers, lengths, many, n
    @warm cache_invalidate_tags(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{UInt8}}, Ptr{Int64}, Int64, Ref{Int64}),
        p, ns, ns_len, pointers, lengths, many, n)
end
"Removes the entries that have any of the dependencies, in one namespace or in all; how many."
invalidate_dependencies(c::Cache, dependencies; namespace = nothing) = invalidated(c, dependencies, namespace) do p, ns, ns_len, pointers, lengths, many, n
    @warm cache_invalidate_dependencies(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{UInt8}}, Ptr{Int64}, Int64, Ref{Int64}),
        p, ns, ns_len, pointers, lengths, many, n)
end

"Forgets everything in a namespace, at once."
function flush_namespace(c::Cache, namespace)
    ns = String(namespace)
    held(p -> checked(@warm cache_flush(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), p, ns, sizeof(ns))), c)
    return nothing
end

function listed_of_cache(item, h::Handle)
    items = held(h) do k
        found = []
        while checked(@warm cache_cursor_next(Int32, (Ptr{Cvoid},), k)) == OK
            push!(found, item(k))
        end
        found
    end
    close(h)
    return [items...]
end

cache_cursor_key(k) = read_text((b, n, m) -> (@warm cache_cursor_key(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), k, b, n, m)))

"The namespaces that are registered."
function namespaces(c::Cache)
    h = fresh(:cache_cursor)
    held(p -> GC.@preserve(h, checked(@warm cache_list_namespaces(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), c)
    return listed_of_cache(cache_cursor_key, h)
end

"The live entries whose keys begin with a prefix: key, and what `info` tells."
function list_blobs(c::Cache, namespace, prefix = "")
    h, ns, t = fresh(:cache_cursor), String(namespace), String(prefix)
    held(c) do p
        GC.@preserve h checked(@warm cache_list(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}),
            p, ns, sizeof(ns), t, sizeof(t), out(h)))
    end
    return listed_of_cache(h) do k
        i = empty_struct(BlobInfoC)
        checked(@warm cache_cursor_info(Int32, (Ptr{Cvoid}, Ref{BlobInfoC}), k, i))
        merge((key = cache_cursor_key(k),), described(i[]))
    end
end

"Most bytes that a namespace may take on disk; 0: no limit of its own."
function set_quota(c::Cache, namespace, bytes)
    ns = String(namespace)
    held(p -> checked(@warm cache_set_quota(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64), p, ns, sizeof(ns), bytes)), c)
    return nothing
end

"Figures of a cache, or of one of its namespaces."
function statistics(c::Cache, namespace = nothing)
    (ns, ns_len), s = name_or_all(namespace), empty_struct(CacheStatsC)
    held(p -> checked(@warm cache_get_stats(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{CacheStatsC}), p, ns, ns_len, s)), c)
    return fields(s[])
end

start_verify(c::Cache) = started((p, o) -> (@warm cache_start_verify(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), c)
sweep(c::Cache) = (held(p -> checked(@warm cache_sweep(Int32, (Ptr{Cvoid},), p)), c); nothing)

"Starts to copy the live entries to another directory, which is empty or does not exist; `intact` of the report: how many."
function start_copy(c::Cache, root)
    t = String(root)
    return started((p, o) -> (@warm cache_start_copy(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}), p, t, sizeof(t), o)), c)
end

"Waits until nothing waits for the background any more; `false` when `timeout` seconds did not suffice."
drain(c::Cache; timeout = nothing) = poll(() -> held(p -> (@warm cache_drain(Int32, (Ptr{Cvoid}, Float64), p, 0.0)), c), timeout) == OK

# ---- the remote tier ----

const UPLOADS = (:final, :best, :all, :nothing)
const REACHES = (:local, :remote)
const FAILED_REMOTELY = Int32(-12)

"""
    Remote(store, url; uploads = :final, lookup = true, deadline, payload_limit, queue_limit)
    Remote(f, store, url; ...)

Shares a store's entries with other machines through an object store: saves are uploaded in the background, and a lookup that
finds nothing here asks there. `:unsupported` where the library was built without it.

`url` is s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, file:///directory, or memory://name for trying it out.
It holds no credentials: they come from the engine's customary environment (AWS_*, AZURE_*, GOOGLE_*). Nothing is asked of a
server yet, and the network being away fails or delays no save and no hit. A store has one attachment at a time.

`uploads`: answers of fits (`:final`), these and the checkpoint that a lookup of the best answers (`:best`), each run's newest
generation (`:all`), or `:nothing`. `lookup = false`: only `fetch` asks. `deadline`: the longest that a lookup waits, 5 s.
`payload_limit`: longest payload in bytes, 1 GiB. `queue_limit`: most runs whose upload waits in memory, 1024; others wait as
empty files in the root.

Closing it waits for nothing: what is not uploaded yet is uploaded by the next attachment to that URL; see `flush_remote`.
"""
function Remote(s::Store, url::AbstractString; uploads::Symbol = :final, lookup::Bool = true, deadline = nothing, payload_limit = nothing,
                queue_limit = nothing)
    which, h, text, options = chosen(uploads, UPLOADS, "uploads"), fresh(:remote), String(url), fresh(:remote_options)
    GC.@preserve options checked(@warm remote_options_new(Int32, (Ptr{Ptr{Cvoid}},), out(options)))
    held(options) do o
        checked(@warm remote_options_set_uploads(Int32, (Ptr{Cvoid}, Int32), o, which))
        checked(@warm remote_options_set_lookup(Int32, (Ptr{Cvoid}, Int32), o, lookup))
        setting(:remote, o, deadline, (o, v) -> @warm remote_options_set_deadline_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:remote, o, payload_limit, (o, v) -> @warm remote_options_set_payload_limit(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:remote, o, queue_limit, (o, v) -> @warm remote_options_set_queue_limit(Int32, (Ptr{Cvoid}, Int64), o, v))
        held(s) do p
            GC.@preserve h checked(@warm store_attach_remote(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
                p, text, sizeof(text), o, out(h)))
        end
    end
    close(options)
    return Remote(h)
end

function Remote(f::Function, s::Store, url::AbstractString; options...)
    remote = Remote(s, url; options...)
    try
        return f(remote)
    finally
        close(remote)
    end
end

"Where a remote tier is attached to."
url(r::Remote) = held(p -> read_text((b, n, m) -> (@warm remote_url(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m))), r)

"""
    fetch(remote, key; timeout = 30)

Brings what a lookup under a key would answer, whether or not there is anything here; whether there was anything to bring.
`:remote`: the network or the server failed, or the time was over. `:corrupt`: it failed its checks, and was set aside.
"""
function Base.fetch(r::Remote, key; timeout = 30)
    k = convert(Key, key)
    return held(p -> checked(@warm remote_fetch(Int32, (Ptr{Cvoid}, Ref{Key}, Float64), p, k, timeout)), r) == OK
end

"""
    flush_remote(remote; reach = :remote, timeout = nothing)

Waits until everything accepted is uploaded, or, `reach = :local`, durable on this machine; `false` when `timeout` seconds did not
suffice. `:remote` when they did not, and the last attempt to upload had failed; it goes on being tried.
"""
function flush_remote(r::Remote; reach::Symbol = :remote, timeout = nothing)
    far = chosen(reach, REACHES, "reach")
    return poll(() -> held(p -> (@warm remote_flush(Int32, (Ptr{Cvoid}, Int32, Float64), p, far, 0.0)), r), timeout; passing = FAILED_REMOTELY) == OK
end

"Has what is stored here of a run uploaded in the background, whenever it was saved; `flush_remote` waits for it."
function upload(r::Remote, key, run)
    k, text = convert(Key, key), String(run)
    held(p -> checked(@warm remote_upload(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64), p, k, text, sizeof(text))), r)
    return nothing
end

"""
    remove(remote, key; run = nothing, remotely = false, timeout = 30)

Removes what is stored here under a key, or one run of it, and does not bring it again: until the next save under the key, or
until an entry of now would expire. With `remotely` it is removed there, too. Whether there was something.
"""
function remove(r::Remote, key; run = nothing, remotely::Bool = false, timeout = 30)
    k, (id, len) = convert(Key, key), name_or_all(run)
    return held(p -> checked(@warm remote_remove(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Int32, Float64),
        p, k, id, len, remotely, timeout)), r) == OK
end

"""
    retain(remote; max_bytes, max_age, keep_per_key, dry_run = false, timeout = 300)

Removes there what is beyond a limit; `nothing` is none. `max_bytes`: of all objects, the oldest entries go first. `max_age`:
seconds since an entry was uploaded. `keep_per_key`: runs under one key, the last uploaded. A dry run only says what would go.
What other machines are uploading stays. `:remote`: it failed, or the time was over; it can be repeated.
"""
function retain(r::Remote; max_bytes::Number_ = nothing, max_age::Number_ = nothing, keep_per_key::Number_ = nothing, dry_run::Bool = false, timeout = 300)
    bytes, age, keep, c = optional(max_bytes, Int64), optional(max_age, Float64), optional(keep_per_key, Int64), empty_struct(RetentionReportC)
    held(r) do p
        checked(@warm remote_retain(Int32, (Ptr{Cvoid}, Ptr{Int64}, Ptr{Float64}, Ptr{Int64}, Int32, Float64, Ref{RetentionReportC}),
            p, bytes, age, keep, dry_run, timeout, c))
    end
    return fields(c[])
end

"Figures of an attachment since it was made."
function statistics(r::Remote)
    c = empty_struct(RemoteStatsC)
    held(p -> checked(@warm remote_get_stats(Int32, (Ptr{Cvoid}, Ref{RemoteStatsC}), p, c)), r)
    return fields(c[])
end

"The last failure of an upload or a fetch in words, whoever caused it; empty when nothing has failed."
last_failure(r::Remote) =
    held(p -> read_text((b, n, m) -> (@warm remote_last_failure(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m))), r)

# ---- the prefetch worker ----

const CHAINS = (:forward, :backward)

"""
    Prefetch(remote; weights, half_life, interval, parallel, cycle_bytes, cycle_time, fetch_deadline, listing_deadline, back_off, dry_run = false)
    Prefetch(f, remote; ...)

Starts a worker that brings what lies in a remote tier to this machine before anybody asks for it: what is hinted at once, and
every `interval` (0.5 s) the best of what is listed there. An attachment has one worker at a time; once it is closed, the worker
stops. Closing the worker waits for nothing.

`weights`: what recency, being the head of a chain, and belonging to the active model add to a score, `(1, 0.3, 0.2)`.
`half_life`: seconds after which recency counts half, 600. `parallel`: entries that a cycle takes, and fetches at once, 8.
`cycle_bytes`: of payload that a cycle fetches at most, 256 MiB; 0: unlimited. `cycle_time`, `fetch_deadline`, `listing_deadline`:
seconds after which these are cancelled, 10, 5 and 60. `back_off`: seconds for which what failed is left alone, the first time and at
most, `(1, 600)`. A dry run plans and reports, and fetches nothing, not even on a hint.
"""
function Prefetch(r::Remote; weights = nothing, half_life = nothing, interval = nothing, parallel = nothing, cycle_bytes = nothing,
                  cycle_time = nothing, fetch_deadline = nothing, listing_deadline = nothing, back_off = nothing, dry_run::Bool = false)
    h, options = fresh(:prefetch), fresh(:prefetch_options)
    GC.@preserve options checked(@warm prefetch_options_new(Int32, (Ptr{Ptr{Cvoid}},), out(options)))
    held(options) do o
        setting(:prefetch, o, weights, (o, v) -> @warm prefetch_options_set_weights(Int32, (Ptr{Cvoid}, Float64, Float64, Float64), o, v[1], v[2], v[3]))
        setting(:prefetch, o, half_life, (o, v) -> @warm prefetch_options_set_half_life_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:prefetch, o, interval, (o, v) -> @warm prefetch_options_set_interval_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:prefetch, o, parallel, (o, v) -> @warm prefetch_options_set_parallel(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:prefetch, o, cycle_bytes, (o, v) -> @warm prefetch_options_set_cycle_bytes(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:prefetch, o, cycle_time, (o, v) -> @warm prefetch_options_set_cycle_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:prefetch, o, fetch_deadline, (o, v) -> @warm prefetch_options_set_fetch_deadline_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:prefetch, o, listing_deadline, (o, v) -> @warm prefetch_options_set_listing_deadline_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:prefetch, o, back_off, (o, v) -> @warm prefetch_options_set_back_off_seconds(Int32, (Ptr{Cvoid}, Float64, Float64), o, v[1], v[2]))
        checked(@warm prefetch_options_set_dry_run(Int32, (Ptr{Cvoid}, Int32), o, dry_run))
        held(r) do p
            GC.@preserve h checked(@warm remote_start_prefetch(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o, out(h)))
        end
    end
    close(options)
    return Prefetch(h)
end

function Prefetch(f::Function, r::Remote; options...)
    worker = Prefetch(r; options...)
    try
        return f(worker)
    finally
        close(worker)
    end
end

"Starts a worker again that was stopped; does nothing if it runs."
start_prefetch(w::Prefetch) = (held(p -> checked(@warm prefetch_start(Int32, (Ptr{Cvoid},), p)), w); nothing)

"Stops a worker: what is being fetched for it is cancelled. `false` when it had not left in time."
stop_prefetch(w::Prefetch; timeout = nothing) = poll(() -> held(p -> (@warm prefetch_stop(Int32, (Ptr{Cvoid}, Float64), p, 0.0)), w), timeout) == OK

"Has keys fetched at once, in this order and before anything that is guessed; how many were taken: 4096 may wait."
function hint(w::Prefetch, keys)
    all, accepted = Key[convert(Key, key) for key in keys], Ref{Int64}(0)
    held(p -> checked(@warm prefetch_hint(Int32, (Ptr{Cvoid}, Ptr{Key}, Int64, Ref{Int64}), p, all, length(all), accepted)), w)
    return accepted[]
end

"Hints the next steps, `most` at most, of the chain that a key is in, as `note!` told, `:forward` or `:backward`; how many were taken."
function hint_chain(w::Prefetch, key, most = 1; direction::Symbol = :forward)
    k, way, accepted = convert(Key, key), chosen(direction, CHAINS, "direction"), Ref{Int64}(0)
    held(p -> checked(@warm prefetch_hint_chain(Int32, (Ptr{Cvoid}, Ref{Key}, Int64, Int32, Ref{Int64}), p, k, most, way, accepted)), w)
    return accepted[]
end

"""
    wait(worker, key; timeout = nothing)

Hints a key and waits until it is here: `:here`, and the next lookup needs no network; `:not_found`; `:timeout`, and the fetch goes
on; `:cancelled`, by a call, its deadline or because the worker does not run; `:deferred`, not now, because the server has just
failed or it is a dry run. Errors as of `fetch`.
"""
function Base.wait(w::Prefetch, key; timeout = nothing)
    k = convert(Key, key)
    status = poll(() -> held(p -> (@warm prefetch_wait(Int32, (Ptr{Cvoid}, Ref{Key}, Float64), p, k, 0.0)), w), timeout)
    status == OK && return :here
    status == NOT_FOUND && return :not_found
    return status == CANCELLED ? :cancelled : status == DEFERRED ? :deferred : :timeout
end

"Calls off the hint and the fetch of a key; a lookup that waits for the same transfer goes on."
cancel(w::Prefetch, key) = (k = convert(Key, key); held(p -> checked(@warm prefetch_cancel(Int32, (Ptr{Cvoid}, Ref{Key}), p, k)), w); nothing)

"Has a worker list once more what is there."
refresh(w::Prefetch) = (held(p -> checked(@warm prefetch_refresh(Int32, (Ptr{Cvoid},), p)), w); nothing)

key_or_null(::Nothing) = Ptr{Key}(C_NULL)
key_or_null(key) = Ref{Key}(convert(Key, key))

"""
    note!(worker, key; parent, sequence = 0, model, namespace = "", payload_bytes, last_access, run)

Tells a worker what no listing says of an entry: the key of what it was made from, the number of a fold, a continuation step or a
refinement (0 is the head), a digest of the model it belongs to, and its namespace, which replace what was known. What is `nothing` of
the others stays as it is known. `last_access`: Unix seconds, and only grows.
"""
function note!(w::Prefetch, key; parent = nothing, sequence = 0, model = nothing, namespace = "", payload_bytes::Number_ = nothing,
               last_access::Number_ = nothing, run = nothing)
    k, from, of, (id, len), text = convert(Key, key), key_or_null(parent), key_or_null(model), name_or_all(run), String(namespace)
    size, accessed = optional(payload_bytes, Int64), optional(last_access === nothing ? nothing : floor(last_access), Int64)
    held(w) do p
        checked(@warm prefetch_note(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ptr{Key}, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Key}, Ptr{UInt8}, Int64),
            p, k, id, len, from, sequence, size, accessed, of, text, sizeof(text)))
    end
    return nothing
end

"Names the model whose entries are likelier; `nothing` for none."
active_model!(w::Prefetch, model) =
    (m = key_or_null(model); held(p -> checked(@warm prefetch_set_active_model(Int32, (Ptr{Cvoid}, Ptr{Key}), p, m)), w); nothing)

"What a cycle that takes `most`, 2048 at most, would fetch now, the best first: keys and scores."
function plan(w::Prefetch, most = 8)
    h = fresh(:cursor)
    held(p -> GC.@preserve(h, checked(@warm prefetch_plan(Int32, (Ptr{Cvoid}, Int64, Ptr{Ptr{Cvoid}}), p, most, out(h)))), w)
    return listed(h) do c
        score = Ref{Float64}(0)
        checked(@warm cursor_score(Int32, (Ptr{Cvoid}, Ref{Float64}), c, score))
        (key = cursor_key(c), score = score[])
    end
end

"Figures of a worker since it was made, and how things stand."
function statistics(w::Prefetch)
    c = empty_struct(PrefetchStatsC)
    held(p -> checked(@warm prefetch_get_stats(Int32, (Ptr{Cvoid}, Ref{PrefetchStatsC}), p, c)), w)
    return merge((is_running = c[].is_running == 1,), fields(c[]))
end

"What the latest cycle chose, and what became of it; `nothing` before the first."
function last_cycle(w::Prefetch)
    c = empty_struct(PrefetchCycleC)
    status = held(p -> checked(@warm prefetch_get_last_cycle(Int32, (Ptr{Cvoid}, Ref{PrefetchCycleC}), p, c)), w)
    return status == OK ? fields(c[]) : nothing
end

# ---- sessions ----

"""
    Session(store, key; min_interval, background = false, lookup = :best, fingerprint, label, seed_keys = (), keep_last, keep_best,
            max_failed_restarts, every, max_share, mean_time_between_failures, formula = :daly, deadline, deadline_unix,
            scheduler = true, halt_file, stop_margin)
    Session(f, store, key; ...)

One fit under one key. `min_interval`: seconds between checkpoints that do not improve the objective (2). `background`:
checkpoints are copied, and written by a thread of the store's. `fingerprint`: a fingerprinter whose frames are stored
beside each entry. `label`: a name for people. `seed_keys`: those of relatives, the nearest first: begun from where nothing lies
under the own key, and the answer is found under each. `keep_last`, `keep_best`: so many entries of the key stay when an
answer is written (all). `max_failed_restarts`: a checkpoint from which so many sessions began that died before they wrote
anything is passed over (3). At the end of a do-block the session is finished: what was accepted is
durable, or an error says why not.

`every`: a checkpoint is also due at every so many calls since the last write. `max_share`: most of the run time that checkpoints
may take (0.01). `mean_time_between_failures` in seconds replaces the minimum interval by the one that costs the least time, by
`formula`, `:daly` or `:young`. `deadline` (seconds after opening), `deadline_unix`, the scheduler's environment (unless
`scheduler = false`) and a `halt_file` make `should_stop` true in time, with `stop_margin` seconds (1) to spare.
"""
function Session(s::Store, key; min_interval = nothing, background::Bool = false, lookup::Symbol = :best, fingerprint = nothing, label = nothing,
                 seed_keys = (), keep_last = nothing, keep_best = nothing, max_failed_restarts = nothing,
                 every = nothing, max_share = nothing, mean_time_between_failures = nothing, formula::Symbol = :daly, deadline = nothing,
                 deadline_unix = nothing, scheduler::Bool = true, halt_file = nothing, stop_margin = nothing)
    k, options, h = convert(Key, key), fresh(:session_options), fresh(:session)
    GC.@preserve options checked(@warm session_options_new(Int32, (Ptr{Ptr{Cvoid}},), out(options)))
    held(options) do o
        setting(:session, o, min_interval, (o, v) -> @warm session_options_set_min_interval_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        checked(@warm session_options_set_background(Int32, (Ptr{Cvoid}, Int32), o, background))
        mode = chosen(lookup, (:best, :latest), "lookup")
        checked(@warm session_options_set_lookup(Int32, (Ptr{Cvoid}, Int32), o, mode))
        # finish! polls
        checked(@warm session_options_set_finish_timeout_seconds(Int32, (Ptr{Cvoid}, Float64), o, 0.0))
        if fingerprint !== nothing
            held(f -> checked(@warm session_options_set_fingerprint(Int32, (Ptr{Cvoid}, Ptr{Cvoid}), o, f)), fingerprint)
        end
        for seed in seed_keys
            checked(@warm session_options_add_seed_key(Int32, (Ptr{Cvoid}, Ref{Key}), o, convert(Key, seed)))
        end
        setting(:session, o, keep_last, (o, v) -> @warm session_options_set_keep_last(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:session, o, keep_best, (o, v) -> @warm session_options_set_keep_best(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:session, o, max_failed_restarts, (o, v) -> @warm session_options_set_max_failed_restarts(Int32, (Ptr{Cvoid}, Int64), o, v))
        if label !== nothing
            text = String(label)
            checked(@warm session_options_set_label(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), o, text, sizeof(text)))
        end
        setting(:session, o, every, (o, v) -> @warm session_options_set_every(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:session, o, max_share, (o, v) -> @warm session_options_set_max_share(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:session, o, deadline, (o, v) -> @warm session_options_set_deadline_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        setting(:session, o, deadline_unix, (o, v) -> @warm session_options_set_deadline_unix(Int32, (Ptr{Cvoid}, Int64), o, v))
        setting(:session, o, stop_margin, (o, v) -> @warm session_options_set_stop_margin_seconds(Int32, (Ptr{Cvoid}, Float64), o, v))
        by = chosen(formula, INTERVALS, "formula")
        setting(:session, o, mean_time_between_failures,
            (o, v) -> @warm session_options_set_mean_time_between_failures(Int32, (Ptr{Cvoid}, Float64, Int32), o, v, by))
        checked(@warm session_options_set_scheduler(Int32, (Ptr{Cvoid}, Int32), o, scheduler))
        if halt_file !== nothing
            path = String(halt_file)
            checked(@warm session_options_set_halt_file(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), o, path, sizeof(path)))
        end
        held(s) do p
            GC.@preserve h checked(@warm session_open(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, k, o, out(h)))
        end
    end
    close(options)
    return Session(h, Dict{String,Any}())
end

function Session(f::Function, s::Store, key; options...)
    fit = Session(s, key; options...)
    answer = try
        f(fit)
    catch
        # The first failure is the one to be told.
        try
            finish!(fit)
        catch failure
            failure isa WarmError || rethrow()
        end
        close(fit)
        rethrow()
    end
    try
        finish!(fit) || throw(WarmError(:io, Int32(-3), "the session's checkpoints were not durable within a minute"))
    finally
        close(fit)
    end
    return answer
end

"""
Fills an array with what `load` would answer, and takes it; what is known of it, or `nothing` where there is nothing to resume
from. An entry of another length is an error (`:incompatible`): the array is untouched, and nothing is taken.
"""
function resume!(s::Session, x::Bits)
    c, len = empty_struct(EntryInfoC), writable(x)
    status = held(p -> checked(@warm session_resume(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ref{EntryInfoC}), p, x, len, c)), s)
    return status == OK ? described(c[]) : nothing
end

"The preloaded entry, once; else what lies under the key; else `nothing`."
load(s::Session) = held(p -> entry_by(o -> @warm session_load(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)
"What `load` would answer; takes nothing."
peek_entry(s::Session) = held(p -> entry_by(o -> @warm session_peek(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)
"Hands in an entry, of a related fit for instance: the next load or resume answers it first, once."
preload!(s::Session, e::Entry) = (held(p -> held(q -> checked(@warm session_preload(Int32, (Ptr{Cvoid}, Ptr{Cvoid}), p, q)), e), s); nothing)

const OUTCOMES = Dict(OK => :written, THROTTLED => :throttled, QUEUED => :queued)

"Writes when the objective improves or the interval has passed: `:written`, `:throttled` or `:queued`."
function checkpoint!(s::Session, x::Bits; objective::Number_ = nothing, iteration::Number_ = nothing)
    len, f, it = bits(x), optional(objective, Float64), optional(iteration, Int64)
    return OUTCOMES[held(s) do p
        checked(@warm session_checkpoint(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Float64}, Ptr{Int64}), p, x, len, f, it))
    end]
end

"Writes whatever the rate limit; durable on return."
function checkpoint_now!(s::Session, x::Bits; objective::Number_ = nothing, iteration::Number_ = nothing)
    len, f, it = bits(x), optional(objective, Float64), optional(iteration, Int64)
    held(s) do p
        checked(@warm session_checkpoint_now(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Float64}, Ptr{Int64}), p, x, len, f, it))
    end
    return nothing
end

"Writes the fit's answer, which supersedes this session's checkpoints; durable on return."
function finalize!(s::Session, x::Bits; objective::Number_ = nothing, iteration::Number_ = nothing)
    len, f, it = bits(x), optional(objective, Float64), optional(iteration, Int64)
    held(s) do p
        checked(@warm session_finalize(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Float64}, Ptr{Int64}), p, x, len, f, it))
    end
    return nothing
end

"Whether a checkpoint with this objective would be written now."
function should_checkpoint(s::Session, objective::Number_ = nothing)
    f = optional(objective, Float64)
    return held(p -> checked(@warm session_should_checkpoint(Int32, (Ptr{Cvoid}, Ptr{Float64}), p, f)), s) == 1
end

"""
Whether to begin from the seed that the last `load` answered: when the objective there is lower than at the cold start, both
computed on the fit's own data. `nothing` and values that are not finite lose.
"""
function should_use_seed(s::Session, at_seed::Number_, at_cold::Number_)
    seed, cold = optional(at_seed, Float64), optional(at_cold, Float64)
    return held(p -> checked(@warm session_should_use_seed(Int32, (Ptr{Cvoid}, Ptr{Float64}, Ptr{Float64}), p, seed, cold)), s) == 1
end

"Adds what a seed saved to the statistics; negative when the fit took longer."
note_iterations_saved!(s::Session, n) = (held(p -> checked(@warm session_note_iterations_saved(Int32, (Ptr{Cvoid}, Int64), p, n)), s); nothing)

const FIELD_STATES = (:equal, :differs, :only_here, :only_there)

function cursor_field(c)
    f = empty_struct(FieldC)
    checked(@warm cursor_field(Int32, (Ptr{Cvoid}, Ref{FieldC}), c, f))
    return (tag = cursor_text(c), state = FIELD_STATES[f[].state+1])
end

function explained(call, x)
    m, h = fresh(:miss), fresh(:cursor)
    status = held(p -> GC.@preserve(m, checked(call(p, out(m)))), x)
    status == OK || return nothing
    c, k = empty_struct(MissInfoC), Ref(NO_KEY)
    text = held(m) do p
        checked(@warm miss_get_info(Int32, (Ptr{Cvoid}, Ref{MissInfoC}), p, c))
        checked(@warm miss_key(Int32, (Ptr{Cvoid}, Ref{Key}), p, k))
        GC.@preserve h checked(@warm miss_list_fields(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))
        read_text((b, n, l) -> @warm miss_text(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, l))
    end
    close(m)
    return (key = k[], text = text, fields = listed(cursor_field, h), keys_compared = c[].keys_compared, keys_listed = c[].keys_listed)
end

"""
Why a session's key missed: the nearest stored `key`, a `text` such as "y differs; x, family, link equal", and the `fields`;
`nothing` where no key has a field in common. Needs the option `fingerprint`, here and where it was written.
"""
explain_miss(s::Session; timeout = 5.0) =
    explained((p, o) -> (@warm session_explain_miss(Int32, (Ptr{Cvoid}, Float64, Ptr{Ptr{Cvoid}}), p, timeout, o)), s)

"""
Which stored key is nearest to a stored one, and how they differ, as of `explain_miss`; `nothing` where no other has a field in
common. Needs the option `fingerprint` where they were written: `:invalid` where nothing under `key` says what it was made from.
"""
function explain(s::Store, key; timeout = 5.0)
    k = convert(Key, key)
    return explained((p, o) -> (@warm store_explain(Int32, (Ptr{Cvoid}, Ref{Key}, Float64, Ptr{Ptr{Cvoid}}), p, k, timeout, o)), s)
end

run_id(s::Session) = held(p -> read_text((b, n, m) -> @warm session_run_id(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), s)

flush_all(s::Session; timeout = nothing) = poll(() -> held(p -> (@warm session_flush(Int32, (Ptr{Cvoid}, Float64), p, 0.0)), s), timeout) == OK

"Ends the writing half and waits until all is durable; `false` when `timeout` seconds did not suffice: call it again."
finish!(s::Session; timeout = 60) = poll(() -> held(p -> (@warm session_finish(Int32, (Ptr{Cvoid},), p)), s), timeout) == OK

const INTERVALS = (:young, :daly)
const STOPS = (:none, :deadline, :halt_file, :signal)
const DEADLINES = (:none, :caller, :environment, :slurm, :cobalt, :oar)

"Whether to stop now, after one more `checkpoint_now!`: a deadline, the halt file, or a signal."
should_stop(s::Session) = held(p -> checked(@warm session_should_stop(Int32, (Ptr{Cvoid},), p)), s) == 1

"Why `should_stop` answers what it does, and how much time is left: reason, signal, deadline (by whom), seconds_left, reserve_seconds, text."
function stop_info(s::Session)
    c = empty_struct(SessionStopC)
    held(p -> checked(@warm session_get_stop(Int32, (Ptr{Cvoid}, Ref{SessionStopC}), p, c)), s)
    text = held(p -> read_text((b, n, m) -> @warm session_stop_text(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), s)
    by = DEADLINES[c[].deadline+1]
    return (reason = STOPS[c[].reason+1], signal = c[].signal == 0 ? nothing : Int(c[].signal), deadline = by,
            seconds_left = by === :none ? nothing : c[].seconds_left, reserve_seconds = c[].reserve_seconds, text = text)
end

"""
Compares the objective, evaluated again at what was loaded, with the one stored; `false`: there is nothing to compare. Where they
differ by more than `tolerance` times the larger of 1 and the stored one's size, an error (`:incompatible`): load again for the next entry.
"""
confirm!(s::Session, objective; tolerance) =
    held(p -> checked(@warm session_confirm(Int32, (Ptr{Cvoid}, Float64, Float64), p, objective, tolerance)), s) == OK

"How a session is getting on, for a progress bar; `nothing` for what is not known."
function progress(s::Session)
    c = empty_struct(SessionProgressC)
    held(p -> checked(@warm session_get_progress(Int32, (Ptr{Cvoid}, Ref{SessionProgressC}), p, c)), s)
    return progress_of(c[])
end

function progress_of(x::SessionProgressC)
    known = (has, value) -> has == 1 ? value : nothing
    return (iteration = known(x.has_iteration, x.iteration), iterations_per_second = known(x.has_rate, x.iterations_per_second),
            best_objective = known(x.has_objective, x.best_objective), elapsed_seconds = x.elapsed_seconds,
            durable_age_seconds = known(x.has_durable, x.durable_age_seconds), next_due_seconds = known(x.has_next_due, x.next_due_seconds),
            write_seconds = known(x.has_durable, x.write_seconds), written_seconds = x.written_seconds, blocked_seconds = x.blocked_seconds,
            writes = x.writes, failed = x.failed, throttled = x.throttled, waiting = x.waiting)
end

function cursor_session(c)
    s, x = empty_struct(LiveSessionC), empty_struct(SessionProgressC)
    checked(@warm cursor_session(Int32, (Ptr{Cvoid}, Ref{LiveSessionC}), c, s))
    checked(@warm cursor_progress(Int32, (Ptr{Cvoid}, Ref{SessionProgressC}), c, x))
    return (key = cursor_key(c), run = cursor_run_id(c), label = s[].has_label == 1 ? cursor_text(c) : nothing, host = cursor_name(c),
            process_id = s[].process_id, opened_unix_seconds = s[].opened_unix_seconds,
            reported_unix_seconds = s[].reported_unix_seconds, progress = progress_of(x[]))
end

"""
The sessions that are running on a store in any process, those opened first before the others, as they said themselves at
`reported_unix_seconds`. One appears with its first checkpoint, and goes when it is finished or closed or its process dies; where
other hosts share the file system, one that died may stay for a day.
"""
function sessions(s::Store)
    h = fresh(:cursor)
    held(s) do p
        GC.@preserve h checked(@warm store_list_sessions(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))
    end
    return listed(cursor_session, h)
end

traced(h) = listed(h) do c
    t = empty_struct(TracePointC)
    checked(@warm cursor_trace_point(Int32, (Ptr{Cvoid}, Ref{TracePointC}), c, t))
    (seconds = t[].seconds, unix_seconds = t[].unix_seconds, iteration = t[].has_iteration == 1 ? t[].iteration : nothing,
     objective = t[].has_objective == 1 ? t[].objective : nothing)
end

"The checkpoints a session was given, written or not, thinned: seconds, unix_seconds, iteration, objective of each."
function trace(s::Session)
    h = fresh(:cursor)
    held(p -> GC.@preserve(h, checked(@warm session_trace(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), s)
    return traced(h)
end

"The same of the session that wrote a run, alive or dead, as of its last durable checkpoint; `nothing` where there is no such run."
function trace(s::Store, key, run)
    h, k, id = fresh(:cursor), convert(Key, key), String(run)
    status = held(s) do p
        GC.@preserve h checked(@warm store_trace(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}), p, k, id, sizeof(id), out(h)))
    end
    return status == OK ? traced(h) : nothing
end

"Seconds of work between checkpoints that cost the least time, by `:daly` or `:young`."
function interval_seconds(cost_seconds, mean_time_between_failures; formula::Symbol = :daly)
    found = Ref(0.0)
    by = chosen(formula, INTERVALS, "formula")
    checked(@warm interval_seconds(Int32, (Int32, Float64, Float64, Ref{Float64}), by, cost_seconds, mean_time_between_failures, found))
    return found[]
end

"""
Notes a signal, by number, from now on: `should_stop` is true in all sessions. `chain`: what was there before is called, too. Julia
waits for SIGTERM, SIGINT, SIGUSR1 and others on a thread of its own, and they do not come here; SIGXCPU and SIGHUP may be watched.
"""
watch_signal(signal; chain::Bool = false) = (checked(@warm signals_watch(Int32, (Int32, Int32), signal, chain)); nothing)
"Undoes one `watch_signal`; whether it was watched."
unwatch_signal(signal) = checked(@warm signals_unwatch(Int32, (Int32,), signal)) == OK
"Whether the signal came."
signal_noted(signal) = checked(@warm signals_noted(Int32, (Int32,), signal)) == 1
"Forgets that it came; whether it had."
forget_signal(signal) = checked(@warm signals_forget(Int32, (Int32,), signal)) == OK

# ---- records ----

const KEYSPACES = (:record, :outer_iterate)
const RECORDS = (:warm_start, :blocks, :artifact)
const FIELDS = (:text, :integer, :number, :integers, :numbers)
const ROLES = (:mean, :log_slope, :generic)

"The key of a text, as `:record` or `:outer_iterate`: one text has different keys in the two."
function key_from_text(space::Symbol, text::AbstractString)
    which, t, k = chosen(space, KEYSPACES, "keyspace"), String(text), Ref(NO_KEY)
    checked(@warm key_from_text(Int32, (Int32, Ptr{UInt8}, Int64, Ref{Key}), which, t, sizeof(t), k))
    return k[]
end

"""
    record_store(root = "")

Opens a store made for records: 256 MiB, ten years, and one store however often a process opens the root. The empty string
is the default root with "-records" appended to its name.
"""
function record_store(root::AbstractString = "")
    h, text = fresh(:store), String(root)
    GC.@preserve h checked(@warm store_open_records(Int32, (Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}), text, sizeof(text), out(h)))
    return Store(h)
end

"""
    Record(kind, "field" => value, ...)

A record of kind `:warm_start` or `:blocks` (where a fit stood), or `:artifact` (what a finished fit can teach its relatives):

    record = Record(:warm_start, "key" => "y ~ s(x)", "n_rows" => n, "n_cols" => p, "rho" => rho, "beta" => beta)
    save_record(store, record)

Fields go by the names that warm_record in warmstart.h lists: `record["rho"]`; those of blocks and terms by name and number,
counted from 1: `record["block_beta", 2]`. What is absent is `nothing`; flags are integers. One task at a time.
"""
function Record(kind::Symbol, fields::Pair...)
    h, which = fresh(:record), chosen(kind, RECORDS, "kind")
    GC.@preserve h checked(@warm record_new(Int32, (Int32, Ptr{Ptr{Cvoid}}), which, out(h)))
    r = Record(h)
    for (field, value) in fields
        r[field] = value
    end
    return r
end

"Reads JSON, of a session's payload for instance."
function Record(kind::Symbol, json::Vector{UInt8})
    h, which = fresh(:record), chosen(kind, RECORDS, "kind")
    GC.@preserve h checked(@warm record_from_json(Int32, (Int32, Ptr{UInt8}, Int64, Ptr{Ptr{Cvoid}}), which, json, length(json), out(h)))
    return Record(h)
end

"What `get(buffer, room, needed)` fills, or `nothing`."
function read_list(get::F, ::Type{T}) where {F,T}
    needed = Ref{Int64}(0)
    status = get(T[], Int64(0), needed)
    if status == -2
        list = Vector{T}(undef, needed[])
        checked(get(list, Int64(length(list)), needed))
        return list
    end
    return checked(status) == OK ? T[] : nothing
end

"The JSON, as bytes."
json(r::Record) = held(p -> read_list((b, n, m) -> (@warm record_to_json(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), UInt8), r)

"What a field holds (`:text`, `:integer`, `:number`, `:integers`, `:numbers`), and how many of it there are."
function describe(r::Record, field::AbstractString)
    t, holds, count = String(field), Ref{Int32}(0), Ref{Int64}(0)
    held(p -> checked(@warm record_describe(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int32}, Ref{Int64}), p, t, sizeof(t), holds, count)), r)
    return (holds = FIELDS[holds[]+1], count = count[])
end

function Base.setindex!(r::Record, value, field::AbstractString, number::Integer = 1)
    t, at = String(field), Int64(number - 1)
    holds = value === nothing ? :nothing : describe(r, t).holds
    held(r) do p
        if holds === :nothing
            checked(@warm record_clear(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64), p, t, sizeof(t), at))
        elseif holds === :text
            x = String(value)
            checked(@warm record_set_text(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ptr{UInt8}, Int64), p, t, sizeof(t), at, x, sizeof(x)))
        elseif holds === :integer
            checked(@warm record_set_integer(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Int64), p, t, sizeof(t), at, value))
        elseif holds === :number
            checked(@warm record_set_number(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Float64), p, t, sizeof(t), at, value))
        elseif holds === :integers
            x = collect(Int64, value)
            checked(@warm record_set_integers(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ptr{Int64}, Int64), p, t, sizeof(t), at, x, length(x)))
        else
            x = collect(Float64, value)
            checked(@warm record_set_numbers(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ptr{Float64}, Int64), p, t, sizeof(t), at, x, length(x)))
        end
    end
    return r
end

function Base.getindex(r::Record, field::AbstractString, number::Integer = 1)
    t, at = String(field), Int64(number - 1)
    holds = describe(r, t).holds
    return held(r) do p
        if holds === :text
            bytes = read_list((b, n, m) -> (@warm record_get_text(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ptr{UInt8}, Int64, Ref{Int64}), p, t, sizeof(t), at, b, n, m)), UInt8)
            return bytes === nothing ? nothing : String(bytes[1:end-1])
        elseif holds === :integer
            x = Ref{Int64}(0)
            return checked(@warm record_get_integer(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ref{Int64}), p, t, sizeof(t), at, x)) == OK ? x[] : nothing
        elseif holds === :number
            x = Ref{Float64}(0)
            return checked(@warm record_get_number(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ref{Float64}), p, t, sizeof(t), at, x)) == OK ? x[] : nothing
        elseif holds === :integers
            return read_list((b, n, m) -> (@warm record_get_integers(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ptr{Int64}, Int64, Ref{Int64}), p, t, sizeof(t), at, b, n, m)), Int64)
        else
            return read_list((b, n, m) -> (@warm record_get_numbers(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Ptr{Float64}, Int64, Ref{Int64}), p, t, sizeof(t), at, b, n, m)), Float64)
        end
    end
end

"""
    add_term!(artifact, block_name, "rho_for_term" => rho, ...; role = :from_name, penalty_labels = [], nullspace_dims = [], reduced_width = 0)

Appends a term, sets fields of it, and answers its number. Its identity is made of everything but the fields: a label (or
`nothing`) per penalty, the dimensions of the penalties' null spaces, the number of coefficients once constraints are absorbed.
"""
function add_term!(r::Record, block_name::AbstractString, fields::Pair...; role::Symbol = :from_name, penalty_labels = [], nullspace_dims = [], reduced_width = 0)
    name, which = String(block_name), role === :from_name ? Int32(-1) : chosen(role, ROLES, "role")
    labels = [label === nothing ? missing : label for label in penalty_labels]
    kept, pointers, lengths, marks = texts(labels, nothing)
    dims = collect(Int64, nullspace_dims)
    GC.@preserve kept held(r) do p
        checked(@warm record_add_term(Int32,
            (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int32, Ptr{Ptr{UInt8}}, Ptr{Int64}, Ptr{UInt8}, Int64, Ptr{Int64}, Int64, Int64),
            p, name, sizeof(name), which, pointers, lengths, marks, length(kept), dims, length(dims), reduced_width))
    end
    at = describe(r, "terms.identity").count
    for (field, value) in fields
        r["terms."*field, at] = value
    end
    return at
end

"What the record is stored under."
function key(r::Record)
    k = Ref(NO_KEY)
    held(p -> checked(@warm record_key(Int32, (Ptr{Cvoid}, Ref{Key}), p, k)), r)
    return k[]
end

"Throws a `WarmError` of kind `:incompatible`, which says why, where the fit that `like` describes may not start from here."
check(r::Record, like::Record) = (held(p -> held(q -> checked(@warm record_check(Int32, (Ptr{Cvoid}, Ptr{Cvoid}), p, q)), like), r); nothing)

"Whether the fit that `like` describes may start from here."
function suits(r::Record, like::Record)
    try
        check(r, like)
    catch failure
        failure isa WarmError && failure.kind === :incompatible || rethrow()
        return false
    end
    return true
end

"Gives `to` what the artifact `from` can teach it: see `terms.rho_for_term`, `terms.provenance`, and `terms.source` (counted from 0)."
transfer!(to::Record, from::Record) = (held(p -> held(q -> checked(@warm record_transfer(Int32, (Ptr{Cvoid}, Ptr{Cvoid}), p, q)), from), to); to)

"Stores a record under its own key, in the place of the one before."
save_record(s::Store, r::Record) = (held(p -> held(q -> checked(@warm store_save_record(Int32, (Ptr{Cvoid}, Ptr{Cvoid}), p, q)), r), s); nothing)

"The newest record of `like`'s kind and key, or `nothing`; whether it suits says `check`."
function load_record(s::Store, like::Record)
    h = fresh(:record)
    status = held(p -> held(q -> GC.@preserve(h, checked(@warm store_load_record(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, q, out(h)))), like), s)
    return status == OK ? Record(h) : nothing
end

# ---- regions ----

"The element types of regions that Julia has, by their numbers."
const ELEMENT_TYPES = Dict{Int32,DataType}(
    1 => Float64, 2 => Float32, 3 => Float16, 5 => Int64, 6 => Int32, 7 => Int16, 8 => Int8, 9 => UInt64, 10 => UInt32,
    11 => UInt16, 12 => UInt8, 13 => Bool, 14 => ComplexF64, 15 => ComplexF32,
)
const ELEMENT_NUMBERS = Dict{DataType,Int32}(T => n for (n, T) in ELEMENT_TYPES)

function element_number(T)
    haskey(ELEMENT_NUMBERS, T) || refuse("no region has elements of type $T")
    return ELEMENT_NUMBERS[T]
end

"An array whose last index is the fastest in memory, as C and NumPy have it."
const RowMajor{T,N} = PermutedDimsArray{T,N,perm,iperm,A} where {perm,iperm,A<:DenseArray{T,N}}

"""
    protect!(session, name, x)

From now on the array is part of what `checkpoint_regions!` writes and `restore!` fills, where it lies; it is kept until it is
unprotected or the session is closed. `x` is a dense array, a `Ref` of a number, or `PermutedDimsArray(a, N:-1:1)`, which is
an array as C and NumPy have it. A name that is protected already is given this array instead.
"""
protect!(s::Session, name, x::Bits) = protected(s, name, x, x, size(x), 1)
function protect!(s::Session, name, x::RowMajor{T,N}) where {T,N}
    typeof(x).parameters[3] == ntuple(i -> N + 1 - i, N) || refuse("only all dimensions turned round make a row-major array")
    return protected(s, name, x, parent(x), size(x), 0)
end
protect!(s::Session, name, x::Base.RefValue{T}) where {T} = protected(s, name, x, x, (), 1, T)

function protected(s::Session, name, kept, memory, dims, order, T = eltype(memory))
    memory isa Bits && writable(memory)
    text, number, extents = String(name), element_number(T), Int64[dims...]
    held(s) do p
        GC.@preserve memory begin
            at = memory isa Bits ? Ptr{Cvoid}(pointer(memory)) : Ptr{Cvoid}(pointer_from_objref(memory))
            checked(@warm session_protect(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int32, Int32, Int64, Ptr{Int64}, Ptr{Cvoid}),
                p, text, sizeof(text), number, order, length(extents), extents, at))
        end
    end
    s.arrays[text] = kept
    return nothing
end

"Forgets an array, or all of them; whether one of that name was protected."
function unprotect!(s::Session, name)
    text = String(name)
    found = held(p -> checked(@warm session_unprotect(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), p, text, sizeof(text))), s) == OK
    delete!(s.arrays, text)
    return found
end
function unprotect!(s::Session)
    held(p -> checked(@warm session_unprotect_all(Int32, (Ptr{Cvoid},), p)), s)
    empty!(s.arrays)
    return nothing
end

"Makes a note beside the regions from now on."
function note!(s::Session, key, text)
    k, t = String(key), String(text)
    held(s) do p
        checked(@warm session_set_note(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64), p, k, sizeof(k), t, sizeof(t)))
    end
    return nothing
end
"Takes a note back; whether there was one of that key."
function note!(s::Session, key, ::Nothing)
    k = String(key)
    return held(p -> checked(@warm session_remove_note(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), p, k, sizeof(k))), s) == OK
end

"As `checkpoint!`, of what is protected; what is held back is not read."
function checkpoint_regions!(s::Session; objective::Number_ = nothing, iteration::Number_ = nothing)
    f, it = optional(objective, Float64), optional(iteration, Int64)
    return OUTCOMES[held(p -> checked(@warm session_checkpoint_regions(Int32, (Ptr{Cvoid}, Ptr{Float64}, Ptr{Int64}), p, f, it)), s)]
end

"Writes what is protected whatever the rate limit; durable on return."
function checkpoint_regions_now!(s::Session; objective::Number_ = nothing, iteration::Number_ = nothing)
    f, it = optional(objective, Float64), optional(iteration, Int64)
    held(p -> checked(@warm session_checkpoint_regions_now(Int32, (Ptr{Cvoid}, Ptr{Float64}, Ptr{Int64}), p, f, it)), s)
    return nothing
end

"Writes what is protected as the fit's answer; durable on return."
function finalize_regions!(s::Session; objective::Number_ = nothing, iteration::Number_ = nothing)
    f, it = optional(objective, Float64), optional(iteration, Int64)
    held(p -> checked(@warm session_finalize_regions(Int32, (Ptr{Cvoid}, Ptr{Float64}, Ptr{Int64}), p, f, it)), s)
    return nothing
end

"""
Fills what is protected with what `load` would answer, and takes it; what is known of it, or `nothing` where there is nothing to
resume from. Where a region differs, an error (`:incompatible`) says which, and how: no array is touched, and nothing is taken.
"""
function restore!(s::Session)
    c = empty_struct(EntryInfoC)
    status = held(p -> checked(@warm session_restore(Int32, (Ptr{Cvoid}, Ref{EntryInfoC}), p, c)), s)
    return status == OK ? described(c[]) : nothing
end

cursor_name(c) = read_text((b, n, m) -> @warm cursor_name(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), c, b, n, m))

"The array that a cursor is at."
function cursor_array(c)
    i, extents, n, data = empty_struct(RegionInfoC), zeros(Int64, 64), Ref{Int64}(0), Ref{Ptr{Cvoid}}(C_NULL)
    checked(@warm cursor_region(Int32, (Ptr{Cvoid}, Ref{RegionInfoC}), c, i))
    checked(@warm cursor_dims(Int32, (Ptr{Cvoid}, Ptr{Int64}, Int64, Ref{Int64}), c, extents, length(extents), n))
    checked(@warm cursor_data(Int32, (Ptr{Cvoid}, Ref{Ptr{Cvoid}}, Ref{Int64}), c, data, n))
    T, dims = get(ELEMENT_TYPES, i[].type, nothing), Int.(extents[1:i[].rank])
    rows = T !== nothing && i[].order == 0 && length(dims) > 1
    x = T === nothing ? Vector{UInt8}(undef, n[]) : Array{T}(undef, (rows ? reverse(dims) : dims)...)
    checked(@warm cursor_copy_data(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ref{Int64}), c, x, sizeof(eltype(x)) * length(x), n))
    return rows ? PermutedDimsArray(x, ntuple(k -> length(dims) + 1 - k, length(dims))) : x
end

function region_list(e::Entry)
    h = fresh(:cursor)
    held(p -> GC.@preserve(h, checked(@warm entry_list_regions(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), e)
    return h
end

"""
The regions of an entry by name, whoever wrote it, each a copy: an `Array`, or where it lies row-major in two dimensions and more
a `PermutedDimsArray` of one, indexed alike. Where Julia has no such elements, their bytes.
"""
regions(e::Entry) = Dict{String,Any}(listed(c -> cursor_name(c) => cursor_array(c), region_list(e)))

"One of them, or `nothing` where there is none of that name."
function region(e::Entry, name)
    h, text = region_list(e), String(name)
    found = held(h) do c
        status = checked(@warm cursor_find(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), c, text, sizeof(text)))
        status == OK ? cursor_array(c) : nothing
    end
    close(h)
    return found
end

"The notes beside the regions: what was noted, and `libwarmstart`, `objective`, `iteration`, `order.<name>`, `complex.<name>`."
function notes(e::Entry)
    h = fresh(:cursor)
    held(p -> GC.@preserve(h, checked(@warm entry_list_notes(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), e)
    return Dict{String,String}(listed(c -> cursor_name(c) => cursor_text(c), h))
end

# ---- fingerprints ----

function Fingerprinter()
    h = fresh(:fingerprinter)
    GC.@preserve h checked(@warm fingerprinter_new(Int32, (Ptr{Ptr{Cvoid}},), out(h)))
    return Fingerprinter(h)
end

"An independent copy, for keys with a common beginning."
function Base.copy(f::Fingerprinter)
    h = fresh(:fingerprinter)
    held(p -> GC.@preserve(h, checked(@warm fingerprinter_clone(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), f)
    return Fingerprinter(h)
end

"The key of everything so far; more may follow."
function key(f::Fingerprinter)
    k = Ref(NO_KEY)
    held(p -> checked(@warm fingerprinter_finish(Int32, (Ptr{Cvoid}, Ref{Key}), p, k)), f)
    return k[]
end

"The first eight bytes of the key as a number."
function key_u64(f::Fingerprinter)
    n = Ref{UInt64}(0)
    held(p -> checked(@warm fingerprinter_finish_u64(Int32, (Ptr{Cvoid}, Ref{UInt64}), p, n)), f)
    return n[]
end

"The key of everything named, in the order given: `fingerprint(\"y\" => y, \"X\" => X)`."
function fingerprint(what::Pair...)
    f = Fingerprinter()
    for (tag, value) in what
        absorb!(f, tag, value)
    end
    made = key(f)
    close(f)
    return made
end

"Values of a column as the library wants them, zero where one is missing, and what is there: NULL when all are."
function column(values::AbstractVector, ::Type{T}, valid) where {T}
    if valid === nothing && Missing <: eltype(values)
        valid = map(!ismissing, values)
    end
    marks = valid === nothing ? nothing : UInt8[mark != 0 for mark in valid]
    marks === nothing || length(marks) == length(values) || refuse("valid has $(length(marks)) elements for $(length(values)) values")
    same = values isa DenseVector{T}
    numbers = same ? values : T[marks !== nothing && marks[i] == 0 ? zero(T) : T(values[i]) for i in eachindex(values)]
    return numbers, marks === nothing ? C_NULL : marks
end

function framed(frame::F, f, tag, values, ::Type{T}, valid) where {F,T}
    numbers, marks = column(values, T, valid)
    text = String(tag)
    held(p -> checked(frame(p, text, numbers, marks, length(numbers))), f)
    return f
end

# One method each, because the address of a function is chosen where it is called.
absorb_i32!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_i32_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Int32}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, values, Int32, valid)
absorb_i64!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_i64_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Int64}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, values, Int64, valid)
absorb_f32!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_f32_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Float32}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, values, Float32, valid)
absorb_f64_na!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_f64_na_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Float64}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, values, Float64, valid)
absorb_bool!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_bool_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, values, UInt8, valid)
"Dates, or days since 1970-01-01."
absorb_date!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_date_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Int64}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, map(days, values), Int64, valid)
"DateTimes (UTC), or nanoseconds since 1970-01-01 UTC."
absorb_timestamp!(f, tag, values; valid = nothing) =
    framed((p, t, x, v, n) -> (@warm fingerprinter_absorb_timestamp_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Int64}, Ptr{UInt8}, Int64), p, t, sizeof(t), x, v, n)), f, tag, map(nanoseconds, values), Int64, valid)

days(d::Date) = Int64(Dates.value(d - Date(1970)))
days(d) = d
nanoseconds(t::DateTime) = Base.Checked.checked_mul(Int64(Dates.value(t - DateTime(1970))), 1_000_000)
nanoseconds(t) = t

"Texts as pointers and lengths, and what is there; `kept` owns the memory."
function texts(values, valid)
    if valid === nothing && any(ismissing, values)
        valid = map(!ismissing, values)
    end
    marks = valid === nothing ? nothing : UInt8[mark != 0 for mark in valid]
    marks === nothing || length(marks) == length(values) || refuse("valid has $(length(marks)) elements for $(length(values)) values")
    kept = String[marks !== nothing && marks[i] == 0 ? "" : String(v) for (i, v) in enumerate(values)]
    return kept, Ptr{UInt8}[pointer(t) for t in kept], Int64[sizeof(t) for t in kept], marks === nothing ? C_NULL : marks
end

function absorb_str_list!(f, tag, values; valid = nothing)
    kept, pointers, lengths, marks = texts(values, valid)
    t = String(tag)
    GC.@preserve kept held(f) do p
        checked(@warm fingerprinter_absorb_str_list(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{UInt8}}, Ptr{Int64}, Ptr{UInt8}, Int64),
            p, t, sizeof(t), pointers, lengths, marks, length(kept)))
    end
    return f
end

"A factor: its levels, and for each element the number of its level, counted from 0 (CategoricalArrays: `levelcode.(x) .- 1`)."
function absorb_factor!(f, tag, levels, codes; valid = nothing, levels_valid = nothing)
    kept, pointers, lengths, level_marks = texts(levels, levels_valid)
    numbers, marks = column(codes, Int64, valid)
    t = String(tag)
    GC.@preserve kept held(f) do p
        checked(@warm fingerprinter_absorb_factor(Int32,
            (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Ptr{UInt8}}, Ptr{Int64}, Ptr{UInt8}, Int64, Ptr{Int64}, Ptr{UInt8}, Int64),
            p, t, sizeof(t), pointers, lengths, level_marks, length(kept), numbers, marks, length(numbers)))
    end
    return f
end

function absorb_f64_matrix!(f, tag, values::AbstractMatrix; valid = nothing)
    numbers, marks = column(vec(values), Float64, valid === nothing ? nothing : vec(valid))
    t, (rows, columns) = String(tag), size(values)
    held(f) do p
        checked(@warm fingerprinter_absorb_f64_matrix(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Int64, Ptr{Float64}, Ptr{UInt8}, Int32),
            p, t, sizeof(t), rows, columns, numbers, marks, 1))
    end
    return f
end

# Frames of a specification, bit by bit.

absorb_tag!(f, tag) = (t = String(tag); held(p -> checked(@warm fingerprinter_absorb_tag(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), p, t, sizeof(t))), f); f)
function absorb_bytes!(f, tag, data::Bits)
    t, len = String(tag), bits(data)
    held(p -> checked(@warm fingerprinter_absorb_bytes(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Cvoid}, Int64), p, t, sizeof(t), data, len)), f)
    return f
end
function absorb_str!(f, tag, text)
    t, x = String(tag), String(text)
    held(p -> checked(@warm fingerprinter_absorb_str(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{UInt8}, Int64), p, t, sizeof(t), x, sizeof(x))), f)
    return f
end
absorb_u64!(f, tag, value) = (t = String(tag); held(p -> checked(@warm fingerprinter_absorb_u64(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, UInt64), p, t, sizeof(t), value)), f); f)
absorb_f64!(f, tag, value) = (t = String(tag); held(p -> checked(@warm fingerprinter_absorb_f64(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Float64), p, t, sizeof(t), value)), f); f)
function absorb_f64_slice!(f, tag, values::DenseVector{Float64})
    t = String(tag)
    held(p -> checked(@warm fingerprinter_absorb_f64_slice(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ptr{Float64}, Int64), p, t, sizeof(t), values, length(values))), f)
    return f
end
"rows * columns numbers as they lie in memory, bit by bit; `absorb_f64_matrix!` has one key for either order."
function absorb_f64_2d!(f, tag, rows, columns, values::DenseArray{Float64})
    rows * columns == length(values) || refuse("$(length(values)) values are no $rows by $columns matrix")
    t = String(tag)
    held(p -> checked(@warm fingerprinter_absorb_f64_2d(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Int64, Int64, Ptr{Float64}), p, t, sizeof(t), rows, columns, values)), f)
    return f
end

# Bare bytes.

write_bytes!(f, data::Bits) = (len = bits(data); held(p -> checked(@warm fingerprinter_write_bytes(Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64), p, data, len)), f); f)
write_u8!(f, value) = (held(p -> checked(@warm fingerprinter_write_u8(Int32, (Ptr{Cvoid}, UInt8), p, value)), f); f)
write_u64!(f, value) = (held(p -> checked(@warm fingerprinter_write_u64(Int32, (Ptr{Cvoid}, UInt64), p, value)), f); f)
write_f64!(f, value) = (held(p -> checked(@warm fingerprinter_write_f64(Int32, (Ptr{Cvoid}, Float64), p, value)), f); f)
write_str!(f, text) = (x = String(text); held(p -> checked(@warm fingerprinter_write_str(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), p, x, sizeof(x))), f); f)
write_f64_slice!(f, values::DenseVector{Float64}) =
    (held(p -> checked(@warm fingerprinter_write_f64_slice(Int32, (Ptr{Cvoid}, Ptr{Float64}, Int64), p, values, length(values))), f); f)

"""
    absorb!(fingerprinter, tag, value; valid = nothing)

Absorbs a value as the frame that its type has in every language:

| Julia                                        | frame                |
|----------------------------------------------|----------------------|
| Float64, vectors of it                       | absorb_f64_na!       |
| Float32, vectors of it                       | absorb_f32!          |
| Int64 and UInt32, vectors of them            | absorb_i64!          |
| Int32 and narrower integers, vectors of them | absorb_i32!          |
| Bool, vectors of it                          | absorb_bool!         |
| strings, vectors of them                     | absorb_str_list!     |
| Date, vectors of it                          | absorb_date!         |
| DateTime (UTC), vectors of it                | absorb_timestamp!    |
| Vector{UInt8}                                | absorb_bytes!        |
| matrices of numbers                          | absorb_f64_matrix!   |
| NamedTuple, vector of pairs                  | absorb_u64! with the number of its items, then each |

An element is missing where it is `missing`, or where `valid` has something false at its place; a NaN is a value. A value
alone is a column of one. Factors: `absorb_factor!`.
"""
absorb!(f::Fingerprinter, tag, value::Union{Real,AbstractString,Date,DateTime}; valid = nothing) = absorb!(f, tag, [value]; valid = valid)
absorb!(f::Fingerprinter, tag, value::NamedTuple) = absorb!(f, tag, [String(k) => v for (k, v) in pairs(value)])
function absorb!(f::Fingerprinter, tag, members::AbstractVector{<:Pair})
    absorb_u64!(f, tag, length(members))
    for (name, member) in members
        absorb!(f, name, member)
    end
    return f
end
absorb!(f::Fingerprinter, tag, values::AbstractMatrix{<:Union{Missing,Real}}; valid = nothing) = absorb_f64_matrix!(f, tag, values; valid = valid)
function absorb!(f::Fingerprinter, tag, values::AbstractVector; valid = nothing)
    T = nonmissingtype(eltype(values))
    T === Bool && return absorb_bool!(f, tag, values; valid = valid)
    values isa DenseVector{UInt8} && valid === nothing && return absorb_bytes!(f, tag, values)
    T === Float64 && return absorb_f64_na!(f, tag, values; valid = valid)
    T === Float32 && return absorb_f32!(f, tag, values; valid = valid)
    T in (Int32, Int16, Int8, UInt16, UInt8) && return absorb_i32!(f, tag, values; valid = valid)
    T in (Int64, UInt32) && return absorb_i64!(f, tag, values; valid = valid)
    T <: AbstractString && T !== Union{} && return absorb_str_list!(f, tag, values; valid = valid)
    T === Date && return absorb_date!(f, tag, values; valid = valid)
    T === DateTime && return absorb_timestamp!(f, tag, values; valid = valid)
    refuse("elements of type $T have no frame by themselves; use one of the absorb_*! functions")
end

end
