"""Output of messages: to the standard output (the default), or to the logger named ``ckeras``."""

import logging
import sys

from ckeras import config


def print_message(message: str, line_break: bool = True) -> None:
    """Print or log a message immediately, according to the setting of interactive logging.

    Characters that the standard output cannot encode are replaced. A process without a standard output
    (``sys.stdout`` is ``None``) prints nothing.
    """
    if not config.is_interactive_logging_enabled():
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
