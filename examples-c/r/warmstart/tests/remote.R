# The remote tier. Each line either holds or stops. Two machines are two roots; in a build without it every way to it says so.
library(warmstart)

fails <- function(expr, class) {
  got <- tryCatch({ expr; "nothing" }, condition = function(c) c)
  if (!inherits(got, class)) stop("expected ", class, ", got ", paste(class(got), collapse = "/"), ": ", format(got))
  invisible(got)
}
here <- warm_store(tempfile("here"))
there <- warm_store(tempfile("there"))
key <- warm_fingerprint(test = "remote")

# What cannot be is refused before anything is attached.
attach <- function(...) warm_attach_remote(here, "memory://r", ...)
for (misuse in list(
  function() attach(uploads = "some"), function() attach(uploads = 4), function() attach(lookup = NA), function() attach(lookup = 2),
  function() attach(deadline_seconds = -1), function() attach(deadline_seconds = NaN), function() attach(payload_limit = 0),
  function() attach(payload_limit = 5 * 2^30 + 1), function() attach(queue_limit = 0), function() attach(queue_limit = 0.5),
  function() warm_attach_remote(here, NA), function() warm_attach_remote(key, "memory://r"), function() warm_flush_remote(here),
  function() warm_fetch(here, key), function() warm_remove_remote(here, key), function() warm_retain_remote(here), function() warm_url(here),
  function() warm_last_failure(here), function() warm_prefetch(here), function() warm_prefetch_hint(here, key)
)) fails(misuse(), "warm_invalid_error")
stopifnot(grepl("between", conditionMessage(fails(attach(payload_limit = 0), "warm_error"))))

