"""Control flow, functions of functions, and operations that a graph records."""
