# Waits for a disk that does not answer, under slow_sync.c: an interrupt ends each, and nothing that was accepted is lost.
#
#   SLOW_SYNC=GATE LD_PRELOAD=slow_sync.so Rscript interrupt.R STORE
library(warmstart)
gate <- Sys.getenv("SLOW_SYNC")
key <- strrep("0", 64)
store <- warm_store(commandArgs(TRUE)[1])
fit <- warm_session(store, key, background = TRUE)
warm_checkpoint(fit, 0, now = TRUE)
stopifnot(file.create(gate))
warm_checkpoint(fit, 1, 1)
stopifnot(!warm_flush(store, 0.3), !warm_flush(fit, 0))
waits <- list(store = function() warm_flush(store), session = function() warm_flush(fit), finish = function() warm_finish(fit))
for (name in names(waits)) {
  system(paste("(sleep 0.5; kill -INT", Sys.getpid(), ") >/dev/null 2>&1 &"))
  ended <- tryCatch(format(waits[[name]]()), interrupt = function(i) "interrupted")
  cat(ended, ": ", name, "\n", sep = "")
  stopifnot(ended == "interrupted")
}
stopifnot(file.remove(gate), warm_finish(fit), warm_value(warm_lookup(store, key)) == 1)
