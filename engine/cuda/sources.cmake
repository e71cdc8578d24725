# What the CUDA backend consists of, for nvcc and for the tests' emulation of CUDA: paths from engine/cuda/.
set(KVASIR_CUDA_KERNELS
  kernels/attention_expanded.cu
  kernels/attention_latent.cu
  kernels/elementwise.cu
  kernels/embed.cu
  kernels/ffn.cu
  kernels/ffn_down.cu
  kernels/ffn_inner.cu
  kernels/ffn_large.cu
  kernels/ffn_slots.cu
  kernels/products.cu
  kernels/products_large.cu
  kernels/repack.cu
  kernels/router.cu
  kernels/top_logits.cu)
set(KVASIR_CUDA_HOST_SOURCES)
