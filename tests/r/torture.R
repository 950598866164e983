# Every shim, with a garbage collection at each of R's allocations: what is not protected does not survive.
library(warmstart)
root <- tempfile()
work <- function() {
  store <- warm_store(root, durability = "process", size_budget = 1e8, ttl_seconds = 1e6)
  key <- warm_fingerprint(
    numbers = c(1, NA), texts = c("x", NA, "\u00e9"), factor = factor(c("u", "v", NA)), matrix = matrix(c(1, NA, 3, 4), 2),
    date = as.Date("2026-11-21"), time = .POSIXct(1795269600.25), logical = c(TRUE, NA), integers = 1:3, list = list(x = 1, y = "t")
  )
  f <- warm_fingerprinter()
  warm_absorb(f, "t", "5", as = "u64")
  warm_absorb(f, "t", c("5", NA), as = "i64")
  warm_absorb(f, "t", c(1, NA), as = "f32")
  warm_absorb(f, "t", iconv("\u00e9", "UTF-8", "latin1"))
  g <- warm_clone(f)
  fit <- warm_session(store, key, label = "l", fingerprint = f)
  warm_checkpoint(fit, c(a = 1, b = 2), 1, 1)
  resumed <- warm_resume(fit, c(a = 0, b = 0))
  run <- warm_save(store, key, matrix(1:4 + 0, 2), 0.5, 2, "final")
  entry <- warm_lookup(store, key, run_id = run)
  value <- warm_value(entry)
  info <- warm_info(entry)
  said <- tryCatch(warm_lookup(store, "zz"), warm_error = conditionMessage)
  raw <- warm_lookup(store, key, run_id = warm_save(store, key, as.raw(1:3)))
  told <- tryCatch(warm_value(raw), warm_error = conditionMessage)
  stopifnot(
    identical(value, matrix(1:4 + 0, 2)), identical(resumed$value, c(a = 1, b = 2)), identical(warm_keys(store), key),
    nrow(warm_entries(store, key)) == 3L, warm_entry_key(entry) == key, info$objective == 0.5, length(warm_payload(raw)) == 3L,
    grepl("64 digits", said), grepl("no vector", told), warm_key(f) == warm_key(g), warm_stats(store)$entries == 3,
    warm_check(store)$intact == 3, warm_remove(store, key), warm_finish(fit), grepl(root, capture.output(print(store)), fixed = TRUE),
    is.list(warm_version())
  )
}
work()
gctorture2(1, inhibit_release = TRUE)
work()
gctorture(FALSE)
cat("every allocation collected garbage, and nothing was lost\n")
