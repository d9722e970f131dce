"""`python -m gradtui` is `gradtui`."""

import sys

from gradtui.cli import main

sys.exit(main())
