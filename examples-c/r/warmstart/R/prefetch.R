# The prefetch worker: what lies in a remote tier is brought before anybody asks for it.

warm_prefetch <- function(remote, weights = NULL, half_life_seconds = NULL, interval_seconds = NULL, parallel = NULL, cycle_bytes = NULL,
                          cycle_seconds = NULL, fetch_deadline_seconds = NULL, listing_deadline_seconds = NULL, back_off_seconds = NULL,
                          dry_run = FALSE) {
  double <- function(x) if (is.numeric(x)) as.double(x) else x
  .Call(r_prefetch_start, remote, list(
    half_life_seconds, interval_seconds, cycle_seconds, fetch_deadline_seconds, listing_deadline_seconds, parallel, cycle_bytes,
    double(weights), double(back_off_seconds), dry_run
  ))
}

warm_prefetch_start <- function(prefetch) invisible(.Call(r_prefetch_start_again, prefetch))

warm_prefetch_stop <- function(prefetch, timeout = Inf) .Call(r_prefetch_stop, prefetch, timeout)

warm_prefetch_hint <- function(prefetch, keys) .Call(r_prefetch_hint, prefetch, keys)

warm_prefetch_hint_chain <- function(prefetch, key, most = 1, direction = c("forward", "backward")) {
  .Call(r_prefetch_hint_chain, prefetch, key, most, choice(direction, c("forward", "backward"), "direction"))
}

warm_prefetch_wait <- function(prefetch, key, timeout = Inf) {
  ends <- c(`0` = "here", `1` = "not found", `4` = "timeout", `5` = "cancelled", `6` = "deferred")
  ends[[as.character(.Call(r_prefetch_wait, prefetch, key, timeout))]]
}

warm_prefetch_cancel <- function(prefetch, key) invisible(.Call(r_prefetch_cancel, prefetch, key))

warm_prefetch_refresh <- function(prefetch) invisible(.Call(r_prefetch_refresh, prefetch))

warm_prefetch_note <- function(prefetch, key, parent = NULL, sequence = 0, model = NULL, namespace = "", payload_bytes = NULL,
                               last_access = NULL, run_id = NULL) {
  if (!is.null(last_access)) last_access <- floor(as.numeric(last_access))
  invisible(.Call(r_prefetch_note, prefetch, key, list(parent, sequence, model, namespace, payload_bytes, last_access, run_id)))
}

warm_prefetch_model <- function(prefetch, model = NULL) invisible(.Call(r_prefetch_model, prefetch, model))

warm_prefetch_plan <- function(prefetch, most = 8) {
  found <- .Call(r_prefetch_plan, prefetch, most)
  data.frame(key = vapply(found, function(one) one$key, ""), score = vapply(found, function(one) one$score, 0), stringsAsFactors = FALSE)
}

warm_prefetch_cycle <- function(prefetch) .Call(r_prefetch_cycle, prefetch)
