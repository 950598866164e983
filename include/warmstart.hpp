/* libwarmstart for C++17: crash-safe checkpoints and warm starts for fitting engines.
 *
 * Header-only, over warmstart.h; link with -lwarmstart. The whole of it:
 *
 *     warm::store store;                                  // the user's cache directory
 *     warm::session fit(store, key);
 *     if (auto at = fit.resume(x)) {                      // killed earlier, or fitted before
 *         it = at->iteration.value_or(0) + 1;
 *         converged = at->kind == warm::kind::final;
 *     }
 *     for (; !converged; ++it) {
 *         f = step(x, converged);
 *         if (converged) fit.finalize(x, f, it);
 *         else           fit.checkpoint(x, f, it);
 *     }
 *
 * Errors. A function that can fail comes in two: `checkpoint` throws a warm::error, which has a class
 * for each kind of failure, status() and what(); `try_checkpoint` is noexcept and returns a
 * warm::result, which holds the value or the warm::failure and may not be ignored. Where exceptions
 * are switched off, the second kind is all there is. What is no error is no exception: nothing found
 * is an empty optional or false, a checkpoint held back an outcome. A fingerprinter keeps its first
 * failure and comes out with it when the key is asked for: no key is made of part of the data.
 *
 * Ownership. Objects are move-only and release what they hold at the end of their scope, in any order:
 * a session keeps its store alive, an entry its bytes. A destructor waits for nothing: finish() a
 * session to know that all is durable. An object that was moved from answers invalid_error.
 *
 * Payloads are warm::bytes_view and warm::mutable_bytes: any contiguous container or array of trivially
 * copyable elements converts to them (std::vector, std::array, std::span, Eigen, T[n]), and
 * warm::bytes_of(x) of one value. A view is for the call; nothing that is passed in is kept.
 *
 * Regions are the exception: fit.protect("x", x) remembers where x lies, and checkpoint_regions() and
 * restore() use it there, until it is unprotected or the session ends. A vector that was resized, and
 * whatever else has moved, is to be protected again.
 *
 * Threads. Stores, caches, sessions, tasks, remotes, prefetch workers: any number at once, moving and destroying
 * excepted. Entries, blobs, keys: immutable. Fingerprinters and lists: one at a time. After a fork: as warmstart.h says.
 */
#ifndef WARMSTART_HPP
#define WARMSTART_HPP

#include "warmstart.h"

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define WARM_EXCEPTIONS 1
#else
#define WARM_EXCEPTIONS 0
#endif

namespace warm {

// ---- words of the interface ----

/// What became of a call that did not fail.
enum class outcome : std::int32_t {
    ok = WARM_OK,
    not_found = WARM_NOT_FOUND,
    throttled = WARM_THROTTLED, ///< held back by the session's rate limit; nothing was written
    queued = WARM_QUEUED,       ///< copied, and written by the store's thread; not durable yet
    timeout = WARM_TIMEOUT,     ///< the wait ended first
    cancelled = WARM_CANCELLED,
    deferred = WARM_DEFERRED,   ///< put off: not now, and nothing is wrong
};

enum class kind : std::int32_t { checkpoint = WARM_KIND_CHECKPOINT, final = WARM_KIND_FINAL };
enum class lookup : std::int32_t { best = WARM_LOOKUP_BEST, latest = WARM_LOOKUP_LATEST };
enum class source : std::int32_t {
    exact = WARM_SOURCE_EXACT,
    preloaded = WARM_SOURCE_PRELOADED,
    seed = WARM_SOURCE_SEED,
};
enum class durability : std::int32_t { full = WARM_DURABILITY_FULL, process = WARM_DURABILITY_PROCESS };
enum class order : std::int32_t { row_major = WARM_ORDER_ROW_MAJOR, column_major = WARM_ORDER_COLUMN_MAJOR };
enum class field_state : std::int32_t {
    equal = WARM_FIELD_EQUAL,
    differs = WARM_FIELD_DIFFERS,
    only_here = WARM_FIELD_ONLY_HERE,
    only_there = WARM_FIELD_ONLY_THERE,
};
enum class problem : std::int32_t {
    metadata = WARM_PROBLEM_METADATA,
    payload = WARM_PROBLEM_PAYLOAD,
    payload_missing = WARM_PROBLEM_PAYLOAD_MISSING,
    metadata_missing = WARM_PROBLEM_METADATA_MISSING,
    unreadable = WARM_PROBLEM_UNREADABLE,
    leaving = WARM_PROBLEM_LEAVING,
    totals = WARM_PROBLEM_TOTALS,
    record = WARM_PROBLEM_RECORD,
    expired = WARM_PROBLEM_EXPIRED,         ///< of a sweep or its plan: a run that nobody used for too long
    over_budget = WARM_PROBLEM_OVER_BUDGET, ///< of a sweep or its plan: a run for which there is no room
};
enum class action : std::int32_t {
    nothing = WARM_ACTION_NOTHING,
    waits = WARM_ACTION_WAITS,
    moved_aside = WARM_ACTION_MOVED_ASIDE,
    removed = WARM_ACTION_REMOVED,
    rebuilt = WARM_ACTION_REBUILT,
    failed = WARM_ACTION_FAILED,
};

/// By whom the interval between checkpoints is reckoned.
/// What became of an entry that was to be taken in.
enum class imported : std::int32_t {
    written = WARM_IMPORTED_WRITTEN,
    known = WARM_IMPORTED_KNOWN,           ///< the very same is here already
    superseded = WARM_IMPORTED_SUPERSEDED, ///< a newer generation of the run is here, and stays
    expired = WARM_IMPORTED_EXPIRED,       ///< written longer ago than the store keeps anything
};
enum class interval : std::int32_t { young = WARM_INTERVAL_YOUNG, daly = WARM_INTERVAL_DALY };
/// Why a session is to stop.
enum class stop : std::int32_t {
    none = WARM_STOP_NONE,
    deadline = WARM_STOP_DEADLINE,
    halt_file = WARM_STOP_HALT_FILE,
    signal = WARM_STOP_SIGNAL,
};
/// Who set a session's deadline.
enum class deadline : std::int32_t {
    none = WARM_DEADLINE_NONE,
    caller = WARM_DEADLINE_CALLER,
    environment = WARM_DEADLINE_ENVIRONMENT, ///< WARMSTART_DEADLINE
    slurm = WARM_DEADLINE_SLURM,
    cobalt = WARM_DEADLINE_COBALT,
    oar = WARM_DEADLINE_OAR,
};

/// What a caller's own text stands for: a record's key, or the outer iterates of a session.
enum class keyspace : std::int32_t { record = WARM_KEYSPACE_RECORD, outer_iterate = WARM_KEYSPACE_OUTER_ITERATE };
/// What a record is of.
enum class record_kind : std::int32_t {
    warm_start = WARM_RECORD_WARM_START,
    blocks = WARM_RECORD_BLOCKS,
    artifact = WARM_RECORD_ARTIFACT,
};
/// What a record's field holds.
enum class field_type : std::int32_t {
    text = WARM_VALUE_TEXT,
    integer = WARM_VALUE_INTEGER,
    number = WARM_VALUE_NUMBER,
    integers = WARM_VALUE_INTEGERS,
    numbers = WARM_VALUE_NUMBERS,
};
/// Which parameter of the response's distribution a term belongs to.
enum class role : std::int32_t {
    from_name = WARM_ROLE_FROM_NAME,
    mean = WARM_ROLE_MEAN,
    log_slope = WARM_ROLE_LOG_SLOPE,
    generic = WARM_ROLE_GENERIC,
};

/// The type of a region's elements.
enum class element_type : std::int32_t {
    f64 = WARM_TYPE_F64,
    f32 = WARM_TYPE_F32,
    f16 = WARM_TYPE_F16,
    bf16 = WARM_TYPE_BF16,
    i64 = WARM_TYPE_I64,
    i32 = WARM_TYPE_I32,
    i16 = WARM_TYPE_I16,
    i8 = WARM_TYPE_I8,
    u64 = WARM_TYPE_U64,
    u32 = WARM_TYPE_U32,
    u16 = WARM_TYPE_U16,
    u8 = WARM_TYPE_U8,
    boolean = WARM_TYPE_BOOL,
    c128 = WARM_TYPE_C128,
    c64 = WARM_TYPE_C64,
    f8_e4m3 = WARM_TYPE_F8_E4M3,
    f8_e5m2 = WARM_TYPE_F8_E5M2,
    f8_e8m0 = WARM_TYPE_F8_E8M0,
    f8_e4m3fnuz = WARM_TYPE_F8_E4M3FNUZ,
    f8_e5m2fnuz = WARM_TYPE_F8_E5M2FNUZ,
    f6_e2m3 = WARM_TYPE_F6_E2M3,
    f6_e3m2 = WARM_TYPE_F6_E3M2,
    f4 = WARM_TYPE_F4,
};

/// When what a get reads from the disk is kept in memory.
enum class promotion : std::int32_t { immediate = WARM_PROMOTION_IMMEDIATE, second_hit = WARM_PROMOTION_SECOND_HIT };
/// Whether memory takes what is put.
enum class admission : std::int32_t {
    automatic = WARM_ADMISSION_AUTO, ///< by size, and by whether it was asked for before
    always = WARM_ADMISSION_ALWAYS,
    never = WARM_ADMISSION_NEVER,
};
/// What is known of a key without reading.
enum class existence : std::int32_t {
    absent = WARM_EXISTENCE_ABSENT,
    present = WARM_EXISTENCE_PRESENT,
    maybe = WARM_EXISTENCE_MAYBE,
};

/// Which entries are uploaded to a remote tier.
enum class uploads : std::int32_t {
    final = WARM_UPLOADS_FINAL,
    best = WARM_UPLOADS_BEST,
    all = WARM_UPLOADS_ALL,
    nothing = WARM_UPLOADS_NOTHING,
};
/// How far something is to come: to this machine's disk, or to the remote tier, too.
enum class reach : std::int32_t { local = WARM_REACH_LOCAL, remote = WARM_REACH_REMOTE };
/// Which way along a chain: to what was made from an entry and to later siblings, or to earlier siblings and what it was made from.
enum class chain : std::int32_t { forward = WARM_CHAIN_FORWARD, backward = WARM_CHAIN_BACKWARD };

/// Any std::chrono duration converts to it.
using seconds = std::chrono::duration<double>;

// ---- failures ----

/// Why a call failed: a negative status of warmstart.h, and words.
class failure {
public:
    /// The calling thread's last failure.
    static failure last(std::int32_t status) noexcept
    {
        std::array<char, WARM_ERROR_TEXT_MAX> text{};
        const bool said = status != WARM_ERR_BUFFER &&
                          warm_last_error(text.data(), static_cast<std::int64_t>(text.size()), nullptr) == WARM_OK;
        return failure(status, said ? text.data() : "");
    }

    failure(std::int32_t status, const char *words) noexcept : status_(status)
    {
#if WARM_EXCEPTIONS
        try {
            if (*words != '\0') words_ = std::make_shared<const std::string>(words);
        } catch (...) {
            // No room for words: the status speaks for itself.
        }
#else
        if (*words != '\0') words_ = std::make_shared<const std::string>(words);
#endif
    }

    [[nodiscard]] std::int32_t status() const noexcept { return status_; }

    /// What was attempted, on what, why it failed and what to do. Never NULL.
    [[nodiscard]] const char *message() const noexcept
    {
        return words_ ? words_->c_str() : warm_status_string(status_);
    }

private:
    std::int32_t status_;
    std::shared_ptr<const std::string> words_;
};

#if WARM_EXCEPTIONS

/// The base of all that is thrown.
class error : public std::exception {
public:
    explicit error(failure f) noexcept : failure_(std::move(f)) {}
    [[nodiscard]] const char *what() const noexcept override { return failure_.message(); }
    [[nodiscard]] std::int32_t status() const noexcept { return failure_.status(); }
    [[nodiscard]] const failure &why() const noexcept { return failure_; }

private:
    failure failure_;
};

// clang-format off
/// The caller asked for what cannot be.
struct usage_error : error { using error::error; };
struct invalid_error : usage_error { using usage_error::usage_error; };
struct buffer_error : usage_error { using usage_error::usage_error; };
struct poisoned_error : usage_error { using usage_error::usage_error; };
struct forked_error : usage_error { using usage_error::usage_error; };
struct unsupported_error : usage_error { using usage_error::usage_error; };
/// The system failed or refused; what was stored before is intact.
struct io_error : error { using error::error; };
struct no_space_error : io_error { using io_error::io_error; };
struct permission_error : io_error { using io_error::io_error; };
struct remote_error : io_error { using io_error::io_error; };
/// What is stored does not suit.
struct data_error : error { using error::error; };
struct corrupt_error : data_error { using data_error::data_error; };
struct incompatible_error : data_error { using data_error::data_error; };
struct conflict_error : data_error { using data_error::data_error; };
/// Too much of it.
struct limit_error : error { using error::error; };
struct too_large_error : limit_error { using limit_error::limit_error; };
struct no_memory_error : limit_error { using limit_error::limit_error; };
/// A defect of the library.
struct internal_error : error { using error::error; };
// clang-format on

/// Throws the class of the failure's status.
[[noreturn]] inline void raise(const failure &f)
{
    switch (f.status()) {
    case WARM_ERR_INVALID: throw invalid_error(f);
    case WARM_ERR_BUFFER: throw buffer_error(f);
    case WARM_ERR_POISONED: throw poisoned_error(f);
    case WARM_ERR_FORKED: throw forked_error(f);
    case WARM_ERR_UNSUPPORTED: throw unsupported_error(f);
    case WARM_ERR_IO: throw io_error(f);
    case WARM_ERR_NO_SPACE: throw no_space_error(f);
    case WARM_ERR_PERMISSION: throw permission_error(f);
    case WARM_ERR_REMOTE: throw remote_error(f);
    case WARM_ERR_CORRUPT: throw corrupt_error(f);
    case WARM_ERR_INCOMPATIBLE: throw incompatible_error(f);
    case WARM_ERR_CONFLICT: throw conflict_error(f);
    case WARM_ERR_TOO_LARGE: throw too_large_error(f);
    case WARM_ERR_NO_MEMORY: throw no_memory_error(f);
    case WARM_ERR_PANIC: throw internal_error(f);
    default: throw error(f);
    }
}

#endif // WARM_EXCEPTIONS

/// What a call that returns nothing returns.
struct done {};

/// A value, or why there is none. It is looked at before it is used: `if (r) use(*r); else log(r.error().message());`
template <class T>
class [[nodiscard]] result {
public:
    result(T value) noexcept : value_(std::move(value)) {}
    result(failure f) noexcept : value_(std::move(f)) {}

