# Children of mclapply are told about handles of their parent's, and open stores of their own.
library(warmstart)

root <- tempfile("store")
store <- warm_store(root)
key <- warm_fingerprint(test = "fork")
fit <- warm_session(store, key, background = TRUE)
warm_checkpoint(fit, c(1, 2), 1)
stopifnot(warm_flush(fit))
entry <- warm_lookup(store, key)
answers <- parallel::mclapply(1:4, function(i) {
  told <- vapply(
    list(quote(warm_stats(store)), quote(warm_checkpoint(fit, 1, 0)), quote(warm_load(fit)), quote(warm_save(store, key, 1)), quote(warm_finish(fit))),
    function(call) class(tryCatch(eval(call), error = identity))[1], ""
  )
  own <- warm_store(root)
  mine <- warm_session(own, warm_fingerprint(child = i))
  for (step in 1:3) warm_checkpoint(mine, c(i, step) + 0, -step, step)
  warm_finalize(mine, i + 0, -9)
  warm_close(store); gc()
  list(told = told, entry = warm_value(entry), seen = warm_value(warm_lookup(own, key)))
}, mc.cores = 2, mc.preschedule = FALSE)
for (answer in answers) stopifnot(all(answer$told == "warm_forked_error"), identical(answer$entry, c(1, 2)), identical(answer$seen, c(1, 2)))
for (i in 1:4) stopifnot(warm_value(warm_lookup(store, warm_fingerprint(child = i))) == i)
stopifnot(length(warm_keys(store)) == 5L, warm_checkpoint(fit, c(3, 4), 0) == "queued", warm_finish(fit), identical(warm_value(warm_load(fit)), c(3, 4)))