one <- tryCatch(attach(deadline_seconds = 120), warm_unsupported_error = function(e) e)
if (inherits(one, "condition")) {
  stopifnot(grepl("without the feature remote", conditionMessage(one)), grepl("--features remote", conditionMessage(one), fixed = TRUE))
  stopifnot(one$status == -11L, !grepl("remote", warm_version()$build))
  fails(warm_attach_remote(there, "no url"), "warm_unsupported_error")
} else {
  # What one store saved the other finds.
  other <- warm_attach_remote(there, "memory://r", uploads = "all", deadline_seconds = 120)
  stopifnot(warm_url(one) == "memory://r", is.null(warm_last_failure(one)), !warm_fetch(other, key, 120))
  stopifnot(grepl("memory://r", capture.output(print(one)), fixed = TRUE))
  warm_save(here, key, c(a = 1, b = -0), 0.1, 4, "final")
  stopifnot(warm_flush_remote(one, "local", 120), warm_flush_remote(one, timeout = 120), warm_stats(one)$uploads == 1)
  found <- warm_lookup(there, key)
  stopifnot(identical(warm_value(found), c(a = 1, b = -0)), warm_info(found)$objective == 0.1, warm_info(found)$kind == "final")
  stopifnot(warm_stats(other)$brought == 1, warm_stats(other)$uploads == 0, warm_fetch(other, key, 120))

  # What was saved before it was attached goes when it is asked for.
  third <- warm_store(tempfile("third"))
  early <- warm_fingerprint(test = "early")
  warm_save(third, early, 3, kind = "final", run_id = "run")
  late <- warm_attach_remote(third, "memory://r", deadline_seconds = 120)
  stopifnot(!warm_fetch(one, early, 120), is.null(warm_upload(late, early, "run")), warm_flush_remote(late, timeout = 120))
  stopifnot(warm_stats(late)$uploads == 1, warm_fetch(one, early, 120), warm_remove_remote(one, early, remotely = TRUE, timeout = 120))
  fails(warm_upload(late, early, ".."), "warm_invalid_error")
  warm_close(late)

  # Removed here, it is not brought again; removed there, it is gone.
  stopifnot(warm_remove_remote(other, key), is.null(warm_lookup(there, key)), !warm_fetch(other, key, 120))
  stopifnot(warm_remove_remote(other, key, remotely = TRUE, timeout = 120), !warm_remove_remote(other, key, remotely = TRUE, timeout = 120))
  stopifnot(!warm_remove_remote(one, key, "no-such-run"), identical(warm_value(warm_lookup(here, key)), c(a = 1, b = -0)))

  # What is beyond a limit goes.
  several <- warm_fingerprint(test = "several")
  for (f in 1:3) warm_save(here, several, f + 0, f, kind = "final")
  stopifnot(warm_flush_remote(one, timeout = 120))
  plan <- warm_retain_remote(one, keep_per_key = 1, dry_run = TRUE)
  stopifnot(plan$entries == 3, plan$removed_entries == 2, warm_retain_remote(one)$entries == 3)
  stopifnot(warm_retain_remote(one, keep_per_key = 1)$removed_bytes == plan$removed_bytes)
  stopifnot(warm_retain_remote(one, max_bytes = 0, max_age_seconds = 3600)$removed_entries == 1)
  for (misuse in list(
    function() warm_retain_remote(one, max_bytes = -1), function() warm_retain_remote(one, max_age_seconds = -0.5),
    function() warm_flush_remote(one, "moon"), function() warm_flush_remote(one, timeout = -1), function() warm_fetch(one, key, -1),
    function() warm_remove_remote(one, key, ".."), function() attach(), function() warm_stats(one, "n")
  )) fails(misuse(), "warm_invalid_error")

  # What lies there is brought before it is asked for.
  for (misuse in list(
    function() warm_prefetch(other, weights = c(1, 2)), function() warm_prefetch(other, weights = c(1, -1, 0)),
    function() warm_prefetch(other, interval_seconds = 0), function() warm_prefetch(other, parallel = 65),
    function() warm_prefetch(other, back_off_seconds = 1), function() warm_prefetch(other, cycle_bytes = -1),
    function() warm_prefetch(other, half_life_seconds = NaN), function() warm_prefetch(other, dry_run = NA)
  )) fails(misuse(), "warm_invalid_error")
  folds <- vapply(1:4, function(i) warm_fingerprint(test = "folds", fold = i), "")
  model <- warm_fingerprint(model = "a")
  for (i in 1:4) warm_save(here, folds[i], i + 0, i, kind = "final")
  stopifnot(warm_flush_remote(one, timeout = 120))
  dry <- warm_prefetch(other, dry_run = TRUE, interval_seconds = 1e6)
  fails(warm_prefetch(other), "warm_invalid_error")
  began <- Sys.time()
  while (warm_stats(dry)$listings == 0 && Sys.time() - began < 120) Sys.sleep(0.01)
  for (i in 1:4) warm_prefetch_note(dry, folds[i], if (i > 1) folds[1], i - 1, model, "fits", last_access = Sys.time())
  warm_prefetch_model(dry, model)
  plan <- warm_prefetch_plan(dry)
  stopifnot(identical(sort(plan$key), sort(folds)), plan$key[1] == folds[1], !is.unsorted(-plan$score), plan$score[1] > 1)
  stopifnot(warm_prefetch_hint_chain(dry, folds[1], 2) == 2, warm_prefetch_hint_chain(dry, folds[3], 9, "backward") == 2)
  stopifnot(warm_prefetch_wait(dry, folds[2], 120) == "deferred", warm_stats(dry)$fetched == 0)
  warm_prefetch_model(dry)
  stopifnot(warm_prefetch_plan(dry)$score[1] < plan$score[1])
  warm_close(dry)
  fails(warm_stats(dry), "warm_invalid_error")
  ahead <- warm_prefetch(other, c(1, 0.3, 0.2), 600, 1e6, 4, 0, 10, 60, 60, c(1, 600))
  stopifnot(warm_prefetch_hint(ahead, folds[1:3]) == 3, warm_prefetch_hint(ahead, character()) == 0)
  for (key_of_fold in folds[1:3]) stopifnot(warm_prefetch_wait(ahead, key_of_fold, 120) == "here")
  asked <- warm_stats(other)$fetches
  stopifnot(warm_value(warm_lookup(there, folds[2])) == 2, warm_stats(other)$fetches == asked)
  stopifnot(warm_prefetch_wait(ahead, warm_fingerprint(test = "nothing"), 120) == "not found")
  warm_prefetch_cancel(ahead, folds[4])
  warm_prefetch_refresh(ahead)
  stopifnot(warm_prefetch_stop(ahead, 120), !warm_stats(ahead)$is_running, warm_prefetch_wait(ahead, model, 120) == "cancelled")
  warm_prefetch_start(ahead)
  stopifnot(warm_stats(ahead)$is_running, warm_prefetch_wait(ahead, folds[4], 120) == "here")
  cycle <- warm_prefetch_cycle(ahead)
  stopifnot(is.null(cycle) || cycle$number >= 1, grepl("warm_prefetch", capture.output(print(ahead))))
  for (misuse in list(
    function() warm_prefetch_wait(ahead, key, -1), function() warm_prefetch_hint(ahead, "no key"), function() warm_prefetch_hint(ahead, 1),
    function() warm_prefetch_hint_chain(ahead, key, 1, "sideways"), function() warm_prefetch_note(ahead, key, sequence = 2^32),
    function() warm_prefetch_note(ahead, key, run_id = ".."), function() warm_prefetch_plan(ahead, -1), function() warm_prefetch_stop(ahead, -1)
  )) fails(misuse(), "warm_invalid_error")
  warm_close(ahead)

  warm_close(other)
  fails(warm_stats(other), "warm_invalid_error")
  warm_close(one)

  # One that is away fails the wait, and not the save.
  away <- tempfile("away")
  writeLines("a file where a directory is to be", away)
  remote <- warm_attach_remote(here, paste0("file://", normalizePath(away), "/bucket"), deadline_seconds = 0.1)
  warm_save(here, key, 2, 0, kind = "final")
  fails(warm_flush_remote(remote, timeout = 3), "warm_remote_error")
  stopifnot(nzchar(warm_last_failure(remote)), warm_stats(remote)$upload_failures > 0, warm_flush_remote(remote, "local", 120))
  stopifnot(warm_value(warm_lookup(here, key)) == 2)
  warm_close(remote)
}
