# Times metafor on the tasks of analysis_speed.py; prints one "name seconds" line a task.
# Reads the sets from a text file: a line "name k n", then n blocks of two lines (yi, vi).
suppressMessages(library(metafor))
path <- commandArgs(trailingOnly = TRUE)[1]
lines <- readLines(path)
read_set <- function(i) scan(text = lines[i], quiet = TRUE)
at <- 1
sets <- list()
while (at <= length(lines)) {
  head <- strsplit(lines[at], " ")[[1]]
  n <- as.integer(head[3])
  sets[[head[1]]] <- lapply(seq_len(n), function(j) list(yi = read_set(at + 2 * j - 1), vi = read_set(at + 2 * j)))
  at <- at + 1 + 2 * n
}
# On a shared machine waiting is not metafor's: the smaller of elapsed and processor time.
took <- function(t) min(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]])
per <- function(times, expr) {
  e <- substitute(expr); env <- parent.frame()
  eval(e, env)
  best <- Inf
  for (r in 1:3) best <- min(best, took(system.time(for (i in seq_len(times)) eval(e, env))) / times)
  best
}
one <- sets$k20[[1]]
cat("fit_k20", per(40, rma(one$yi, one$vi, method = "REML", test = "knha")), "\n")
big <- sets$k1000[[1]]
cat("fit_k1000", took(system.time(rma(big$yi, big$vi, method = "REML", test = "knha"))), "\n")
failed <- 0
many <- took(system.time(for (s in sets$many) {
  fit <- try(suppressWarnings(rma(s$yi, s$vi, method = "REML", test = "knha")), silent = TRUE)
  if (inherits(fit, "try-error")) failed <- failed + 1
})) / length(sets$many)
cat("per_set", many, "\n")
cat("failed_share", failed / length(sets$many), "\n")
hundred <- sets$k100[[1]]
fit100 <- rma(hundred$yi, hundred$vi, method = "REML", test = "knha")
cat("loo_k100", took(system.time(leave1out(fit100))), "\n")
bundle <- function() {
  fit <- rma(one$yi, one$vi, method = "REML", test = "knha")
  predict(fit); confint(fit); leave1out(fit); cumul(fit, order = seq_along(one$yi)); influence(fit)
  regtest(fit, model = "lm"); suppressWarnings(ranktest(fit)); trimfill(fit)
}
cat("bundle_k20", per(3, bundle()), "\n")
cat("version", as.character(packageVersion("metafor")), "\n")
cat("blas", basename(sessionInfo()$BLAS), "\n")
