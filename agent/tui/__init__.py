"""The terminal interface: screens to ask, read, check and export in."""
