kinds <- c("checkpoint", "final")
modes <- c("best", "latest")

warm_store <- function(root = NULL, size_budget = NULL, file_budget = NULL, memory_budget = NULL, ttl_seconds = NULL,
                       durability = c("full", "process"), read_only = FALSE) {
  if (is.null(root)) {
    root <- Sys.getenv("WARMSTART_DIR")
    if (root == "") root <- R_user_dir("warmstart", "cache")
  }
  .Call(r_store_open, path.expand(root), size_budget, file_budget, memory_budget, ttl_seconds,
        choice(durability, c("full", "process"), "durability"), read_only)
}

warm_root <- function(store) if (inherits(store, "warm_cache")) .Call(r_cache_root, store) else .Call(r_store_root, store)

warm_save <- function(store, key, payload, objective = NULL, iteration = NULL, kind = c("checkpoint", "final"), run_id = NULL) {
  .Call(r_store_save, store, key, encode(payload), objective, iteration, choice(kind, kinds, "kind"), run_id)
}

warm_lookup <- function(store, key, mode = c("best", "latest"), run_id = NULL) {
  .Call(r_store_lookup, store, key, choice(mode, modes, "mode"), run_id)
}

warm_remove <- function(store, key, run_id = NULL) .Call(r_store_remove, store, key, run_id)

warm_pin <- function(store, key, run_id, on = TRUE) .Call(r_store_pin, store, key, run_id, on)

warm_retain <- function(store, key, last = 0, best = 0) .Call(r_store_retain, store, key, last, best)

warm_failed_restarts <- function(store, key, run_id = NULL) .Call(r_store_restarts, store, key, run_id, FALSE)

warm_reset_restarts <- function(store, key, run_id = NULL) .Call(r_store_restarts, store, key, run_id, TRUE)

warm_sweep <- function(store) invisible(if (inherits(store, "warm_cache")) .Call(r_cache_sweep, store) else .Call(r_store_sweep, store))

warm_keys <- function(store) as.character(unlist(.Call(r_store_keys, store)))

warm_entries <- function(store, key) {
  runs <- .Call(r_store_entries, store, key)
  field <- function(name, of) vapply(runs, function(run) run$info[[name]], of)
  more <- function(name, of) vapply(runs, function(run) run[[name]], of)
  data.frame(
    run_id = more("run_id", ""),
    kind = field("kind", ""), objective = field("objective", 0), iteration = field("iteration", 0),
    written = .POSIXct(vapply(runs, function(run) as.numeric(run$info$written), 0)),
    payload_bytes = field("payload_bytes", 0),
    label = more("label", ""), is_pinned = more("is_pinned", NA), durability = more("durability", ""),
    last_used = .POSIXct(more("last_used", 0)), seed_keys = more("seed_keys", 0), key_fields = more("key_fields", 0),
    stringsAsFactors = FALSE
  )
}

# Keys as they are found; entries from store to store; sessions that run.

warm_stream_keys <- function(store) .Call(r_store_stream_keys, store)

warm_next_keys <- function(stream, n = 1000) .Call(r_stream_next, stream, n)

warm_export <- function(store, key, run_id) .Call(r_store_export, store, key, run_id)

imported <- c("written", "known", "superseded", "expired")

warm_import <- function(store, key, run_id, metadata, payload) {
  imported[[.Call(r_store_import, store, key, run_id, metadata, payload) + 1L]]
}

warm_sessions <- function(store) {
  running <- .Call(r_store_sessions, store)
  text <- function(name) vapply(running, function(one) one[[name]], "")
  number <- function(name) vapply(running, function(one) one[[name]], 0)
  progress <- function(name) vapply(running, function(one) one$progress[[name]], 0)
  measured <- c("iteration", "iterations_per_second", "best_objective", "elapsed_seconds", "durable_age_seconds", "next_due_seconds",
                "write_seconds", "written_seconds", "blocked_seconds", "writes", "failed", "throttled", "waiting")
  data.frame(
    key = text("key"), run_id = text("run_id"), label = text("label"), host = text("host"), process_id = number("process_id"),
    opened = .POSIXct(number("opened")), reported = .POSIXct(number("reported")),
    lapply(setNames(measured, measured), progress), stringsAsFactors = FALSE
  )
}

warm_stats <- function(store, namespace = NULL) {
  if (inherits(store, "warm_cache")) return(.Call(r_cache_stats, store, namespace))
  if (!is.null(namespace)) refuse("only of a cache there are namespaces")
  if (inherits(store, "warm_remote")) return(.Call(r_remote_stats, store))
  if (inherits(store, "warm_prefetch")) return(.Call(r_prefetch_stats, store))
  .Call(r_store_stats, store)
}

warm_limits <- function(store) .Call(r_store_limits, store)

warm_explain <- function(store, key, timeout = 5) explained(.Call(r_store_explain, store, key, timeout))

warm_flush <- function(x, timeout = Inf) {
  if (inherits(x, "warm_session")) .Call(r_session_flush, x, timeout) else .Call(r_store_flush, x, timeout)
}

warm_close <- function(x) invisible(.Call(r_close, x))

warm_version <- function() .Call(r_version)

# Checks and sweeps.

problems <- c("metadata", "payload", "payload missing", "metadata missing", "unreadable", "leaving", "totals", "record",
              "expired", "over budget")
actions <- c("nothing", "waits", "moved aside", "removed", "rebuilt", "failed")

warm_start_check <- function(store, repair = FALSE) .Call(r_task_start, store, repair)

warm_start_sweep <- function(store, plan = FALSE) .Call(r_sweep_start, store, plan)

warm_wait <- function(task, timeout = Inf) {
  c(`0` = "done", `4` = "timeout", `5` = "cancelled")[[as.character(.Call(r_task_wait, task, timeout))]]
}

warm_cancel <- function(task) invisible(.Call(r_task_cancel, task))

warm_progress <- function(x) if (inherits(x, "warm_session")) .Call(r_session_progress, x) else .Call(r_task_progress, x)

warm_report <- function(task) {
  report <- .Call(r_task_report, task)
  found <- .Call(r_task_findings, task)
  text <- function(name) vapply(found, function(one) one[[name]], "")
  report$findings <- data.frame(
    problem = problems[vapply(found, function(one) one$problem, 0L) + 1L],
    action = actions[vapply(found, function(one) one$action, 0L) + 1L],
    key = text("key"), run_id = text("run_id"), text = text("text"), stringsAsFactors = FALSE
  )
  report
}

warm_check <- function(store, repair = FALSE) {
  task <- warm_start_check(store, repair)
  on.exit(warm_close(task)) # an interrupted wait cancels the work
  warm_wait(task)
  warm_report(task)
}

print.warm_handle <- function(x, ...) {
  about <- tryCatch(
    if (inherits(x, "warm_store") || inherits(x, "warm_cache")) warm_root(x)
    else if (inherits(x, "warm_session") || inherits(x, "warm_entry")) warm_run_id(x)
    else if (inherits(x, "warm_fingerprinter")) warm_key(x)
    else if (inherits(x, "warm_remote")) warm_url(x),
    warm_error = function(failure) conditionMessage(failure)
  )
  cat("<", class(x)[1L], if (!is.null(about)) paste0(": ", about), ">\n", sep = "")
  invisible(x)
}
