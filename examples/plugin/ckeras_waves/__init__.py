"""Parts of ckeras models for signals that repeat. ckeras finds them by the names in `pyproject.toml`."""
