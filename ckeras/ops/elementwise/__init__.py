"""Functions of each element: arithmetic, comparison, special functions, activations."""
