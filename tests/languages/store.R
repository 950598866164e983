# R's program of README.md.
library(warmstart)

data <- list(
  doubles = c(1.5, -2, 0, NA, NaN, Inf, -Inf, 1e-300, -0),
  integers = c(1L, NA, -2147483647L, 2147483647L),
  long_integers = list("i64", c("1", "-5", NA, "9007199254740993")),
  singles = list("f32", c(0.1, -0, NA, 16777216)),
  logicals = c(TRUE, FALSE, NA),
  texts = c("a", "", NA, "na\u00efve", "\u65e5\u672c", "e\u0301"),
  factor = factor(c("hi", NA, "lo", "lo"), levels = c("lo", "hi", "unused")),
  dates = as.Date(c("1970-01-01", "2026-11-21", NA, "1600-02-29")),
  instants = as.POSIXct(c("1970-01-01 00:00:00", "2026-11-21 14:00:00.25", NA, "1969-12-31 23:59:59.999"), tz = "UTC", format = "%Y-%m-%d %H:%M:%OS"),
  matrix = matrix(c(1, 2.5, 3, NA, -5, 6), 3, byrow = TRUE),
  bytes = as.raw(c(0, 255, 65)),
  model = list("str", "y ~ x, Gamma(log)"),
  rows = list("u64", 1234567890123),
  tolerance = list("f64", 1e-8),
  start = list("f64_slice", c(0.1, -0))
)
absorb <- function(f, name) {
  value <- data[[name]]
  if (is.list(value)) warm_absorb(f, name, value[[2]], as = value[[1]]) else warm_absorb(f, name, value)
}
everything <- function() {
  f <- warm_fingerprinter()
  for (name in names(data)) absorb(f, name)
  warm_key(f)
}
hex <- function(bytes) paste(as.character(bytes), collapse = "")

arguments <- commandArgs(TRUE)
if (arguments[1] == "keys") {
  for (name in names(data)) cat(name, " ", warm_key(absorb(warm_fingerprinter(), name)), "\n", sep = "")
  cat("everything ", everything(), "\n", sep = "")
} else if (arguments[1] == "write") {
  objective <- if (arguments[4] == "none") NULL else as.numeric(arguments[4])
  numbers <- c(as.numeric(arguments[5]), -0, 0, 4.9406564584124654e-324, if (is.null(objective)) 0 else objective)
  payload <- writeBin(numbers, raw(), endian = "little")
  payload[17:24] <- as.raw(c(0x42, 0, 0, 0, 0, 0, 0xf8, 0x7f))
  run <- if (length(arguments) > 5) arguments[6]
  cat(warm_save(warm_store(arguments[2]), everything(), payload, objective, as.numeric(arguments[5]), arguments[3], run), "\n", sep = "")
} else if (arguments[1] == "regions") {
  # The state of README.md's table, passed on as it came.
  rows <- as.vector(aperm(outer(outer(1:2, 10 * (1:3), `+`), 100 * (1:2), `+`), 3:1))
  beta <- as.raw(c(rep(0, 7), 0x80, 0x42, rep(0, 5), 0xf8, 0x7f, 1, rep(0, 7), 0x9a, rep(0x99, 5), 0xb9, 0x3f))
  count <- as.raw(c(0xfb, rep(0xff, 7), 1, 0, 0, 0, 0, 0, 0x20, 0))
  state <- list(
    beta = readBin(beta, "double", 4, endian = "little"),
    scale = structure(-2.5, rank = 0L),
    X = outer(10 * (1:2), 1:3, `+`),
    rows = warm_region(writeBin(rows, raw(), size = 4L, endian = "little"), "F32", c(2, 3, 2), order = "C"),
    z = matrix(complex(real = c(1, 2, 1, 2), imaginary = c(-1, -1, -2, -2)), 2),
    count = warm_region(count, "I64", 2),
    k = c(NA, 0L, 7L), # R's NA_integer_ is the lowest integer of others
    text = charToRaw(enc2utf8("na\u00efve"))
  )
  fit <- warm_session(warm_store(arguments[2]), everything())
  iteration <- as.numeric(arguments[3])
  if (iteration > 0) {
    back <- warm_restore(fit, like = state)
    stopifnot(back$iteration == iteration - 1, identical(serialize(back$regions[names(state)], NULL), serialize(state, NULL)))
    state <- back$regions
  }
  warm_checkpoint_regions(fit, state, iteration = iteration, now = TRUE)
  stopifnot(warm_finish(fit))
} else {
  store <- warm_store(arguments[2])
  key <- everything()
  lines <- vapply(warm_entries(store, key)$run_id, function(run) {
    entry <- warm_lookup(store, key, run_id = run)
    info <- warm_info(entry)
    stopifnot(length(warm_value(entry)) == 5L, is.nan(warm_value(entry)[3]))
    objective <- if (is.na(info$objective)) "none" else hex(writeBin(info$objective, raw(), endian = "big"))
    paste(run, info$kind, objective, info$iteration, hex(warm_payload(entry)))
  }, "")
  writeLines(sort(lines, method = "radix"))
  cat("best ", warm_run_id(warm_lookup(store, key)), "\nlatest ", warm_run_id(warm_lookup(store, key, "latest")), "\n", sep = "")
}
