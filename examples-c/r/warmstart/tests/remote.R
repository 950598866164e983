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
  function() warm_last_failure(here)
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
