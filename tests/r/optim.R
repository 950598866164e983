# optim with checkpoints in its objective: killed with SIGKILL, resumed, the same answer as uninterrupted, and as glm's.
script <- file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))), "fit_optim.R")
fit <- function(...) {
  said <- suppressWarnings(system2(file.path(R.home("bin"), "Rscript"), c(shQuote(script), ...), stdout = TRUE))
  status <- attr(said, "status")
  if (!is.null(status)) return(status)
  values <- strsplit(trimws(said), " ")[[1]]
  list(began = as.numeric(values[1]), evaluations = as.numeric(values[2]), objective = as.numeric(values[3]), par = as.numeric(values[-(1:3)]))
}
scaled <- transform(infert, age = scale(age), parity = scale(parity), induced = scale(induced), spontaneous = scale(spontaneous))
reference <- glm(case ~ age + parity + induced + spontaneous, binomial, scaled, control = list(epsilon = 1e-14))
set.seed(seed <- as.integer(Sys.time()) %% 100000L)
for (method in c("BFGS", "Nelder-Mead")) {
  scratch <- tempfile()
  whole <- fit(file.path(scratch, "whole"), method)
  at <- sample(seq(whole$evaluations %/% 4, (whole$evaluations * 3) %/% 4), 1)
  cat(method, ": ", whole$evaluations, " evaluations; killed after ", at, " (seed ", seed, ")\n", sep = "")
  killed <- fit(file.path(scratch, "killed"), method, at)
  stopifnot(is.numeric(killed), killed == 137)
  resumed <- fit(file.path(scratch, "killed"), method)
  cat(method, ": resumed from evaluation ", resumed$began, " with ", resumed$evaluations, " evaluations\n", sep = "")
  stopifnot(whole$began == 0, resumed$began > 0, resumed$began <= at)
  for (one in list(whole, resumed)) {
    stopifnot(abs(one$objective - deviance(reference) / 2) < 1e-8, max(abs(one$par - coef(reference))) < 1e-3)
  }
  stopifnot(max(abs(whole$par - resumed$par)) < 1e-3)
  again <- fit(file.path(scratch, "killed"), method)
  stopifnot(again$evaluations == 0, identical(again$par, resumed$par))
  unlink(scratch, recursive = TRUE)
}
