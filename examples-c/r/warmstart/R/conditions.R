# Errors of the library as conditions of a class of their own, all of them of class warm_error.

status_classes <- c(
  `-1` = "warm_invalid_error", `-2` = "warm_buffer_error", `-3` = "warm_io_error", `-4` = "warm_no_space_error",
  `-5` = "warm_too_large_error", `-6` = "warm_corrupt_error", `-7` = "warm_incompatible_error",
  `-8` = "warm_conflict_error", `-9` = "warm_poisoned_error", `-10` = "warm_forked_error",
  `-11` = "warm_unsupported_error", `-12` = "warm_remote_error", `-13` = "warm_permission_error",
  `-14` = "warm_no_memory_error", `-99` = "warm_panic_error"
)

# Called from C, with a status and its words.
signal_status <- function(status, text) {
  kind <- unname(status_classes[as.character(status)])
  stop(structure(
    class = c(if (!is.na(kind)) kind, "warm_error", "error", "condition"),
    list(message = text, call = NULL, status = status)
  ))
}

refuse <- function(...) signal_status(-1L, paste0(...))

# The number of a choice, counted from 0.
choice <- function(value, choices, what) {
  if (is.character(value) && identical(value, choices)) return(0L)
  at <- if (is.character(value) && length(value) == 1L) match(value, choices) else NA_integer_
  if (is.na(at)) refuse(what, " is one of ", paste0('"', choices, '"', collapse = ", "))
  at - 1L
}
