# Caches of blobs: bytes under namespaces and keys, with labels by which they are invalidated.

warm_cache <- function(root = NULL, memory_budget = NULL, disk_budget = NULL, durability = c("full", "process"), read_only = FALSE,
                       promotion = c("immediate", "second_hit"), background_promotion = NULL, compression = TRUE) {
  if (is.null(root)) {
    root <- Sys.getenv("WARMSTART_DIR")
    if (root == "") root <- R_user_dir("warmstart", "cache")
    root <- paste0(sub("/+$", "", root), "-cache")
  }
  .Call(r_cache_open, path.expand(root), list(
    memory_budget, disk_budget, choice(durability, c("full", "process"), "durability"), read_only,
    choice(promotion, c("immediate", "second_hit"), "promotion"), background_promotion, compression
  ))
}

warm_cache_in_memory <- function(memory_budget = NULL) {
  .Call(r_cache_open, NULL, list(memory_budget, NULL, 0L, FALSE, 0L, NULL, TRUE))
}

# What goes with a put, in the order that the C side takes it.
put_settings <- function(version = NULL, swap = NULL, tags = NULL, dependencies = NULL, pairs = NULL, content_type = NULL,
                         priority = NULL, admission = NULL, ttl_seconds = NULL, deadline = NULL, jitter_percent = NULL,
                         idle_seconds = NULL, stale_seconds = NULL, largest = NULL) {
  if (!is.null(version) && !is.null(swap)) refuse("a put has a version or a swap, not both")
  if (!is.null(swap) && (!is.list(swap) || is.null(swap$version))) refuse("swap is list(expected = , version = ), expected NULL: that there be none")
  if (length(pairs) && (is.null(names(pairs)) || any(names(pairs) == ""))) refuse("pairs are texts with names")
  if (inherits(deadline, "POSIXt")) deadline <- floor(as.numeric(as.POSIXct(deadline)) * 1000)
  else if (!is.null(deadline)) refuse("a deadline is a time, as Sys.time() is one")
  texts <- function(x) if (is.null(x)) character(0) else unname(x)
  if (!is.null(admission)) admission <- choice(admission, c("auto", "always", "never"), "admission")
  list(
    version, swap$expected, swap$version, texts(tags), texts(dependencies), texts(names(pairs)), texts(pairs), content_type,
    priority, admission, ttl_seconds, deadline, jitter_percent, idle_seconds, stale_seconds, largest
  )
}

warm_cache_put <- function(cache, namespace, key, payload, ...) {
  invisible(.Call(r_cache_put, cache, namespace, key, encode(payload), put_settings(...)))
}

warm_cache_put_many <- function(cache, namespace, payloads, ...) {
  keys <- names(payloads)
  if (length(payloads) && (is.null(keys) || any(keys == ""))) refuse("payloads are a list, each with its key for a name")
  status <- .Call(r_cache_put_many, cache, namespace, as.character(keys), lapply(unname(as.list(payloads)), encode), put_settings(...))
  invisible(setNames(ifelse(status < 0L, status_classes[as.character(status)], "put"), keys))
}

warm_cache_get <- function(cache, namespace, key) .Call(r_cache_get, cache, namespace, key)

warm_cache_get_many <- function(cache, namespace, keys) setNames(.Call(r_cache_get_many, cache, namespace, keys), keys)

warm_labels <- function(blob) .Call(r_blob_labels, blob)

warm_cache_exists <- function(cache, namespace, key) c("absent", "present", "maybe")[[.Call(r_cache_existence, cache, namespace, key) + 1L]]

warm_cache_contains <- function(cache, namespace, key) .Call(r_cache_contains, cache, namespace, key)

warm_cache_remove <- function(cache, namespace, key) .Call(r_cache_remove, cache, namespace, key)

warm_cache_peek <- function(cache, namespace, key) .Call(r_cache_peek, cache, namespace, key)

warm_cache_set_life <- function(cache, namespace, key, ttl_seconds = NULL, deadline = NULL, jitter_percent = NULL, idle_seconds = NULL,
                                stale_seconds = NULL) {
  life <- put_settings(ttl_seconds = ttl_seconds, deadline = deadline, jitter_percent = jitter_percent, idle_seconds = idle_seconds,
                       stale_seconds = stale_seconds)
  .Call(r_cache_set_life, cache, namespace, key, life)
}

warm_cache_invalidate <- function(cache, prefix = NULL, tags = NULL, dependencies = NULL, namespace = NULL) {
  if (is.null(prefix) + is.null(tags) + is.null(dependencies) != 2L) refuse("what is invalidated is said by a prefix, by tags or by dependencies: by one of them")
  if (!is.null(prefix)) .Call(r_cache_invalidate_prefix, cache, namespace, prefix)
  else if (!is.null(tags)) .Call(r_cache_invalidate, cache, namespace, tags, FALSE)
  else .Call(r_cache_invalidate, cache, namespace, dependencies, TRUE)
}

warm_cache_flush <- function(cache, namespace) invisible(.Call(r_cache_flush, cache, namespace))

warm_cache_namespaces <- function(cache) vapply(.Call(r_cache_list, cache, NULL, NULL), function(item) item$key, "")

warm_cache_list <- function(cache, namespace, prefix = "") {
  if (is.null(namespace)) refuse("a namespace is one text")
  items <- .Call(r_cache_list, cache, namespace, prefix)
  field <- function(name, of) vapply(items, function(item) item$info[[name]], of)
  data.frame(
    key = vapply(items, function(item) item$key, ""), version = field("version", 0), payload_bytes = field("payload_bytes", 0),
    written = .POSIXct(vapply(items, function(item) as.numeric(item$info$written), 0)), remaining_seconds = field("remaining_seconds", 0),
    is_stale = field("is_stale", NA), priority = field("priority", 0), stringsAsFactors = FALSE
  )
}

warm_cache_set_quota <- function(cache, namespace, bytes) invisible(.Call(r_cache_set_quota, cache, namespace, bytes))

warm_start_copy <- function(cache, root) .Call(r_cache_start_copy, cache, path.expand(root))

warm_cache_copy <- function(cache, root) {
  task <- warm_start_copy(cache, root)
  on.exit(warm_close(task)) # an interrupted wait cancels the work
  warm_wait(task)
  warm_report(task)$intact
}

warm_cache_drain <- function(cache, timeout = Inf) .Call(r_cache_drain, cache, timeout)
