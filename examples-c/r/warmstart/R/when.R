# When sessions write and stop, what they say of themselves, and signals.

formulas <- c("young", "daly")
stops <- c("none", "deadline", "halt file", "signal")
deadlines <- c("none", "caller", "environment", "slurm", "cobalt", "oar")

# As src/when.c takes them.
when <- function(every, max_share, mean_time_between_failures, formula, deadline, scheduler, halt_file, stop_margin) {
  at <- inherits(deadline, "POSIXt")
  list(
    every, max_share, mean_time_between_failures, choice(formula, formulas, "formula"), if (!at) deadline,
    if (at) floor(as.numeric(as.POSIXct(deadline))), scheduler, if (!is.null(halt_file)) path.expand(halt_file), stop_margin
  )
}

warm_should_stop <- function(session) .Call(r_session_should_stop, session)

warm_stop_info <- function(session) {
  info <- .Call(r_session_stop_info, session)
  info$reason <- stops[info$reason + 1L]
  info$deadline <- deadlines[info$deadline + 1L]
  info
}

warm_confirm <- function(session, objective, tolerance) .Call(r_session_confirm, session, objective, tolerance)

warm_trace <- function(x, key = NULL, run_id = NULL) {
  columns <- if (inherits(x, "warm_session")) .Call(r_session_trace, x) else .Call(r_store_trace, x, key, run_id)
  if (is.null(columns)) return(NULL)
  columns$time <- .POSIXct(columns$time)
  as.data.frame(columns)
}

warm_interval <- function(cost, mean_time_between_failures, formula = c("daly", "young")) {
  if (identical(formula, c("daly", "young"))) formula <- "daly"
  .Call(r_interval_seconds, choice(formula, formulas, "formula"), cost, mean_time_between_failures)
}

warm_watch_signal <- function(signal = "SIGTERM", chain = FALSE) invisible(.Call(r_signals_watch, signal, chain))

warm_unwatch_signal <- function(signal = "SIGTERM") invisible(.Call(r_signals_unwatch, signal))

warm_signal_noted <- function(signal = "SIGTERM") .Call(r_signals_noted, signal)

warm_forget_signal <- function(signal = "SIGTERM") invisible(.Call(r_signals_forget, signal))
