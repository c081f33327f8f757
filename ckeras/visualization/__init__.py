"""Pictures of models. Names load on first use, and so do the packages that they need."""
