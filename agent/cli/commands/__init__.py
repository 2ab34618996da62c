"""The commands, a module a group; each `register` hangs its own into the app."""
