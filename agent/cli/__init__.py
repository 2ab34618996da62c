"""The `citeloom` command: it parses, calls and prints, and decides nothing."""
