# R's program of README.md: records.
library(warmstart)

arguments <- commandArgs(TRUE)
name <- arguments[3]
store <- warm_records(arguments[2])
hexed <- function(x) {
  bytes <- vapply(x, function(value) paste(writeBin(value, raw(), endian = "big"), collapse = ""), "")
  paste(bytes, collapse = " ")
}
say <- function(...) cat(..., "\n", sep = "")
artifact <- function(terms) {
  made <- warm_record("artifact", descriptor.family_kind = paste("family of", name))
  for (term in names(terms)) {
    if (term == "mean") {
      warm_add_term(made, "mean: s(Time)", penalty_labels = "s(Time)", nullspace_dims = 2, reduced_width = 9, rho_for_term = terms[[term]])
    } else {
      warm_add_term(made, "log SIGMA, na\u00efve", penalty_labels = c("a", NA, "c"), rho_for_term = terms[[term]])
    }
  }
  made
}

like <- warm_record("warm_start", key = paste("fit of", name), n_rows = 3, n_cols = 2)
if (arguments[1] == "write") {
  fields <- list(package_version = name, rho = c(0.1, -0), beta = c(.Machine$double.xmin, -.Machine$double.xmax), last_inner_iters = 7,
                 last_inner_converged = TRUE, last_pirls_lm_lambda = 1e-300)
  for (field in names(fields)) warm_set(like, field, fields[[field]])
  warm_save_record(store, like)
  fit <- artifact(list(mean = 0.25, sigma = c(-8.5, 9, 0.5)))
  warm_set(fit, "terms.raw_beta", c(0.1, -0))
  warm_set(fit, "global.outer_objective", -0.1)
  warm_set(fit, "global.converged", TRUE)
  warm_set(fit, "global.n_rows", 3)
  warm_save_record(store, fit)
} else {
  found <- warm_load_record(store, like)
  say("key ", warm_record_key(found))
  say("package_version ", warm_get(found, "package_version"))
  say("n_rows ", warm_get(found, "n_rows"))
  say("rho ", hexed(warm_get(found, "rho")))
  say("beta ", hexed(warm_get(found, "beta")))
  say("prev_rho ", if (is.null(warm_get(found, "prev_rho"))) "absent" else "there")
  say("last_inner_iters ", warm_get(found, "last_inner_iters"))
  say("last_inner_converged ", warm_get(found, "last_inner_converged"))
  say("last_pirls_lm_lambda ", hexed(warm_get(found, "last_pirls_lm_lambda")))
  say("suits ", if (warm_suits(found, like)) "yes" else "no")
  fold <- artifact(list(sigma = c(1, 1, 1), mean = 1))
  parent <- warm_load_record(store, fold)
  say("descriptor_key ", warm_get(parent, "descriptor_key"))
  say("identity ", warm_get(parent, "terms.identity", 1), " ", warm_get(parent, "terms.identity", 2))
  say("objective ", hexed(warm_get(parent, "global.outer_objective")))
  say("raw_beta ", hexed(warm_get(parent, "terms.raw_beta")))
  warm_transfer(fold, parent)
  for (at in 1:2) {
    say("term ", warm_get(fold, "terms.provenance", at), " ", warm_get(fold, "terms.source", at), " ", hexed(warm_get(fold, "terms.rho_for_term", at)))
  }
}
