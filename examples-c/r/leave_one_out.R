# Leave-one-group-out cross-validation of an additive mixed model, each fold seeded from the fit of all data.
#
#   Rscript leave_one_out.R [ROOT]
#
# The data are R's own ChickWeight: weights of 50 chicks on four diets, weighed up to twelve times. The model has a growth curve per
# diet and an intercept and slope of each chick's own, fitted by mgcv, whose outer iteration looks for the logarithms of the smoothing
# parameters (rho) that maximise the restricted likelihood. A fold leaves out one chick. Its smoothing parameters are nearly those of
# the fit of all data: that one is stored once, as an artifact, and each fold takes its starting values from there, in this process,
# the next, or next week.
suppressPackageStartupMessages(library(mgcv))
library(warmstart)

root <- commandArgs(TRUE)[1]
store <- warm_records(if (is.na(root)) NULL else root)
data <- as.data.frame(ChickWeight)
data$Chick <- factor(as.character(data$Chick))
formula <- log(weight) ~ Diet + s(Time, by = Diet, k = 9) + s(Chick, bs = "re") + s(Chick, Time, bs = "re")

# Without `start`, mgcv's own starting values. The chick that is left out keeps its (then empty) columns, so that all folds have the same
# terms.
fit <- function(data, start = NULL, ...) {
  gam(formula, gaussian(), data, method = "REML", optimizer = c("outer", "newton"), drop.unused.levels = FALSE,
      in.out = if (!is.null(start)) list(sp = exp(start$rho), scale = exp(start$log_scale)), ...)
}

# What a fit of these terms can teach another, or be taught: a term for each smooth, and one for the scale, of which the restricted
# likelihood is a function as well.
artifact <- function(smooths, rho = rep(0, length(smooths)), log_scale = 0) {
  made <- warm_record("artifact", descriptor.family_kind = "gaussian(identity), REML",
                      descriptor.response_signature.family_kind = "gaussian", descriptor.response_signature.n_response_channels = 1)
  for (i in seq_along(smooths)) {
    smooth <- smooths[[i]]
    at <- warm_add_term(made, paste("mean:", smooth$label), penalty_labels = smooth$label, nullspace_dims = smooth$null.space.dim,
                        reduced_width = smooth$last.para - smooth$first.para + 1, rho_for_term = rho[i])
    warm_set(made, "terms.basis_meta.kind", class(smooth)[1], at)
  }
  warm_add_term(made, "log scale", penalty_labels = "log scale", rho_for_term = log_scale)
  made
}
starting_values <- function(record) {
  values <- vapply(seq_len(warm_count(record, "terms.identity")), function(i) warm_get(record, "terms.rho_for_term", i), 0)
  list(rho = values[-length(values)], log_scale = values[length(values)])
}

# The fit of all data, found or computed. It is found by what its terms are, for which nothing has to be fitted.
smooths <- fit(data, fit = FALSE)$smooth
parent <- warm_load_record(store, artifact(smooths))
cat("the fit of all data was", if (is.null(parent)) "stored\n" else "found\n")
if (is.null(parent)) {
  whole <- fit(data)
  parent <- artifact(whole$smooth, log(whole$sp), log(whole$reml.scale))
  for (i in seq_along(whole$smooth)) {
    warm_set(parent, "terms.raw_beta", unname(coef(whole))[with(whole$smooth[[i]], first.para:last.para)], i)
  }
  warm_set(parent, "descriptor.row_population.label", "all chicks")
  warm_set(parent, "descriptor.row_population.n_rows", nrow(data))
  warm_set(parent, "global.outer_objective", unname(whole$gcv.ubre))
  warm_set(parent, "global.converged", whole$outer.info$conv == "full convergence")
  warm_set(parent, "global.n_rows", nrow(data))
  warm_save_record(store, parent)
}

total <- c(cold = 0, seeded = 0)
for (chick in levels(data$Chick)[seq(1, 50, by = 5)]) {
  fold <- data[data$Chick != chick, ]
  cold <- fit(fold)
  learner <- artifact(smooths)
  warm_transfer(learner, parent)
  seeded <- fit(fold, starting_values(learner))
  n <- c(cold = cold$outer.info$iter, seeded = seeded$outer.info$iter)
  total <- total + n
  apart <- max(abs(fitted(cold) - fitted(seeded)))
  cat("without chick ", chick, ": iterations cold ", n[["cold"]], ", seeded ", n[["seeded"]], "; log weights apart at most ",
      format(apart, digits = 2), "\n", sep = "")
}
cat("all folds: ", total[["cold"]], " iterations cold, ", total[["seeded"]], " seeded\n", sep = "")
