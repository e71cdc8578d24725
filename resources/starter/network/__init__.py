"""The network of DeepSeek-V3's shape in PyTorch, as Kvasir's engine computes it."""
