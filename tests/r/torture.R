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
  out <- warm_export(store, key, run)
  other <- warm_store(file.path(root, "other"), durability = "process")
  stopifnot(
    warm_import(other, key, run, out$metadata, warm_payload(out$entry)) == "written", is.null(warm_export(other, key, "no-such-run")),
    identical(warm_next_keys(warm_stream_keys(other), 5), key), identical(warm_sessions(store)$label, "l"), nrow(warm_sessions(other)) == 0L
  )
  said <- tryCatch(warm_lookup(store, "zz"), warm_error = conditionMessage)
  raw <- warm_lookup(store, key, run_id = warm_save(store, key, as.raw(1:3)))
  told <- tryCatch(warm_value(raw), warm_error = conditionMessage)
  stopifnot(
    identical(value, matrix(1:4 + 0, 2)), identical(resumed$value, c(a = 1, b = 2)), identical(warm_keys(store), key),
    nrow(warm_entries(store, key)) == 3L, warm_entry_key(entry) == key, info$objective == 0.5, length(warm_payload(raw)) == 3L,
    grepl("64 digits", said), grepl("no vector", told), warm_key(f) == warm_key(g), warm_stats(store)$entries == 3,
    warm_check(store)$intact == 3, warm_label(warm_lookup(store, key, run_id = warm_run_id(fit))) == "l", is.na(warm_label(entry)),
    "l" %in% warm_entries(store, key)$label, is.null(warm_explain(store, key)), is.list(warm_limits(store)),
    warm_remove(store, key), warm_finish(fit), grepl(root, capture.output(print(store)), fixed = TRUE),
    is.list(warm_version()), nrow(warm_trace(fit)) == 1L, nchar(warm_stop_info(fit)$text) > 5L, warm_progress(fit)$writes == 1
  )
  relatives <- lapply(c(1, 2), function(y) {
    of <- warm_absorb(warm_absorb(warm_fingerprinter(), "x", 1), "y", y)
    warm_finalize(warm_session(store, warm_key(of), fingerprint = of), y, objective = y)
    warm_key(of)
  })
  plan <- warm_start_sweep(store, plan = TRUE)
  sweep <- warm_start_sweep(store)
  stopifnot(
    warm_explain(store, relatives[[1]])$text == "y differs; x equal", warm_wait(plan) == "done", warm_wait(sweep) == "done",
    warm_report(plan)$evicted == 0, warm_report(sweep)$expired == 0, warm_remove(store, relatives[[1]]), warm_remove(store, relatives[[2]])
  )
  records <- warm_records(file.path(root, "records"))
  block <- warm_record("blocks", key = "k", block_names = "b", block_beta = c(1, 2), block_dims = 2, active_sets = 1)
  warm_save_record(records, block)
  found <- warm_record_from_json("blocks", warm_record_json(warm_load_record(records, block)))
  artifact <- warm_record("artifact", descriptor.family_kind = "f", global.outer_objective = 1)
  warm_add_term(artifact, "mean", penalty_labels = c("\u00e9", NA), nullspace_dims = c(1, 2), reduced_width = 3, rho_for_term = 1)
  learner <- warm_transfer(warm_record_from_json("artifact", warm_record_json(artifact)), artifact)
  why <- attr(warm_suits(found, warm_record("blocks", key = "another")), "reason")
  stopifnot(
    warm_suits(found, block), warm_get(found, "block_names") == "b", identical(warm_get(found, "block_beta"), c(1, 2)),
    warm_get(found, "active_sets") == 1, is.null(warm_get(found, "inner.cycles")), warm_get(learner, "terms.provenance") == "rho_only",
    grepl("key is k, and another", why), warm_record_key(found) == warm_key_of_text("k"), warm_count(learner, "terms.role") == 1
  )
  cache <- warm_cache(file.path(root, "cache"), durability = "process", background_promotion = 4)
  warm_cache_put(cache, "n", "k", matrix(1:4 + 0, 2), tags = c("t", "\u00e9"), dependencies = "d", pairs = c(a = "b"), content_type = "c/d",
                 version = 3, ttl_seconds = 3600, priority = 9, admission = "always")
  put <- warm_cache_put_many(cache, "n", list(a = 1, b = as.raw(1:3)), swap = list(version = 1))
  blob <- warm_cache_get(cache, "n", "k")
  several <- warm_cache_get_many(cache, "n", c("b", "absent", "a"))
  refused <- tryCatch(warm_cache_put(cache, "n", "k", 1, version = 2), warm_conflict_error = conditionMessage)
  stopifnot(
    identical(warm_value(blob), matrix(1:4 + 0, 2)), identical(warm_labels(blob)$tags, c("t", "\u00e9")), warm_info(blob)$version == 3,
    all(put == "put"), length(warm_payload(several$b)) == 3L, is.null(several$absent), grepl("version", refused),
    nrow(warm_cache_list(cache, "n")) == 3L, identical(warm_cache_namespaces(cache), "n"), warm_stats(cache, "n")$puts == 3,
    warm_cache_invalidate(cache, tags = c("\u00e9", "u")) == 1, warm_cache_invalidate(cache, "a", namespace = "n") == 1,
    warm_cache_exists(cache, "n", "b") == "present", warm_cache_set_life(cache, "n", "b", ttl_seconds = 3600), is.list(warm_cache_peek(cache, "n", "b")),
    warm_cache_drain(cache, 60), warm_check(cache)$complete, grepl("cache", capture.output(print(cache)), fixed = TRUE)
  )
  warm_cache_flush(cache, "n") # the second round puts the same anew
  remote <- tryCatch(
    warm_attach_remote(store, "memory://\u00e9", "all", deadline_seconds = 60, payload_limit = 1e6, queue_limit = 9),
    warm_unsupported_error = conditionMessage
  )
  if (is.character(remote)) { # built without it
    stopifnot(grepl("without the feature remote", remote))
    return(invisible())
  }
  shared <- warm_fingerprint(shared = 1)
  warm_save(store, shared, 1, kind = "final")
  flushed <- warm_flush_remote(remote, "local", 60) && warm_flush_remote(remote, timeout = 60)
  report <- warm_retain_remote(remote, max_bytes = 1e6, max_age_seconds = 1e6, keep_per_key = 5, dry_run = TRUE)
  stopifnot(
    flushed, warm_stats(remote)$uploads > 0, warm_fetch(remote, shared, 60), report$entries > 0, is.null(warm_last_failure(remote)),
    grepl("memory", capture.output(print(remote))), warm_remove_remote(remote, shared, remotely = TRUE, timeout = 60)
  )
  warm_close(remote) # the second round attaches anew
}
work()
gctorture2(1, inhibit_release = TRUE)
work()
gctorture(FALSE)
cat("every allocation collected garbage, and nothing was lost\n")
