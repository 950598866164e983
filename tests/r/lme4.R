# glmer on lme4's own data: what an earlier fit found is stored, and a refit, and fits of related data, start from it.
suppressMessages(library(lme4))
library(warmstart)

store <- warm_store(tempfile("store"))

# Deviance evaluations, counted in the optimiser that glmer calls: NLopt's BOBYQA, as in lme4's nloptwrap.
evaluations <- 0L
counting <- function(fn, par, lower, upper, control) {
  counted <- function(p) {
    evaluations <<- evaluations + 1L
    fn(p)
  }
  found <- nloptr::nloptr(par, counted, lb = lower, ub = upper,
                          opts = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-8, ftol_abs = 1e-8, maxeval = 1e5))
  list(par = found$solution, fval = found$objective, conv = 0, message = found$message)
}

fit <- function(formula, data, family, seed = NULL) {
  evaluations <<- 0L
  control <- glmerControl(
    optimizer = counting, nAGQ0initStep = is.null(seed), # a seed takes the place of the stage that finds first values
    tolPwrss = 1e-10, check.conv.grad = "ignore", check.conv.hess = "ignore", check.conv.singular = "ignore", calc.derivs = FALSE
  )
  part <- function(of) unname(seed[startsWith(names(seed), of)])
  start <- if (!is.null(seed)) list(theta = part("theta."), fixef = part("beta."))
  model <- glmer(formula, data, family, control = control, start = start)
  theta <- unname(getME(model, "theta"))
  state <- c(setNames(theta, paste0("theta.", seq_along(theta))), setNames(fixef(model), paste0("beta.", names(fixef(model)))))
  list(state = state, deviance = -2 * as.numeric(logLik(model)), evaluations = evaluations)
}

key_of <- function(name, data) warm_fingerprint(model = name, family = "canonical link", data = data)

counts <- NULL
compare <- function(name, formula, data, family, seed) {
  cold <- fit(formula, data, family)
  warm <- fit(formula, data, family, seed)
  cat(sprintf("%-32s %4d evaluations cold, %4d seeded; deviance %.6f and %.6f\n", name, cold$evaluations, warm$evaluations, cold$deviance, warm$deviance))
  stopifnot(abs(cold$deviance - warm$deviance) < 1e-3, max(abs(cold$state - warm$state)) < 5e-3)
  counts <<- rbind(counts, data.frame(name, cold = cold$evaluations, seeded = warm$evaluations))
}

cases <- list(
  cbpp = list(formula = cbind(incidence, size - incidence) ~ period + (1 | herd), data = cbpp, family = binomial, part = cbpp[cbpp$herd != "7", ]),
  grouseticks = list(formula = TICKS ~ YEAR + scale(HEIGHT, scale = FALSE) + (1 | BROOD) + (1 | LOCATION), data = grouseticks, family = poisson,
                     part = grouseticks[-c(11, 202, 303), ])
)
for (name in names(cases)) {
  one <- cases[[name]]
  session <- warm_session(store, key_of(name, one$data), label = name)
  stopifnot(is.null(warm_load(session)))
  first <- fit(one$formula, one$data, one$family)
  warm_finalize(session, first$state, first$deviance)
  # The same data in another session, as in another process on another day.
  before <- warm_resume(warm_session(store, key_of(name, one$data)), first$state)
  stopifnot(before$kind == "final", identical(before$value, first$state))
  compare(paste(name, "again"), one$formula, one$data, one$family, before$value)
  # Related data have another key; the full fit is handed in.
  related <- warm_session(store, key_of(name, one$part))
  stopifnot(is.null(warm_peek(related)), key_of(name, one$part) != key_of(name, one$data))
  warm_preload(related, warm_lookup(store, key_of(name, one$data)))
  before <- warm_resume(related, first$state)
  stopifnot(before$source == "preloaded")
  compare(paste(name, "with rows left out"), one$formula, one$part, one$family, before$value)
}
stopifnot(nrow(counts) == 4L, counts$seeded[grepl("again", counts$name)] < counts$cold[grepl("again", counts$name)], sum(counts$seeded) < sum(counts$cold))
