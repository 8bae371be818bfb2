"""Start the studio as AUTOMATIC1111 is started: `python webui.py --listen --api-auth me:secret`.

Takes its flags, and those in COMMANDLINE_ARGS, which `webui-user.sh` and `webui-user.bat` set.
"""

import os
import sys

from underpaint.errors import UnderpaintError
from underpaint.faces import cli
from underpaint.faces.a1111 import flags


def main() -> int:
    """Start, and return the exit code."""
    try:
        given = [*sys.argv[1:], *flags.words(os.environ.get("COMMANDLINE_ARGS", ""))]
        habits = flags.read(given)
    except UnderpaintError as error:
        sys.stderr.write(f"webui: {error}\n")
        return cli.REFUSED
    for note in habits.notes:
        sys.stderr.write(f"webui: {note}\n")
    return cli.run(["studio", *habits.arguments()])


if __name__ == "__main__":
    sys.exit(main())
