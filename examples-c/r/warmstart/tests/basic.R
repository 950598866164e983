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
plain <- warm_save(store, key, 1)
stopifnot(warm_pin(store, key, plain))
runs <- warm_entries(store, key)
runs <- runs[match(c(warm_run_id(fit), plain), runs$run_id), ]
stopifnot(
  identical(runs$label, c("a fit", NA)), identical(runs$is_pinned, c(FALSE, TRUE)), runs$durability == "full", runs$seed_keys == 0,
  runs$key_fields == 0, runs$last_used > runs$written - 2, warm_label(warm_load(fit)) == "a fit",
  identical(warm_label(warm_lookup(store, key, run_id = plain)), NA_character_), warm_remove(store, key, plain)
)
stopifnot(warm_info(warm_peek(fit))$kind == "final", warm_finish(fit), nrow(warm_entries(store, key)) == 1L)
fails(warm_checkpoint(fit, 1, 1), "warm_invalid_error")
other <- warm_session(store, warm_fingerprint(other = 1), background = TRUE)
warm_preload(other, warm_load(fit))
stopifnot(warm_info(warm_load(other))$source == "preloaded", is.null(warm_load(other)))
stopifnot(warm_checkpoint(other, 5, 1) == "queued", warm_flush(other), warm_flush(store, 5), warm_value(warm_load(other)) == 5, warm_finish(other))

# When to write and to stop.
timed <- warm_session(store, warm_fingerprint(timed = 1), min_interval = 1e9, every = 2, max_share = 0.5, deadline = 1e6, scheduler = FALSE,
                      stop_margin = 2, halt_file = tempfile("halt"))
stopifnot(is.na(warm_progress(timed)$iteration), nrow(warm_trace(timed)) == 0L)
said <- c(warm_checkpoint(timed, 1, 3, 1), warm_checkpoint(timed, 1, 4, 2), warm_checkpoint(timed, 1, 4, 3))
stopifnot(said == c("written", "throttled", "written"))
progress <- warm_progress(timed)
stopifnot(progress$iteration == 3, progress$best_objective == 3, progress$writes == 2, progress$throttled == 1, progress$write_seconds > 0)
points <- warm_trace(timed)
stopifnot(points$iteration == 1:3, points$objective == c(3, 4, 4), inherits(points$time, "POSIXct"), diff(points$seconds) >= 0)
stopifnot(identical(warm_trace(store, warm_fingerprint(timed = 1), warm_run_id(timed))$objective, points$objective))
stopifnot(is.null(warm_trace(store, warm_fingerprint(timed = 1), "nobody")))
why <- warm_stop_info(timed)
stopifnot(!warm_should_stop(timed), why$reason == "none", why$deadline == "caller", why$reserve_seconds >= 2, is.na(why$signal), grepl("go on", why$text))
again <- warm_session(store, warm_fingerprint(timed = 1))
stopifnot(!warm_confirm(again, 3, 0), warm_info(warm_load(again))$objective == 3, warm_confirm(again, 3, 0))
refused <- fails(warm_confirm(again, 3.5, 0.1), "warm_incompatible_error")
stopifnot(grepl("3.5e0", conditionMessage(refused)), warm_info(warm_load(again))$objective == 4)
stopifnot(warm_should_stop(warm_session(store, key, deadline = Sys.time() - 10)), warm_should_stop(warm_session(store, key, halt_file = tempdir())))
rare <- warm_session(store, warm_fingerprint(rare = 1), mean_time_between_failures = 1e7, formula = "young")
stopifnot(warm_checkpoint(rare, 1) == "written", warm_checkpoint(rare, 1) == "throttled", warm_progress(rare)$next_due_seconds > 1)
stopifnot(warm_interval(5, 1440, "young") == 120, abs(warm_interval(5, 15) - 9.1) < 0.05)
fails(warm_interval(5, 0), "warm_invalid_error")
fails(warm_session(store, key, formula = "other"), "warm_invalid_error")
fails(warm_session(store, key, max_share = 2), "warm_invalid_error")
warm_watch_signal("SIGUSR1") # R's own handler would save and quit
stopifnot(!warm_signal_noted("SIGUSR1"), !warm_should_stop(timed))
tools::pskill(Sys.getpid(), tools::SIGUSR1)
stopifnot(warm_signal_noted("SIGUSR1"), warm_should_stop(timed), warm_stop_info(timed)$reason == "signal", warm_stop_info(timed)$signal == tools::SIGUSR1)
stopifnot(warm_forget_signal("SIGUSR1"), !warm_should_stop(timed), warm_unwatch_signal("SIGUSR1"), !warm_unwatch_signal("SIGUSR1"))
fails(warm_watch_signal("SIGSEGV"), "warm_invalid_error")
stopifnot(warm_remove(store, warm_fingerprint(timed = 1)), warm_remove(store, warm_fingerprint(rare = 1)))
warm_close(timed); warm_close(again); warm_close(rare)

