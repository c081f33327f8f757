"""Indexing, gathering, scattering and searching."""
