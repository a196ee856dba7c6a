"""``python -m memorize``: see memorize.book.cli."""

import signal
import sys

from memorize.book.cli import main

if hasattr(signal, "SIGPIPE"):  # so that ``… | head`` ends quietly
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
sys.exit(main())