# Handles: closed ones, foreign ones and restored ones are told apart.
entry <- warm_load(fit)
# Seeds: an answer is found under the keys that fits have in common.
local({
  s <- warm_store(tempfile())
  of <- function(y) { f <- warm_fingerprinter(); warm_absorb(f, "x", 1); warm_absorb(f, "y", y); f }
  open <- function(y) warm_session(s, warm_key(of(y)), fingerprint = of(y), seed_keys = warm_fingerprint(model = "m"), keep_last = 2)
  first <- open(1)
  stopifnot(is.null(warm_load(first)), is.null(warm_explain_miss(first)))
  warm_finalize(first, c(1, 2), objective = 3)
  stopifnot(is.null(warm_explain(s, warm_key(of(1)))), warm_entries(s, warm_key(of(1)))$key_fields == 2)
  second <- open(2)
  seed <- warm_load(second)
  stopifnot(identical(warm_value(seed), c(1, 2)), warm_info(seed)$source == "seed", warm_seed_level(seed) == 0)
  stopifnot(warm_use_seed(second, 1, 2), !warm_use_seed(second, NaN, 2), !warm_use_seed(second, 2, 1))
  warm_note_saved(second, 5)
  stats <- warm_start_stats(second)
  stopifnot(stats$seeds_offered == 1, stats$seeds_refused == 1, stats$seeds_taken == 0, stats$iterations_saved == 5)
  stopifnot(warm_start_stats(s)$iterations_saved == 5, is.na(warm_start_stats(s)$seed_level))
  why <- warm_explain_miss(second)
  stopifnot(why$text == "y differs; x equal", identical(why$fields$state, c("equal", "differs")))
  fails(warm_explain(s, warm_key(of(2))), "warm_invalid_error") # nothing is stored that says what it was made from
  warm_finalize(second, c(1, 2), objective = 2)
  why <- warm_explain(s, warm_key(of(1)))
  stopifnot(why$text == "y differs; x equal", why$key == warm_key(of(2)), identical(why$fields$state, c("equal", "differs")))
  key <- warm_fingerprint(k = 1)
  for (f in c(3, 1, 2)) warm_save(s, key, f, objective = f)
  stopifnot(warm_retain(s, key, last = 1, best = 1) == 1, nrow(warm_entries(s, key)) == 2)
  stopifnot(warm_failed_restarts(s, key) == 0, !warm_reset_restarts(s, key))
  for (x in list(first, second, s)) warm_close(x)
})

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

# What a sweep would remove, and what it removes.
local({
  root <- tempfile()
  s <- warm_store(root)
  stopifnot(identical(warm_limits(s), list(size_budget = 2^30, file_budget = 200000, ttl_seconds = 30 * 86400)))
  for (i in c(1, 2, 3, 4)) warm_save(s, warm_fingerprint(n = i), i)
  warm_close(s)
  ended <- function(task) { stopifnot(warm_wait(task, 60) == "done"); warm_report(task) }
  s <- warm_store(root, file_budget = 1, read_only = TRUE)
  planned <- ended(warm_start_sweep(s, plan = TRUE))
  stopifnot(planned$complete, planned$evicted > 0, planned$expired == 0, nrow(planned$findings) == planned$evicted, warm_limits(s)$file_budget == 1)
  stopifnot(planned$findings$problem == "over budget", planned$findings$action == "nothing", planned$findings$key %in% warm_keys(s))
  fails(warm_wait(warm_start_sweep(s)), "warm_permission_error")
  warm_close(s)
  s <- warm_store(root, file_budget = 1)
  done <- ended(warm_start_sweep(s))
  stopifnot(identical(sort(done$findings$key), sort(planned$findings$key)), done$findings$action == "removed", warm_stats(s)$entries == 4 - done$evicted)
  heir <- warm_store(root, read_only = TRUE)
  stopifnot(warm_limits(heir)$file_budget == 1)
  for (x in list(s, heir)) warm_close(x)
})

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

# ---- regions ----

