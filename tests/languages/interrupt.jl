# Waits for a disk that does not answer, under slow_sync.c: an interrupt ends each, and nothing that was accepted is lost.
#
#   SLOW_SYNC=GATE LD_PRELOAD=slow_sync.so julia interrupt.jl STORE
include(joinpath(@__DIR__, "..", "..", "examples-c", "julia", "WarmStart.jl"))
using .WarmStart
Base.exit_on_sigint(false)
const gate = ENV["SLOW_SYNC"]
const k = Key("0"^64)
store = Store(ARGS[1])
fit = Session(store, k; background = true)
checkpoint_now!(fit, [0.0])
touch(gate)
checkpoint!(fit, [1.0]; objective = 1)
(flush_all(store; timeout = 0.3) || flush_all(fit; timeout = 0)) && error("there was nothing to wait for")
for (name, wait) in ("store" => () -> flush_all(store), "session" => () -> flush_all(fit), "finish" => () -> finish!(fit))
    run(`sh -c "sleep 0.5; kill -INT $(getpid())"`; wait = false)
    ended = try
        wait()
    catch failure
        failure isa InterruptException || rethrow()
        :interrupted
    end
    println(ended, ": ", name)
    ended === :interrupted || error("the wait ended")
end
rm(gate)
finish!(fit) || error("not finished")
payload(lookup(store, k), Float64) == [1.0] || error("lost")
