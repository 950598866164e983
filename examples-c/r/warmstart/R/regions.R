# Regions: named arrays that other languages read and write, too. R's vectors lie column-major, and are stored so.

# In the order of the library's numbers, which begin with 1.
element_types <- c(
  "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL", "C128", "C64", "F8_E4M3", "F8_E5M2",
  "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4"
)
# What R has vectors of.
native_types <- c("F64", "I32", "U8", "C128")

warm_region <- function(bytes, type, dim = NULL, order = c("F", "C")) {
  if (length(dim) < 2L) order <- "F"
  if (!is.raw(bytes)) refuse("a region of a type that R has no vectors of is made of raw bytes")
  if (!type %in% element_types) refuse("type is one of ", paste(element_types, collapse = ", "))
  structure(as.vector(bytes), type = type, dims = as.double(dim), order = c("F", "C")[[choice(order, c("F", "C"), "order") + 1L]], class = "warm_region")
}

print.warm_region <- function(x, ...) {
  cat("<warm_region: ", attr(x, "type"), " [", paste(attr(x, "dims"), collapse = ", "), "]>\n", sep = "")
  invisible(x)
}

as.double.warm_region <- function(x, ...) {
  bytes <- unclass(x)
  attributes(bytes) <- NULL
  type <- attr(x, "type")
  n <- prod(attr(x, "dims"))
  read <- function(what, size, signed = TRUE) readBin(bytes, what, n, size, signed = signed, endian = "little")
  value <- switch(type,
    F32 = read("double", 4L), I16 = read("integer", 2L), U16 = read("integer", 2L, FALSE), I8 = read("integer", 1L),
    BOOL = read("integer", 1L, FALSE),
    U32 = words(bytes),
    I64 = , U64 = {
      parts <- matrix(words(bytes), 2L)
      high <- parts[2L, ]
      if (type == "I64") high <- ifelse(high >= 2^31, high - 2^32, high)
      if (any(high >= 2^21 | high < -2^21)) refuse("these integers have more digits than a double: take the bytes")
      high * 2^32 + parts[1L, ]
    },
    refuse("R has no numbers for ", type, ": take the bytes with as.raw()")
  )
  value <- as.double(value)
  dims <- attr(x, "dims")
  if (length(dims) < 2L) return(value)
  if (attr(x, "order") == "C") aperm(array(value, rev(dims)), rev(seq_along(dims))) else array(value, dims)
}

as.raw.warm_region <- function(x) {
  attributes(x) <- NULL
  x
}

# Unsigned 32-bit integers, as doubles.
words <- function(bytes) {
  words <- readBin(bytes, "integer", length(bytes) / 4, 4L, endian = "little")
  ifelse(is.na(words), 2^31, ifelse(words < 0, words + 2^32, words))
}

# What the C side wants of one region.
described <- function(name, x) {
  if (inherits(x, "warm_region")) {
    return(list(name, as.raw.warm_region(x), match(attr(x, "type"), element_types), as.integer(attr(x, "order") == "F"), attr(x, "dims")))
  }
  dims <- as.double(if (identical(attr(x, "rank"), 0L) && length(x) == 1L) NULL else if (is.null(dim(x))) length(x) else dim(x))
  if (identical(attr(x, "order"), "C") && length(dims) > 1L) {
    return(list(name, aperm(unclass(x), rev(seq_along(dims))), NULL, 0L, dims))
  }
  list(name, x, NULL, 1L, dims)
}

# What R has of it.
region_value <- function(item, notes) {
  type <- element_types[[item$type]]
  dims <- item$dims
  row_major <- item$order == 0L && length(dims) > 1L
  if (!type %in% native_types) {
    return(structure(item$values, type = type, dims = dims, order = if (row_major) "C" else "F", class = "warm_region"))
  }
  x <- item$values
  if (identical(unname(notes[paste0("r.", item$name)]), "logical")) storage.mode(x) <- "logical"
  if (length(dims) < 2L) {
    if (length(dims) == 0L) attr(x, "rank") <- 0L # so that it is written as it was
    if (length(dims) == 1L && identical(unname(notes[paste0("r.", item$name)]), "array")) dim(x) <- dims
    return(x)
  }
  if (!row_major) return(array(x, dims))
  structure(aperm(array(x, rev(dims)), rev(seq_along(dims))), order = "C")
}

write_regions <- function(session, regions, how, objective, iteration) {
  if (!is.list(regions) || is.null(names(regions)) || anyNA(names(regions)) || any(names(regions) == "") || anyDuplicated(names(regions))) {
    refuse("regions are a list of vectors and arrays, each with a name of its own")
  }
  items <- Map(described, names(regions), regions, USE.NAMES = FALSE)
  # What the types of other languages do not say.
  for (name in names(regions)) {
    x <- regions[[name]]
    note <- if (is.logical(x)) "logical" else if (length(dim(x)) == 1L) "array"
    .Call(r_session_set_note, session, paste0("r.", name), note)
  }
  .Call(r_session_write_regions, session, items, how, objective, iteration)
}

warm_checkpoint_regions <- function(session, regions, objective = NULL, iteration = NULL, now = FALSE) {
  status <- write_regions(session, regions, if (isTRUE(now)) 1L else 0L, objective, iteration)
  invisible(outcomes[[as.character(status)]])
}

warm_finalize_regions <- function(session, regions, objective = NULL, iteration = NULL) {
  invisible(write_regions(session, regions, 2L, objective, iteration))
}

warm_note <- function(session, key, text) invisible(.Call(r_session_set_note, session, key, text))

warm_notes <- function(entry) {
  items <- .Call(r_entry_notes, entry)
  setNames(vapply(items, `[[`, "", "text"), vapply(items, `[[`, "", "key"))
}

warm_regions <- function(entry, names = NULL) {
  if (!is.null(names) && (!is.character(names) || anyNA(names))) refuse("names are texts")
  notes <- warm_notes(entry)
  items <- .Call(r_entry_regions, entry, names)
  if (is.null(names)) names <- vapply(items, `[[`, "", "name")
  setNames(lapply(items, function(item) if (!is.null(item)) region_value(item, notes)), names)
}

warm_restore <- function(session, like = NULL) {
  fits <- function(entry) {
    found <- warm_regions(entry)
    if (!is.null(like)) check_like(found, like, entry)
    found
  }
  entry <- warm_peek(session)
  if (is.null(entry)) return(NULL)
  fits(entry) # before anything is taken
  entry <- warm_load(session)
  if (is.null(entry)) return(NULL)
  c(list(regions = fits(entry)), warm_info(entry))
}

check_like <- function(found, like, entry) {
  differs <- function(name, ...) {
    signal_status(-7L, paste0("restoring from run ", warm_run_id(entry), ": region `", name, "`: ", ..., ". Nothing was taken."))
  }
  shape <- function(x) {
    item <- described("", x)
    type <- if (is.null(item[[3L]])) typeof(x) else element_types[[item[[3L]]]]
    order <- if (length(item[[5L]]) < 2L) "" else if (item[[4L]] == 0L) ", row-major" else ", column-major"
    paste0(type, " [", paste(item[[5L]], collapse = ", "), "]", order)
  }
  for (name in names(like)) {
    if (!name %in% names(found)) differs(name, "it is wanted, and not stored")
    if (shape(found[[name]]) != shape(like[[name]])) differs(name, shape(found[[name]]), " is stored, and ", shape(like[[name]]), " is wanted")
  }
  surplus <- setdiff(names(found), names(like))
  if (length(surplus)) differs(surplus[[1L]], "it is stored, and not wanted")
}
