"""Holds README.md and the guide to what there is: compiles every snippet in a frame, and runs whole programs.

    python3 tests/languages/snippets.py WORK [JULIA...]

WORK holds lib/libwarmstart.so, and is written to; JULIA is a command. A snippet is what stands between ```LANGUAGE and ```. It is put into
its frame in the place of the line README: tests/languages/readme.EXTENSION, or, after a line <!-- frame: NAME -->, readme_NAME.EXTENSION;
after <!-- frame: none --> it is whole. Rust is compiled and run by `cargo test --doc`.

Last, a name is changed in one snippet of each language: that must be noticed.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

STRICT = ["-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-Iinclude"]
EXTENSIONS = {"c": "c", "cpp": "cpp", "fortran": "f90", "python": "py", "r": "R", "julia": "jl", "sh": "sh"}
# Shown, and not compiled.
SHOWN = {"json", "text", "cmake", "toml"}
# A name in each language that there is, and one that there is not.
MUTANTS = {
    "c": ("warm_session_checkpoint(", "warm_session_checkpoints("),
    "cpp": (".finalize(", ".finalise("),
    "fortran": ("fit%finalize(", "fit%finalise("),
    "python": ("fit.finalize", "fit.finalise"),
    "r": ("warm_checkpoint(", "warm_check_point("),
    "julia": ("resume!(", "resumed!("),
    "sh": ("warmstart stats", "warmstart statistics"),
}
# Commands of other machines, and the reader's own.
ELSEWHERE = {"rsync", "sbatch", "srun", "warmstart", "./fit"}

work, julia = os.path.abspath(sys.argv[1]), sys.argv[2:]
library = os.path.join(work, "lib")
place = os.path.join(work, "snippets")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(command, **options):
    """What failed, in words; None where nothing did."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, **options)
    return done.stdout.decode("utf-8", "replace") if done.returncode else None


scipy = run(["/usr/bin/python3", "-c", "import scipy"]) is None
guide = sorted("src/guide/" + name for name in os.listdir("src/guide") if name.endswith(".md") and name != "links.md")
pages = ["README.md"] + guide


class Snippet:
    def __init__(self, page, line, language, frame, lines):
        self.page, self.line, self.language, self.frame, self.lines = page, line, language, frame, lines

    def where(self):
        return "%s:%d (%s)" % (self.page, self.line, self.language)

    def text(self):
        """With its frame. Messages name the page's lines, where a language can say so."""
        lines = "\n".join(self.lines) + "\n"
        if self.frame == "none" or self.language == "sh":
            return lines
        name = "readme_" + self.frame if self.frame else "readme"
        frame = read("tests/languages/%s.%s" % (name, EXTENSIONS[self.language]))
        before, after = frame.split("\nREADME\n")
        mark = '\n#line %d "%s"\n' % (self.line + 1, self.page) if self.language in ("c", "cpp") else "\n"
        return before + mark + lines + (mark if mark != "\n" else "") + after


def snippets_of(page):
    found, frame, fence = [], "", None
    for number, line in enumerate(read(page).split("\n"), 1):
        start = re.fullmatch(r"( *)```(\w*)", line)
        comment = re.fullmatch(r"<!-- frame: (\w+) -->", line)
        if fence is None and start:
            fence, begun, lines = start.group(2), number, []
        elif fence is not None and start:
            if fence in EXTENSIONS:
                found.append(Snippet(page, begun, fence, frame, lines))
            elif fence and fence not in SHOWN:
                raise SystemExit("%s:%d: %r is no language that is checked" % (page, begun, fence))
            fence, frame = None, ""
        elif fence is not None:
            lines.append(line)
        elif comment:
            frame = comment.group(1)
    if fence is not None:
        raise SystemExit("%s: a fence is not closed" % page)
    return found


def written(snippet, number):
    path = os.path.join(place, "%03d.%s" % (number, EXTENSIONS[snippet.language]))
    with open(path, "w", encoding="utf-8") as file:
        file.write(snippet.text())
    return path


