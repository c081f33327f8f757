"""From a Python function to a plan: trace -> graph -> rewriting -> fusion -> memory -> instructions."""
