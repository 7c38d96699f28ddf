"""The way in: `caretaker VERB`, also `python -m cli`. Imports the verbs only when an interruption has an answer."""

import os
import signal

_INTERRUPTED = 130


def main() -> None:
    """Run the verb that the command line names, and end the process with its exit status."""
    before = signal.getsignal(signal.SIGINT)
    try:
        # What the signal raises within an import can be lost in it, or end in a traceback of somebody's module.
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, lambda *_: _interrupted())
        from cli.command import main as command  # noqa: PLC0415 - the half second that this is about

        signal.signal(signal.SIGINT, before)
        command()
    except KeyboardInterrupt:
        _interrupted()


def _interrupted() -> None:
    """Say so as every verb does, and end at once: nothing has begun that would have to be tidied up."""
    try:
        os.write(2, b"caretaker: interrupted\n")
    finally:
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
