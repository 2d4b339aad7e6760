"""Laws are tried without a time limit, as a busy machine must not fail them, and in a landing on the same examples.

`make test` tries the examples that follow from each law's own source, so that a run says the same twice; `make laws`
tries many others, new ones in each run. What it finds becomes an `@example`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("landing", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=3000, suppress_health_check=list(HealthCheck))
settings.load_profile("landing")
