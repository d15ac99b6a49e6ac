// FAISS trains PCA, OPQ and residual quantizers with these, LibTorch's MKL does not export them,
// and nothing that the plug-in does comes here: it searches flat indexes. Without them the plug-in
// could not be loaded.
#include <stdexcept>

#define LB_UNUSED_LAPACK(name)                                                    \
  extern "C" [[noreturn]] int name() {                                            \
    throw std::logic_error("lookbook_cuda.so trains no index: it has no " #name); \
  }

LB_UNUSED_LAPACK(dsyev_)
LB_UNUSED_LAPACK(dgesvd_)
LB_UNUSED_LAPACK(sgesvd_)
LB_UNUSED_LAPACK(ssyrk_)
