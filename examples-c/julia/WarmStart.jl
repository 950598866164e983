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

**Errors** are `WarmError`s, whose `kind` is a symbol such as `:invalid`, `:incompatible`, `:no_space`. What is no error
is an answer: `nothing` where nothing is stored.

**Tasks and threads.** Stores, sessions and entries may be used from any number at once, also while they are closed:
the library's side goes with the last call. Fingerprinters belong to one task at a time. Waits are polls with sleeps
between them, so other tasks run, and an interrupt is heard. Finalizers free what is dropped, and neither wait nor yield.
"""
module WarmStart

using Dates
using Libdl

export Store, Session, Entry, Key, Fingerprinter, Check, PayloadView, WarmError
export save, lookup, lookup!, remove, pin, sweep, entries, statistics, flush_all, start_verify, start_repair
export resume!, load, peek_entry, preload!, checkpoint!, checkpoint_now!, should_checkpoint, finalize!, finish!, run_id
export payload, info, key_of, cancel, progress, report, findings
export absorb!, write_bytes!, key, key_u64, fingerprint

# ---- the library ----

const ABI_VERSION = UInt32(1) # WARM_ABI_VERSION of the header this file was written for
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

const OK, NOT_FOUND, THROTTLED, QUEUED, TIMEOUT, CANCELLED = Int32.(0:5)
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
    (:store, :session, :entry, :fingerprinter, :cursor, :task, :store_options, :session_options))
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

struct FindingC
    struct_size::UInt32
    problem::Int32
    action::Int32
    has_key::Int32
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
end

"An output struct: zeroes, and its size."
empty_struct(T) = Ref(T(sizeof(T) % UInt32, (zero(fieldtype(T, i)) for i in 2:fieldcount(T))...))

"The fields of an output struct from the third on, by name."
fields(c::T) where {T} = NamedTuple{fieldnames(T)[3:end]}(ntuple(i -> getfield(c, i + 2), fieldcount(T) - 2))

const ENTRY_KINDS = (:checkpoint, :final)
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
        level = chosen(durability, (:full, :process), "durability")
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

"Polls with sleeps between, so that other tasks run and an interrupt is heard."
function poll(step, timeout)
    timeout === nothing || timeout >= 0 || refuse("a timeout is 0 or more seconds")
    began = time()
    while true
        status = checked(step())
        status == TIMEOUT || return status
        timeout === nothing || time() - began < timeout || return status
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
cursor_run(c) = read_text((b, n, m) -> @warm cursor_run_id(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), c, b, n, m))
cursor_text(c) = read_text((b, n, m) -> @warm cursor_text(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), c, b, n, m))

function cursor_entry(c)
    i = empty_struct(EntryInfoC)
    checked(@warm cursor_info(Int32, (Ptr{Cvoid}, Ref{EntryInfoC}), c, i))
    return merge((run = cursor_run(c),), described(i[]))
end

"The keys something is stored under, in order."
function Base.keys(s::Store)
    h = fresh(:cursor)
    held(s) do p
        GC.@preserve h checked(@warm store_list_keys(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))
    end
    return listed(cursor_key, h)
end

"The runs under a key, newest first; payloads are not read."
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

# ---- checks ----

function started(start, s::Store)
    h = fresh(:task)
    held(p -> GC.@preserve(h, checked(start(p, out(h)))), s)
    return Check(h)
end

"Starts to read and check everything; nothing is changed."
start_verify(s::Store) = started((p, o) -> (@warm store_start_verify(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)
"The same, and moves damage aside, removes what dead writers left, and loses nothing intact."
start_repair(s::Store) = started((p, o) -> (@warm store_start_repair(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, o)), s)

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

const PROBLEMS = (:metadata, :payload, :payload_missing, :metadata_missing, :unreadable, :leaving, :totals, :record)
const ACTIONS = (:nothing, :waits, :moved_aside, :removed, :rebuilt, :failed)

"What is wrong, one by one; the first 10 000."
function findings(t::Check)
    h = fresh(:cursor)
    held(p -> GC.@preserve(h, checked(@warm task_findings(Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, out(h)))), t)
    return listed(h) do c
        f = empty_struct(FindingC)
        checked(@warm cursor_finding(Int32, (Ptr{Cvoid}, Ref{FindingC}), c, f))
        (problem = PROBLEMS[f[].problem+1], action = ACTIONS[f[].action+1], key = f[].has_key == 1 ? cursor_key(c) : nothing,
         run = cursor_run(c), text = cursor_text(c))
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
    isbitstype(T) || refuse("a payload has elements of a bits type, not $T")
    user = User(e.handle)
    data, len = Ref{Ptr{Cvoid}}(C_NULL), Ref{Int64}(0)
    checked(@warm entry_payload(Int32, (Ptr{Cvoid}, Ref{Ptr{Cvoid}}, Ref{Int64}), e.handle.pointer, data, len))
    if sizeof(T) == 0 || len[] % sizeof(T) != 0
        throw(WarmError(:incompatible, Int32(-7), "the payload's $(len[]) bytes are no run of $T"))
    end
    return PayloadView{T}(e.handle, Ptr{T}(data[]), div(len[], sizeof(T)), user)
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

"The key an entry lies under."
function key_of(e::Entry)
    k = Ref(NO_KEY)
    held(p -> checked(@warm entry_key(Int32, (Ptr{Cvoid}, Ref{Key}), p, k)), e)
    return k[]
end

"The run that wrote an entry, or that a session writes."
run_id(e::Entry) = held(p -> read_text((b, n, m) -> @warm entry_run_id(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), e)

# ---- sessions ----

"""
    Session(store, key; min_interval, background = false, lookup = :best, fingerprint, label)
    Session(f, store, key; ...)

One fit under one key. `min_interval`: seconds between checkpoints that do not improve the objective (2). `background`:
checkpoints are copied, and written by a thread of the store's. `fingerprint`: a fingerprinter whose frames are stored
beside each entry. `label`: a name for people. At the end of a do-block the session is finished: what was accepted is
durable, or an error says why not.
"""
function Session(s::Store, key; min_interval = nothing, background::Bool = false, lookup::Symbol = :best, fingerprint = nothing, label = nothing)
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
        if label !== nothing
            text = String(label)
            checked(@warm session_options_set_label(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64), o, text, sizeof(text)))
        end
        held(s) do p
            GC.@preserve h checked(@warm session_open(Int32, (Ptr{Cvoid}, Ref{Key}, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), p, k, o, out(h)))
        end
    end
    close(options)
    return Session(h)
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

run_id(s::Session) = held(p -> read_text((b, n, m) -> @warm session_run_id(Int32, (Ptr{Cvoid}, Ptr{UInt8}, Int64, Ref{Int64}), p, b, n, m)), s)

flush_all(s::Session; timeout = nothing) = poll(() -> held(p -> (@warm session_flush(Int32, (Ptr{Cvoid}, Float64), p, 0.0)), s), timeout) == OK

"Ends the writing half and waits until all is durable; `false` when `timeout` seconds did not suffice: call it again."
finish!(s::Session; timeout = 60) = poll(() -> held(p -> (@warm session_finish(Int32, (Ptr{Cvoid},), p)), s), timeout) == OK

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
