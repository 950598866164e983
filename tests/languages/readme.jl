# What README.md's Julia takes for granted; its lines come in below. Prints how often a step was computed.
const X = [ones(60) range(-1, 1; length = 60) cos.(0:59)]
const y = Float64.(sin.((0:59) .* 7) .+ X[:, 2] .> 0)
const computed = Ref(0)
gradient(b) = X' * (1 ./ (1 .+ exp.(-X * b)) .- y) .+ b
function step!(b)
    computed[] += 1
    b .-= 0.03 .* gradient(b)
    return sum(log1p.(exp.(X * b)) .- y .* (X * b)) + sum(abs2, b) / 2, maximum(abs, gradient(b)) < 1e-6
end

README
Store() do store
    x = payload(lookup(store, fingerprint("model" => "logistic, ridge 1", "X" => X, "y" => y)), Float64)
    println(computed[], " ", maximum(abs, gradient(x)) < 1e-5 ? "True" : "False")
end
