warm_fingerprinter <- function() .Call(r_fp_new)

warm_clone <- function(fingerprinter) .Call(r_fp_clone, fingerprinter)

warm_key <- function(fingerprinter) .Call(r_fp_finish, fingerprinter)

warm_key_short <- function(fingerprinter) .Call(r_fp_finish_u64, fingerprinter)

warm_fingerprint <- function(...) {
  what <- list(...)
  if (length(what) > 0L && (is.null(names(what)) || any(names(what) == ""))) refuse("every value needs a name: it is the tag")
  made <- warm_fingerprinter()
  for (tag in seq_along(what)) warm_absorb(made, names(what)[tag], what[[tag]])
  warm_key(made)
}

# The frame that a value has by its type, the same in every language.
frame_of <- function(value) {
  if (is.factor(value)) "factor"
  else if (inherits(value, "Date")) "date"
  else if (inherits(value, "POSIXt")) "timestamp"
  else if (inherits(value, "integer64")) "i64"
  else if (is.list(value)) "list"
  else if (is.matrix(value) && is.numeric(value)) "matrix"
  # What a flat run of elements would not tell apart is refused.
  else if (!is.null(dim(value))) refuse("of arrays, only numeric matrices have a frame; absorb the dimensions and the elements apart")
  else if (inherits(value, "difftime")) refuse("a time difference has units; turn it into numbers with as.numeric(x, units = )")
  else switch(typeof(value),
    double = "f64_na", integer = "i32", logical = "bool", character = "str_list", raw = "bytes",
    refuse("a value of type ", typeof(value), " has no frame; turn it into one that has")
  )
}

warm_absorb <- function(fingerprinter, tag, value, as = NULL, valid = NULL) {
  f <- fingerprinter
  if (is.null(as)) as <- if (missing(value)) "tag" else frame_of(value)
  switch(as,
    tag = .Call(r_fp_tag, f, tag),
    bytes = .Call(r_fp_bytes, f, tag, value),
    str = .Call(r_fp_str, f, tag, value),
    u64 = .Call(r_fp_u64, f, tag, value),
    f64 = .Call(r_fp_f64, f, tag, value),
    f64_slice = .Call(r_fp_f64_slice, f, tag, value),
    f64_2d = .Call(r_fp_f64_2d, f, tag, value, dim(value)),
    i32 = .Call(r_fp_i32, f, tag, value, valid),
    i64 = .Call(r_fp_i64, f, tag, value, valid, inherits(value, "integer64")),
    f32 = .Call(r_fp_f32, f, tag, value, valid),
    bool = .Call(r_fp_bool, f, tag, value, valid),
    f64_na = .Call(r_fp_f64_na, f, tag, value, valid),
    str_list = .Call(r_fp_str_list, f, tag, value, valid),
    date = .Call(r_fp_date, f, tag, value, valid),
    timestamp = .Call(r_fp_timestamp, f, tag, if (inherits(value, "POSIXlt")) as.POSIXct(value) else value, valid,
                      inherits(value, "integer64")),
    factor = {
      # A list of levels and codes from 0, where the value is no factor.
      if (is.factor(value)) value <- list(levels = levels(value), codes = as.integer(value) - 1L)
      .Call(r_fp_factor, f, tag, value$levels, value$levels_valid, value$codes, valid)
    },
    matrix = {
      shape <- dim(value)
      if (is.integer(value)) value <- as.double(value)
      .Call(r_fp_matrix, f, tag, value, shape, valid)
    },
    list = {
      if (length(value) > 0L && (is.null(names(value)) || any(names(value) == ""))) refuse("every element of a list needs a name")
      .Call(r_fp_u64, f, tag, as.double(length(value)))
      for (i in seq_along(value)) warm_absorb(f, names(value)[i], value[[i]])
    },
    refuse("there is no frame \"", as, "\"")
  )
  invisible(f)
}

warm_write <- function(fingerprinter, value, as = c("bytes", "u8", "u64", "f64", "str", "f64_slice")) {
  invisible(.Call(r_fp_write, fingerprinter, value, match.arg(as)))
}
