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
 * Threads. Stores, sessions, tasks: any number at once, moving and destroying excepted. Entries, keys:
 * immutable. Fingerprinters and lists: one at a time. After a fork: as warmstart.h says.
 */
#ifndef WARMSTART_HPP
#define WARMSTART_HPP

#include "warmstart.h"

#include <array>
#include <chrono>
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
enum class problem : std::int32_t {
    metadata = WARM_PROBLEM_METADATA,
    payload = WARM_PROBLEM_PAYLOAD,
    payload_missing = WARM_PROBLEM_PAYLOAD_MISSING,
    metadata_missing = WARM_PROBLEM_METADATA_MISSING,
    unreadable = WARM_PROBLEM_UNREADABLE,
    leaving = WARM_PROBLEM_LEAVING,
    totals = WARM_PROBLEM_TOTALS,
    record = WARM_PROBLEM_RECORD,
};
enum class action : std::int32_t {
    nothing = WARM_ACTION_NOTHING,
    waits = WARM_ACTION_WAITS,
    moved_aside = WARM_ACTION_MOVED_ASIDE,
    removed = WARM_ACTION_REMOVED,
    rebuilt = WARM_ACTION_REBUILT,
    failed = WARM_ACTION_FAILED,
};

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
#if WARM_EXCEPTIONS
    static key from_hex(std::string_view hex) { return try_from_hex(hex).value(); }
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
#if WARM_EXCEPTIONS
    void copy_to(mutable_bytes to) const { (void)try_copy_to(to).value(); }
    [[nodiscard]] std::string run_id() const { return try_run_id().value(); }
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

// ---- lists ----

/// An entry in a list.
struct listed_entry {
    entry_info info;
    std::string run_id;
};

/// One thing that is wrong in a store.
struct finding {
    warm::problem problem = warm::problem::metadata;
    warm::action action = warm::action::nothing;
    std::optional<warm::key> key;
    std::string run_id; ///< empty where it belongs to no run
    std::string text;   ///< which file, and what is wrong with it
};

namespace detail {
inline result<key> item(warm_cursor *c, const key *) noexcept
{
    key out;
    const std::int32_t status = warm_cursor_key(c, out.get());
    if (status != WARM_OK) return failure::last(status);
    return out;
}
inline result<listed_entry> item(warm_cursor *c, const listed_entry *) noexcept
{
    auto info = sized<warm_entry_info>();
    const std::int32_t status = warm_cursor_info(c, &info);
    if (status != WARM_OK) return failure::last(status);
    auto run = text([&](char *b, std::int64_t cap, std::int64_t *n) { return warm_cursor_run_id(c, b, cap, n); });
    if (!run) return run.error();
    listed_entry out;
    out.info = entry_info(info);
    out.run_id = std::move(*run);
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

/// A list that was copied when it was made; gone through once: `for (const auto &item : store.keys())`.
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
    friend class task;
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

// ---- tasks ----

/// A verification or repair in progress, on a thread of its own; destroying it cancels it.
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
    /// The runs under a key, newest first.
    [[nodiscard]] result<list<listed_entry>> try_entries(const key &k) noexcept
    {
        return list<listed_entry>::made([&](warm_cursor **out) { return warm_store_list_entries(h_.get(), k.get(), out); });
    }
    [[nodiscard]] result<warm_store_stats> try_stats() const noexcept
    {
        auto out = detail::sized<warm_store_stats>();
        const std::int32_t status = warm_store_get_stats(h_.get(), &out);
        if (status != WARM_OK) return failure::last(status);
        return out;
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

#if WARM_EXCEPTIONS
    explicit store(std::string_view root = {}, const store_options &options = {}) : store(try_open(root, options).value()) {}
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
    [[nodiscard]] list<listed_entry> entries(const key &k) { return try_entries(k).value(); }
    [[nodiscard]] warm_store_stats stats() const { return try_stats().value(); }
    [[nodiscard]] task verify() { return try_verify().value(); }
    [[nodiscard]] task repair() { return try_repair().value(); }
#endif
    [[nodiscard]] warm_store *get() const noexcept { return h_.get(); }

private:
    explicit store(std::nullptr_t) noexcept {}
    detail::owner<warm_store, warm_store_free> h_;
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
    void preload(const entry &e) { (void)try_preload(e).value(); }
    [[nodiscard]] std::optional<entry> load() { return try_load().value(); }
    [[nodiscard]] std::optional<entry> peek() { return try_peek().value(); }
    [[nodiscard]] std::string run_id() const { return try_run_id().value(); }
    [[nodiscard]] outcome flush(seconds longest) { return try_flush(longest).value(); }
    [[nodiscard]] outcome finish() { return try_finish().value(); }
#endif
    [[nodiscard]] warm_session *get() const noexcept { return h_.get(); }

private:
    explicit session(std::nullptr_t) noexcept {}
    detail::owner<warm_session, warm_session_free> h_;
};

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