    explicit operator bool() const noexcept { return value_.index() == 0; }
    /// WARM_OK, or the failure's.
    [[nodiscard]] std::int32_t status() const noexcept { return *this ? WARM_OK : error().status(); }
    /// Only where there is one.
    [[nodiscard]] const failure &error() const noexcept { return *std::get_if<1>(&value_); }
    /// Only where there is one.
    [[nodiscard]] T &operator*() & noexcept { return *std::get_if<0>(&value_); }
    [[nodiscard]] const T &operator*() const & noexcept { return *std::get_if<0>(&value_); }
    [[nodiscard]] T &&operator*() && noexcept { return std::move(*std::get_if<0>(&value_)); }
    [[nodiscard]] T *operator->() noexcept { return std::get_if<0>(&value_); }
    [[nodiscard]] const T *operator->() const noexcept { return std::get_if<0>(&value_); }

#if WARM_EXCEPTIONS
    /// The value, or throws the failure.
    T value() &&
    {
        if (!*this) raise(error());
        return std::move(*std::get_if<0>(&value_));
    }
#endif

private:
    std::variant<T, failure> value_;
};

// ---- views ----

/// Contiguous elements that somebody else owns; for the duration of a call.
template <class T>
class span {
public:
    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    /// Anything with std::data and std::size whose elements are T.
    template <class C, class P = decltype(std::data(std::declval<C &>())), class = decltype(std::size(std::declval<C &>())),
              class = std::enable_if_t<std::is_convertible_v<std::remove_pointer_t<P> (*)[], T (*)[]> &&
                                       !std::is_same_v<std::decay_t<C>, span>>>
    constexpr span(C &&c) noexcept : data_(std::data(c)), size_(static_cast<std::size_t>(std::size(c)))
    {
    }
    [[nodiscard]] constexpr T *data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr T *begin() const noexcept { return data_; }
    [[nodiscard]] constexpr T *end() const noexcept { return data_ + size_; }
    [[nodiscard]] constexpr T &operator[](std::size_t i) const noexcept { return data_[i]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

/// The element type of a contiguous container; void for anything else.
template <class C, class = void>
struct element {
    using type = void;
};
template <class C>
struct element<C, std::void_t<decltype(std::data(std::declval<C &>())), decltype(std::size(std::declval<C &>()))>> {
    using type = std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>;
};
template <class C>
using element_t = typename element<C>::type;

/// Whether a payload of them comes back as it was. A pointer would not.
template <class T>
inline constexpr bool storable =
    std::is_trivially_copyable_v<std::remove_cv_t<T>> && !std::is_pointer_v<T> && !std::is_member_pointer_v<T> && !std::is_void_v<T>;

} // namespace detail

/// Bytes to be read. Also of any contiguous container of trivially copyable elements.
class bytes_view {
public:
    constexpr bytes_view() noexcept = default;
    constexpr bytes_view(const void *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <class C, class E = detail::element_t<const C>,
              class = std::enable_if_t<detail::storable<E> && !std::is_same_v<std::decay_t<C>, bytes_view>>>
    constexpr bytes_view(const C &c) noexcept : data_(std::data(c)), size_(static_cast<std::size_t>(std::size(c)) * sizeof(E))
    {
    }
    [[nodiscard]] constexpr const void *data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
};

/// Bytes to be overwritten. Also of any contiguous container of trivially copyable elements that may be changed.
class mutable_bytes {
public:
    constexpr mutable_bytes() noexcept = default;
    constexpr mutable_bytes(void *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <class C, class E = detail::element_t<C>,
              class = std::enable_if_t<detail::storable<E> && !std::is_const_v<E> && !std::is_same_v<std::decay_t<C>, mutable_bytes>>>
    constexpr mutable_bytes(C &c) noexcept : data_(std::data(c)), size_(static_cast<std::size_t>(std::size(c)) * sizeof(E))
    {
    }
    [[nodiscard]] constexpr void *data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    constexpr operator bytes_view() const noexcept { return {data_, size_}; }

private:
    void *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

template <class T>
constexpr std::int32_t number_type() noexcept
{
    constexpr std::size_t n = sizeof(T);
    if constexpr (std::is_same_v<T, bool>) return WARM_TYPE_BOOL;
    if constexpr (std::is_same_v<T, std::byte>) return WARM_TYPE_U8;
    if constexpr (std::is_same_v<T, std::complex<double>>) return WARM_TYPE_C128;
    if constexpr (std::is_same_v<T, std::complex<float>>) return WARM_TYPE_C64;
    if constexpr (std::is_floating_point_v<T>) return n == 8 ? WARM_TYPE_F64 : n == 4 ? WARM_TYPE_F32 : 0;
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
        return n == 8 ? WARM_TYPE_I64 : n == 4 ? WARM_TYPE_I32 : n == 2 ? WARM_TYPE_I16 : WARM_TYPE_I8;
    }
    if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>) {
        return n == 8 ? WARM_TYPE_U64 : n == 4 ? WARM_TYPE_U32 : n == 2 ? WARM_TYPE_U16 : WARM_TYPE_U8;
    }
    return 0;
}

/// Whether a region can have such elements: numbers, std::complex, std::byte.
template <class T>
inline constexpr bool in_region = number_type<std::remove_cv_t<T>>() != 0;

/// A container's element, where it may be changed and a region can have such.
template <>
inline constexpr bool in_region<void> = false;
/// Whether a container's elements may be changed, and a region can have such.
template <class C>
inline constexpr bool protectable = in_region<element_t<C>> && !std::is_const_v<element_t<C>>;

} // namespace detail

/// The bytes of one value.
template <class T, class = std::enable_if_t<detail::storable<T>>>
[[nodiscard]] constexpr bytes_view bytes_of(const T &value) noexcept
{
    return {&value, sizeof value};
}
template <class T, class = std::enable_if_t<detail::storable<T> && !std::is_const_v<T>>>
[[nodiscard]] constexpr mutable_bytes bytes_of(T &value) noexcept
{
    return {&value, sizeof value};
}

namespace detail {

constexpr std::int64_t length(std::size_t n) noexcept { return static_cast<std::int64_t>(n); }
constexpr std::int32_t flag(bool on) noexcept { return on ? 1 : 0; }

template <class T>
const T *pointer(const std::optional<T> &value) noexcept
{
    return value ? &*value : nullptr;
}

/// A struct that the library fills.
template <class T>
T sized() noexcept
{
    T out{};
    out.struct_size = sizeof out;
    return out;
}

/// Owns a C handle.
template <class H, void (*Free)(H **)>
class owner {
public:
    owner() noexcept = default;
    explicit owner(H *h) noexcept : h_(h) {}
    owner(owner &&from) noexcept : h_(std::exchange(from.h_, nullptr)) {}
    owner &operator=(owner &&from) noexcept
    {
        if (this != &from) {
            Free(&h_);
            h_ = std::exchange(from.h_, nullptr);
        }
        return *this;
    }
    owner(const owner &) = delete;
    owner &operator=(const owner &) = delete;
    ~owner() { Free(&h_); }
    [[nodiscard]] H *get() const noexcept { return h_; }
    [[nodiscard]] H **out() noexcept { return &h_; }

private:
    H *h_ = nullptr;
};

/// A status that is an outcome or a failure.
inline result<outcome> settle(std::int32_t status) noexcept
{
    if (status < 0) return failure::last(status);
    return static_cast<outcome>(status);
}
inline result<done> settle_done(std::int32_t status) noexcept
{
    if (status < 0) return failure::last(status);
    return done{};
}
/// Whether there was something to do it to.
inline result<bool> settle_found(std::int32_t status) noexcept
{
    if (status < 0) return failure::last(status);
    return status == WARM_OK;
}

/// What allocates here may fail, and says so.
template <class T, class F>
result<T> allocating(F &&f) noexcept
{
#if WARM_EXCEPTIONS
    try {
        return std::forward<F>(f)();
    } catch (...) {
        return failure(WARM_ERR_NO_MEMORY, "");
    }
#else
    return std::forward<F>(f)();
#endif
}

/// Text that `get(buf, cap, needed)` knows.
template <class F>
result<std::string> text(F get) noexcept
{
    return allocating<std::string>([&]() -> result<std::string> {
        std::string out(WARM_RUN_ID_MAX, '\0');
        std::int64_t needed = 0;
        std::int32_t status = get(out.data(), length(out.size()), &needed);
        if (status == WARM_ERR_BUFFER) {
            out.resize(static_cast<std::size_t>(needed));
            status = get(out.data(), length(out.size()), &needed);
        }
        if (status != WARM_OK) return failure::last(status);
        out.resize(std::strlen(out.c_str()));
        return out;
    });
}

/// Text that there may be none of.
template <class F>
result<std::optional<std::string>> some_text(F get) noexcept
{
    std::int32_t status = WARM_OK;
    auto found = text([&](char *b, std::int64_t cap, std::int64_t *n) { return status = get(b, cap, n); });
    if (found) return std::optional<std::string>(std::move(*found));
    if (status == WARM_NOT_FOUND) return std::optional<std::string>();
    return found.error();
}

/// Whether the library that is linked is of the same soname and not older.
inline bool library_matches() noexcept
{
    constexpr std::uint32_t mine = WARM_ABI_VERSION;
    const std::uint32_t theirs = warm_abi_version();
    return theirs / 65536U == mine / 65536U && theirs >= mine;
}

} // namespace detail

/// The library's version, such as "0.1.0".
[[nodiscard]] inline std::string_view version() noexcept { return warm_version_string(); }
/// Version, features, panic mode and target on one line.
[[nodiscard]] inline result<std::string> try_build_info() noexcept
{
    return detail::text([](char *buf, std::int64_t cap, std::int64_t *needed) { return warm_build_info(buf, cap, needed); });
}

// ---- keys ----

/// What a fit is stored under: 256 bits that stand for "this data, this specification". A plain value.
class key {
public:
    constexpr key() noexcept = default;
    constexpr explicit key(const warm_key &k) noexcept : key_(k) {}

    /// From 64 hexadecimal digits of either case.
    static result<key> try_from_hex(std::string_view hex) noexcept
    {
        key out;
        const std::int32_t status = warm_key_from_hex(hex.data(), detail::length(hex.size()), &out.key_);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Of a caller's own text; one text has different keys in the two keyspaces.
    static result<key> try_from_text(keyspace in, std::string_view text) noexcept
    {
        key out;
        const std::int32_t status =
            warm_key_from_text(static_cast<std::int32_t>(in), text.data(), detail::length(text.size()), &out.key_);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
#if WARM_EXCEPTIONS
    static key from_hex(std::string_view hex) { return try_from_hex(hex).value(); }
    static key from_text(keyspace in, std::string_view text) { return try_from_text(in, text).value(); }
    [[nodiscard]] std::string hex() const
    {
        const auto digits = hex_digits();
        return std::string(digits.data());
    }
#endif
    /// 64 lower-case hexadecimal digits and a NUL.
    [[nodiscard]] std::array<char, 65> hex_digits() const noexcept
    {
        std::array<char, 65> out{};
        (void)warm_key_to_hex(&key_, out.data());
        return out;
    }
    [[nodiscard]] const warm_key *get() const noexcept { return &key_; }
    [[nodiscard]] warm_key *get() noexcept { return &key_; }

    friend bool operator==(const key &a, const key &b) noexcept { return a.compare(b) == 0; }
    friend bool operator!=(const key &a, const key &b) noexcept { return a.compare(b) != 0; }
    friend bool operator<(const key &a, const key &b) noexcept { return a.compare(b) < 0; }

private:
    [[nodiscard]] int compare(const key &other) const noexcept
    {
        return std::memcmp(key_.bytes, other.key_.bytes, sizeof key_.bytes);
    }
    warm_key key_{};
};

/// Makes a key out of data and a specification; calls can be chained:
///
///     warm::key k = warm::fingerprinter().absorb("model", "gaussian").absorb("y", y).key();
///
/// `absorb(tag, value)` goes by the C++ type: a text; an integer (as 64 bits), a double; a contiguous
/// container of double, float, int32_t, int64_t; a container of texts. With `valid`, one byte per element
/// and 0 for missing, it is absorb_f64_na_slice for doubles. Matrices and dates have functions of their own.
/// The same data gives the same key in every language.
class fingerprinter {
public:
    using validity = span<const std::uint8_t>;

    fingerprinter() noexcept { keep(warm_fingerprinter_new(h_.out())); }
    fingerprinter(fingerprinter &&) noexcept = default;
    fingerprinter &operator=(fingerprinter &&) noexcept = default;

    /// An independent copy, for keys with a common beginning.
    [[nodiscard]] fingerprinter clone() const noexcept
    {
        fingerprinter out(nullptr);
        out.failed_ = failed_;
        if (!out.failed_) out.keep(warm_fingerprinter_clone(h_.get(), out.h_.out()));
        return out;
    }

    fingerprinter &absorb(std::string_view tag) noexcept
    {
        return keep(warm_fingerprinter_absorb_tag(get(), tag.data(), n(tag)));
    }
    template <class T>
    fingerprinter &absorb(std::string_view tag, const T &value) noexcept
    {
        return absorb_as(tag, value, validity(), false);
    }
    template <class T>
    fingerprinter &absorb(std::string_view tag, const T &values, validity valid) noexcept
    {
        return absorb_as(tag, values, valid, true);
    }
    fingerprinter &absorb_bytes(std::string_view tag, bytes_view bytes) noexcept
    {
        return keep(warm_fingerprinter_absorb_bytes(get(), tag.data(), n(tag), bytes.data(), detail::length(bytes.size())));
    }
    /// One byte per element: 0 for false.
    fingerprinter &absorb_bools(std::string_view tag, span<const std::uint8_t> values, validity valid = {}) noexcept
    {
        return slice(warm_fingerprinter_absorb_bool_slice, tag, values, valid);
    }
    /// As R and data frames do, also where nothing is missing: another key than that of plain doubles.
    fingerprinter &absorb_na(std::string_view tag, span<const double> values, validity valid = {}) noexcept
    {
        return slice(warm_fingerprinter_absorb_f64_na_slice, tag, values, valid);
    }
    /// Days since 1970-01-01.
    fingerprinter &absorb_dates(std::string_view tag, span<const std::int64_t> days, validity valid = {}) noexcept
    {
        return slice(warm_fingerprinter_absorb_date_slice, tag, days, valid);
    }
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    fingerprinter &absorb_timestamps(std::string_view tag, span<const std::int64_t> nanoseconds, validity valid = {}) noexcept
    {
        return slice(warm_fingerprinter_absorb_timestamp_slice, tag, nanoseconds, valid);
    }
    /// The same key for the same matrix, whatever its order in memory. `values` has rows * cols elements.
    fingerprinter &absorb_matrix(std::string_view tag, std::size_t rows, std::size_t cols, span<const double> values, order in,
                                 validity valid = {}) noexcept
    {
        if (!fits(rows, cols, values.size()) || !matches(valid, values.size())) return refuse();
        return keep(warm_fingerprinter_absorb_f64_matrix(get(), tag.data(), n(tag), detail::length(rows), detail::length(cols),
                                                         values.data(), valid.data(), static_cast<std::int32_t>(in)));
    }
    /// A matrix as it lies in memory: as older keys were made.
    fingerprinter &absorb_2d(std::string_view tag, std::size_t rows, std::size_t cols, span<const double> values) noexcept
    {
        if (!fits(rows, cols, values.size())) return refuse();
        return keep(warm_fingerprinter_absorb_f64_2d(get(), tag.data(), n(tag), detail::length(rows), detail::length(cols),
                                                     values.data()));
    }
    /// Levels, and for each element the number of its level, counted from 0.
    template <class Texts>
    fingerprinter &absorb_factor(std::string_view tag, const Texts &levels, span<const std::int64_t> codes, validity valid = {},
                                 validity levels_valid = {}) noexcept
    {
        return with_texts(levels, [&](const char *const *texts, const std::int64_t *lengths, std::size_t count) -> fingerprinter & {
            if (!matches(valid, codes.size()) || !matches(levels_valid, count)) return refuse();
            return keep(warm_fingerprinter_absorb_factor(get(), tag.data(), n(tag), texts, lengths, levels_valid.data(),
                                                         detail::length(count), codes.data(), valid.data(),
                                                         detail::length(codes.size())));
        });
    }

    // Unframed, as older engines make their keys.
    fingerprinter &write_bytes(bytes_view bytes) noexcept
    {
        return keep(warm_fingerprinter_write_bytes(get(), bytes.data(), detail::length(bytes.size())));
    }
    fingerprinter &write_u8(std::uint8_t value) noexcept { return keep(warm_fingerprinter_write_u8(get(), value)); }
    fingerprinter &write_u64(std::uint64_t value) noexcept { return keep(warm_fingerprinter_write_u64(get(), value)); }
    fingerprinter &write_f64(double value) noexcept { return keep(warm_fingerprinter_write_f64(get(), value)); }
    fingerprinter &write_str(std::string_view text) noexcept
    {
        return keep(warm_fingerprinter_write_str(get(), text.data(), n(text)));
    }
    fingerprinter &write_f64_slice(span<const double> values) noexcept
    {
        return keep(warm_fingerprinter_write_f64_slice(get(), values.data(), detail::length(values.size())));
    }

    /// The key of everything so far; more may follow.
    [[nodiscard]] result<warm::key> try_key() const noexcept
    {
        if (failed_) return *failed_;
        warm::key out;
        const std::int32_t status = warm_fingerprinter_finish(get(), out.get());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Its first eight bytes as a little-endian number.
    [[nodiscard]] result<std::uint64_t> try_u64() const noexcept
    {
        if (failed_) return *failed_;
        std::uint64_t out = 0;
        const std::int32_t status = warm_fingerprinter_finish_u64(get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
#if WARM_EXCEPTIONS
    [[nodiscard]] warm::key key() const { return try_key().value(); }
    [[nodiscard]] std::uint64_t u64() const { return try_u64().value(); }
#endif
    [[nodiscard]] warm_fingerprinter *get() const noexcept { return h_.get(); }

private:
    explicit fingerprinter(std::nullptr_t) noexcept {}

    static std::int64_t n(std::string_view text) noexcept { return detail::length(text.size()); }
    static bool matches(validity valid, std::size_t count) noexcept { return valid.data() == nullptr || valid.size() == count; }
    static bool fits(std::size_t rows, std::size_t cols, std::size_t count) noexcept
    {
        return rows == 0 || cols == 0 ? count == 0 : count / rows == cols && count % rows == 0;
    }
    fingerprinter &keep(std::int32_t status) noexcept
    {
        if (status < 0 && !failed_) failed_ = failure::last(status);
        return *this;
    }
    fingerprinter &refuse() noexcept
    {
        if (!failed_) failed_ = failure(WARM_ERR_INVALID, "absorbing: the counts of values, rows, columns or valid do not agree");
        return *this;
    }
    template <class F, class T>
    fingerprinter &slice(F absorber, std::string_view tag, span<T> values, validity valid) noexcept
    {
        if (!matches(valid, values.size())) return refuse();
        return keep(absorber(get(), tag.data(), n(tag), values.data(), valid.data(), detail::length(values.size())));
    }
    template <class Texts, class F>
    fingerprinter &with_texts(const Texts &texts, F absorb) noexcept
    {
#if WARM_EXCEPTIONS
        try {
#endif
            std::vector<const char *> starts;
            std::vector<std::int64_t> lengths;
            for (const auto &t : texts) {
                const std::string_view view(t);
                starts.push_back(view.data());
                lengths.push_back(n(view));
            }
            return absorb(starts.data(), lengths.data(), starts.size());
#if WARM_EXCEPTIONS
        } catch (...) {
            if (!failed_) failed_ = failure(WARM_ERR_NO_MEMORY, "");
            return *this;
        }
#endif
    }
    template <class T>
    fingerprinter &absorb_as(std::string_view tag, const T &value, validity valid, bool masked) noexcept
    {
        using E = std::remove_cv_t<detail::element_t<const T>>;
        if constexpr (std::is_convertible_v<const T &, std::string_view>) {
            const std::string_view text(value);
            if (masked) return refuse();
            return keep(warm_fingerprinter_absorb_str(get(), tag.data(), n(tag), text.data(), n(text)));
        } else if constexpr (std::is_same_v<T, double>) {
            if (masked) return refuse();
            return keep(warm_fingerprinter_absorb_f64(get(), tag.data(), n(tag), value));
        } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            if (masked) return refuse();
            return keep(warm_fingerprinter_absorb_u64(get(), tag.data(), n(tag), static_cast<std::uint64_t>(value)));
        } else if constexpr (std::is_same_v<E, double>) {
            const span<const double> values(value);
            if (masked) return slice(warm_fingerprinter_absorb_f64_na_slice, tag, values, valid);
            return keep(warm_fingerprinter_absorb_f64_slice(get(), tag.data(), n(tag), values.data(), detail::length(values.size())));
        } else if constexpr (std::is_same_v<E, float>) {
            return slice(warm_fingerprinter_absorb_f32_slice, tag, span<const float>(value), valid);
        } else if constexpr (std::is_same_v<E, std::int32_t>) {
            return slice(warm_fingerprinter_absorb_i32_slice, tag, span<const std::int32_t>(value), valid);
        } else if constexpr (std::is_same_v<E, std::int64_t>) {
            return slice(warm_fingerprinter_absorb_i64_slice, tag, span<const std::int64_t>(value), valid);
        } else if constexpr (std::is_integral_v<E> && std::is_signed_v<E> && sizeof(E) == sizeof(std::int64_t)) {
            // `long long` where int64_t is `long`, or the other way round.
            const auto *data = static_cast<const void *>(std::data(value));
            return slice(warm_fingerprinter_absorb_i64_slice, tag,
                         span<const std::int64_t>(static_cast<const std::int64_t *>(data), static_cast<std::size_t>(std::size(value))), valid);
        } else {
            static_assert(std::is_convertible_v<decltype(*std::begin(value)), std::string_view>,
                          "absorb: of these there is no common encoding; convert them to double, float, int32_t, int64_t or text, "
                          "use absorb_bools, or absorb_bytes");
            return with_texts(value, [&](const char *const *texts, const std::int64_t *lengths, std::size_t count) -> fingerprinter & {
                if (!matches(valid, count)) return refuse();
                return keep(warm_fingerprinter_absorb_str_list(get(), tag.data(), n(tag), texts, lengths, valid.data(), detail::length(count)));
            });
        }
    }

    detail::owner<warm_fingerprinter, warm_fingerprinter_free> h_;
    std::optional<failure> failed_;
};

// ---- entries ----

/// What is known of an entry besides its bytes.
struct entry_info {
    warm::kind kind = warm::kind::checkpoint;
    warm::source source = warm::source::exact;
    std::optional<double> objective;
    std::optional<std::int64_t> iteration;
    std::chrono::system_clock::time_point written;
    std::size_t payload_bytes = 0;

    entry_info() noexcept = default;
    explicit entry_info(const warm_entry_info &c) noexcept
        : kind(static_cast<warm::kind>(c.kind)), source(static_cast<warm::source>(c.source)),
          written(std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::seconds(c.written_unix_secs) +
                                                                                  std::chrono::nanoseconds(c.written_nanos))),
          payload_bytes(static_cast<std::size_t>(c.payload_bytes))
    {
        if (c.has_objective != 0) objective = c.objective;
        if (c.has_iteration != 0) iteration = c.iteration;
    }
};

/// A verified entry, independent of the store and session it came from.
class entry {
public:
    /// The bytes where they lie, aligned to 64; as long as the entry lives.
    [[nodiscard]] bytes_view payload() const noexcept
    {
        const void *data = nullptr;
        std::int64_t len = 0;
        if (warm_entry_payload(h_.get(), &data, &len) != WARM_OK) return {};
        return {data, static_cast<std::size_t>(len)};
    }
    [[nodiscard]] entry_info info() const noexcept
    {
        auto c = detail::sized<warm_entry_info>();
        (void)warm_entry_get_info(h_.get(), &c);
        return entry_info(c);
    }
    [[nodiscard]] warm::key key() const noexcept
    {
        warm::key out;
        (void)warm_entry_key(h_.get(), out.get());
        return out;
    }
    /// Which of the session's seed keys it was found under, 0 for the nearest.
    [[nodiscard]] std::optional<int> seed_level() const noexcept
    {
        std::int32_t level = -1;
        if (warm_entry_seed_level(h_.get(), &level) != WARM_OK || level < 0) return std::nullopt;
        return level;
    }
    /// Of exactly the payload's length.
    [[nodiscard]] result<done> try_copy_to(mutable_bytes to) const noexcept
    {
        const bytes_view from = payload();
        if (h_.get() != nullptr && from.size() != to.size()) {
            return failure(WARM_ERR_INCOMPATIBLE, "copying a payload: the buffer has another length");
        }
        return detail::settle_done(warm_entry_copy(h_.get(), to.data(), detail::length(to.size()), nullptr));
    }
    [[nodiscard]] result<std::string> try_run_id() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_entry_run_id(h_.get(), b, c, n); });
    }
    /// What its session was labelled with; none where it was not, or another engine wrote or rewrote it.
    [[nodiscard]] result<std::optional<std::string>> try_label() const noexcept
    {
        return detail::some_text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_entry_label(h_.get(), b, c, n); });
    }
#if WARM_EXCEPTIONS
    void copy_to(mutable_bytes to) const { (void)try_copy_to(to).value(); }
    [[nodiscard]] std::string run_id() const { return try_run_id().value(); }
    [[nodiscard]] std::optional<std::string> label() const { return try_label().value(); }
#endif
    [[nodiscard]] warm_entry *get() const noexcept { return h_.get(); }

private:
    friend class store;
    friend class session;
    entry() noexcept = default;
    /// What a function that makes entries answered.
    template <class F>
    static result<std::optional<entry>> made(F make) noexcept
    {
        entry e;
        const std::int32_t status = make(e.h_.out());
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<entry>();
        return std::optional<entry>(std::move(e));
    }
    detail::owner<warm_entry, warm_entry_free> h_;
};

