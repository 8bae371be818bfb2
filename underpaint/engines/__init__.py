"""Where work runs: one file an engine, each with the same run(request)."""
