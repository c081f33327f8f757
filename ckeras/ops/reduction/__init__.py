"""Reductions, statistics, sorting and counting."""
