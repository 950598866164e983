# R's program of README.md: blobs.
library(warmstart)

arguments <- commandArgs(TRUE)
command <- arguments[1]
name <- arguments[3]
cache <- warm_cache(arguments[2])
hex <- function(x) paste(as.character(writeBin(x, raw(), endian = "big")), collapse = "")
if (command == "write") {
  x <- (0:399) / 8
  x[1] <- -0
  warm_cache_put(cache, "languages", paste("of", name), writeBin(x, raw(), endian = "little"), version = 2^53 - 1,
                 tags = c(paste("tag of", name), "na\u00efve"), dependencies = paste("data of", name),
                 pairs = structure(c("3", "\u00e9"), names = c("degree", "\u65e5\u672c")), content_type = "application/x-doubles", priority = 7)
} else if (command == "invalidate") {
  cat(warm_cache_invalidate(cache, tags = paste("tag of", name)), "\n", sep = "")
} else {
  blob <- warm_cache_get(cache, "languages", paste("of", name))
  lines <- "absent"
  if (!is.null(blob)) {
    bytes <- warm_payload(blob)
    x <- readBin(bytes, "double", length(bytes) / 8, endian = "little")
    labels <- warm_labels(blob)
    info <- warm_info(blob)
    lines <- c(
      paste("payload", length(x), hex(x[1]), hex(x[length(x)])), sprintf("version %.0f", info$version),
      paste("tag", labels$tags), paste("dependency", labels$dependencies),
      paste0("pair ", names(labels$pairs), "=", labels$pairs), paste("content_type", labels$content_type), paste("priority", info$priority)
    )
  }
  writeLines(enc2utf8(lines), useBytes = TRUE)
}
