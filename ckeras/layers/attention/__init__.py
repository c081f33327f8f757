"""Layers of attention: a target's output is a mean of values, weighted by how its query matches their keys."""