/// A run as another store takes it in, here or on another machine: `store::import_entry`.
struct exported_entry {
    std::string metadata; ///< JSON
    warm::entry entry;
};

// ---- lists ----

/// A field of two keys that are compared.
struct field {
    warm::field_state state = warm::field_state::equal;
    std::string tag;
};

/// An entry in a list.
struct listed_entry {
    entry_info info;
    std::string run_id;
    std::optional<std::string> label; ///< what its session was labelled with
    bool is_pinned = false;
    warm::durability durability = warm::durability::full; ///< whether it was synced before its save returned
    std::chrono::system_clock::time_point last_used;      ///< written or, as far as that is noted, used; whole seconds
    std::int64_t seed_keys = 0;                           ///< under how many it is found as well
    std::int64_t key_fields = 0;                          ///< of what its key was made from, so many are recorded
};

/// One point of a trace: how far a fit had come.
struct trace_point {
    warm::seconds since_opened{};  ///< since the session was opened
    double unix_seconds = 0;       ///< since 1970-01-01 UTC
    std::optional<std::int64_t> iteration;
    std::optional<double> objective;
};

/// One thing that is wrong in a store, or a run that a sweep removed or would.
struct finding {
    warm::problem problem = warm::problem::metadata;
    warm::action action = warm::action::nothing;
    std::optional<warm::key> key;
    std::string run_id; ///< empty where it belongs to no run
    std::string text;   ///< which file, and what is wrong with it
};

/// One region of an entry. `data` is the entry's own memory, valid while the `regions` that it is of live.
struct region {
    std::string name;
    element_type type = element_type::f64;
    warm::order order = warm::order::row_major;
    std::vector<std::int64_t> dims; ///< as the array is indexed; none for a scalar
    bytes_view data;

    /// The elements, where T is their type and the file was written by this library; else none.
    template <class T>
    [[nodiscard]] span<const T> as() const noexcept
    {
        static_assert(detail::in_region<T>, "no region has such elements");
        if (detail::number_type<T>() != static_cast<std::int32_t>(type)) return {};
        if (reinterpret_cast<std::uintptr_t>(data.data()) % alignof(T) != 0) return {};
        return {static_cast<const T *>(data.data()), data.size() / sizeof(T)};
    }
};

/// What a prefetch worker would fetch.
struct planned {
    warm::key key;
    double score = 0; ///< the higher the likelier to be asked for
};

/// A session that is running, in this process or another one, as it said itself.
struct live_session {
    warm::key key;
    std::string run_id;
    std::optional<std::string> label; ///< a long one is cut
    std::string host;                 ///< empty where it does not say
    std::int64_t process_id = 0;      ///< on its host
    double opened_unix_seconds = 0;   ///< by its host's clock
    double reported_unix_seconds = 0; ///< when it said all of this, likewise
    warm_session_progress progress{}; ///< as of then
};

/// A note beside the regions.
struct note {
    std::string key;
    std::string text;
};

namespace detail {
inline result<note> item(warm_cursor *c, const note *) noexcept
{
    auto key = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_name(c, b, cap, n); });
    if (!key) return key.error();
    auto words = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_text(c, b, cap, n); });
    if (!words) return words.error();
    note out;
    out.key = std::move(*key);
    out.text = std::move(*words);
    return out;
}
inline result<region> item(warm_cursor *c, const region *) noexcept
{
    auto name = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_name(c, b, cap, n); });
    if (!name) return name.error();
    auto info = sized<warm_region_info>();
    std::array<std::int64_t, WARM_RANK_MAX> dims{};
    const void *data = nullptr;
    std::int64_t size = 0;
    std::int32_t status = warm_cursor_region(c, &info);
    if (status == WARM_OK) status = warm_cursor_dims(c, dims.data(), length(dims.size()), nullptr);
    if (status == WARM_OK) status = warm_cursor_data(c, &data, &size);
    if (status != WARM_OK) return failure::last(status);
    return allocating<region>([&]() -> result<region> {
        region out;
        out.name = std::move(*name);
        out.type = static_cast<element_type>(info.type);
        out.order = static_cast<warm::order>(info.order);
        out.dims.assign(dims.data(), dims.data() + info.rank);
        out.data = bytes_view(data, static_cast<std::size_t>(size));
        return out;
    });
}
inline result<key> item(warm_cursor *c, const key *) noexcept
{
    key out;
    const std::int32_t status = warm_cursor_key(c, out.get());
    if (status != WARM_OK) return failure::last(status);
    return out;
}
inline result<planned> item(warm_cursor *c, const planned *) noexcept
{
    planned out;
    std::int32_t status = warm_cursor_key(c, out.key.get());
    if (status == WARM_OK) status = warm_cursor_score(c, &out.score);
    if (status != WARM_OK) return failure::last(status);
    return out;
}
inline result<live_session> item(warm_cursor *c, const live_session *) noexcept
{
    auto known = sized<warm_live_session>();
    live_session out;
    out.progress = sized<warm_session_progress>();
    std::int32_t status = warm_cursor_session(c, &known);
    if (status == WARM_OK) status = warm_cursor_progress(c, &out.progress);
    if (status == WARM_OK) status = warm_cursor_key(c, out.key.get());
    if (status != WARM_OK) return failure::last(status);
    auto run = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_run_id(c, b, cap, n); });
    if (!run) return run.error();
    auto label = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_text(c, b, cap, n); });
    if (!label) return label.error();
    auto host = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_name(c, b, cap, n); });
    if (!host) return host.error();
    out.run_id = std::move(*run);
    if (known.has_label != 0) out.label = std::move(*label);
    out.host = std::move(*host);
    out.process_id = known.process_id;
    out.opened_unix_seconds = known.opened_unix_seconds;
    out.reported_unix_seconds = known.reported_unix_seconds;
    return out;
}
inline result<listed_entry> item(warm_cursor *c, const listed_entry *) noexcept
{
    auto info = sized<warm_entry_info>();
    const std::int32_t status = warm_cursor_info(c, &info);
    if (status != WARM_OK) return failure::last(status);
    auto more = sized<warm_run_info>();
    const std::int32_t known = warm_cursor_run(c, &more);
    if (known != WARM_OK) return failure::last(known);
    auto run = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_run_id(c, b, cap, n); });
    if (!run) return run.error();
    auto label = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_text(c, b, cap, n); });
    if (!label) return label.error();
    listed_entry out;
    out.info = entry_info(info);
    out.run_id = std::move(*run);
    if (more.has_label != 0) out.label = std::move(*label);
    out.is_pinned = more.is_pinned != 0;
    out.durability = static_cast<durability>(more.durability);
    out.last_used = std::chrono::system_clock::time_point(std::chrono::seconds(more.last_used_unix_secs));
    out.seed_keys = more.seed_keys;
    out.key_fields = more.key_fields;
    return out;
}
inline result<trace_point> item(warm_cursor *c, const trace_point *) noexcept
{
    auto point = sized<warm_trace_point>();
    const std::int32_t status = warm_cursor_trace_point(c, &point);
    if (status != WARM_OK) return failure::last(status);
    trace_point out;
    out.since_opened = seconds(point.seconds);
    out.unix_seconds = point.unix_seconds;
    if (point.has_iteration != 0) out.iteration = point.iteration;
    if (point.has_objective != 0) out.objective = point.objective;
    return out;
}
inline result<field> item(warm_cursor *c, const field *) noexcept
{
    auto found = sized<warm_field>();
    const std::int32_t status = warm_cursor_field(c, &found);
    if (status != WARM_OK) return failure::last(status);
    auto tag = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_text(c, b, cap, n); });
    if (!tag) return tag.error();
    field out;
    out.state = static_cast<field_state>(found.state);
    out.tag = std::move(*tag);
    return out;
}
inline result<finding> item(warm_cursor *c, const finding *) noexcept
{
    auto found = sized<warm_finding>();
    const std::int32_t status = warm_cursor_finding(c, &found);
    if (status != WARM_OK) return failure::last(status);
    auto run = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_run_id(c, b, cap, n); });
    if (!run) return run.error();
    auto words = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_text(c, b, cap, n); });
    if (!words) return words.error();
    finding out;
    out.problem = static_cast<problem>(found.problem);
    out.action = static_cast<action>(found.action);
    if (found.has_key != 0) {
        auto k = item(c, static_cast<const key *>(nullptr));
        if (!k) return k.error();
        out.key = *k;
    }
    out.run_id = std::move(*run);
    out.text = std::move(*words);
    return out;
}
} // namespace detail

/// A list that was copied when it was made, but for `store::stream_keys`; gone through once:
/// `for (const auto &item : store.keys())`.
template <class Item>
class list {
public:
    /// The next item; none at the end.
    [[nodiscard]] result<std::optional<Item>> try_next() noexcept
    {
        const std::int32_t status = warm_cursor_next(h_.get());
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<Item>();
        auto found = detail::item(h_.get(), static_cast<const Item *>(nullptr));
        if (!found) return found.error();
        return std::optional<Item>(std::move(*found));
    }

#if WARM_EXCEPTIONS
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using pointer = const Item *;
        using reference = const Item &;

        iterator() = default;
        reference operator*() const noexcept { return *item_; }
        pointer operator->() const noexcept { return &*item_; }
        iterator &operator++()
        {
            item_ = of_->try_next().value();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.item_.has_value() == b.item_.has_value(); }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept { return !(a == b); }

    private:
        friend class list;
        explicit iterator(list *of) : of_(of) { ++*this; }
        list *of_ = nullptr;
        std::optional<Item> item_;
    };
    [[nodiscard]] iterator begin() { return iterator(this); }
    [[nodiscard]] iterator end() noexcept { return iterator(); }
#endif

private:
    friend class store;
    friend class session;
    friend class task;
    friend class miss;
    friend class regions;
    friend class prefetch;
    list() noexcept = default;
    template <class F>
    static result<list> made(F make) noexcept
    {
        list out;
        const std::int32_t status = make(out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    detail::owner<warm_cursor, warm_cursor_free> h_;
};

// ---- regions of an entry ----

/// The regions that an entry's payload has, in the order that they lie in, and the notes beside them. It keeps the entry's bytes.
class regions {
public:
    /// Of an entry that whoever wrote; a payload that is no safetensors file is WARM_ERR_INCOMPATIBLE.
    [[nodiscard]] static result<regions> try_of(const entry &e) noexcept
    {
        regions out;
        auto notes = list<note>::made([&](warm_cursor **c) { return warm_entry_list_notes(e.get(), c); });
        if (!notes) return notes.error();
        const auto kept = collect(*notes, out.notes_);
        if (!kept) return kept.error();
        auto all = list<region>::made([&](warm_cursor **c) { return warm_entry_list_regions(e.get(), c); });
        if (!all) return all.error();
        const auto got = collect(*all, out.items_);
        if (!got) return got.error();
        out.cursor_ = std::move(all->h_);
        return result<regions>(std::move(out));
    }
#if WARM_EXCEPTIONS
    explicit regions(const entry &e) : regions(try_of(e).value()) {}
#endif
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] const region &operator[](std::size_t i) const noexcept { return items_[i]; }
    [[nodiscard]] std::vector<region>::const_iterator begin() const noexcept { return items_.begin(); }
    [[nodiscard]] std::vector<region>::const_iterator end() const noexcept { return items_.end(); }
    /// The region of that name; NULL where there is none.
    [[nodiscard]] const region *find(std::string_view name) const noexcept
    {
        for (const auto &r : items_) {
            if (r.name == name) return &r;
        }
        return nullptr;
    }
    /// The same without a list: copies one region's bytes, whose number `to` has to have room for; whether there is one.
    [[nodiscard]] result<bool> try_copy(std::string_view name, mutable_bytes to) const noexcept
    {
        const auto found = detail::settle_found(warm_cursor_find(cursor_.get(), name.data(), detail::length(name.size())));
        if (!found || !*found) return found;
        return detail::settle_found(warm_cursor_copy_data(cursor_.get(), to.data(), detail::length(to.size()), nullptr));
    }
    /// The file's own: the caller's, and libwarmstart, objective, iteration, order.<name>, complex.<name>.
    [[nodiscard]] const std::vector<note> &notes() const noexcept { return notes_; }

private:
    regions() noexcept = default;
    template <class Item>
    static result<done> collect(list<Item> &from, std::vector<Item> &to) noexcept
    {
        return detail::allocating<done>([&]() -> result<done> {
            for (;;) {
                auto next = from.try_next();
                if (!next) return next.error();
                if (!*next) return done{};
                to.push_back(std::move(**next));
            }
        });
    }
    std::vector<region> items_;
    std::vector<note> notes_;
    detail::owner<warm_cursor, warm_cursor_free> cursor_;
};

// ---- tasks ----

/// A verification, repair or sweep in progress, on a thread of its own; destroying it cancels it.
class task {
public:
    /// ok: done; timeout: it goes on; cancelled. 0 s polls.
    [[nodiscard]] result<outcome> try_wait(seconds longest) const noexcept
    {
        return detail::settle(warm_task_wait(h_.get(), longest.count()));
    }
    /// Asks it to stop, and does not wait for it.
    [[nodiscard]] result<done> try_cancel() const noexcept { return detail::settle_done(warm_task_cancel(h_.get())); }
    [[nodiscard]] warm_task_progress progress() const noexcept
    {
        auto out = detail::sized<warm_task_progress>();
        (void)warm_task_get_progress(h_.get(), &out);
        return out;
    }
    /// Once it has ended.
    [[nodiscard]] result<warm_check_report> try_report() const noexcept
    {
        auto out = detail::sized<warm_check_report>();
        const std::int32_t status = warm_task_get_report(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    [[nodiscard]] result<list<finding>> try_findings() const noexcept
    {
        return list<finding>::made([&](warm_cursor **out) { return warm_task_findings(h_.get(), out); });
    }
#if WARM_EXCEPTIONS
    [[nodiscard]] outcome wait(seconds longest) const { return try_wait(longest).value(); }
    void cancel() const { (void)try_cancel().value(); }
    [[nodiscard]] warm_check_report report() const { return try_report().value(); }
    [[nodiscard]] list<finding> findings() const { return try_findings().value(); }
#endif
    [[nodiscard]] warm_task *get() const noexcept { return h_.get(); }

private:
    friend class store;
    friend class cache;
    task() noexcept = default;
    template <class F>
    static result<task> made(F make) noexcept
    {
        task out;
        const std::int32_t status = make(out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    detail::owner<warm_task, warm_task_free> h_;
};

// ---- keys that are compared ----

/// Why a key missed, or what a stored key has in common with the others: the nearest stored key, and how the two differ.
class miss {
public:
    [[nodiscard]] warm_miss_info info() const noexcept
    {
        auto out = detail::sized<warm_miss_info>();
        (void)warm_miss_get_info(h_.get(), &out);
        return out;
    }
    [[nodiscard]] warm::key key() const noexcept
    {
        warm::key out;
        (void)warm_miss_key(h_.get(), out.get());
        return out;
    }
    /// In words, such as "y differs; x, family, link equal".
    [[nodiscard]] result<std::string> try_text() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_miss_text(h_.get(), b, c, n); });
    }
    [[nodiscard]] result<list<field>> try_fields() const noexcept
    {
        return list<field>::made([&](warm_cursor **out) { return warm_miss_list_fields(h_.get(), out); });
    }
#if WARM_EXCEPTIONS
    [[nodiscard]] std::string text() const { return try_text().value(); }
    [[nodiscard]] list<field> fields() const { return try_fields().value(); }
#endif
    [[nodiscard]] warm_miss *get() const noexcept { return h_.get(); }

private:
    friend class store;
    friend class session;
    miss() noexcept = default;
    /// What a function that compares keys answered.
    template <class F>
    static result<std::optional<miss>> made(F make) noexcept
    {
        miss out;
        const std::int32_t status = make(out.h_.out());
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<miss>();
        return std::optional<miss>(std::move(out));
    }
    detail::owner<warm_miss, warm_miss_free> h_;
};

// ---- records ----

/// What a term's identity is made of. Nothing of it is kept.
struct term_shape {
    std::string_view block_name;
    warm::role role = warm::role::from_name;
    std::vector<std::optional<std::string_view>> penalty_labels{}; ///< one per penalty
    std::vector<std::int64_t> nullspace_dims{};
    std::int64_t reduced_width = 0; ///< coefficients once constraints are absorbed
};

/// A typed record: where a fit stood, or what a finished fit can teach its relatives. Fields go by the names that
/// warm_record in warmstart.h lists; those of blocks and terms take an index, counted from 0.
///
///     warm::record r(warm::record_kind::warm_start);
///     r.set("key", "y ~ s(x)").set("n_rows", n).set("n_cols", p).set("rho", rho).set("beta", beta);
///     store.save_record(r);
///
/// What reads answers empty where the field is absent. One thread at a time.
class record {
public:
    [[nodiscard]] static result<record> try_make(record_kind kind) noexcept
    {
        return made([&](warm_record **out) { return warm_record_new(static_cast<std::int32_t>(kind), out); });
    }
    [[nodiscard]] static result<record> try_from_json(record_kind kind, bytes_view json) noexcept
    {
        return made([&](warm_record **out) {
            return warm_record_from_json(static_cast<std::int32_t>(kind), json.data(), detail::length(json.size()), out);
        });
    }
    [[nodiscard]] result<std::string> try_json() const noexcept
    {
        auto bytes = items<char>([&](char *b, std::int64_t c, std::int64_t *n) { return warm_record_to_json(h_.get(), b, c, n); });
        if (!bytes) return bytes.error();
        return detail::allocating<std::string>([&]() -> result<std::string> { return std::string((*bytes)->begin(), (*bytes)->end()); });
    }

