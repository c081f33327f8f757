"""Speed: of kernels, of training steps, and of whole workloads beside other libraries."""
