"""The place of the prompts of model mode, of which there are none yet."""
