# The remote tier: entries that machines share through an object store.

uploads_choices <- c("final", "best", "all", "nothing")

warm_attach_remote <- function(store, url, uploads = c("final", "best", "all", "nothing"), lookup = TRUE, deadline_seconds = NULL,
                               payload_limit = NULL, queue_limit = NULL) {
  .Call(r_remote_attach, store, url, list(choice(uploads, uploads_choices, "uploads"), lookup, deadline_seconds, payload_limit, queue_limit))
}

warm_url <- function(remote) .Call(r_remote_url, remote)

warm_fetch <- function(remote, key, timeout = 30) .Call(r_remote_fetch, remote, key, timeout)

warm_flush_remote <- function(remote, reach = c("remote", "local"), timeout = Inf) {
  local <- choice(reach, c("remote", "local"), "reach") == 1L
  .Call(r_remote_flush, remote, local, timeout)
}

warm_upload <- function(remote, key, run_id) invisible(.Call(r_remote_upload, remote, key, run_id))

warm_remove_remote <- function(remote, key, run_id = NULL, remotely = FALSE, timeout = 30) {
  .Call(r_remote_remove, remote, key, run_id, remotely, timeout)
}

warm_retain_remote <- function(remote, max_bytes = NULL, max_age_seconds = NULL, keep_per_key = NULL, dry_run = FALSE, timeout = 300) {
  .Call(r_remote_retain, remote, list(max_bytes, max_age_seconds, keep_per_key), dry_run, timeout)
}

warm_last_failure <- function(remote) {
  text <- .Call(r_remote_last_failure, remote)
  if (nzchar(text)) text else NULL
}