store <- warm_store(tempfile())
fit <- warm_session(store, warm_fingerprint(model = "regions"), min_interval = 3600)
f32 <- warm_region(writeBin(c(0.5, -0.25, 3), raw(), size = 4L, endian = "little"), "F32", c(3, 1))
i64 <- warm_region(as.raw(c(1, 0, 0, 0, 0, 0, 0, 0, rep(255, 8))), "I64", 2)
state <- list(
  beta = c(1.5, NA, NaN, -0), A = matrix(c(1, 2, 3, 4, 5, 6), 2), k = array(1:24, 2:4), seen = c(TRUE, NA, FALSE),
  z = matrix(complex(real = 1:4, imaginary = -1), 2), bytes = as.raw(1:3), f32 = f32, i64 = i64, none = matrix(0, 0, 3), one = array(1:3, 3)
)
stopifnot(
  identical(warm_checkpoint_regions(fit, state, objective = 2, iteration = 7), "written"),
  identical(warm_checkpoint_regions(fit, state, objective = 3), "throttled")
)
back <- warm_restore(fit, like = state)
stopifnot(identical(back$regions[names(state)], state), back$iteration == 7, identical(serialize(back$regions$beta, NULL), serialize(state$beta, NULL)))
stopifnot(identical(as.numeric(back$regions$f32), matrix(c(0.5, -0.25, 3))), identical(as.numeric(back$regions$i64), c(1, -1)))
entry <- warm_peek(fit)
notes <- warm_notes(entry)
stopifnot(
  notes[["order.A"]] == "F", notes[["complex.z"]] == "true", notes[["iteration"]] == "7", !"order.beta" %in% names(notes),
  identical(warm_regions(entry, c("A", "nobody")), list(A = state$A, nobody = NULL))
)
for (wrong in list(
  state[-1], c(state, list(more = 1)), replace(state, "A", list(t(state$A))), replace(state, "k", list(state$k + 0)),
  replace(state, "one", list(1:4)), replace(state, "f32", list(warm_region(as.raw(f32), "I32", c(3, 1)))),
  replace(state, "A", list(structure(state$A, order = "C")))
)) {
  told <- tryCatch(warm_restore(fit, like = wrong), warm_incompatible_error = conditionMessage)
  stopifnot(is.character(told), grepl("region `", told, fixed = TRUE))
}
warm_note(fit, "solver", "newton")
warm_checkpoint_regions(fit, list(x = structure(matrix(1:6, 2), order = "C")), objective = 1, now = TRUE)
entry <- warm_load(fit)
stopifnot(warm_notes(entry)[["solver"]] == "newton", !"order.x" %in% names(warm_notes(entry)))
stopifnot(identical(warm_regions(entry)$x, structure(matrix(1:6, 2), order = "C")))
warm_note(fit, "solver", NULL)
warm_finalize_regions(fit, list(x = 1), objective = 0)
stopifnot(warm_restore(fit)$kind == "final", !"solver" %in% names(warm_notes(warm_peek(fit))))
# Dimensions that a vector has not the bytes for are refused before anything is read.
moved <- warm_region(as.raw(1:8), "U32", 2)
attr(moved, "dims") <- 1e6
for (bad in list(warm_region(raw(1), "F64", c(1000, 1000)), warm_region(raw(9), "F64", 1), warm_region(raw(8), "F64", NaN), moved)) {
  told <- tryCatch(warm_checkpoint_regions(fit, list(x = bad), now = TRUE), warm_invalid_error = conditionMessage)
  stopifnot(is.character(told), grepl("region x has not as many bytes", told, fixed = TRUE))
}
numbers <- function(bytes, type, n) as.numeric(warm_region(as.raw(bytes), type, n))
stopifnot(
  identical(numbers(c(1, 0, 0, 0, 2, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 128), "U32", 4), c(1, 2, 2^32 - 1, 2^31)),
  identical(numbers(c(1, 0, 0, 0, 2, 0, 0, 0), "U32", c(2, 1)), matrix(c(1, 2))),
  identical(numbers(c(rep(255, 6), 31, 0), "I64", 1), 2^53 - 1),
  # 2^53 + 1 is no double.
  inherits(tryCatch(numbers(c(1, 0, 0, 0, 0, 0, 32, 0), "I64", 1), error = identity), "warm_invalid_error")
)
for (bad in list(list(1), list(x = "text"), list(x = 1, x = 2), list(`__metadata__` = 1), list(), 1)) {
  stopifnot(inherits(tryCatch(warm_checkpoint_regions(fit, bad, now = TRUE), error = identity), "warm_invalid_error"))
}
warm_finalize(fit, 1, objective = -1)
stopifnot(inherits(tryCatch(warm_restore(fit), error = identity), "warm_incompatible_error"))