    /// A text, an integer or flag, a number, or a contiguous container of doubles or of 64-bit integers.
    template <class T>
    [[nodiscard]] result<done> try_set(std::string_view field, const T &value, std::int64_t index = 0) noexcept
    {
        using E = std::remove_cv_t<detail::element_t<const T>>;
        const auto n = detail::length(field.size());
        if constexpr (std::is_convertible_v<const T &, std::string_view>) {
            const std::string_view text(value);
            return detail::settle_done(
                warm_record_set_text(h_.get(), field.data(), n, index, text.data(), detail::length(text.size())));
        } else if constexpr (std::is_integral_v<T>) {
            return detail::settle_done(warm_record_set_integer(h_.get(), field.data(), n, index, static_cast<std::int64_t>(value)));
        } else if constexpr (std::is_floating_point_v<T>) {
            return detail::settle_done(warm_record_set_number(h_.get(), field.data(), n, index, static_cast<double>(value)));
        } else if constexpr (std::is_same_v<E, double>) {
            return detail::settle_done(warm_record_set_numbers(h_.get(), field.data(), n, index, std::data(value),
                                                               detail::length(static_cast<std::size_t>(std::size(value)))));
        } else {
            static_assert(std::is_same_v<E, std::int64_t>, "set: a text, a number, or a container of double or std::int64_t");
            return detail::settle_done(warm_record_set_integers(h_.get(), field.data(), n, index, std::data(value),
                                                                detail::length(static_cast<std::size_t>(std::size(value)))));
        }
    }
    /// Makes an optional field, or part, absent.
    [[nodiscard]] result<done> try_clear(std::string_view field, std::int64_t index = 0) noexcept
    {
        return detail::settle_done(warm_record_clear(h_.get(), field.data(), detail::length(field.size()), index));
    }
    [[nodiscard]] result<std::optional<std::string>> try_text(std::string_view field, std::int64_t index = 0) const noexcept
    {
        auto found = items<char>([&](char *b, std::int64_t c, std::int64_t *n) {
            return warm_record_get_text(h_.get(), field.data(), detail::length(field.size()), index, b, c, n);
        });
        if (!found) return found.error();
        if (!*found) return std::optional<std::string>();
        using answer = std::optional<std::string>;
        return detail::allocating<answer>([&]() -> result<answer> { return answer(std::string((*found)->begin(), (*found)->end() - 1)); });
    }
    [[nodiscard]] result<std::optional<std::int64_t>> try_integer(std::string_view field, std::int64_t index = 0) const noexcept
    {
        std::int64_t out = 0;
        const std::int32_t status = warm_record_get_integer(h_.get(), field.data(), detail::length(field.size()), index, &out);
        return found(status, out);
    }
    [[nodiscard]] result<std::optional<double>> try_number(std::string_view field, std::int64_t index = 0) const noexcept
    {
        double out = 0;
        const std::int32_t status = warm_record_get_number(h_.get(), field.data(), detail::length(field.size()), index, &out);
        return found(status, out);
    }
    [[nodiscard]] result<std::optional<std::vector<std::int64_t>>> try_integers(std::string_view field, std::int64_t index = 0) const noexcept
    {
        return items<std::int64_t>([&](std::int64_t *b, std::int64_t c, std::int64_t *n) {
            return warm_record_get_integers(h_.get(), field.data(), detail::length(field.size()), index, b, c, n);
        });
    }
    [[nodiscard]] result<std::optional<std::vector<double>>> try_numbers(std::string_view field, std::int64_t index = 0) const noexcept
    {
        return items<double>([&](double *b, std::int64_t c, std::int64_t *n) {
            return warm_record_get_numbers(h_.get(), field.data(), detail::length(field.size()), index, b, c, n);
        });
    }
    /// What a field holds, and how many of it there are: 1, or one per block or term.
    [[nodiscard]] result<std::pair<field_type, std::int64_t>> try_describe(std::string_view field) const noexcept
    {
        std::int32_t holds = 0;
        std::int64_t count = 0;
        const std::int32_t status = warm_record_describe(h_.get(), field.data(), detail::length(field.size()), &holds, &count);
        if (status != WARM_OK) return failure::last(status);
        return std::pair<field_type, std::int64_t>(static_cast<field_type>(holds), count);
    }

