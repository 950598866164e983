# Fits NIST's Bennett5 by a gradient method with momentum; killed and started again, it goes on bit for bit.
#
#   julia fit.jl STORE DATA [KILL_AFTER]
#
# Prints one line: where the fit began, the iteration it ended with, the bits of its state. With KILL_AFTER, the process kills itself with
# SIGKILL in that iteration.
include(joinpath(@__DIR__, "..", "..", "examples-c", "julia", "WarmStart.jl"))
using .WarmStart

const kill_after = length(ARGS) > 2 ? parse(Int, ARGS[3]) : 0
const table = [parse.(Float64, split(line)) for line in readlines(ARGS[2])[61:214]]
const y, x = first.(table), last.(table)
const start = [-1500.0, 45.0, 0.85]

function gradient(b)
    g = zeros(3)
    for i in eachindex(x)
        base = max(b[2] * start[2] + x[i], 1e-8)
        b1, b3 = b[1] * start[1], b[3] * start[3]
        power = base^(-1 / b3)
        r = b1 * power - y[i]
        g .+= 2r .* (power * start[1], -b1 / b3 * power / base * start[2], b1 * power * log(base) / b3^2 * start[3])
    end
    return g
end
loss(b) = sum(i -> (b[1] * start[1] * max(b[2] * start[2] + x[i], 1e-8)^(-1 / (b[3] * start[3])) - y[i])^2, eachindex(x))

# The whole state of the method in one array: parameters, both moments.
function step!(state, t)
    b, m, v = view(state, 1:3), view(state, 4:6), view(state, 7:9)
    g = gradient(b)
    m .= 0.9 .* m .+ 0.1 .* g
    v .= 0.999 .* v .+ 0.001 .* g .^ 2
    b .-= 1e-3 .* (m ./ (1 - 0.9^t)) ./ (sqrt.(v ./ (1 - 0.999^t)) .+ 1e-12)
    return loss(b)
end

key = fingerprint("model" => "Bennett5, Adam", "x" => x, "y" => y, "start" => start)
Store(ARGS[1]) do store
    # The method does not descend at each step, so it goes on from its latest state, not its best.
    Session(store, key; lookup = :latest, min_interval = 0) do fit
        state = [ones(3); zeros(6)]
        at = resume!(fit, state)
        began = at === nothing ? 0 : at.iteration
        t, done = began, at !== nothing && at.kind === :final
        while !done
            t += 1
            f = step!(state, t)
            done = t == 400
            (done ? finalize! : checkpoint!)(fit, state; objective = f, iteration = t)
            t == kill_after && ccall(:kill, Cint, (Cint, Cint), getpid(), 9)
        end
        println(began, " ", t, " ", join(string.(reinterpret(UInt64, state); base = 16), " "), " ", loss(state[1:3]))
    end
end
