# Without any test package: each line either holds or stops.
library(warmstart)

fails <- function(expr, class) {
  got <- tryCatch({ expr; "nothing" }, condition = function(c) c)
  if (!inherits(got, class)) stop("expected ", class, ", got ", paste(class(got), collapse = "/"), ": ", format(got))
  invisible(got)
}
root <- tempfile("store")
store <- warm_store(root)
key <- warm_fingerprint(test = "basic")
stopifnot(is.null(warm_lookup(store, key)), !warm_remove(store, key), !warm_pin(store, key, "r1"))
stopifnot(identical(warm_root(store), normalizePath(root)), nchar(key) == 64L)

# Payloads come back as they were, attributes included.
same <- list(
  numeric(0), 1.5, c(a = 1, b = NA, c = NaN, d = -0, e = Inf), matrix(c(1, 2, 3, 4, 5, 6), 2, dimnames = list(c("x", "y"), NULL)),
  structure(1:3 / 2, class = "mine", note = list("a", 2L)), array(1:24 + 0, c(2, 3, 4)), .Date(c(1, NA)), structure(numeric(0), names = character(0))
)
for (x in same) {
  run <- warm_save(store, key, x)
  entry <- warm_lookup(store, key, run_id = run)
  stopifnot(identical(warm_value(entry), x), identical(attributes(warm_value(entry)), attributes(x)))
  if (is.null(attributes(x))) stopifnot(identical(warm_payload(entry), writeBin(x, raw(), endian = .Platform$endian)))
}
bytes <- as.raw(c(0, 255, 1:200))
run <- warm_save(store, key, bytes, objective = -1, iteration = 7, kind = "final")
entry <- warm_lookup(store, key)
info <- warm_info(entry)
stopifnot(
  identical(warm_payload(entry), bytes), info$kind == "final", info$source == "exact", info$objective == -1, info$iteration == 7,
  info$payload_bytes == 202, abs(as.numeric(Sys.time()) - as.numeric(info$written)) < 3600, warm_run_id(entry) == run, warm_entry_key(entry) == key
)
fails(warm_value(entry), "warm_incompatible_error")
fails(warm_save(store, key, 1:3), "warm_invalid_error")
fails(warm_save(store, key, "text"), "warm_invalid_error")
runs <- warm_entries(store, key)
stopifnot(nrow(runs) == 9L, runs$run_id[1] == run, inherits(runs$written, "POSIXct"), identical(warm_keys(store), key))
stopifnot(warm_stats(store)$entries == 9, warm_remove(store, key, run), nrow(warm_entries(store, key)) == 8L)

# A mark at the end of numbers that no attributes precede is numbers.
odd <- readBin(as.raw(c(1:8, 0x57, 0x41, 0x52, 0x4d, 0x52, 0x41, 0xf4, 0x7f)), "double", 2)
slot <- warm_save(store, key, as.raw(c(1:8, 0x57, 0x41, 0x52, 0x4d, 0x52, 0x41, 0xf4, 0x7f)), run_id = "mine")
stopifnot(slot == "mine", length(warm_value(warm_lookup(store, key, run_id = "mine"))) == 2L)

# Sessions.
stopifnot(warm_remove(store, key))
fit <- warm_session(store, key, min_interval = 1000, label = "a fit")
stopifnot(is.null(warm_resume(fit, c(a = 0, b = 0))), warm_should_checkpoint(fit, 3))
stopifnot(warm_checkpoint(fit, c(a = 1, b = 2), 3, 1) == "written", warm_checkpoint(fit, c(a = 9, b = 9), 4, 2) == "throttled")
stopifnot(!warm_should_checkpoint(fit, 4), warm_checkpoint(fit, c(a = 9, b = 9), NA, 3, now = TRUE) == "written")
got <- warm_resume(fit, c(a = 0, b = 0))
stopifnot(identical(got$value, c(a = 1, b = 2)), got$objective == 3, got$iteration == 1, got$kind == "checkpoint")
fails(warm_resume(fit, c(0, 0)), "warm_incompatible_error")
fails(warm_resume(fit, c(a = 0, b = 0, c = 0)), "warm_incompatible_error")
warm_finalize(fit, c(a = 1, b = 2.5), 2)
stopifnot(warm_info(warm_peek(fit))$kind == "final", warm_finish(fit), nrow(warm_entries(store, key)) == 1L)
fails(warm_checkpoint(fit, 1, 1), "warm_invalid_error")
other <- warm_session(store, warm_fingerprint(other = 1), background = TRUE)
warm_preload(other, warm_load(fit))
stopifnot(warm_info(warm_load(other))$source == "preloaded", is.null(warm_load(other)))
stopifnot(warm_checkpoint(other, 5, 1) == "queued", warm_flush(other), warm_flush(store, 5), warm_value(warm_load(other)) == 5, warm_finish(other))

# Handles: closed ones, foreign ones and restored ones are told apart.
entry <- warm_load(fit)
warm_close(store); warm_close(store); warm_close(fit)
stopifnot(identical(warm_value(entry), c(a = 1, b = 2.5)))
fails(warm_stats(store), "warm_invalid_error")
fails(warm_stats(entry), "warm_invalid_error")
fails(warm_stats(NULL), "warm_invalid_error")
fails(warm_payload(unserialize(serialize(entry, NULL))), "warm_invalid_error")
stopifnot(grepl("closed", capture.output(print(store))), capture.output(print(entry)) != "")
for (i in 1:300) { s <- warm_store(root); f <- warm_session(s, key); e <- warm_load(f); f2 <- warm_clone(warm_fingerprinter()) }
rm(s, f, e, f2); invisible(gc())