def environment(path):
    more = {
        "WARMSTART_DIR": path + ".store",
        "WARMSTART_LIBRARY": os.path.join(library, "libwarmstart.so.0"),
        "PYTHONPATH": "examples-c/python",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return dict(os.environ, **more)


def compiled(compiler, snippet, path):
    """C, C++ and Fortran: checked in a frame, built and run where it is a program."""
    if snippet.frame != "none":
        return run(compiler + ["-fsyntax-only", path])
    program = path + ".out"
    wrong = run(compiler + ["-o", program, path, "-L" + library, "-lwarmstart", "-Wl,-rpath," + library])
    return wrong or run([program], env=environment(path))


def python(snippet, path):
    try:
        compile(snippet.text(), path, "exec")
    except SyntaxError as wrong:
        return str(wrong)
    return run(["/usr/bin/python3", path], env=environment(path)) if scipy else None


# Calls of the package's functions with arguments that these have, and of others that there are.
R_CHECK = r"""
there <- new.env()
for (file in list.files("examples-c/r/warmstart/R", full.names = TRUE)) sys.source(file, there)
exported <- readLines("examples-c/r/warmstart/NAMESPACE")
look <- function(e, own) {
  if (is.call(e)) {
    if (is.symbol(e[[1]])) {
      name <- as.character(e[[1]])
      if (startsWith(name, "warm_")) {
        if (!any(grepl(paste0("\\b", name, "\\b"), exported))) stop("there is no function ", name)
        match.call(get(name, there), e)
      } else if (!exists(name) && !name %in% own) stop("there is no function ", name)
    }
    for (part in as.list(e)) if (!missing(part)) look(part, own)
  }
}
for (file in commandArgs(TRUE)) {
  code <- parse(file)
  names <- all.names(code)
  own <- names[which(names %in% c("<-", "function")) + 1L]
  for (e in as.list(code)) look(e, own)
}
"""

# Calls of what the module exports, of Base, or of what the frame and the snippet make.
JULIA_CHECK = r"""
include(joinpath(pwd(), "examples-c", "julia", "WarmStart.jl")); using .WarmStart
own = Set{Symbol}()
calls = Symbol[]
function look(e)
    e isa Expr || return
    if e.head === :call && e.args[1] isa Symbol
        push!(calls, Symbol(replace(string(e.args[1]), r"^\.(?=.)" => "")))
    elseif e.head in (:(=), :function) && e.args[1] isa Expr && e.args[1].head === :call
        push!(own, e.args[1].args[1])
    elseif e.head === :(=) && e.args[1] isa Symbol
        push!(own, e.args[1])
    end
    foreach(look, e.args)
end
for file in ARGS
    empty!(own); empty!(calls)
    parsed = Base.parse_input_line(read(file, String); filename = file)
    look(parsed)
    for part in (parsed, parsed.args...)
        part isa Expr && part.head in (:error, :incomplete) && error("$file: $(part.args)")
    end
    for name in calls
        name in own || name in names(WarmStart) || isdefined(Main, name) || isdefined(Base, name) || error("$file: there is no function $name")
    end
end
"""


def r(snippet, path):
    if not shutil.which("Rscript"):
        return None
    return run(["Rscript", "--vanilla", "-e", R_CHECK, path])


def julia_checked(snippet, path):
    if not julia:
        return None
    check = path + ".check"
    with open(check, "w", encoding="utf-8") as file:
        file.write(JULIA_CHECK)
    return run(julia + ["--startup-file=no", "--compile=min", "-O0", check, path], env=environment(path))


def kebab(name):
    return re.sub(r"(?<=[a-z])([A-Z])", r"-\1", name).replace("_", "-").lower()


def sh(snippet, path):
    wrong = run(["bash", "-n", path])
    if wrong:
        return wrong
    arguments = read("src/cli/args.rs")
    body = arguments[arguments.index("pub enum Command {"):]
    commands = {kebab(c) for c in re.findall(r"^    ([A-Z]\w*)", body[: body.index("\n}")], re.M)} | {"help"}
    options = {kebab(o) for o in re.findall(r"^    (?:    )?(?:pub )?(\w+): ", arguments, re.M)} | {"help", "version"}
    for line in snippet.text().replace("\\\n", " ").split("\n"):
        line = re.sub(r"(^|\s)#.*", "", line)
        for command in re.split(r"\|\|?|&&|;", re.sub(r"'[^']*'|\$\(.*\)", "_", line)):
            words = command.split()
            while words and (re.match(r"\w+=", words[0]) or words[0] in ("until", "do", "done", "export")):
                words.pop(0)
            if not words:
                continue
            name = words[0]
            if name == "warmstart":
                asked = [w for w in words[1:] if not w.startswith("-") and w in commands]
                if not asked:
                    return "%r asks for no command that there is" % command
                for option in re.findall(r" --([a-z-]+)", command):
                    if option not in options:
                        return "there is no option --%s" % option
            elif name in ELSEWHERE:
                continue
            elif "/" in name:
                if not os.access(name, os.X_OK):
                    return "there is no program %s here" % name
            elif run(["bash", "-c", 'type -- "$0"', name]) is not None:
                return "there is no command %s" % name
    return None


def fortran(snippet, path):
    return compiled(["gfortran", "-std=f2018", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I" + modules, "-J" + place], snippet, path)


CHECKS = {
    "c": lambda s, p: compiled(["gcc", "-std=c99", "-Wstrict-prototypes"] + STRICT, s, p),
    "cpp": lambda s, p: compiled(["g++", "-std=c++17"] + STRICT, s, p),
    "fortran": fortran,
    "python": python,
    "r": r,
    "julia": julia_checked,
    "sh": sh,
}


def check(snippet, number):
    return CHECKS[snippet.language](snippet, written(snippet, number))


def names():
    """What pages name in passing: functions and constants of the interface, files, other pages, tests."""
    wrong = []
    interface = set()
    for path in ("include/warmstart.h", "include/warmstart.hpp", "include/warmstart.f90", "examples-c/r/warmstart/NAMESPACE", "Cargo.toml"):
        interface |= set(re.findall(r"\w+", read(path)))
    interface |= set(re.findall(r"WARM_\w+", "".join(read("tests/" + name) for name in os.listdir("tests") if name.endswith((".sh", ".rs")))))
    interface |= {"WARM_CRASH_STATES", "WARM_TEST_TIMES"}
    for page in pages:
        text = read(page)
        for name in set(re.findall(r"\b(?:warm|WARM)_\w*\w\b", text)):
            if name not in interface:
                wrong.append("%s: there is no %s" % (page, name))
        prose = re.sub(r"```.*?```", "", text, flags=re.S)
        linked = re.findall(r"\]\(([^)#\s]+)\)", prose) + re.findall(r"^\[[^\]]+\]: (\S+)", prose, re.M)
        for path in linked:
            if "://" not in path and not os.path.exists(os.path.join(os.path.dirname(page), path)):
                wrong.append("%s: there is no %s" % (page, path))
        if page in guide:
            inside = dict(re.findall(r"^\[([^\]]+)\]: (\S+)", read("src/guide/links.md"), re.M))
            outside = dict(re.findall(r"^\[([^\]]+)\]: (\S+)", prose, re.M))
            used = set(re.findall(r"\[([a-zA-Z]+)\](?![:(])", prose)) & (set(inside) | set(outside))
            for name in used - set(outside) | used - set(inside) | set(outside) - used:
                wrong.append("%s: [%s] is not used, or not defined at its end and in links.md" % (page, name))
    rust = "".join(
        read(os.path.join(at, name)) for top in ("src", "tests") for at, _, files in os.walk(top) for name in files if name.endswith(".rs")
    )
    steps = read("tests/run.sh")
    rows = [line.split("|") for line in read("src/guide/guarantees.md").split("\n") if line.startswith("|")]
    held = 0
    for name in (name for row in rows[2:] for name in re.findall(r"`([^`]+)`", row[2])):
        held += 1
        if re.fullmatch(r"\w+", name) and "fn %s(" % name not in rust or not re.fullmatch(r"\w+", name) and name not in steps:
            wrong.append("src/guide/guarantees.md: there is no test %s" % name)
    if held < 20:
        wrong.append("src/guide/guarantees.md: its table was not understood")
    return wrong


shutil.rmtree(place, ignore_errors=True)
os.makedirs(place)
modules = os.path.join(work, "fortran")
if not os.path.exists(os.path.join(modules, "warmstart.mod")):
    modules = place
    said = run(["gfortran", "-std=f2018", "-fsyntax-only", "-J" + place, "include/warmstart.f90"])
    if said:
        raise SystemExit(said)

snippets = [s for page in pages for s in snippets_of(page)]
mutants = []
for language, (name, other) in MUTANTS.items():
    chosen = next((s for s in snippets if s.language == language and any(name in line for line in s.lines)), None)
    if chosen is None:
        raise SystemExit("no snippet of %s has %s in it" % (language, name))
    lines = [line.replace(name, other) for line in chosen.lines]
    mutants.append(Snippet(chosen.page, chosen.line, language, chosen.frame, lines))

with concurrent.futures.ThreadPoolExecutor(2) as two:
    said = list(two.map(check, snippets + mutants, range(len(snippets) + len(mutants))))
failed = names()
failed += ["%s:\n%s" % (s.where(), words) for s, words in zip(snippets, said) if words]
# What is not installed here was not checked either.
unchecked = {l for l, there in (("python", scipy), ("r", shutil.which("Rscript")), ("julia", julia)) if not there}
for mutant, words in zip(mutants, said[len(snippets):]):
    if not words and mutant.language not in unchecked:
        failed.append("%s: %s was not noticed" % (mutant.where(), MUTANTS[mutant.language][1]))
counts = ["%d %s" % (sum(s.language == l for s in snippets), l) for l in EXTENSIONS]
if failed:
    raise SystemExit("\n".join(failed))
if unchecked:
    print("not checked here: " + ", ".join(sorted(unchecked)))
print("%d snippets of %d pages: %s" % (len(snippets), len(pages), ", ".join(counts)))
