"""Creation, shape, layout, joining and splitting of tensors."""
