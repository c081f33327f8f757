"""Where messages go: to the standard output (the default), or to the logger named ``ckeras``."""

import logging
import sys

_enabled = True


def enable_interactive_logging() -> None:
    """Write the progress bar, summaries and messages to the standard output. This is the default."""
    global _enabled
    _enabled = True


def disable_interactive_logging() -> None:
    """Write the progress bar, summaries and messages to ``logging.getLogger("ckeras")``, at level INFO.

    Python shows nothing below WARNING unless it was configured to, so the messages vanish by default.

    Example:
        >>> disable_interactive_logging()
        >>> is_interactive_logging_enabled()
        False
        >>> print_message("not seen")
        >>> enable_interactive_logging()
        >>> print_message("seen")
        seen
    """
    global _enabled
    _enabled = False


def is_interactive_logging_enabled() -> bool:
    """Whether messages go to the standard output rather than to the logger."""
    return _enabled


def print_message(message: str, line_break: bool = True) -> None:
    """Show a message at once, where the setting of interactive logging sends it.

    Characters that the standard output cannot encode are replaced. A process without a standard output (its
    ``sys.stdout`` is ``None``) shows nothing.
    """
    if not _enabled:
        logging.getLogger("ckeras").info(message)
        return
    stream = sys.stdout
    if stream is None:
        return
    text = message + "\n" if line_break else message
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        stream.write(text.encode(encoding, errors="replace").decode(encoding))
    stream.flush()
