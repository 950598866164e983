# The blob cache. Each line either holds or stops.
library(warmstart)

fails <- function(expr, class) {
  got <- tryCatch({ expr; "nothing" }, condition = function(c) c)
  if (!inherits(got, class)) stop("expected ", class, ", got ", paste(class(got), collapse = "/"), ": ", format(got))
  invisible(got)
}
root <- tempfile("cache")
cache <- warm_cache(root)
basis <- outer(seq(0, 1, length.out = 7), 0:3, `^`)

# What is put is got.
stopifnot(is.null(warm_cache_get(cache, "n", "k")), is.null(warm_cache_peek(cache, "n", "k")), !warm_cache_contains(cache, "n", "k"))
receipt <- warm_cache_put(cache, "n", "k", basis)
stopifnot(receipt$in_memory, receipt$on_disk, !receipt$replaced, receipt$stored_bytes > 0)
blob <- warm_cache_get(cache, "n", "k")
info <- warm_info(blob)
stopifnot(
  identical(warm_value(blob), basis), inherits(blob, "warm_blob"), is.na(info$version), is.na(info$remaining_seconds), info$from_memory,
  info$priority == 128, abs(as.numeric(info$written) - as.numeric(Sys.time())) < 600,
  warm_cache_exists(cache, "n", "k") == "present", warm_cache_contains(cache, "n", "k")
)
stopifnot(warm_cache_put(cache, "n", "k", as.raw(1:3))$replaced, identical(warm_payload(warm_cache_get(cache, "n", "k")), as.raw(1:3)))
stopifnot(warm_cache_remove(cache, "n", "k"), !warm_cache_remove(cache, "n", "k"), identical(warm_value(blob), basis))
stopifnot(warm_stats(cache, "n")$puts == 2, warm_stats(cache)$misses == 1, warm_stats(cache)$memory_budget == 2^28)

# What was put with it comes back, also after a reopen.
with_all <- function(...) {
  warm_cache_put(cache, "n", "k", c(a = 1), tags = c("t", "\u00e9"), dependencies = "d", pairs = c(degree = "3", knots = ""),
                 content_type = "image/png", priority = 7, admission = "always", ttl_seconds = 3600, jitter_percent = 0,
                 idle_seconds = 7200, stale_seconds = 5, largest = 1e6, ...)
}
with_all(version = 5)
for (version in 4:5) fails(with_all(version = version), "warm_conflict_error")
fails(with_all(swap = list(version = 9)), "warm_conflict_error")
fails(with_all(swap = list(expected = 4, version = 9)), "warm_conflict_error")
with_all(swap = list(expected = 5, version = 2))
warm_close(cache)
fails(warm_cache_get(cache, "n", "k"), "warm_invalid_error")
cache <- warm_cache(root)
blob <- warm_cache_get(cache, "n", "k")
labels <- warm_labels(blob)
stopifnot(
  identical(labels$tags, c("t", "\u00e9")), identical(labels$dependencies, "d"), identical(labels$pairs, c(degree = "3", knots = "")),
  labels$content_type == "image/png", warm_info(blob)$version == 2, warm_info(blob)$priority == 7,
  warm_info(blob)$remaining_seconds <= 3600, identical(warm_value(blob), c(a = 1))
)
stopifnot(warm_cache_set_life(cache, "n", "k", ttl_seconds = 60), warm_cache_peek(cache, "n", "k")$remaining_seconds <= 60)
stopifnot(warm_cache_set_life(cache, "n", "k"), is.na(warm_cache_peek(cache, "n", "k")$remaining_seconds), !warm_cache_set_life(cache, "n", "absent"))
warm_cache_put(cache, "n", "past", 1, deadline = .POSIXct(1))
stopifnot(is.null(warm_cache_get(cache, "n", "past")))