# The default root: R's place for caches, unless the environment names another.
Sys.setenv(R_USER_CACHE_DIR = tempfile("cache"))
Sys.unsetenv("WARMSTART_DIR")
stopifnot(warm_root(warm_store()) == normalizePath(tools::R_user_dir("warmstart", "cache")))
Sys.setenv(WARMSTART_DIR = tempfile("named"))
stopifnot(warm_root(warm_store()) == normalizePath(Sys.getenv("WARMSTART_DIR")))

# Options and errors.
fails(warm_store("/proc/no/such/place"), "warm_error")
fails(warm_store(root, ttl_seconds = -1), "warm_invalid_error")
fails(warm_store(root, size_budget = 1.5), "warm_invalid_error")
fails(warm_store(root, durability = "often"), "warm_invalid_error")
readonly <- warm_store(root, read_only = TRUE)
denied <- fails(warm_save(readonly, key, 1), "warm_permission_error")
stopifnot(denied$status == -13L, nchar(conditionMessage(denied)) > 20)
fails(warm_lookup(readonly, "abc"), "warm_invalid_error")
fails(warm_save(readonly, key, 1, iteration = -1), "warm_invalid_error")
stopifnot(inherits(tryCatch(warm_lookup(readonly, NA_character_), error = identity), "warm_error"))

# Checks.
store <- warm_store(root, durability = "process", size_budget = 0, memory_budget = 1e6, file_budget = 1000, ttl_seconds = 1e6)
report <- warm_check(store)
stopifnot(report$complete, report$intact == 2, report$damaged == 0, nrow(report$findings) == 0L)
payload <- list.files(file.path(root, key), "bin$", full.names = TRUE)
writeBin(as.raw(1:3), payload)
report <- warm_check(store, repair = TRUE)
stopifnot(report$damaged == 1, report$waiting == 1, report$findings$problem == "payload", report$findings$action == "waits", report$findings$key == key)
stopifnot(is.null(warm_lookup(store, key)))
fails(warm_lookup(store, key, run_id = report$findings$run_id), "warm_corrupt_error")
task <- warm_start_check(store)
warm_cancel(task)
stopifnot(warm_wait(task) %in% c("done", "cancelled"), is.list(warm_progress(task)))
warm_sweep(store)

# Fingerprints.
frame <- function(value, ...) warm_key(warm_absorb(warm_fingerprinter(), "v", value, ...))
stopifnot(
  frame(c(1, NA)) == frame(c(1, 5), valid = c(TRUE, FALSE)), frame(c(1, NA)) != frame(c(1, NaN)), frame(-0) == frame(0),
  frame(1L) == frame(1, as = "i32"), frame(1L) != frame(1), frame(NaN) == frame(-NaN), frame(c(TRUE, NA)) == frame(c(TRUE, FALSE), valid = c(TRUE, FALSE)),
  frame(c("a", NA)) != frame(c("a", "")), frame("\u00e9") == frame(iconv("\u00e9", "UTF-8", "latin1")),
  frame(factor(c("b", NA, "a"))) == frame(list(levels = c("a", "b"), codes = c(1, NA, 0)), as = "factor"),
  frame(as.Date("2026-11-21")) == frame(20778, as = "date"), frame(as.Date(NA)) == frame(NA_real_, as = "date"),
  frame(as.POSIXct("2026-11-21 14:00:00.25", tz = "UTC")) == frame("1795269600250000000", as = "timestamp"),
  frame(matrix(c(1, 2, 3, 4), 2)) != frame(c(1, 2, 3, 4)), frame(matrix(1:4, 2)) == frame(matrix(c(1, 2, 3, 4), 2)),
  frame("1", as = "u64") == frame(1, as = "u64"), frame("-5", as = "i64") == frame(-5, as = "i64"),
  warm_fingerprint(d = data.frame(x = 1, y = 2L)) == warm_key(warm_absorb(warm_absorb(warm_absorb(warm_fingerprinter(), "d", 2, as = "u64"), "x", 1), "y", 2L)),
  warm_fingerprint(d = list(a = list(b = 1), c = 2)) != warm_fingerprint(d = list(a = list(b = 1, c = 2)))
)
for (bad in list(NULL, sum, 1i, quote(x), array(0, c(2, 2, 2)), matrix("a"), as.difftime(1, units = "mins"))) fails(frame(bad), "warm_error")
fails(frame(1.5, as = "i64"), "warm_invalid_error")
fails(frame(3e9, as = "i32"), "warm_invalid_error")
fails(frame("x", as = "u64"), "warm_invalid_error")
fails(frame(c(1, 2), valid = TRUE), "warm_invalid_error")
fails(warm_fingerprint(1), "warm_invalid_error")
f <- warm_fingerprinter()
for (as in c("f64", "f64_slice")) warm_write(f, 1, as)
warm_write(f, as.raw(1)); warm_write(f, 3, "u8"); warm_write(f, "18446744073709551615", "u64"); warm_write(f, "t", "str")
stopifnot(nchar(warm_key_short(f)) == 16L, startsWith(warm_version()$build, "libwarmstart"))
