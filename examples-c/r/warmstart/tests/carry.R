# Entries from store to store, keys as they are found, sessions seen from outside. Each line either holds or stops.
library(warmstart)

fails <- function(expr, class) {
  got <- tryCatch({ expr; "nothing" }, condition = function(c) c)
  if (!inherits(got, class)) stop("expected ", class, ", got ", paste(class(got), collapse = "/"), ": ", format(got))
  invisible(got)
}
root <- tempfile("there")
here <- warm_store(tempfile("here"))
there <- warm_store(root)
key <- warm_fingerprint(test = "carry")

stopifnot(is.null(warm_export(here, key, "run")))
for (misuse in list(
  function() warm_export(here, key, ".."), function() warm_export(here, key, NA), function() warm_export(key, key, "run"),
  function() warm_import(here, key, "run", "{}", raw()), function() warm_import(here, key, "run", raw(), 1), function() warm_next_keys(here),
  function() warm_stream_keys(key), function() warm_sessions(key)
)) fails(misuse(), "warm_invalid_error")
x <- c(a = 1.5, b = -0)
warm_save(here, key, x, 0.25, 7, "final", run_id = "run")
out <- warm_export(here, key, "run")
stopifnot(is.raw(out$metadata), grepl("^[{].*[}]$", rawToChar(out$metadata)), identical(warm_value(out$entry), x))
for (became in c("written", "known")) stopifnot(warm_import(there, key, "run", out$metadata, warm_payload(out$entry)) == became)
found <- warm_lookup(there, key)
stopifnot(identical(warm_value(found), x), warm_run_id(found) == "run", identical(warm_info(found), warm_info(out$entry)))

# Damage is refused, and what is there stays.
bent <- warm_payload(out$entry)
bent[3] <- xor(bent[3], as.raw(1))
for (payload in list(bent, bent[-1], c(bent, as.raw(0)), raw()))
  fails(warm_import(there, key, "new", out$metadata, payload), "warm_corrupt_error")
fails(warm_import(there, key, "run", out$metadata[-1], warm_payload(out$entry)), "warm_corrupt_error")
stopifnot(warm_entries(there, key)$run_id == "run", identical(warm_value(warm_lookup(there, key)), x))
warm_save(here, key, 2.5, 0.125, 8, "final", run_id = "run")
newer <- warm_export(here, key, "run")
stopifnot(warm_import(there, key, "run", newer$metadata, warm_payload(newer$entry)) == "written")
stopifnot(warm_import(there, key, "run", out$metadata, warm_payload(out$entry)) == "superseded", warm_value(warm_lookup(there, key)) == 2.5)

# Keys in parts, in no order; the stream holds no store.
for (i in 1:24) warm_save(there, warm_fingerprint(n = i), i + 0)
looks <- warm_store(root, read_only = TRUE)
fails(warm_import(looks, key, "new", out$metadata, warm_payload(out$entry)), "warm_permission_error")
stream <- warm_stream_keys(looks)
fails(warm_next_keys(stream, 0), "warm_invalid_error")
parts <- list()
while (length(part <- warm_next_keys(stream, 10)) > 0) parts <- c(parts, list(part))
stopifnot(lengths(parts) == c(10L, 10L, 5L), identical(sort(unlist(parts)), sort(warm_keys(there))))
stopifnot(identical(warm_next_keys(stream), character()))
warm_close(stream)
fails(warm_next_keys(stream), "warm_invalid_error")

# Sessions.
stopifnot(nrow(warm_sessions(looks)) == 0L)
fit <- warm_session(there, key, label = "a spline")
warm_checkpoint(fit, 1, 0.5, 41, now = TRUE)
seen <- warm_sessions(looks)
stopifnot(nrow(seen) == 1L, seen$key == key, seen$run_id == warm_run_id(fit), seen$label == "a spline", nzchar(seen$host))
stopifnot(seen$process_id == Sys.getpid(), inherits(seen$opened, "POSIXct"), seen$reported >= seen$opened)
stopifnot(abs(as.numeric(Sys.time()) - as.numeric(seen$reported)) < 3600)
stopifnot(seen$iteration == 41, seen$best_objective == 0.5, seen$writes == 1)
warm_finish(fit)
stopifnot(nrow(warm_sessions(looks)) == 0L)
warm_close(looks)
warm_close(there)
warm_close(here)