    /// Appends a term to an artifact.
    [[nodiscard]] result<done> try_add_term(const term_shape &shape) noexcept
    {
        return detail::allocating<done>([&]() -> result<done> {
            std::vector<const char *> labels;
            std::vector<std::int64_t> lengths;
            std::vector<std::uint8_t> valid;
            for (const auto &label : shape.penalty_labels) {
                labels.push_back(label ? label->data() : nullptr);
                lengths.push_back(label ? detail::length(label->size()) : 0);
                valid.push_back(label ? 1 : 0);
            }
            return detail::settle_done(warm_record_add_term(
                h_.get(), shape.block_name.data(), detail::length(shape.block_name.size()), static_cast<std::int32_t>(shape.role),
                labels.data(), lengths.data(), valid.data(), detail::length(labels.size()), shape.nullspace_dims.data(),
                detail::length(shape.nullspace_dims.size()), shape.reduced_width));
        });
    }
    /// What it is stored under.
    [[nodiscard]] result<warm::key> try_key() const noexcept
    {
        warm::key out;
        const std::int32_t status = warm_record_key(h_.get(), out.get());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Whether the fit that `like` describes may start from here: a failure of WARM_ERR_INCOMPATIBLE says why not.
    [[nodiscard]] result<done> try_check(const record &like) const noexcept
    {
        return detail::settle_done(warm_record_check(h_.get(), like.get()));
    }
    /// Takes over what the artifact `source` can teach this one.
    [[nodiscard]] result<done> try_transfer_from(const record &source) noexcept
    {
        return detail::settle_done(warm_record_transfer(h_.get(), source.get()));
    }

#if WARM_EXCEPTIONS
    explicit record(record_kind kind) : record(try_make(kind).value()) {}
    [[nodiscard]] static record from_json(record_kind kind, bytes_view json) { return try_from_json(kind, json).value(); }
    [[nodiscard]] std::string json() const { return try_json().value(); }
    template <class T>
    record &set(std::string_view field, const T &value, std::int64_t index = 0)
    {
        (void)try_set(field, value, index).value();
        return *this;
    }
    record &clear(std::string_view field, std::int64_t index = 0)
    {
        (void)try_clear(field, index).value();
        return *this;
    }
    [[nodiscard]] std::optional<std::string> text(std::string_view field, std::int64_t index = 0) const { return try_text(field, index).value(); }
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view field, std::int64_t index = 0) const
    {
        return try_integer(field, index).value();
    }
    [[nodiscard]] std::optional<double> number(std::string_view field, std::int64_t index = 0) const { return try_number(field, index).value(); }
    [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(std::string_view field, std::int64_t index = 0) const
    {
        return try_integers(field, index).value();
    }
    [[nodiscard]] std::optional<std::vector<double>> numbers(std::string_view field, std::int64_t index = 0) const
    {
        return try_numbers(field, index).value();
    }
    [[nodiscard]] std::pair<field_type, std::int64_t> describe(std::string_view field) const { return try_describe(field).value(); }
    record &add_term(const term_shape &shape)
    {
        (void)try_add_term(shape).value();
        return *this;
    }
    [[nodiscard]] warm::key key() const { return try_key().value(); }
    void check(const record &like) const { (void)try_check(like).value(); }
    void transfer_from(const record &source) { (void)try_transfer_from(source).value(); }
#endif
    [[nodiscard]] warm_record *get() const noexcept { return h_.get(); }

private:
    friend class store;
    explicit record(std::nullptr_t) noexcept {}
    template <class F>
    static result<record> made(F make) noexcept
    {
        record out(nullptr);
        const std::int32_t status = make(out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    template <class T>
    static result<std::optional<T>> found(std::int32_t status, T value) noexcept
    {
        if (status < 0) return failure::last(status);
        return status == WARM_OK ? std::optional<T>(value) : std::optional<T>();
    }
    /// What `get(buf, cap, needed)` answers, absent or not.
    template <class T, class F>
    static result<std::optional<std::vector<T>>> items(F get) noexcept
    {
        using answer = std::optional<std::vector<T>>;
        return detail::allocating<answer>([&]() -> result<answer> {
            std::int64_t needed = 0;
            std::int32_t status = get(nullptr, 0, &needed);
            std::vector<T> out(static_cast<std::size_t>(needed));
            if (status == WARM_ERR_BUFFER) status = get(out.data(), needed, &needed);
            if (status < 0) return failure::last(status);
            if (status != WARM_OK) return answer();
            return answer(std::move(out));
        });
    }
    detail::owner<warm_record, warm_record_free> h_;
};

// ---- stores ----

/// How a store is opened; what is not set is inherited from what the root recorded, else the default.
struct store_options {
    std::optional<std::int64_t> size_budget;   ///< bytes below the root; 0: unlimited; default 1 GiB
    std::optional<std::int64_t> file_budget;   ///< files below the root; 0: unlimited; default 200 000
    std::optional<std::int64_t> memory_budget; ///< bytes kept in memory; 0: none; default 256 MiB
    std::optional<seconds> ttl;                ///< 0: never expires; default 30 days
    std::optional<warm::durability> durability;
    bool read_only = false;
};

/// A directory of entries, private to the user; any number of processes may have it open at once.
class store {
public:
    /// `root` is taken literally; empty: WARMSTART_DIR, else warmstart in the user's cache directory.
    [[nodiscard]] static result<store> try_open(std::string_view root = {}, const store_options &options = {}) noexcept
    {
        if (!detail::library_matches()) {
            return failure(WARM_ERR_INCOMPATIBLE, "The libwarmstart that is linked is not the one that warmstart.hpp was made for: "
                                                  "compile with the headers that came with it.");
        }
        detail::owner<warm_store_options, warm_store_options_free> o;
        std::int32_t status = warm_store_options_new(o.out());
        const auto set = [&](std::int32_t s) {
            if (status == WARM_OK) status = s;
        };
        if (options.size_budget) set(warm_store_options_set_size_budget(o.get(), *options.size_budget));
        if (options.file_budget) set(warm_store_options_set_file_budget(o.get(), *options.file_budget));
        if (options.memory_budget) set(warm_store_options_set_memory_budget(o.get(), *options.memory_budget));
        if (options.ttl) set(warm_store_options_set_ttl_seconds(o.get(), options.ttl->count()));
        if (options.durability) set(warm_store_options_set_durability(o.get(), static_cast<std::int32_t>(*options.durability)));
        if (options.read_only) set(warm_store_options_set_read_only(o.get(), 1));
        store out(nullptr);
        if (status == WARM_OK) status = warm_store_open(root.data(), detail::length(root.size()), o.get(), out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }

    /// Made for records: 256 MiB, ten years, and one store however often a process opens the root. Empty: the default root
    /// with "-records" appended to its name.
    [[nodiscard]] static result<store> try_open_records(std::string_view root = {}) noexcept
    {
        store out(nullptr);
        const std::int32_t status = warm_store_open_records(root.data(), detail::length(root.size()), out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Under its own key, in the place of the one before.
    [[nodiscard]] result<done> try_save_record(const record &r) noexcept
    {
        return detail::settle_done(warm_store_save_record(h_.get(), r.get()));
    }
    /// The newest of `like`'s kind and key; whether it suits says its check.
    [[nodiscard]] result<std::optional<record>> try_load_record(const record &like) noexcept
    {
        record out(nullptr);
        const std::int32_t status = warm_store_load_record(h_.get(), like.get(), out.h_.out());
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<record>();
        return std::optional<record>(std::move(out));
    }

    [[nodiscard]] result<std::string> try_root() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_store_root(h_.get(), b, c, n); });
    }
    /// As a new run, whose id is answered.
    [[nodiscard]] result<std::string> try_save(const key &k, bytes_view payload, std::optional<double> objective = {},
                                               std::optional<std::int64_t> iteration = {}, kind as = kind::checkpoint) noexcept
    {
        return detail::allocating<std::string>([&]() -> result<std::string> {
            std::string run(WARM_RUN_ID_MAX, '\0');
            std::int64_t needed = 0;
            const std::int32_t status =
                warm_store_save(h_.get(), k.get(), payload.data(), detail::length(payload.size()), detail::pointer(objective),
                                detail::pointer(iteration), static_cast<std::int32_t>(as), run.data(), detail::length(run.size()), &needed);
            if (status != WARM_OK) return failure::last(status);
            run.resize(static_cast<std::size_t>(needed) - 1);
            return run;
        });
    }
    /// As the next generation of a run that the caller names.
    [[nodiscard]] result<done> try_save_slot(const key &k, std::string_view run_id, bytes_view payload, std::optional<double> objective = {},
                                             std::optional<std::int64_t> iteration = {}, kind as = kind::checkpoint) noexcept
    {
        return detail::settle_done(warm_store_save_slot(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()), payload.data(),
                                                        detail::length(payload.size()), detail::pointer(objective),
                                                        detail::pointer(iteration), static_cast<std::int32_t>(as)));
    }
    [[nodiscard]] result<std::optional<entry>> try_lookup(const key &k, warm::lookup mode = warm::lookup::best) noexcept
    {
        return entry::made([&](warm_entry **out) { return warm_store_lookup(h_.get(), k.get(), static_cast<std::int32_t>(mode), out); });
    }
    /// The payload has to fit; how long it is says the info.
    [[nodiscard]] result<std::optional<entry_info>> try_lookup_into(const key &k, mutable_bytes to, warm::lookup mode = warm::lookup::best) noexcept
    {
        auto info = detail::sized<warm_entry_info>();
        const std::int32_t status = warm_store_lookup_into(h_.get(), k.get(), static_cast<std::int32_t>(mode), to.data(),
                                                           detail::length(to.size()), nullptr, &info);
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<entry_info>();
        return std::optional<entry_info>(entry_info(info));
    }
    /// The newest intact generation of one run.
    [[nodiscard]] result<std::optional<entry>> try_lookup_run(const key &k, std::string_view run_id) noexcept
    {
        return entry::made([&](warm_entry **out) {
            return warm_store_lookup_run(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()), out);
        });
    }
    /// Everything under a key, or one run; whether there was something.
    [[nodiscard]] result<bool> try_remove(const key &k) noexcept { return detail::settle_found(warm_store_remove(h_.get(), k.get())); }
    [[nodiscard]] result<bool> try_remove(const key &k, std::string_view run_id) noexcept
    {
        return detail::settle_found(warm_store_remove_entry(h_.get(), k.get(), run_id.data(), detail::length(run_id.size())));
    }
    /// A pinned run does not expire, and is evicted only when nothing else is left. Whether there is such a run.
    [[nodiscard]] result<bool> try_pin(const key &k, std::string_view run_id, bool on = true) noexcept
    {
        return detail::settle_found(warm_store_pin(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()), detail::flag(on)));
    }
    /// Expires, evicts and tidies, now.
    [[nodiscard]] result<done> try_sweep() noexcept { return detail::settle_done(warm_store_sweep(h_.get())); }
    /// Waits until everything accepted by any of its sessions is durable: ok, or timeout.
    [[nodiscard]] result<outcome> try_flush(seconds longest) noexcept { return detail::settle(warm_store_flush(h_.get(), longest.count())); }
    [[nodiscard]] result<list<key>> try_keys() noexcept
    {
        return list<key>::made([&](warm_cursor **out) { return warm_store_list_keys(h_.get(), out); });
    }
    /// The same keys as they are found, in no order and in bounded memory, however many there are. What is made or removed
    /// meanwhile may be among them. Reads on with each item, which can fail; not usable in the child of a fork.
    [[nodiscard]] result<list<key>> try_stream_keys() noexcept
    {
        return list<key>::made([&](warm_cursor **out) { return warm_store_stream_keys(h_.get(), out); });
    }
    /// The sessions that are running on this store in any process, those opened first before the others. One appears with its first
    /// checkpoint, and goes when it is finished or its process dies.
    [[nodiscard]] result<list<live_session>> try_sessions() noexcept
    {
        return list<live_session>::made([&](warm_cursor **out) { return warm_store_list_sessions(h_.get(), out); });
    }
    /// The newest intact generation of one run, for the import_entry of another store; none: no such run.
    [[nodiscard]] result<std::optional<exported_entry>> try_export_entry(const key &k, std::string_view run_id) noexcept
    {
        return detail::allocating<std::optional<exported_entry>>([&]() -> result<std::optional<exported_entry>> {
            std::string metadata(WARM_METADATA_MAX, '\0');
            std::int64_t needed = 0;
            auto e = entry::made([&](warm_entry **out) {
                return warm_store_export_entry(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()), metadata.data(),
                                               detail::length(metadata.size()), &needed, out);
            });
            if (!e) return e.error();
            if (!*e) return std::optional<exported_entry>();
            metadata.resize(static_cast<std::size_t>(needed));
            metadata.shrink_to_fit();
            return std::optional<exported_entry>(exported_entry{std::move(metadata), std::move(**e)});
        });
    }
    /// Takes in what export_entry gave, under the key and run id it had. Nothing of it is trusted, and what is here stays unless it is
    /// damaged or an older generation of the run. WARM_ERR_CORRUPT: it fails its checks, and nothing of it was written.
    [[nodiscard]] result<imported> try_import_entry(const key &k, std::string_view run_id, bytes_view metadata, bytes_view payload) noexcept
    {
        std::int32_t became = 0;
        const std::int32_t status =
            warm_store_import_entry(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()), metadata.data(),
                                    detail::length(metadata.size()), payload.data(), detail::length(payload.size()), &became);
        if (status != WARM_OK) return failure::last(status);
        return static_cast<imported>(became);
    }
    /// The runs under a key, newest first.
    [[nodiscard]] result<list<listed_entry>> try_entries(const key &k) noexcept
    {
        return list<listed_entry>::made([&](warm_cursor **out) { return warm_store_list_entries(h_.get(), k.get(), out); });
    }
    /// The trace of the session that wrote a run, alive or dead, as of its last durable checkpoint; none: no such run.
    [[nodiscard]] result<std::optional<list<trace_point>>> try_trace(const key &k, std::string_view run_id) noexcept
    {
        std::int32_t status = WARM_OK;
        auto made = list<trace_point>::made([&](warm_cursor **out) {
            return status = warm_store_trace(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()), out);
        });
        if (status < 0) return made.error();
        if (status != WARM_OK) return std::optional<list<trace_point>>();
        return std::optional<list<trace_point>>(std::move(*made));
    }
    [[nodiscard]] result<warm_store_stats> try_stats() const noexcept
    {
        auto out = detail::sized<warm_store_stats>();
        const std::int32_t status = warm_store_get_stats(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Those in force for this object: what its options named, else the root's, else the defaults. 0: no limit.
    [[nodiscard]] result<warm_store_limits> try_limits() const noexcept
    {
        auto out = detail::sized<warm_store_limits>();
        const std::int32_t status = warm_store_get_limits(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Which stored key is nearest to a stored key, and how they differ; empty where no other has a field in common. Needs the
    /// option fingerprint where they were written: WARM_ERR_INVALID where nothing under `k` says what it was made from.
    [[nodiscard]] result<std::optional<miss>> try_explain(const key &k, seconds longest = seconds(5)) noexcept
    {
        return miss::made([&](warm_miss **out) { return warm_store_explain(h_.get(), k.get(), longest.count(), out); });
    }
    /// How the fits of this handle's sessions began.
    [[nodiscard]] result<warm_start_stats> try_start_stats() const noexcept
    {
        auto out = detail::sized<warm_start_stats>();
        const std::int32_t status = warm_store_get_start_stats(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Removes the runs that are neither among the last nor among the best, but for pinned ones and those of living sessions; how many.
    [[nodiscard]] result<std::int64_t> try_retain(const key &k, std::int64_t last, std::int64_t best) noexcept
    {
        std::int64_t removed = 0;
        const std::int32_t status = warm_store_retain(h_.get(), k.get(), last, best, &removed);
        if (status != WARM_OK) return failure::last(status);
        return removed;
    }
    /// How many restarts from the checkpoints of a run, or of all, have failed.
    [[nodiscard]] result<std::int64_t> try_failed_restarts(const key &k, std::optional<std::string_view> run_id = {}) noexcept
    {
        std::int64_t count = 0;
        const std::string_view run = run_id.value_or(std::string_view());
        const std::int32_t status = warm_store_failed_restarts(h_.get(), k.get(), run.data(), detail::length(run.size()), &count);
        if (status != WARM_OK) return failure::last(status);
        return count;
    }
    /// Forgets them, so that the checkpoints are loaded again; whether there were any.
    [[nodiscard]] result<bool> try_reset_restarts(const key &k, std::optional<std::string_view> run_id = {}) noexcept
    {
        const std::string_view run = run_id.value_or(std::string_view());
        return detail::settle_found(warm_store_reset_restarts(h_.get(), k.get(), run.data(), detail::length(run.size())));
    }
    /// Starts to read and check everything; nothing is changed.
    [[nodiscard]] result<task> try_verify() noexcept
    {
        return task::made([&](warm_task **out) { return warm_store_start_verify(h_.get(), out); });
    }
    /// The same, and moves damage aside and tidies; nothing intact is lost.
    [[nodiscard]] result<task> try_repair() noexcept
    {
        return task::made([&](warm_task **out) { return warm_store_start_repair(h_.get(), out); });
    }
    /// Starts a sweep that also reads every payload; each run that goes is a finding.
    [[nodiscard]] result<task> try_start_sweep() noexcept
    {
        return task::made([&](warm_task **out) { return warm_store_start_sweep(h_.get(), out); });
    }
    /// Starts to find out which runs a sweep would remove now: each is a finding, and nothing is changed.
    [[nodiscard]] result<task> try_plan_sweep() noexcept
    {
        return task::made([&](warm_task **out) { return warm_store_start_sweep_plan(h_.get(), out); });
    }

#if WARM_EXCEPTIONS
    explicit store(std::string_view root = {}, const store_options &options = {}) : store(try_open(root, options).value()) {}
    [[nodiscard]] static store open_records(std::string_view root = {}) { return try_open_records(root).value(); }
    void save_record(const record &r) { (void)try_save_record(r).value(); }
    [[nodiscard]] std::optional<record> load_record(const record &like) { return try_load_record(like).value(); }
    [[nodiscard]] std::string root() const { return try_root().value(); }
    std::string save(const key &k, bytes_view payload, std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {},
                     kind as = kind::checkpoint)
    {
        return try_save(k, payload, objective, iteration, as).value();
    }
    void save_slot(const key &k, std::string_view run_id, bytes_view payload, std::optional<double> objective = {},
                   std::optional<std::int64_t> iteration = {}, kind as = kind::checkpoint)
    {
        (void)try_save_slot(k, run_id, payload, objective, iteration, as).value();
    }
    [[nodiscard]] std::optional<entry> lookup(const key &k, warm::lookup mode = warm::lookup::best) { return try_lookup(k, mode).value(); }
    [[nodiscard]] std::optional<entry_info> lookup_into(const key &k, mutable_bytes to, warm::lookup mode = warm::lookup::best)
    {
        return try_lookup_into(k, to, mode).value();
    }
    [[nodiscard]] std::optional<entry> lookup_run(const key &k, std::string_view run_id) { return try_lookup_run(k, run_id).value(); }
    bool remove(const key &k) { return try_remove(k).value(); }
    bool remove(const key &k, std::string_view run_id) { return try_remove(k, run_id).value(); }
    bool pin(const key &k, std::string_view run_id, bool on = true) { return try_pin(k, run_id, on).value(); }
    void sweep() { (void)try_sweep().value(); }
    [[nodiscard]] outcome flush(seconds longest) { return try_flush(longest).value(); }
    [[nodiscard]] list<key> keys() { return try_keys().value(); }
    [[nodiscard]] list<key> stream_keys() { return try_stream_keys().value(); }
    [[nodiscard]] list<live_session> sessions() { return try_sessions().value(); }
    [[nodiscard]] std::optional<exported_entry> export_entry(const key &k, std::string_view run_id)
    {
        return try_export_entry(k, run_id).value();
    }
    imported import_entry(const key &k, std::string_view run_id, bytes_view metadata, bytes_view payload)
    {
        return try_import_entry(k, run_id, metadata, payload).value();
    }
    [[nodiscard]] list<listed_entry> entries(const key &k) { return try_entries(k).value(); }
    [[nodiscard]] std::optional<list<trace_point>> trace(const key &k, std::string_view run_id) { return try_trace(k, run_id).value(); }
    [[nodiscard]] warm_store_stats stats() const { return try_stats().value(); }
    [[nodiscard]] warm_store_limits limits() const { return try_limits().value(); }
    [[nodiscard]] std::optional<miss> explain(const key &k, seconds longest = seconds(5)) { return try_explain(k, longest).value(); }
    [[nodiscard]] warm_start_stats start_stats() const { return try_start_stats().value(); }
    std::int64_t retain(const key &k, std::int64_t last, std::int64_t best) { return try_retain(k, last, best).value(); }
    [[nodiscard]] std::int64_t failed_restarts(const key &k, std::optional<std::string_view> run_id = {})
    {
        return try_failed_restarts(k, run_id).value();
    }
    bool reset_restarts(const key &k, std::optional<std::string_view> run_id = {}) { return try_reset_restarts(k, run_id).value(); }
    [[nodiscard]] task verify() { return try_verify().value(); }
    [[nodiscard]] task repair() { return try_repair().value(); }
    [[nodiscard]] task start_sweep() { return try_start_sweep().value(); }
    [[nodiscard]] task plan_sweep() { return try_plan_sweep().value(); }
#endif
    [[nodiscard]] warm_store *get() const noexcept { return h_.get(); }

private:
    explicit store(std::nullptr_t) noexcept {}
    detail::owner<warm_store, warm_store_free> h_;
};

// ---- the remote tier ----

/// How a store is attached to a remote tier; what is not set has its default.
struct remote_options {
    warm::uploads uploads = warm::uploads::final;
    bool lookup = true;                        ///< a lookup that finds nothing here asks there; else only fetch does
    std::optional<seconds> deadline;           ///< the longest that such a lookup waits; default 5 s
    std::optional<std::int64_t> payload_limit; ///< bytes of the longest payload that is moved; default 1 GiB, at most 5 GiB
    std::optional<std::int64_t> queue_limit;   ///< runs whose upload waits in memory, others wait on disk; default 1024
};

/// What stays in a remote tier; what is not set is no limit.
struct retention {
    std::optional<std::int64_t> max_bytes;    ///< of all objects; the oldest entries go first
    std::optional<seconds> max_age;           ///< since an entry was uploaded
    std::optional<std::int64_t> keep_per_key; ///< runs under one key, the last uploaded
    bool dry_run = false;                     ///< nothing is removed, and the report says what would be
};

/// How a prefetch worker chooses, and how much it may do; what is not set has its default. The score of an entry is
/// recency_weight 2^(-age / half_life) + head_weight (sequence is 0) + model_weight (model is the active one).
struct prefetch_options {
    double recency_weight = 1.0, head_weight = 0.3, model_weight = 0.2;
    std::optional<seconds> half_life;         ///< after which recency counts half; default 600 s
    std::optional<seconds> interval;          ///< between the beginnings of cycles; default 0.5 s
    std::optional<std::int64_t> parallel;     ///< how many entries a cycle takes, and fetches at once; 1 to 64, default 8
    std::optional<std::int64_t> cycle_bytes;  ///< of payload that a cycle fetches at most, 0 for unlimited; default 256 MiB
    std::optional<seconds> cycle_time;        ///< after which a cycle's fetches are cancelled; default 10 s
    std::optional<seconds> fetch_deadline;    ///< of one fetch; default 5 s
    std::optional<seconds> listing_deadline;  ///< of a listing of the remote tier; default 60 s
    seconds first_back_off{1};                ///< for which a key whose fetch failed is left alone the first time
    seconds longest_back_off{600};            ///< twice as long each further time, this at most
    bool dry_run = false;                     ///< it plans and reports, and fetches nothing, not even on a hint
};

/// What no listing says of an entry, for prefetch::note.
struct prefetch_entry {
    std::optional<key> parent;                ///< of what it was made from: the fit that a fold or a step starts from
    std::int64_t sequence = 0;                ///< the number of a fold, a continuation step or a refinement; 0 is the head
    std::optional<key> model;                 ///< digest of the model it belongs to
    std::string_view ns;                      ///< the namespace it is counted to
    std::string_view run_id;                  ///< empty: as known
    std::optional<std::int64_t> payload_bytes; ///< none: as known
    std::optional<std::chrono::system_clock::time_point> last_access; ///< only grows
};

/// A worker that brings what lies in a remote tier to this machine before anybody asks for it; remote::start_prefetch makes one.
///
///     warm::prefetch ahead = shared.start_prefetch();
///     ahead.hint(next);
///     if (ahead.wait(next, 2s) == warm::outcome::ok) ...      // the next lookup needs no network
///
/// It does not keep its attachment: once that has ended, the worker stops. Ending it waits for nothing.
class prefetch {
public:
    /// Starts it again after it was stopped; does nothing if it runs.
    [[nodiscard]] result<done> try_start() noexcept { return detail::settle_done(warm_prefetch_start(h_.get())); }
    /// Stops it: what is being fetched for it is cancelled. ok once it has left, or timeout.
    [[nodiscard]] result<outcome> try_stop(seconds longest) noexcept { return detail::settle(warm_prefetch_stop(h_.get(), longest.count())); }
    /// Has keys fetched at once, in this order and before anything that is guessed. How many were taken: 4096 may wait.
    [[nodiscard]] result<std::int64_t> try_hint(const key *keys, std::size_t n) noexcept
    {
        static_assert(sizeof(key) == sizeof(warm_key) && std::is_standard_layout_v<key>);
        std::int64_t accepted = 0;
        const std::int32_t status = warm_prefetch_hint(h_.get(), reinterpret_cast<const warm_key *>(keys), detail::length(n), &accepted);
        if (status != WARM_OK) return failure::last(status);
        return accepted;
    }
    [[nodiscard]] result<std::int64_t> try_hint(const std::vector<key> &keys) noexcept { return try_hint(keys.data(), keys.size()); }
    [[nodiscard]] result<std::int64_t> try_hint(const key &k) noexcept { return try_hint(&k, 1); }
    /// Hints the next steps, so many at most, of the chain that a key is in, as note() told. How many were taken.
    [[nodiscard]] result<std::int64_t> try_hint_chain(const key &k, std::int64_t most, chain direction) noexcept
    {
        std::int64_t accepted = 0;
        const std::int32_t status = warm_prefetch_hint_chain(h_.get(), k.get(), most, static_cast<std::int32_t>(direction), &accepted);
        if (status != WARM_OK) return failure::last(status);
        return accepted;
    }
    /// Hints a key and waits until it is here: ok; not_found; timeout, the fetch goes on; cancelled, by a call, its deadline or
    /// because the worker does not run; deferred, not now. WARM_ERR_REMOTE, WARM_ERR_CORRUPT: as of remote::fetch.
    [[nodiscard]] result<outcome> try_wait(const key &k, seconds longest) noexcept
    {
        return detail::settle(warm_prefetch_wait(h_.get(), k.get(), longest.count()));
    }
    /// Calls off the hint and the fetch of a key; a lookup that waits for the same transfer goes on.
    [[nodiscard]] result<done> try_cancel(const key &k) noexcept { return detail::settle_done(warm_prefetch_cancel(h_.get(), k.get())); }
    /// Has it list once more what is there.
    [[nodiscard]] result<done> try_refresh() noexcept { return detail::settle_done(warm_prefetch_refresh(h_.get())); }
    /// Tells it what no listing says of an entry: chain, model and namespace replace what was known.
    [[nodiscard]] result<done> try_note(const key &k, const prefetch_entry &known) noexcept
    {
        std::optional<std::int64_t> accessed;
        if (known.last_access) accessed = std::chrono::duration_cast<std::chrono::seconds>(known.last_access->time_since_epoch()).count();
        return detail::settle_done(warm_prefetch_note(
            h_.get(), k.get(), known.run_id.data(), detail::length(known.run_id.size()), known.parent ? known.parent->get() : nullptr,
            known.sequence, detail::pointer(known.payload_bytes), detail::pointer(accessed), known.model ? known.model->get() : nullptr,
            known.ns.data(), detail::length(known.ns.size())));
    }
    /// Names the model whose entries are likelier; none switches that off.
    [[nodiscard]] result<done> try_set_active_model(const std::optional<key> &model) noexcept
    {
        return detail::settle_done(warm_prefetch_set_active_model(h_.get(), model ? model->get() : nullptr));
    }
    /// What a cycle that takes so many, 2048 at most, would fetch now, the best first.
    [[nodiscard]] result<list<planned>> try_plan(std::int64_t most) noexcept
    {
        return list<planned>::made([&](warm_cursor **c) { return warm_prefetch_plan(h_.get(), most, c); });
    }
    /// Since it was made, and how things stand.
    [[nodiscard]] result<warm_prefetch_stats> try_stats() const noexcept
    {
        auto out = detail::sized<warm_prefetch_stats>();
        const std::int32_t status = warm_prefetch_get_stats(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// The latest cycle that ended; none before the first.
    [[nodiscard]] result<std::optional<warm_prefetch_cycle>> try_last_cycle() const noexcept
    {
        auto out = detail::sized<warm_prefetch_cycle>();
        const std::int32_t status = warm_prefetch_get_last_cycle(h_.get(), &out);
        if (status < 0) return failure::last(status);
        return status == WARM_OK ? std::optional<warm_prefetch_cycle>(out) : std::nullopt;
    }

#if WARM_EXCEPTIONS
    void start() { (void)try_start().value(); }
    [[nodiscard]] outcome stop(seconds longest) { return try_stop(longest).value(); }
    std::int64_t hint(const key *keys, std::size_t n) { return try_hint(keys, n).value(); }
    std::int64_t hint(const std::vector<key> &keys) { return try_hint(keys).value(); }
    std::int64_t hint(const key &k) { return try_hint(k).value(); }
    std::int64_t hint_chain(const key &k, std::int64_t most, chain direction) { return try_hint_chain(k, most, direction).value(); }
    [[nodiscard]] outcome wait(const key &k, seconds longest) { return try_wait(k, longest).value(); }
    void cancel(const key &k) { (void)try_cancel(k).value(); }
    void refresh() { (void)try_refresh().value(); }
    void note(const key &k, const prefetch_entry &known) { (void)try_note(k, known).value(); }
    void set_active_model(const std::optional<key> &model) { (void)try_set_active_model(model).value(); }
    [[nodiscard]] list<planned> plan(std::int64_t most) { return try_plan(most).value(); }
    [[nodiscard]] warm_prefetch_stats stats() const { return try_stats().value(); }
    [[nodiscard]] std::optional<warm_prefetch_cycle> last_cycle() const { return try_last_cycle().value(); }
#endif
    [[nodiscard]] warm_prefetch *get() const noexcept { return h_.get(); }

private:
    friend class remote;
    prefetch() noexcept = default;
    detail::owner<warm_prefetch, warm_prefetch_free> h_;
};

/// A store's attachment to a remote tier, an object store that machines share: saves are uploaded in the background, and a
/// lookup that finds nothing here asks there. The network being away fails or delays no save and no hit.
///
///     warm::remote shared(store, "s3://bucket/fits");       // credentials: the engine's customary environment
///     fit.finalize(x, f, it);
///     if (shared.flush(warm::reach::remote, 60s) != warm::outcome::ok) ...
///
/// Ending it waits for nothing: what is not uploaded yet is uploaded by the next attachment to that URL. A library that was built
/// without the feature `remote` answers unsupported_error to attaching.
class remote {
public:
    /// `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`, `file:///directory`, or `memory://name` for trying it
    /// out; without credentials. Nothing is asked of a server yet. A store has one attachment at a time, which keeps it alive.
    [[nodiscard]] static result<remote> try_attach(const store &s, std::string_view url, const remote_options &options = {}) noexcept
    {
        detail::owner<warm_remote_options, warm_remote_options_free> o;
        std::int32_t status = warm_remote_options_new(o.out());
        const auto set = [&](std::int32_t answer) {
            if (status == WARM_OK) status = answer;
        };
        set(warm_remote_options_set_uploads(o.get(), static_cast<std::int32_t>(options.uploads)));
        set(warm_remote_options_set_lookup(o.get(), detail::flag(options.lookup)));
        if (options.deadline) set(warm_remote_options_set_deadline_seconds(o.get(), options.deadline->count()));
        if (options.payload_limit) set(warm_remote_options_set_payload_limit(o.get(), *options.payload_limit));
        if (options.queue_limit) set(warm_remote_options_set_queue_limit(o.get(), *options.queue_limit));
        remote out(nullptr);
        if (status == WARM_OK) status = warm_store_attach_remote(s.get(), url.data(), detail::length(url.size()), o.get(), out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    [[nodiscard]] result<std::string> try_url() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_remote_url(h_.get(), b, c, n); });
    }
    /// Brings what a lookup under the key would answer, whether or not there is anything here. False: there is nothing to bring, or
    /// it was removed here. WARM_ERR_REMOTE: the network or the server fails, or the time is over.
    [[nodiscard]] result<bool> try_fetch(const key &k, seconds longest) noexcept
    {
        return detail::settle_found(warm_remote_fetch(h_.get(), k.get(), longest.count()));
    }
    /// Waits until everything accepted so far has come so far: ok, or timeout. WARM_ERR_REMOTE: the time is over, and the last
    /// attempt to upload had failed; it goes on being tried.
    [[nodiscard]] result<outcome> try_flush(reach to, seconds longest) noexcept
    {
        return detail::settle(warm_remote_flush(h_.get(), static_cast<std::int32_t>(to), longest.count()));
    }
    /// Has what is stored here of a run uploaded in the background, whenever it was saved; flush waits for it.
    [[nodiscard]] result<done> try_upload(const key &k, std::string_view run_id) noexcept
    {
        return detail::settle_done(warm_remote_upload(h_.get(), k.get(), run_id.data(), detail::length(run_id.size())));
    }
    /// Removes everything under a key, or one run, here or in the remote tier, too; it is not brought again. Whether there was
    /// something. WARM_ERR_REMOTE: removing it there failed.
    [[nodiscard]] result<bool> try_remove(const key &k, reach as_far_as, seconds longest) noexcept
    {
        return remove_run(k, std::string_view(), as_far_as, longest);
    }
    [[nodiscard]] result<bool> try_remove(const key &k, std::string_view run_id, reach as_far_as, seconds longest) noexcept
    {
        // No name would be all runs.
        if (run_id.empty()) return failure(WARM_ERR_INVALID, "removing a run: its id is empty. Leave it out to remove all under the key");
        return remove_run(k, run_id, as_far_as, longest);
    }
    /// Removes from the remote tier what is beyond the limits; safe beside other machines. WARM_ERR_REMOTE: the network or the
    /// server fails, or the time is over; it can be repeated.
    [[nodiscard]] result<warm_retention_report> try_retain(const retention &keep, seconds longest) noexcept
    {
        std::optional<double> max_age;
        if (keep.max_age) max_age = keep.max_age->count();
        auto out = detail::sized<warm_retention_report>();
        const std::int32_t status = warm_remote_retain(h_.get(), detail::pointer(keep.max_bytes), detail::pointer(max_age),
                                                       detail::pointer(keep.keep_per_key), detail::flag(keep.dry_run), longest.count(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Starts a worker that brings what lies there before anybody asks. An attachment has one at a time.
    [[nodiscard]] result<prefetch> try_start_prefetch(const prefetch_options &options = {}) noexcept
    {
        detail::owner<warm_prefetch_options, warm_prefetch_options_free> o;
        std::int32_t status = warm_prefetch_options_new(o.out());
        const auto set = [&](std::int32_t answer) {
            if (status == WARM_OK) status = answer;
        };
        set(warm_prefetch_options_set_weights(o.get(), options.recency_weight, options.head_weight, options.model_weight));
        if (options.half_life) set(warm_prefetch_options_set_half_life_seconds(o.get(), options.half_life->count()));
        if (options.interval) set(warm_prefetch_options_set_interval_seconds(o.get(), options.interval->count()));
        if (options.parallel) set(warm_prefetch_options_set_parallel(o.get(), *options.parallel));
        if (options.cycle_bytes) set(warm_prefetch_options_set_cycle_bytes(o.get(), *options.cycle_bytes));
        if (options.cycle_time) set(warm_prefetch_options_set_cycle_seconds(o.get(), options.cycle_time->count()));
        if (options.fetch_deadline) set(warm_prefetch_options_set_fetch_deadline_seconds(o.get(), options.fetch_deadline->count()));
        if (options.listing_deadline) set(warm_prefetch_options_set_listing_deadline_seconds(o.get(), options.listing_deadline->count()));
        set(warm_prefetch_options_set_back_off_seconds(o.get(), options.first_back_off.count(), options.longest_back_off.count()));
        set(warm_prefetch_options_set_dry_run(o.get(), detail::flag(options.dry_run)));
        prefetch out;
        if (status == WARM_OK) status = warm_remote_start_prefetch(h_.get(), o.get(), out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Since it was attached.
    [[nodiscard]] result<warm_remote_stats> try_stats() const noexcept
    {
        auto out = detail::sized<warm_remote_stats>();
        const std::int32_t status = warm_remote_get_stats(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// The last failure of an upload or a fetch in words, whoever caused it; empty when nothing has failed.
    [[nodiscard]] result<std::string> try_last_failure() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_remote_last_failure(h_.get(), b, c, n); });
    }

#if WARM_EXCEPTIONS
    remote(const store &s, std::string_view url, const remote_options &options = {}) : remote(try_attach(s, url, options).value()) {}
    [[nodiscard]] std::string url() const { return try_url().value(); }
    [[nodiscard]] bool fetch(const key &k, seconds longest) { return try_fetch(k, longest).value(); }
    [[nodiscard]] outcome flush(reach to, seconds longest) { return try_flush(to, longest).value(); }
    void upload(const key &k, std::string_view run_id) { (void)try_upload(k, run_id).value(); }
    bool remove(const key &k, reach as_far_as, seconds longest) { return try_remove(k, as_far_as, longest).value(); }
    bool remove(const key &k, std::string_view run_id, reach as_far_as, seconds longest)
    {
        return try_remove(k, run_id, as_far_as, longest).value();
    }
    warm_retention_report retain(const retention &keep, seconds longest) { return try_retain(keep, longest).value(); }
    [[nodiscard]] prefetch start_prefetch(const prefetch_options &options = {}) { return try_start_prefetch(options).value(); }
    [[nodiscard]] warm_remote_stats stats() const { return try_stats().value(); }
    [[nodiscard]] std::string last_failure() const { return try_last_failure().value(); }
#endif
    [[nodiscard]] warm_remote *get() const noexcept { return h_.get(); }

private:
    explicit remote(std::nullptr_t) noexcept {}
    [[nodiscard]] result<bool> remove_run(const key &k, std::string_view run_id, reach as_far_as, seconds longest) noexcept
    {
        // The library's switch has the numbers of reach, and refuses any other.
        return detail::settle_found(warm_remote_remove(h_.get(), k.get(), run_id.data(), detail::length(run_id.size()),
                                                       static_cast<std::int32_t>(as_far_as), longest.count()));
    }
    detail::owner<warm_remote, warm_remote_free> h_;
};

// ---- caches ----

/// How a cache is opened; what is not set has its default.
struct cache_options {
    std::optional<std::int64_t> memory_budget; ///< bytes that entries occupy in memory; 0: none; default 256 MiB
    std::optional<std::int64_t> disk_budget;   ///< bytes below the root; 0: unlimited; default 4 GiB
    std::optional<warm::durability> durability;
    bool read_only = false;
    warm::promotion promotion = warm::promotion::immediate;
    std::optional<std::int64_t> background_promotion; ///< a thread promotes, and at most so many wait for it
    bool compression = true;                          ///< on disk, where it makes payloads smaller
};

/// When an entry of a cache dies; nothing set: when it is evicted.
struct blob_life {
    std::optional<seconds> ttl;                                    ///< from the put on; 0: never
    std::optional<std::chrono::system_clock::time_point> deadline; ///< with ttl the earlier one counts
    double jitter_percent = 0;                                     ///< lengthens ttl by up to so much
    std::optional<seconds> idle;                                   ///< without a get; 0: never
    std::optional<seconds> stale;                                  ///< past the deadline, still answered, marked as stale
};

/// A compare and swap: the put conflicts unless the live entry's version is `expected`, or none: unless there is none.
struct version_swap {
    std::optional<std::uint64_t> expected;
    std::uint64_t version = 0;
};

/// What goes with the bytes of a put. Limits are the WARM_CACHE constants.
struct put_options {
    std::optional<std::uint64_t> version; ///< conflicts with a live entry of this version or a higher one
    std::optional<version_swap> swap;     ///< instead of a version
    std::vector<std::string> tags{};
    std::vector<std::string> dependencies{}; ///< of what the bytes were computed from
    std::vector<std::pair<std::string, std::string>> pairs{};
    std::string content_type{};
    int priority = WARM_CACHE_PRIORITY_DEFAULT; ///< 0 to 255: the lowest go first
    warm::admission admission = warm::admission::automatic;
    blob_life life{};
    std::int64_t largest = 0; ///< bytes; 0: what the budgets allow
};

/// What a put did.
struct put_receipt {
    bool in_memory = false, on_disk = false, replaced = false;
    std::int64_t evicted_from_memory = 0, evicted_from_disk = 0;
    std::int64_t stored_bytes = 0; ///< of its file

    put_receipt() noexcept = default;
    explicit put_receipt(const warm_put_receipt &c) noexcept
        : in_memory(c.in_memory != 0), on_disk(c.on_disk != 0), replaced(c.replaced != 0), evicted_from_memory(c.evicted_from_memory),
          evicted_from_disk(c.evicted_from_disk), stored_bytes(c.stored_bytes)
    {
    }
};

/// What is known of an entry of a cache besides its bytes.
struct blob_info {
    std::optional<std::uint64_t> version;
    std::size_t payload_bytes = 0;
    std::chrono::system_clock::time_point written;
    std::optional<seconds> remaining; ///< until it dies or goes stale; of a stale one, until it dies
    bool is_stale = false;
    bool from_memory = false;
    int priority = WARM_CACHE_PRIORITY_DEFAULT;

    blob_info() noexcept = default;
    explicit blob_info(const warm_blob_info &c) noexcept
        : payload_bytes(static_cast<std::size_t>(c.payload_bytes)), written(std::chrono::milliseconds(c.written_unix_ms)),
          is_stale(c.is_stale != 0), from_memory(c.from_memory != 0), priority(c.priority)
    {
        if (c.has_version != 0) version = c.version;
        if (c.has_remaining != 0) remaining = seconds(c.remaining_seconds);
    }
};

/// An entry in a list of a cache.
struct listed_blob {
    std::string key;
    blob_info info;
};

namespace detail {

/// All of a blob's numbered texts of one kind.
inline result<std::vector<std::string>> texts(const warm_blob *b, std::int32_t (*count)(const warm_blob *, std::int64_t *),
                                              std::int32_t (*get)(const warm_blob *, std::int64_t, char *, std::int64_t, std::int64_t *)) noexcept
{
    return allocating<std::vector<std::string>>([&]() -> result<std::vector<std::string>> {
        std::int64_t n = 0;
        const std::int32_t status = count(b, &n);
        if (status != WARM_OK) return failure::last(status);
        std::vector<std::string> out;
        out.reserve(static_cast<std::size_t>(n));
        for (std::int64_t i = 0; i < n; ++i) {
            auto next = text([&](char *buf, std::int64_t cap, std::int64_t *needed) { return get(b, i, buf, cap, needed); });
            if (!next) return next.error();
            out.push_back(std::move(*next));
        }
        return out;
    });
}

} // namespace detail

/// An entry of a cache: its bytes and what was put with them. Independent of the cache; immutable.
class blob {
public:
    /// The bytes where they lie, aligned to 64; as long as the blob lives.
    [[nodiscard]] bytes_view payload() const noexcept
    {
        const void *data = nullptr;
        std::int64_t len = 0;
        if (warm_blob_payload(h_.get(), &data, &len) != WARM_OK) return {};
        return {data, static_cast<std::size_t>(len)};
    }
    /// The bytes as numbers or other elements, where their length is a multiple of T's; else none.
    template <class T>
    [[nodiscard]] span<const T> as() const noexcept
    {
        static_assert(detail::storable<T>, "a payload of these does not come back as it was");
        static_assert(alignof(T) <= 64, "payloads are aligned to 64 bytes");
        const bytes_view p = payload();
        if (p.size() % sizeof(T) != 0) return {};
        return {static_cast<const T *>(p.data()), p.size() / sizeof(T)};
    }
    /// As of the get.
    [[nodiscard]] blob_info info() const noexcept
    {
        auto c = detail::sized<warm_blob_info>();
        (void)warm_blob_get_info(h_.get(), &c);
        return blob_info(c);
    }
    /// Into room of exactly the payload's length.
    [[nodiscard]] result<done> try_copy_to(mutable_bytes to) const noexcept
    {
        const bytes_view from = payload();
        if (h_.get() != nullptr && from.size() != to.size()) {
            return failure(WARM_ERR_INCOMPATIBLE, "copying a payload: the buffer has another length");
        }
        return detail::settle_done(warm_blob_copy(h_.get(), to.data(), detail::length(to.size()), nullptr));
    }
    [[nodiscard]] result<std::vector<std::string>> try_tags() const noexcept
    {
        return detail::texts(h_.get(), warm_blob_tag_count, warm_blob_tag);
    }
    [[nodiscard]] result<std::vector<std::string>> try_dependencies() const noexcept
    {
        return detail::texts(h_.get(), warm_blob_dependency_count, warm_blob_dependency);
    }
    [[nodiscard]] result<std::vector<std::pair<std::string, std::string>>> try_pairs() const noexcept
    {
        using pairs = std::vector<std::pair<std::string, std::string>>;
        return detail::allocating<pairs>([&]() -> result<pairs> {
            auto names = detail::texts(h_.get(), warm_blob_pair_count, warm_blob_pair_name);
            if (!names) return names.error();
            auto values = detail::texts(h_.get(), warm_blob_pair_count, warm_blob_pair_value);
            if (!values) return values.error();
            pairs out;
            for (std::size_t i = 0; i < names->size(); ++i) out.emplace_back(std::move((*names)[i]), std::move((*values)[i]));
            return out;
        });
    }
    [[nodiscard]] result<std::optional<std::string>> try_content_type() const noexcept
    {
        return detail::some_text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_blob_content_type(h_.get(), b, c, n); });
    }
#if WARM_EXCEPTIONS
    void copy_to(mutable_bytes to) const { (void)try_copy_to(to).value(); }
    [[nodiscard]] std::vector<std::string> tags() const { return try_tags().value(); }
    [[nodiscard]] std::vector<std::string> dependencies() const { return try_dependencies().value(); }
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs() const { return try_pairs().value(); }
    [[nodiscard]] std::optional<std::string> content_type() const { return try_content_type().value(); }
#endif
    [[nodiscard]] warm_blob *get() const noexcept { return h_.get(); }

private:
    friend class cache;
    blob() noexcept = default;
    explicit blob(warm_blob *h) noexcept : h_(h) {}
    detail::owner<warm_blob, warm_blob_free> h_;
};

/// A cache of blobs under namespaces and keys, in memory and, below it, in a directory; see warm_cache in warmstart.h.
///
///     warm::cache cache;                                     // the user's cache directory
///     if (auto basis = cache.get("bases", key)) use(basis->as<double>());
///     else cache.put("bases", key, compute(), options);
class cache {
public:
    using labels = std::vector<std::string_view>;

    /// `root` is taken literally; empty: the default root with "-cache" appended to its name.
    [[nodiscard]] static result<cache> try_open(std::string_view root = {}, const cache_options &options = {}) noexcept
    {
        return made(options, [&](warm_cache_options *o, warm_cache **out) {
            return warm_cache_open(root.data(), detail::length(root.size()), o, out);
        });
    }
    /// Nowhere but in memory.
    [[nodiscard]] static result<cache> try_in_memory(const cache_options &options = {}) noexcept
    {
        return made(options, [](warm_cache_options *o, warm_cache **out) { return warm_cache_open_in_memory(o, out); });
    }
    /// The directory; none of one that lies in memory.
    [[nodiscard]] result<std::optional<std::string>> try_root() const noexcept
    {
        return detail::some_text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_cache_root(h_.get(), b, c, n); });
    }
    [[nodiscard]] result<put_receipt> try_put(std::string_view ns, std::string_view key, bytes_view payload, const put_options &with = {}) noexcept
    {
        detail::owner<warm_put, warm_put_free> p;
        std::int32_t status = set(with, p);
        auto receipt = detail::sized<warm_put_receipt>();
        if (status == WARM_OK) {
            status = warm_cache_put(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size()), payload.data(),
                                    detail::length(payload.size()), p.get(), &receipt);
        }
        if (status != WARM_OK) return failure::last(status);
        return put_receipt(receipt);
    }
    /// A status for each, in their order: what try_put would have answered. One that fails keeps no other from being put.
    [[nodiscard]] result<std::vector<std::int32_t>> try_put_many(std::string_view ns, const std::vector<std::pair<std::string_view, bytes_view>> &items,
                                                                 const put_options &with = {}) noexcept
    {
        using statuses = std::vector<std::int32_t>;
        return detail::allocating<statuses>([&]() -> result<statuses> {
            detail::owner<warm_put, warm_put_free> p;
            std::int32_t status = set(with, p);
            const std::size_t n = items.size();
            std::vector<const char *> keys(n);
            std::vector<const void *> payloads(n);
            std::vector<std::int64_t> key_lens(n), lens(n);
            statuses out(n);
            for (std::size_t i = 0; i < n; ++i) {
                keys[i] = items[i].first.data();
                key_lens[i] = detail::length(items[i].first.size());
                payloads[i] = items[i].second.data();
                lens[i] = detail::length(items[i].second.size());
            }
            if (status == WARM_OK) {
                status = warm_cache_put_many(h_.get(), ns.data(), detail::length(ns.size()), keys.data(), key_lens.data(), payloads.data(),
                                             lens.data(), detail::length(n), p.get(), out.data());
            }
            if (status != WARM_OK) return failure::last(status);
            return out;
        });
    }
    [[nodiscard]] result<std::optional<blob>> try_get(std::string_view ns, std::string_view key) noexcept
    {
        blob b;
        const std::int32_t status = warm_cache_get(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size()), b.h_.out());
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<blob>();
        return std::optional<blob>(std::move(b));
    }
    /// The payload has to fit; how long it is says the info.
    [[nodiscard]] result<std::optional<blob_info>> try_get_into(std::string_view ns, std::string_view key, mutable_bytes to) noexcept
    {
        auto info = detail::sized<warm_blob_info>();
        const std::int32_t status = warm_cache_get_into(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size()),
                                                        to.data(), detail::length(to.size()), nullptr, &info);
        return some_info(status, info);
    }
    /// One for each key, in their order; fails with the first that fails.
    [[nodiscard]] result<std::vector<std::optional<blob>>> try_get_many(std::string_view ns, const labels &keys) noexcept
    {
        using blobs = std::vector<std::optional<blob>>;
        return detail::allocating<blobs>([&]() -> result<blobs> {
            const std::size_t n = keys.size();
            const pointers of(keys);
            std::vector<warm_blob *> handles(n);
            std::vector<std::int32_t> statuses(n);
            blobs out(n);
            const std::int32_t status = warm_cache_get_many(h_.get(), ns.data(), detail::length(ns.size()), of.texts.data(), of.lens.data(),
                                                            detail::length(n), handles.data(), statuses.data());
            if (status != WARM_OK) return failure::last(status);
            for (std::size_t i = 0; i < n; ++i) {
                if (handles[i] != nullptr) out[i] = blob(handles[i]);
            }
            for (const std::int32_t each : statuses) {
                if (each < 0) return failure::last(each);
            }
            return result<blobs>(std::move(out));
        });
    }
    /// Without reading a file, and without counting as an access.
    [[nodiscard]] result<warm::existence> try_exists(std::string_view ns, std::string_view key) noexcept
    {
        std::int32_t out = 0;
        const std::int32_t status = warm_cache_existence(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size()), &out);
        if (status != WARM_OK) return failure::last(status);
        return static_cast<warm::existence>(out);
    }
    /// Exactly; it may read a file.
    [[nodiscard]] result<bool> try_contains(std::string_view ns, std::string_view key) noexcept
    {
        return detail::settle_found(warm_cache_contains(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size())));
    }
    /// Whether there was something.
    [[nodiscard]] result<bool> try_remove(std::string_view ns, std::string_view key) noexcept
    {
        return detail::settle_found(warm_cache_remove(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size())));
    }
    /// The entries whose keys begin so; how many.
    [[nodiscard]] result<std::int64_t> try_invalidate_prefix(std::string_view ns, std::string_view prefix) noexcept
    {
        std::int64_t n = 0;
        const std::int32_t status =
            warm_cache_invalidate_prefix(h_.get(), ns.data(), detail::length(ns.size()), prefix.data(), detail::length(prefix.size()), &n);
        if (status != WARM_OK) return failure::last(status);
        return n;
    }
    /// The entries that have any of the tags, in one namespace or in all; how many.
    [[nodiscard]] result<std::int64_t> try_invalidate_tags(const labels &tags, std::optional<std::string_view> ns = {}) noexcept
    {
        return invalidate(warm_cache_invalidate_tags, tags, ns);
    }
    /// The entries that have any of the dependencies, in one namespace or in all; how many.
    [[nodiscard]] result<std::int64_t> try_invalidate_dependencies(const labels &dependencies, std::optional<std::string_view> ns = {}) noexcept
    {
        return invalidate(warm_cache_invalidate_dependencies, dependencies, ns);
    }
    /// Forgets everything in a namespace, at once.
    [[nodiscard]] result<done> try_flush(std::string_view ns) noexcept
    {
        return detail::settle_done(warm_cache_flush(h_.get(), ns.data(), detail::length(ns.size())));
    }
    [[nodiscard]] result<std::vector<std::string>> try_namespaces() noexcept
    {
        return collect<std::string>([&](warm_cache_cursor **k) { return warm_cache_list_namespaces(h_.get(), k); },
                                    [](warm_cache_cursor *, std::string &&name) -> result<std::string> { return std::move(name); });
    }
    /// The live entries whose keys begin with `prefix`.
    [[nodiscard]] result<std::vector<listed_blob>> try_list(std::string_view ns, std::string_view prefix = {}) noexcept
    {
        return collect<listed_blob>(
            [&](warm_cache_cursor **k) {
                return warm_cache_list(h_.get(), ns.data(), detail::length(ns.size()), prefix.data(), detail::length(prefix.size()), k);
            },
            [](warm_cache_cursor *k, std::string &&name) -> result<listed_blob> {
                auto info = detail::sized<warm_blob_info>();
                const std::int32_t status = warm_cache_cursor_info(k, &info);
                if (status != WARM_OK) return failure::last(status);
                return listed_blob{std::move(name), blob_info(info)};
            });
    }
    /// Bytes that the namespace may take on disk; 0: no limit of its own.
    [[nodiscard]] result<done> try_set_quota(std::string_view ns, std::int64_t bytes) noexcept
    {
        return detail::settle_done(warm_cache_set_quota(h_.get(), ns.data(), detail::length(ns.size()), bytes));
    }
    /// What is known of the live entry, without counting as an access.
    [[nodiscard]] result<std::optional<blob_info>> try_peek(std::string_view ns, std::string_view key) noexcept
    {
        auto info = detail::sized<warm_blob_info>();
        return some_info(warm_cache_peek(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size()), &info), info);
    }
    /// Another life, from now on; whether there is a live entry.
    [[nodiscard]] result<bool> try_set_life(std::string_view ns, std::string_view key, const blob_life &life) noexcept
    {
        detail::owner<warm_put, warm_put_free> p;
        std::int32_t status = warm_put_new(p.out());
        set_life(life, p, status);
        if (status == WARM_OK) {
            status = warm_cache_set_life(h_.get(), ns.data(), detail::length(ns.size()), key.data(), detail::length(key.size()), p.get());
        }
        return detail::settle_found(status);
    }
    /// Of the whole cache, or of one namespace.
    [[nodiscard]] result<warm_cache_stats> try_stats(std::optional<std::string_view> ns = {}) const noexcept
    {
        auto out = detail::sized<warm_cache_stats>();
        const std::int32_t status = warm_cache_get_stats(h_.get(), named(ns), ns ? detail::length(ns->size()) : 0, &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Starts to read and check everything; nothing is changed.
    [[nodiscard]] result<task> try_verify() noexcept
    {
        return task::made([&](warm_task **out) { return warm_cache_start_verify(h_.get(), out); });
    }
    /// Removes what is dead or over a budget, now.
    [[nodiscard]] result<done> try_sweep() noexcept { return detail::settle_done(warm_cache_sweep(h_.get())); }
    /// Starts to copy the live entries to another directory, which must be empty or not exist. `intact` of the
    /// report: how many.
    [[nodiscard]] result<task> try_copy(std::string_view root) noexcept
    {
        return task::made([&](warm_task **out) { return warm_cache_start_copy(h_.get(), root.data(), detail::length(root.size()), out); });
    }
    /// Waits for the background's work: ok, or timeout.
    [[nodiscard]] result<outcome> try_drain(seconds longest) noexcept { return detail::settle(warm_cache_drain(h_.get(), longest.count())); }

#if WARM_EXCEPTIONS
    explicit cache(std::string_view root = {}, const cache_options &options = {}) : cache(try_open(root, options).value()) {}
    [[nodiscard]] static cache in_memory(const cache_options &options = {}) { return try_in_memory(options).value(); }
    [[nodiscard]] std::optional<std::string> root() const { return try_root().value(); }
    put_receipt put(std::string_view ns, std::string_view key, bytes_view payload, const put_options &with = {})
    {
        return try_put(ns, key, payload, with).value();
    }
    [[nodiscard]] std::vector<std::int32_t> put_many(std::string_view ns, const std::vector<std::pair<std::string_view, bytes_view>> &items,
                                                     const put_options &with = {})
    {
        return try_put_many(ns, items, with).value();
    }
    [[nodiscard]] std::optional<blob> get(std::string_view ns, std::string_view key) { return try_get(ns, key).value(); }
    [[nodiscard]] std::optional<blob_info> get_into(std::string_view ns, std::string_view key, mutable_bytes to)
    {
        return try_get_into(ns, key, to).value();
    }
    [[nodiscard]] std::vector<std::optional<blob>> get_many(std::string_view ns, const labels &keys) { return try_get_many(ns, keys).value(); }
    [[nodiscard]] warm::existence exists(std::string_view ns, std::string_view key) { return try_exists(ns, key).value(); }
    [[nodiscard]] bool contains(std::string_view ns, std::string_view key) { return try_contains(ns, key).value(); }
    bool remove(std::string_view ns, std::string_view key) { return try_remove(ns, key).value(); }
    std::int64_t invalidate_prefix(std::string_view ns, std::string_view prefix) { return try_invalidate_prefix(ns, prefix).value(); }
    std::int64_t invalidate_tags(const labels &tags, std::optional<std::string_view> ns = {}) { return try_invalidate_tags(tags, ns).value(); }
    std::int64_t invalidate_dependencies(const labels &dependencies, std::optional<std::string_view> ns = {})
    {
        return try_invalidate_dependencies(dependencies, ns).value();
    }
    void flush(std::string_view ns) { (void)try_flush(ns).value(); }
    [[nodiscard]] std::vector<std::string> namespaces() { return try_namespaces().value(); }
    [[nodiscard]] std::vector<listed_blob> list(std::string_view ns, std::string_view prefix = {}) { return try_list(ns, prefix).value(); }
    void set_quota(std::string_view ns, std::int64_t bytes) { (void)try_set_quota(ns, bytes).value(); }
    [[nodiscard]] std::optional<blob_info> peek(std::string_view ns, std::string_view key) { return try_peek(ns, key).value(); }
    bool set_life(std::string_view ns, std::string_view key, const blob_life &life) { return try_set_life(ns, key, life).value(); }
    [[nodiscard]] warm_cache_stats stats(std::optional<std::string_view> ns = {}) const { return try_stats(ns).value(); }
    [[nodiscard]] task verify() { return try_verify().value(); }
    void sweep() { (void)try_sweep().value(); }
    [[nodiscard]] task copy(std::string_view root) { return try_copy(root).value(); }
    [[nodiscard]] outcome drain(seconds longest) { return try_drain(longest).value(); }
#endif
    [[nodiscard]] warm_cache *get() const noexcept { return h_.get(); }

private:
    struct pointers {
        explicit pointers(const labels &of) : texts(of.size()), lens(of.size())
        {
            for (std::size_t i = 0; i < of.size(); ++i) {
                texts[i] = of[i].data();
                lens[i] = detail::length(of[i].size());
            }
        }
        std::vector<const char *> texts;
        std::vector<std::int64_t> lens;
    };

    explicit cache(std::nullptr_t) noexcept {}
    template <class F>
    static result<cache> made(const cache_options &options, F open) noexcept
    {
        if (!detail::library_matches()) {
            return failure(WARM_ERR_INCOMPATIBLE, "The libwarmstart that is linked is not the one that warmstart.hpp was made for: "
                                                  "compile with the headers that came with it.");
        }
        detail::owner<warm_cache_options, warm_cache_options_free> o;
        std::int32_t status = warm_cache_options_new(o.out());
        const auto and_then = [&](std::int32_t s) {
            if (status == WARM_OK) status = s;
        };
        if (options.memory_budget) and_then(warm_cache_options_set_memory_budget(o.get(), *options.memory_budget));
        if (options.disk_budget) and_then(warm_cache_options_set_disk_budget(o.get(), *options.disk_budget));
        if (options.durability) and_then(warm_cache_options_set_durability(o.get(), static_cast<std::int32_t>(*options.durability)));
        if (options.read_only) and_then(warm_cache_options_set_read_only(o.get(), 1));
        and_then(warm_cache_options_set_promotion(o.get(), static_cast<std::int32_t>(options.promotion)));
        if (options.background_promotion) and_then(warm_cache_options_set_background_promotion(o.get(), 1, *options.background_promotion));
        if (!options.compression) and_then(warm_cache_options_set_compression(o.get(), 0));
        cache out(nullptr);
        if (status == WARM_OK) status = open(o.get(), out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    static void set_life(const blob_life &life, detail::owner<warm_put, warm_put_free> &p, std::int32_t &status) noexcept
    {
        const auto and_then = [&](std::int32_t s) {
            if (status == WARM_OK) status = s;
        };
        if (life.ttl) and_then(warm_put_set_ttl_seconds(p.get(), life.ttl->count()));
        if (life.deadline) {
            const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(life.deadline->time_since_epoch());
            and_then(warm_put_set_deadline_unix_ms(p.get(), since.count()));
        }
        and_then(warm_put_set_jitter_percent(p.get(), life.jitter_percent));
        if (life.idle) and_then(warm_put_set_idle_seconds(p.get(), life.idle->count()));
        if (life.stale) and_then(warm_put_set_stale_seconds(p.get(), life.stale->count()));
    }
    static std::int32_t set(const put_options &with, detail::owner<warm_put, warm_put_free> &p) noexcept
    {
        std::int32_t status = warm_put_new(p.out());
        const auto and_then = [&](std::int32_t s) {
            if (status == WARM_OK) status = s;
        };
        if (with.version) and_then(warm_put_set_version(p.get(), *with.version));
        if (with.swap) {
            and_then(warm_put_set_swap(p.get(), detail::flag(with.swap->expected.has_value()), with.swap->expected.value_or(0), with.swap->version));
        }
        for (const auto &tag : with.tags) and_then(warm_put_add_tag(p.get(), tag.data(), detail::length(tag.size())));
        for (const auto &of : with.dependencies) and_then(warm_put_add_dependency(p.get(), of.data(), detail::length(of.size())));
        for (const auto &[name, value] : with.pairs) {
            and_then(warm_put_set_pair(p.get(), name.data(), detail::length(name.size()), value.data(), detail::length(value.size())));
        }
        if (!with.content_type.empty()) {
            and_then(warm_put_set_content_type(p.get(), with.content_type.data(), detail::length(with.content_type.size())));
        }
        and_then(warm_put_set_priority(p.get(), with.priority));
        and_then(warm_put_set_admission(p.get(), static_cast<std::int32_t>(with.admission)));
        and_then(warm_put_set_largest(p.get(), with.largest));
        set_life(with.life, p, status);
        return status;
    }
    static result<std::optional<blob_info>> some_info(std::int32_t status, const warm_blob_info &info) noexcept
    {
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<blob_info>();
        return std::optional<blob_info>(blob_info(info));
    }
    /// NULL means all namespaces, and an empty name is none of them.
    static const char *named(const std::optional<std::string_view> &ns) noexcept
    {
        if (!ns) return nullptr;
        return ns->data() != nullptr ? ns->data() : "";
    }
    template <class F>
    result<std::int64_t> invalidate(F function, const labels &of, const std::optional<std::string_view> &ns) noexcept
    {
        return detail::allocating<std::int64_t>([&]() -> result<std::int64_t> {
            const pointers each(of);
            std::int64_t n = 0;
            const std::int32_t status = function(h_.get(), named(ns), ns ? detail::length(ns->size()) : 0, each.texts.data(), each.lens.data(),
                                                 detail::length(of.size()), &n);
            if (status != WARM_OK) return failure::last(status);
            return n;
        });
    }
    template <class Item, class F, class G>
    result<std::vector<Item>> collect(F make, G item) noexcept
    {
        return detail::allocating<std::vector<Item>>([&]() -> result<std::vector<Item>> {
            detail::owner<warm_cache_cursor, warm_cache_cursor_free> k;
            std::int32_t status = make(k.out());
            std::vector<Item> out;
            if (status != WARM_OK) return failure::last(status);
            while ((status = warm_cache_cursor_next(k.get())) == WARM_OK) {
                auto name = detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_cache_cursor_key(k.get(), b, c, n); });
                if (!name) return name.error();
                auto next = item(k.get(), std::move(*name));
                if (!next) return next.error();
                out.push_back(std::move(*next));
            }
            if (status < 0) return failure::last(status);
            return out;
        });
    }
    detail::owner<warm_cache, warm_cache_free> h_;
};

// ---- sessions ----

/// How a session behaves; what is not set has its default.
struct session_options {
    std::optional<seconds> min_interval;      ///< between checkpoints that do not improve; default 2 s, 0: no limit
    bool background = false;                  ///< checkpoints are copied, and written by a thread of the store's
    std::optional<warm::lookup> lookup;       ///< which entry load and resume answer; default best
    std::optional<seconds> finish_timeout;    ///< longest wait of finish; default 60 s
    const fingerprinter *fingerprint = nullptr; ///< what the key was made of, stored beside each entry
    std::string label;                        ///< a name for people
    std::optional<std::int64_t> every;        ///< also due at every so many calls since the last write
    std::optional<double> max_share;          ///< of the run time, for checkpoints; default 0.01
    std::optional<seconds> mean_time_between_failures; ///< the interval that costs least time, instead of the minimum
    warm::interval formula = warm::interval::daly;      ///< of that interval
    std::optional<seconds> deadline;          ///< after opening; should_stop says when to stop before it
    std::optional<std::int64_t> deadline_unix; ///< the same in seconds since 1970-01-01 UTC
    bool scheduler = true;                    ///< a deadline is taken from the scheduler's environment, too
    std::string halt_file;                    ///< once it exists, should_stop answers true
    std::optional<seconds> stop_margin;       ///< to spare before a deadline; default 1 s
    std::vector<key> seed_keys;               ///< relatives, the nearest first: begun from where the own key misses, and found by
    std::optional<std::int64_t> keep_last;    ///< entries of the key that stay; default: all
    std::optional<std::int64_t> keep_best;    ///< the same of the best
    std::optional<std::int64_t> max_failed_restarts; ///< then a checkpoint is passed over; default 3, 0: never
};

/// One fit in progress under one key. It keeps its best and its latest checkpoint apart, so that a worse iterate never
/// replaces the best.
class session {
public:
    /// Nothing is read or written yet.
    [[nodiscard]] static result<session> try_open(const store &s, const key &k, const session_options &options = {}) noexcept
    {
        detail::owner<warm_session_options, warm_session_options_free> o;
        std::int32_t status = warm_session_options_new(o.out());
        const auto set = [&](std::int32_t st) {
            if (status == WARM_OK) status = st;
        };
        if (options.min_interval) set(warm_session_options_set_min_interval_seconds(o.get(), options.min_interval->count()));
        if (options.background) set(warm_session_options_set_background(o.get(), 1));
        if (options.lookup) set(warm_session_options_set_lookup(o.get(), static_cast<std::int32_t>(*options.lookup)));
        if (options.finish_timeout) set(warm_session_options_set_finish_timeout_seconds(o.get(), options.finish_timeout->count()));
        if (options.fingerprint != nullptr) set(warm_session_options_set_fingerprint(o.get(), options.fingerprint->get()));
        if (!options.label.empty()) {
            set(warm_session_options_set_label(o.get(), options.label.data(), detail::length(options.label.size())));
        }
        if (options.every) set(warm_session_options_set_every(o.get(), *options.every));
        if (options.max_share) set(warm_session_options_set_max_share(o.get(), *options.max_share));
        if (options.mean_time_between_failures) {
            set(warm_session_options_set_mean_time_between_failures(o.get(), options.mean_time_between_failures->count(),
                                                                    static_cast<std::int32_t>(options.formula)));
        }
        if (options.deadline) set(warm_session_options_set_deadline_seconds(o.get(), options.deadline->count()));
        if (options.deadline_unix) set(warm_session_options_set_deadline_unix(o.get(), *options.deadline_unix));
        if (!options.scheduler) set(warm_session_options_set_scheduler(o.get(), 0));
        if (!options.halt_file.empty()) {
            set(warm_session_options_set_halt_file(o.get(), options.halt_file.data(), detail::length(options.halt_file.size())));
        }
        if (options.stop_margin) set(warm_session_options_set_stop_margin_seconds(o.get(), options.stop_margin->count()));
        for (const key &seed : options.seed_keys) set(warm_session_options_add_seed_key(o.get(), seed.get()));
        if (options.keep_last) set(warm_session_options_set_keep_last(o.get(), *options.keep_last));
        if (options.keep_best) set(warm_session_options_set_keep_best(o.get(), *options.keep_best));
        if (options.max_failed_restarts) set(warm_session_options_set_max_failed_restarts(o.get(), *options.max_failed_restarts));
        session out(nullptr);
        if (status == WARM_OK) status = warm_session_open(s.get(), k.get(), o.get(), out.h_.out());
        if (status != WARM_OK) return failure::last(status);
        return out;
    }

    /// Fills `to` with what the fit goes on from, and says what it is; empty: nothing to resume from. A payload of another
    /// length is WARM_ERR_INCOMPATIBLE, and `to` is untouched.
    [[nodiscard]] result<std::optional<entry_info>> try_resume(mutable_bytes to) noexcept
    {
        auto info = detail::sized<warm_entry_info>();
        const std::int32_t status = warm_session_resume(h_.get(), to.data(), detail::length(to.size()), &info);
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<entry_info>();
        return std::optional<entry_info>(entry_info(info));
    }
    /// Written if the objective improves or the minimum interval has passed (ok, or queued), else throttled. The buffer may be
    /// reused at once.
    [[nodiscard]] result<outcome> try_checkpoint(bytes_view payload, std::optional<double> objective = {},
                                                 std::optional<std::int64_t> iteration = {}) noexcept
    {
        return detail::settle(warm_session_checkpoint(h_.get(), payload.data(), detail::length(payload.size()), detail::pointer(objective),
                                                      detail::pointer(iteration)));
    }
    /// Whatever the rate limit, and durable on return.
    [[nodiscard]] result<done> try_checkpoint_now(bytes_view payload, std::optional<double> objective = {},
                                                  std::optional<std::int64_t> iteration = {}) noexcept
    {
        return detail::settle_done(warm_session_checkpoint_now(h_.get(), payload.data(), detail::length(payload.size()),
                                                               detail::pointer(objective), detail::pointer(iteration)));
    }
    /// The fit's answer; durable on return.
    [[nodiscard]] result<done> try_finalize(bytes_view payload, std::optional<double> objective = {},
                                            std::optional<std::int64_t> iteration = {}) noexcept
    {
        return detail::settle_done(warm_session_finalize(h_.get(), payload.data(), detail::length(payload.size()),
                                                         detail::pointer(objective), detail::pointer(iteration)));
    }
    /// Whether a checkpoint now would be written; tens of nanoseconds. True also after a failure, which checkpoint then reports.
    [[nodiscard]] bool should_checkpoint(std::optional<double> objective = {}) const noexcept
    {
        return warm_session_should_checkpoint(h_.get(), detail::pointer(objective)) != 0;
    }
    /// Whether to stop now, after one more checkpoint_now: a deadline, the halt file, or a signal. Tens of nanoseconds. True also
    /// after a failure.
    [[nodiscard]] bool should_stop() const noexcept { return warm_session_should_stop(h_.get()) != 0; }
    /// Why, and how much time is left; cast its fields to warm::stop and warm::deadline.
    [[nodiscard]] warm_session_stop stop_info() const noexcept
    {
        auto out = detail::sized<warm_session_stop>();
        (void)warm_session_get_stop(h_.get(), &out);
        return out;
    }
    /// The same in words.
    [[nodiscard]] result<std::string> try_stop_text() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_session_stop_text(h_.get(), b, c, n); });
    }
    /// Compares the objective, evaluated again at what was loaded, with the one stored. ok; not_found: there is nothing to compare;
    /// or WARM_ERR_INCOMPATIBLE: load again for the next entry.
    [[nodiscard]] result<outcome> try_confirm(double objective, double tolerance) noexcept
    {
        return detail::settle(warm_session_confirm(h_.get(), objective, tolerance));
    }
    [[nodiscard]] warm_session_progress progress() const noexcept
    {
        auto out = detail::sized<warm_session_progress>();
        (void)warm_session_get_progress(h_.get(), &out);
        return out;
    }
    /// The checkpoints it was given, written or not, thinned; the oldest first.
    [[nodiscard]] result<list<trace_point>> try_trace() const noexcept
    {
        return list<trace_point>::made([&](warm_cursor **out) { return warm_session_trace(h_.get(), out); });
    }
    /// The next load or resume answers this entry, once.
    [[nodiscard]] result<done> try_preload(const entry &e) noexcept { return detail::settle_done(warm_session_preload(h_.get(), e.get())); }
    [[nodiscard]] result<std::optional<entry>> try_load() noexcept
    {
        return entry::made([&](warm_entry **out) { return warm_session_load(h_.get(), out); });
    }
    /// As load, and takes nothing.
    [[nodiscard]] result<std::optional<entry>> try_peek() noexcept
    {
        return entry::made([&](warm_entry **out) { return warm_session_peek(h_.get(), out); });
    }
    /// Whether to begin from the seed that the last load answered: when the objective there is lower than at the cold start, both
    /// computed on the fit's own data. None and values that are not finite lose.
    [[nodiscard]] result<bool> try_should_use_seed(std::optional<double> at_seed, std::optional<double> at_cold) noexcept
    {
        const std::int32_t answer = warm_session_should_use_seed(h_.get(), detail::pointer(at_seed), detail::pointer(at_cold));
        if (answer < 0) return failure::last(answer);
        return answer == 1;
    }
    /// Adds what a seed saved to the stats; negative when the fit took longer.
    [[nodiscard]] result<done> try_note_iterations_saved(std::int64_t iterations) noexcept
    {
        return detail::settle_done(warm_session_note_iterations_saved(h_.get(), iterations));
    }
    [[nodiscard]] result<warm_start_stats> try_start_stats() const noexcept
    {
        auto out = detail::sized<warm_start_stats>();
        const std::int32_t status = warm_session_get_start_stats(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
    }
    /// Why the key missed; empty where no stored key has a field in common. Needs the option fingerprint, here and where it was written.
    [[nodiscard]] result<std::optional<miss>> try_explain_miss(seconds longest = seconds(5)) noexcept
    {
        return miss::made([&](warm_miss **out) { return warm_session_explain_miss(h_.get(), longest.count(), out); });
    }
    /// Protects a vector, array or span of numbers: a region of one dimension.
    template <class C, class = std::enable_if_t<detail::protectable<C>>>
    [[nodiscard]] result<done> try_protect(std::string_view name, C &c) noexcept
    {
        const std::int64_t n = detail::length(static_cast<std::size_t>(std::size(c)));
        return try_protect(name, std::data(c), span<const std::int64_t>(&n, 1));
    }
    /// Protects one number: a region without dimensions.
    template <class T, class = std::enable_if_t<detail::in_region<T> && !std::is_const_v<T>>, class = void>
    [[nodiscard]] result<done> try_protect(std::string_view name, T &value) noexcept
    {
        return try_protect(name, &value, span<const std::int64_t>());
    }
    /// Protects an array of any dimensions.
    template <class T, class = std::enable_if_t<detail::in_region<T> && !std::is_const_v<T>>>
    [[nodiscard]] result<done> try_protect(std::string_view name, T *data, span<const std::int64_t> dims,
                                           order o = order::row_major) noexcept
    {
        return try_protect_raw(name, static_cast<element_type>(detail::number_type<T>()), data, dims, o);
    }
    /// Protects memory of any type.
    [[nodiscard]] result<done> try_protect_raw(std::string_view name, element_type type, void *data, span<const std::int64_t> dims,
                                               order o = order::row_major) noexcept
    {
        return detail::settle_done(warm_session_protect(h_.get(), name.data(), detail::length(name.size()), static_cast<std::int32_t>(type),
                                                        static_cast<std::int32_t>(o), detail::length(dims.size()), dims.data(), data));
    }
    /// Whether it was protected. Once this has returned its memory is not used any more.
    [[nodiscard]] result<bool> try_unprotect(std::string_view name) noexcept
    {
        return detail::settle_found(warm_session_unprotect(h_.get(), name.data(), detail::length(name.size())));
    }
    [[nodiscard]] result<done> try_unprotect_all() noexcept { return detail::settle_done(warm_session_unprotect_all(h_.get())); }
    /// Written with the regions from now on.
    [[nodiscard]] result<done> try_set_note(std::string_view key, std::string_view text) noexcept
    {
        return detail::settle_done(
            warm_session_set_note(h_.get(), key.data(), detail::length(key.size()), text.data(), detail::length(text.size())));
    }
    /// Whether there was one.
    [[nodiscard]] result<bool> try_remove_note(std::string_view key) noexcept
    {
        return detail::settle_found(warm_session_remove_note(h_.get(), key.data(), detail::length(key.size())));
    }
    /// As checkpoint, of what is protected; what is held back is not read.
    [[nodiscard]] result<outcome> try_checkpoint_regions(std::optional<double> objective = {},
                                                         std::optional<std::int64_t> iteration = {}) noexcept
    {
        return detail::settle(warm_session_checkpoint_regions(h_.get(), detail::pointer(objective), detail::pointer(iteration)));
    }
    [[nodiscard]] result<done> try_checkpoint_regions_now(std::optional<double> objective = {},
                                                          std::optional<std::int64_t> iteration = {}) noexcept
    {
        return detail::settle_done(warm_session_checkpoint_regions_now(h_.get(), detail::pointer(objective), detail::pointer(iteration)));
    }
    [[nodiscard]] result<done> try_finalize_regions(std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {}) noexcept
    {
        return detail::settle_done(warm_session_finalize_regions(h_.get(), detail::pointer(objective), detail::pointer(iteration)));
    }
    /// Fills what is protected with what the fit goes on from; empty: nothing to resume from. Where a region differs, none is
    /// touched: WARM_ERR_INCOMPATIBLE says which, and how.
    [[nodiscard]] result<std::optional<entry_info>> try_restore() noexcept
    {
        auto info = detail::sized<warm_entry_info>();
        const std::int32_t status = warm_session_restore(h_.get(), &info);
        if (status < 0) return failure::last(status);
        if (status != WARM_OK) return std::optional<entry_info>();
        return std::optional<entry_info>(entry_info(info));
    }
    [[nodiscard]] result<std::string> try_run_id() const noexcept
    {
        return detail::text([&](char *b, std::int64_t c, std::int64_t *n) { return warm_session_run_id(h_.get(), b, c, n); });
    }
    /// Waits until everything accepted so far is durable: ok, or timeout.
    [[nodiscard]] result<outcome> try_flush(seconds longest) noexcept { return detail::settle(warm_session_flush(h_.get(), longest.count())); }
    /// Ends writing, flushes, and reports what failed in the background: ok, or timeout.
    [[nodiscard]] result<outcome> try_finish() noexcept { return detail::settle(warm_session_finish(h_.get())); }

#if WARM_EXCEPTIONS
    session(const store &s, const key &k, const session_options &options = {}) : session(try_open(s, k, options).value()) {}
    [[nodiscard]] std::optional<entry_info> resume(mutable_bytes to) { return try_resume(to).value(); }
    outcome checkpoint(bytes_view payload, std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {})
    {
        return try_checkpoint(payload, objective, iteration).value();
    }
    void checkpoint_now(bytes_view payload, std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {})
    {
        (void)try_checkpoint_now(payload, objective, iteration).value();
    }
    void finalize(bytes_view payload, std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {})
    {
        (void)try_finalize(payload, objective, iteration).value();
    }
    template <class... A>
    void protect(std::string_view name, A &&...array)
    {
        (void)try_protect(name, std::forward<A>(array)...).value();
    }
    void protect_raw(std::string_view name, element_type type, void *data, span<const std::int64_t> dims, order o = order::row_major)
    {
        (void)try_protect_raw(name, type, data, dims, o).value();
    }
    bool unprotect(std::string_view name) { return try_unprotect(name).value(); }
    void unprotect_all() { (void)try_unprotect_all().value(); }
    void set_note(std::string_view key, std::string_view text) { (void)try_set_note(key, text).value(); }
    bool remove_note(std::string_view key) { return try_remove_note(key).value(); }
    outcome checkpoint_regions(std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {})
    {
        return try_checkpoint_regions(objective, iteration).value();
    }
    void checkpoint_regions_now(std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {})
    {
        (void)try_checkpoint_regions_now(objective, iteration).value();
    }
    void finalize_regions(std::optional<double> objective = {}, std::optional<std::int64_t> iteration = {})
    {
        (void)try_finalize_regions(objective, iteration).value();
    }
    [[nodiscard]] std::optional<entry_info> restore() { return try_restore().value(); }
    void preload(const entry &e) { (void)try_preload(e).value(); }
    [[nodiscard]] std::optional<entry> load() { return try_load().value(); }
    [[nodiscard]] std::optional<entry> peek() { return try_peek().value(); }
    [[nodiscard]] bool should_use_seed(std::optional<double> at_seed, std::optional<double> at_cold)
    {
        return try_should_use_seed(at_seed, at_cold).value();
    }
    void note_iterations_saved(std::int64_t iterations) { (void)try_note_iterations_saved(iterations).value(); }
    [[nodiscard]] warm_start_stats start_stats() const { return try_start_stats().value(); }
    [[nodiscard]] std::optional<miss> explain_miss(seconds longest = seconds(5)) { return try_explain_miss(longest).value(); }
    [[nodiscard]] std::string run_id() const { return try_run_id().value(); }
    [[nodiscard]] outcome flush(seconds longest) { return try_flush(longest).value(); }
    [[nodiscard]] outcome finish() { return try_finish().value(); }
    [[nodiscard]] std::string stop_text() const { return try_stop_text().value(); }
    /// False: there is nothing to compare. Throws incompatible_error where they do not agree.
    bool confirm(double objective, double tolerance) { return try_confirm(objective, tolerance).value() == outcome::ok; }
    [[nodiscard]] list<trace_point> trace() const { return try_trace().value(); }
#endif
    [[nodiscard]] warm_session *get() const noexcept { return h_.get(); }

private:
    explicit session(std::nullptr_t) noexcept {}
    detail::owner<warm_session, warm_session_free> h_;
};

