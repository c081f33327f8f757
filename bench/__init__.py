"""Speed: of kernels, of training steps, and of whole workloads compared with other libraries."""