# What is invalidated is gone.
warm_cache_put(cache, "n", "a/1", 1, tags = c("t", "u"))
warm_cache_put(cache, "m", "a/1", 1, tags = "t", dependencies = "d")
stopifnot(setequal(warm_cache_namespaces(cache), c("m", "n")), identical(warm_cache_list(cache, "n", "a/")$key, "a/1"))
stopifnot(nrow(warm_cache_list(cache, "n")) == 2, nrow(warm_cache_list(cache, "nowhere")) == 0)
stopifnot(warm_cache_invalidate(cache, tags = character(0)) == 0, warm_cache_invalidate(cache, tags = c("u", "t"), namespace = "n") == 2)
stopifnot(warm_cache_invalidate(cache, dependencies = "d") == 1, is.null(warm_cache_get(cache, "m", "a/1")))
warm_cache_put(cache, "n", "a/1", 1)
stopifnot(warm_cache_invalidate(cache, "a/", namespace = "n") == 1)
warm_cache_put(cache, "n", "k", 1)
warm_cache_flush(cache, "n")
stopifnot(is.null(warm_cache_get(cache, "n", "k")), warm_stats(cache, "n")$flushes == 1)

# Several at once, each with an answer of its own.
done <- warm_cache_put_many(cache, "n", list(a = 1, b = c(1, 2), c = raw(0)), largest = 8)
stopifnot(identical(done, c(a = "put", b = "warm_too_large_error", c = "put")))
found <- warm_cache_get_many(cache, "n", c("c", "b", "a"))
stopifnot(length(warm_payload(found$c)) == 0, is.null(found$b), warm_value(found$a) == 1, length(warm_cache_get_many(cache, "n", character(0))) == 0)

# Upkeep.
warm_cache_set_quota(cache, "n", 1e6)
warm_sweep(cache)
stopifnot(warm_cache_drain(cache, 60), warm_cache_copy(cache, paste0(root, "-copy")) == 2, warm_check(cache)$damaged == 0)
copy <- warm_cache(paste0(root, "-copy"), memory_budget = 0, disk_budget = 0, durability = "process", promotion = "second_hit",
                   background_promotion = 4, compression = FALSE)
stopifnot(warm_value(warm_cache_get(copy, "n", "a")) == 1, grepl("-copy", capture.output(print(copy)), fixed = TRUE))
reader <- warm_cache(root, read_only = TRUE)
fails(warm_cache_put(reader, "n", "a", 2), "warm_permission_error")
memory <- warm_cache_in_memory(1e6)
stopifnot(is.null(warm_root(memory)), !warm_cache_put(memory, "n", "k", 1)$on_disk, warm_stats(memory)$memory_budget == 1e6)

# What cannot be is refused.
put <- function(...) warm_cache_put(cache, "n", "k", 1, ...)
for (misuse in list(
  function() warm_cache_put(cache, "", "k", 1), function() warm_cache_put(cache, "n", "", 1), function() warm_cache_put(cache, NA, "k", 1),
  function() warm_cache_put(cache, "n", strrep("k", 1025), 1), function() warm_cache_put(cache, strrep("n", 129), "k", 1),
  function() warm_cache_put(cache, "n", "k", "text"), function() warm_cache_put(cache, "n", "k", 1L), function() put(tags = strrep("t", 257)),
  function() put(tags = NA_character_), function() put(tags = 1), function() put(pairs = "nameless"), function() put(priority = 256),
  function() put(priority = 2^40), function() put(priority = -1), function() put(version = 0.5), function() put(version = 1, swap = list(version = 1)),
  function() put(swap = 1), function() put(ttl_seconds = NaN), function() put(deadline = 1), function() put(admission = "perhaps"),
  function() warm_cache_invalidate(cache), function() warm_cache_invalidate(cache, "a", "t"), function() warm_cache_invalidate(cache, "a"),
  function() warm_cache_list(cache, NULL), function() warm_cache_set_quota(cache, "n", -1), function() warm_cache_drain(cache, -1),
  function() warm_cache_get(blob, "n", "k"), function() warm_value(cache), function() warm_check(cache, repair = TRUE),
  function() warm_stats(cache, ""), function() warm_cache(root, memory_budget = -1), function() warm_cache_put_many(cache, "n", list(1))
)) fails(misuse(), "warm_invalid_error")
fails(put(tags = as.character(1:65)), "warm_too_large_error")
stopifnot(is.null(warm_cache_get(cache, "n", "k")))