// ---- signals ----

/// Notes a signal while it lives: should_stop answers true in all sessions of this process. `chain`: what was installed before is
/// called, too. See warm_signals_watch.
class signal_watch {
public:
    [[nodiscard]] static result<signal_watch> try_watch(int signal, bool chain = false) noexcept
    {
        const std::int32_t status = warm_signals_watch(signal, chain ? 1 : 0);
        if (status != WARM_OK) return failure::last(status);
        return signal_watch(signal, nullptr);
    }
#if WARM_EXCEPTIONS
    explicit signal_watch(int signal, bool chain = false) : signal_watch(try_watch(signal, chain).value()) {}
#endif
    signal_watch(signal_watch &&other) noexcept : signal_(std::exchange(other.signal_, 0)) {}
    signal_watch &operator=(signal_watch &&other) noexcept
    {
        std::swap(signal_, other.signal_);
        return *this;
    }
    ~signal_watch()
    {
        if (signal_ != 0) (void)warm_signals_unwatch(signal_);
    }
    /// Whether the signal came.
    [[nodiscard]] bool noted() const noexcept { return warm_signals_noted(signal_) == 1; }
    /// Forgets that it came, so that sessions go on.
    void forget() noexcept { (void)warm_signals_forget(signal_); }

private:
    signal_watch(int signal, std::nullptr_t) noexcept : signal_(signal) {}
    int signal_ = 0;
};

/// Seconds of work between checkpoints that cost the least time; see warm_interval_seconds.
[[nodiscard]] inline result<seconds> try_interval(seconds cost, seconds mean_time_between_failures, interval formula = interval::daly) noexcept
{
    double out = 0;
    const std::int32_t status =
        warm_interval_seconds(static_cast<std::int32_t>(formula), cost.count(), mean_time_between_failures.count(), &out);
    if (status != WARM_OK) return failure::last(status);
    return seconds(out);
}

} // namespace warm

/// Keys are as random as hashes are.
template <>
struct std::hash<warm::key> {
    std::size_t operator()(const warm::key &k) const noexcept
    {
        std::size_t h = 0;
        std::memcpy(&h, k.get()->bytes, sizeof h);
        return h;
    }
};

#endif // WARMSTART_HPP
