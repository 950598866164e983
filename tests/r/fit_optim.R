# Fits a logistic regression to R's `infert` with optim; killed and started again, it goes on.
#
#   Rscript fit_optim.R STORE METHOD [KILL_AFTER]
#
# Prints one line: where the fit began, evaluations of this process, the objective, the coefficients. With KILL_AFTER, the process kills
# itself with SIGKILL in its n-th evaluation.
library(warmstart)
arguments <- commandArgs(TRUE)
method <- arguments[2]
kill_after <- if (length(arguments) > 2) as.integer(arguments[3]) else 0L

X <- model.matrix(~ age + parity + induced + spontaneous, infert)
X[, -1] <- scale(X[, -1])
y <- infert$case
evaluations <- 0L
loss <- function(b) {
  evaluations <<- evaluations + 1L
  eta <- drop(X %*% b)
  sum(log1p(exp(-abs(eta))) + pmax(eta, 0) - y * eta)
}
gradient <- function(b) drop(crossprod(X, plogis(drop(X %*% b)) - y))

store <- warm_store(arguments[1])
fit <- warm_session(store, warm_fingerprint(model = "logistic", method = method, X = X, y = y), min_interval = 0)
start <- setNames(numeric(ncol(X)), colnames(X))
before <- warm_resume(fit, start)
began <- if (is.null(before)) 0 else before$iteration
if (!is.null(before)) start <- before$value
watched <- function(b) {
  f <- loss(b)
  if (warm_should_checkpoint(fit, f)) warm_checkpoint(fit, b, f, began + evaluations)
  if (evaluations == kill_after) tools::pskill(Sys.getpid(), tools::SIGKILL)
  f
}
if (is.null(before) || before$kind != "final") {
  answer <- optim(start, watched, if (method != "Nelder-Mead") gradient, method = method, control = list(reltol = 1e-15, maxit = 20000))
  # Nelder-Mead is restarted until that gains nothing: it may stop early.
  while (method == "Nelder-Mead") {
    again <- optim(answer$par, watched, method = method, control = list(reltol = 1e-15, maxit = 20000))
    if (again$value >= answer$value - 1e-12) break
    answer <- again
  }
  warm_finalize(fit, answer$par, answer$value, began + evaluations)
  stopifnot(warm_finish(fit))
  before <- list(value = answer$par, objective = answer$value)
}
stopifnot(identical(names(before$value), colnames(X)))
cat(began, evaluations, sprintf("%a", before$objective), sprintf("%a", before$value), "\n")
