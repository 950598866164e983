# Records and artifacts. Each line either holds or stops.
library(warmstart)

fails <- function(expr, class) {
  got <- tryCatch({ expr; "nothing" }, condition = function(c) c)
  if (!inherits(got, class)) stop("expected ", class, ", got ", paste(class(got), collapse = "/"), ": ", format(got))
  invisible(got)
}
same <- function(a, b) identical(a, b, num.eq = FALSE)
root <- tempfile("records")
store <- warm_records(root)
warm <- function(...) {
  record <- warm_record("warm_start", key = "y ~ s(x)", n_rows = 100, n_cols = 3, rho = c(-0, 0.1), beta = c(1, 2, 5e-324))
  for (name in ...names(...)) warm_set(record, name, list(...)[[name]])
  record
}
...names <- function(...) names(list(...))

# Every field comes back as it was.
fields <- list(
  package_version = "here 1", prev_rho = c(1, 2), prev_beta = c(0.5, -0.5, 0), last_inner_iters = 7, last_inner_converged = 1,
  last_pirls_lm_lambda = 1e-6, last_ift_prediction_residual = 0.1, last_pirls_accept_rho = -0
)
record <- do.call(warm, fields)
stopifnot(is.null(warm_load_record(store, record)))
warm_save_record(store, record)
found <- warm_load_record(store, warm_record("warm_start", key = "y ~ s(x)"))
for (name in names(fields)) stopifnot(same(warm_get(found, name), fields[[name]]))
stopifnot(
  same(warm_get(found, "rho"), c(-0, 0.1)), same(warm_get(found, "beta"), c(1, 2, 5e-324)), warm_get(found, "version") == 1,
  warm_get(found, "created_unix_secs") > 1.7e9, warm_get(found, "updated_unix_secs") > 1.7e9, isTRUE(warm_suits(found, record)),
  identical(warm_keys(store), warm_record_key(record)), warm_record_key(record) == warm_key_of_text("y ~ s(x)"),
  warm_key_of_text("k") != warm_key_of_text("k", "outer_iterate")
)
warm_set(found, "prev_rho", NULL)
stopifnot(is.null(warm_get(found, "prev_rho")), grepl('"prev_rho":null', rawToChar(warm_record_json(found)), fixed = TRUE))
warm_set(found, "last_inner_converged", FALSE)
stopifnot(warm_get(warm_record_from_json("warm_start", rawToChar(warm_record_json(found))), "last_inner_converged") == 0)

# What does not suit says why; what is no number is refused.
no <- warm_suits(record, warm(n_rows = 99))
stopifnot(identical(c(no), FALSE) || !no, grepl("n_rows is 100, and 99 is wanted", attr(no, "reason"), fixed = TRUE))
stopifnot(!warm_suits(record, warm(key = "z")), isTRUE(warm_suits(record, warm(rho = numeric(0), beta = numeric(0)))))
for (bad in list(c(1, NA), c(1, Inf), NaN)) fails(warm_set(record, "rho", bad), "warm_invalid_error")
fails(warm_get(record, "roh"), "warm_invalid_error")
fails(warm_get(record, "rho", 2), "warm_invalid_error")
fails(warm_get(record, "rho", 0), "warm_invalid_error")
fails(warm_set(record, "rho", "text"), "warm_invalid_error")
fails(warm_set(record, "key", 1), "warm_invalid_error")
fails(warm_set(record, "rho", NULL), "warm_invalid_error")
fails(warm_record_from_json("warm_start", "{}"), "warm_incompatible_error")
fails(warm_save_record(store, warm(beta = 1)), "warm_invalid_error")

# Blocks.
blocks <- warm_record("blocks", key = "gaulss", n_rows = 50, block_dims = c(2, 1), rho = 0.5)
warm_set(blocks, "block_names", "mu")
warm_set(blocks, "block_names", "sigma", 2)
warm_set(blocks, "block_beta", c(1, 2), 1)
warm_set(blocks, "block_beta", 3, 2)
warm_set(blocks, "active_sets", NULL, 1)
warm_set(blocks, "active_sets", 0, 2)
for (name in c("log_likelihood", "penalty_value", "cycles", "converged", "block_logdet_h", "block_logdet_s")) {
  warm_set(blocks, paste0("inner.", name), 1)
}
warm_save_record(store, blocks)
found <- warm_load_record(store, blocks)
stopifnot(
  isTRUE(warm_suits(found, blocks)), is.null(warm_get(found, "active_sets", 1)), warm_get(found, "active_sets", 2) == 0,
  identical(warm_get(found, "block_dims"), c(2, 1)), warm_count(found, "block_beta") == 2, warm_get(found, "inner.cycles") == 1,
  warm_get(found, "block_names", 2) == "sigma"
)

# A fold is seeded from its parent.
artifact <- function(...) {
  made <- warm_record("artifact", descriptor.family_kind = "gaussian")
  terms <- list(...)
  for (name in names(terms)) {
    warm_add_term(made, name, rho_for_term = terms[[name]], raw_beta = 0.5, penalty_labels = c("a", NA)[seq_along(terms[[name]])],
                  nullspace_dims = 1, reduced_width = 4)
  }
  made
}
parent <- artifact(mean = c(0.25, 9), sigma = -8.5)
fails(warm_save_record(store, parent), "warm_invalid_error")
warm_set(parent, "global.outer_objective", 1.5)
warm_save_record(store, parent)
fold <- artifact(sigma = 0, mean = c(1, 1))
found <- warm_load_record(store, fold)
warm_transfer(fold, found)
stopifnot(
  warm_get(fold, "terms.rho_for_term", 1) == -8, identical(warm_get(fold, "terms.rho_for_term", 2), c(0.25, 1)),
  warm_get(fold, "terms.provenance", 1) == "rho_only", warm_get(fold, "terms.source", 1) == 1, warm_get(found, "terms.role", 2) == "LogSlope",
  warm_get(fold, "descriptor_key") == warm_get(parent, "descriptor_key")
)
warm_set(fold, "terms.provenance", "projected", 1)
fails(warm_transfer(fold, artifact(mean = 1)), "warm_incompatible_error")
fails(warm_add_term(record, "mean"), "warm_invalid_error")
one <- artifact()
warm_add_term(one, "mean: s(Time)", penalty_labels = "s(Time)", nullspace_dims = 2, reduced_width = 9)
stopifnot(warm_get(one, "terms.identity") == "ecb2a54eb46cbee00755a92881992d675d4413d4b0e14819496239bda93054ee")
warm_close(one)
fails(warm_get(one, "terms.identity"), "warm_invalid_error")
