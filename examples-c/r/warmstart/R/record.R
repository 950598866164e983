# Records: where a fit stood, and what a finished fit can teach its relatives.

record_kinds <- c("warm_start", "blocks", "artifact")
roles <- c("mean", "log_slope", "generic")

warm_records <- function(root = NULL) {
  if (is.null(root)) {
    root <- Sys.getenv("WARMSTART_DIR")
    if (root == "") root <- R_user_dir("warmstart", "cache")
    root <- paste0(sub("/+$", "", root), "-records")
  }
  .Call(r_store_open_records, path.expand(root))
}

warm_record <- function(kind = c("warm_start", "blocks", "artifact"), ...) {
  record <- .Call(r_record_new, choice(kind, record_kinds, "kind"))
  fields <- list(...)
  for (name in names(fields)) warm_set(record, name, fields[[name]])
  record
}

warm_record_from_json <- function(kind = c("warm_start", "blocks", "artifact"), json) {
  if (is.character(json)) json <- charToRaw(enc2utf8(paste(json, collapse = "\n")))
  .Call(r_record_from_json, choice(kind, record_kinds, "kind"), json)
}

warm_record_key <- function(record) .Call(r_record_key, record)

warm_record_json <- function(record) .Call(r_record_json, record)

warm_get <- function(record, field, index = 1) .Call(r_record_get, record, field, index)

warm_set <- function(record, field, value, index = 1) {
  if (is.numeric(value) || is.logical(value)) value <- as.double(value)
  invisible(.Call(r_record_set, record, field, index, value))
}

warm_count <- function(record, field) .Call(r_record_describe, record, field)[[2L]]

warm_add_term <- function(record, block_name, ..., role = c("from_name", "mean", "log_slope", "generic"), penalty_labels = character(0),
                          nullspace_dims = numeric(0), reduced_width = 0) {
  role <- choice(role, c("from_name", roles), "role") - 1L # WARM_ROLE_FROM_NAME is -1
  .Call(r_record_add_term, record, block_name, role, as.character(penalty_labels), as.double(nullspace_dims), reduced_width)
  at <- warm_count(record, "terms.identity")
  fields <- list(...)
  for (name in names(fields)) warm_set(record, paste0("terms.", name), fields[[name]], at)
  invisible(at)
}

warm_suits <- function(record, like) {
  tryCatch({
    .Call(r_record_check, record, like)
    TRUE
  }, warm_incompatible_error = function(failure) structure(FALSE, reason = conditionMessage(failure)))
}

warm_transfer <- function(to, from) invisible(.Call(r_record_transfer, to, from))

warm_save_record <- function(store, record) invisible(.Call(r_store_save_record, store, record))

warm_load_record <- function(store, like) .Call(r_store_load_record, store, like)

warm_key_of_text <- function(text, space = c("record", "outer_iterate")) {
  .Call(r_key_from_text, choice(space, c("record", "outer_iterate"), "space"), text)
}
