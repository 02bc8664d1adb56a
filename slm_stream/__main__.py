"""`python -m slm_stream` is `slm`."""

import sys

from slm_stream.cli.main import main

sys.exit(main())
