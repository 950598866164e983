# Julia's program of README.md: records.
include(joinpath(@__DIR__, "..", "..", "examples-c", "julia", "WarmStart.jl"))
using .WarmStart

const name = ARGS[3]
const store = record_store(ARGS[2])
hexed(values) = join((string(reinterpret(UInt64, Float64(x)); base = 16, pad = 16) for x in values), " ")
function artifact(terms...)
    made = Record(:artifact, "descriptor.family_kind" => "family of $name")
    for (term, rho) in terms
        if term == "mean"
            add_term!(made, "mean: s(Time)", "rho_for_term" => rho; penalty_labels = ["s(Time)"], nullspace_dims = [2], reduced_width = 9)
        else
            add_term!(made, "log SIGMA, na\u00efve", "rho_for_term" => rho; penalty_labels = ["a", nothing, "c"])
        end
    end
    return made
end

like = Record(:warm_start, "key" => "fit of $name", "n_rows" => 3, "n_cols" => 2)
if ARGS[1] == "write"
    for (field, value) in ("package_version" => name, "rho" => [0.1, -0.0], "beta" => [floatmin(), -floatmax()], "last_inner_iters" => 7,
                           "last_inner_converged" => true, "last_pirls_lm_lambda" => 1e-300)
        like[field] = value
    end
    save_record(store, like)
    fit = artifact("mean" => [0.25], "sigma" => [-8.5, 9.0, 0.5])
    fit["terms.raw_beta", 1] = [0.1, -0.0]
    fit["global.outer_objective"], fit["global.converged"], fit["global.n_rows"] = -0.1, true, 3
    save_record(store, fit)
else
    found = load_record(store, like)
    println("key ", string(key(found)))
    println("package_version ", found["package_version"])
    println("n_rows ", found["n_rows"])
    println("rho ", hexed(found["rho"]))
    println("beta ", hexed(found["beta"]))
    println("prev_rho ", found["prev_rho"] === nothing ? "absent" : "there")
    println("last_inner_iters ", found["last_inner_iters"])
    println("last_inner_converged ", found["last_inner_converged"])
    println("last_pirls_lm_lambda ", hexed(found["last_pirls_lm_lambda"]))
    println("suits ", suits(found, like) ? "yes" : "no")
    fold = artifact("sigma" => [1.0, 1.0, 1.0], "mean" => [1.0])
    whole = load_record(store, fold)
    println("descriptor_key ", whole["descriptor_key"])
    println("identity ", whole["terms.identity", 1], " ", whole["terms.identity", 2])
    println("objective ", hexed(whole["global.outer_objective"]))
    println("raw_beta ", hexed(whole["terms.raw_beta", 1]))
    transfer!(fold, whole)
    for at in 1:2
        println("term ", fold["terms.provenance", at], " ", fold["terms.source", at], " ", hexed(fold["terms.rho_for_term", at]))
    end
end
