"""Reverse-mode differentiation."""

from ckeras.autograd.tape import GradientTape

__all__ = ["GradientTape"]
