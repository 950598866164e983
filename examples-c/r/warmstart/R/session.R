warm_session <- function(store, key, min_interval = NULL, background = FALSE, lookup = c("best", "latest"), fingerprint = NULL,
                         label = NULL, seed_keys = NULL, keep_last = NULL, keep_best = NULL, max_failed_restarts = NULL,
                         every = NULL, max_share = NULL, mean_time_between_failures = NULL, formula = "daly",
                         deadline = NULL, scheduler = TRUE, halt_file = NULL, stop_margin = NULL) {
  .Call(
    r_session_open, store, key, min_interval, background, choice(lookup, modes, "lookup"), fingerprint, label, seed_keys,
    keep_last, keep_best, max_failed_restarts,
    when(every, max_share, mean_time_between_failures, formula, deadline, scheduler, halt_file, stop_margin)
  )
}

warm_load <- function(session) .Call(r_session_load, session)

warm_peek <- function(session) .Call(r_session_peek, session)

warm_preload <- function(session, entry) invisible(.Call(r_session_preload, session, entry))

warm_resume <- function(session, like) {
  fits <- function(entry) {
    value <- decode(entry)
    if (is.null(value) || length(value) != length(like) || !identical(attributes(value), attributes(like))) {
      signal_status(-7L, paste0(
        "what is stored (", warm_info(entry)$payload_bytes, " bytes, run ", warm_run_id(entry), ") is no vector of ", length(like),
        " numbers with the same attributes: the key does not tell these two states apart"
      ))
    }
    value
  }
  if (!is.double(like)) refuse("warm_resume() fills a vector of type double; load others with warm_load()")
  entry <- warm_peek(session)
  if (is.null(entry)) return(NULL)
  fits(entry) # before anything is taken
  entry <- warm_load(session)
  if (is.null(entry)) return(NULL)
  c(list(value = fits(entry)), warm_info(entry))
}

outcomes <- c(`0` = "written", `2` = "throttled", `3` = "queued")

warm_checkpoint <- function(session, payload, objective = NULL, iteration = NULL, now = FALSE) {
  bytes <- encode(payload)
  status <- if (isTRUE(now)) .Call(r_session_checkpoint_now, session, bytes, objective, iteration)
            else .Call(r_session_checkpoint, session, bytes, objective, iteration)
  invisible(outcomes[[as.character(status)]])
}

warm_should_checkpoint <- function(session, objective = NULL) .Call(r_session_should_checkpoint, session, objective)

warm_finalize <- function(session, payload, objective = NULL, iteration = NULL) {
  invisible(.Call(r_session_finalize, session, encode(payload), objective, iteration))
}

warm_finish <- function(session, timeout = 60) .Call(r_session_finish, session, timeout)

# How fits begin.

warm_use_seed <- function(session, at_seed, at_cold) .Call(r_session_use_seed, session, at_seed, at_cold)

warm_note_saved <- function(session, iterations) invisible(.Call(r_session_saved, session, iterations))

warm_start_stats <- function(x) .Call(r_start_stats, x)

field_states <- c("equal", "differs", "only here", "only there")

warm_explain_miss <- function(session, timeout = 5) explained(.Call(r_session_explain, session, timeout))

explained <- function(why) {
  if (is.null(why)) return(NULL)
  fields <- data.frame(tag = why$tags, state = field_states[why$states + 1L], stringsAsFactors = FALSE)
  list(key = why$key, text = why$text, fields = fields, keys_compared = why$keys_compared, keys_listed = why$keys_listed)
}

# Entries.

warm_seed_level <- function(entry) .Call(r_entry_seed_level, entry)

warm_payload <- function(entry) .Call(r_entry_payload, entry)

warm_value <- function(entry) {
  value <- decode(entry)
  if (is.null(value)) signal_status(-7L, "the payload is no vector of numbers: take its bytes with warm_payload()")
  value
}

warm_info <- function(entry) if (inherits(entry, "warm_blob")) .Call(r_blob_info, entry) else .Call(r_entry_info, entry)

warm_entry_key <- function(entry) .Call(r_entry_key, entry)

warm_label <- function(entry) .Call(r_entry_label, entry)

warm_run_id <- function(x) if (inherits(x, "warm_session")) .Call(r_session_run_id, x) else .Call(r_entry_run_id, x)

# Payloads. Raw vectors and plain numbers go as they lie in memory; other languages read and write the same. Numbers with attributes (dim,
# names, a class) are followed by these, as serialize() has them, their length in 8 bytes, and a mark of 8 bytes.

encode <- function(payload) {
  if (!is.double(payload) || is.null(attributes(payload))) return(payload)
  .Call(r_join, payload, serialize(attributes(payload), NULL, version = 2L))
}

decode <- function(entry) {
  parts <- .Call(r_split, entry)
  if (is.null(parts)) return(NULL)
  value <- parts[[1L]]
  if (!is.null(parts[[2L]])) attributes(value) <- unserialize(parts[[2L]])
  value
}
