# What README.md's R takes for granted; its lines come in below. Prints how often the loss was computed.
X <- cbind(1, seq(-1, 1, length.out = 60), cos(0:59))
y <- as.numeric(sin(0:59 * 7) + X[, 2] > 0)
computed <- 0
loss <- function(b) {
  computed <<- computed + 1
  eta <- drop(X %*% b)
  sum(log1p(exp(eta)) - y * eta) + sum(b^2) / 2
}

README
x <- warm_value(warm_load(fit))
cat(computed, max(abs(drop(crossprod(X, plogis(drop(X %*% x)) - y)) + x)) < 1e-2, "\n")
