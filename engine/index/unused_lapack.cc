// FAISS trains PCA, OPQ and residual quantizers with these, and LibTorch's MKL does not export
// them. No kind of index_spec.h comes here, but the objects of FAISS that name them are linked with
// those kinds. Hidden, so that no library of the process (OpenCV has a use for some) can meet them.
#include <stdexcept>

#define LB_UNUSED_LAPACK(name)                                                          \
  extern "C" [[noreturn]] __attribute__((visibility("hidden"))) int name() {            \
    throw std::logic_error("no index of this program is trained with LAPACK's " #name); \
  }

LB_UNUSED_LAPACK(dsyev_)
LB_UNUSED_LAPACK(dgesvd_)
LB_UNUSED_LAPACK(sgesvd_)
LB_UNUSED_LAPACK(ssyrk_)
LB_UNUSED_LAPACK(dgetri_)
LB_UNUSED_LAPACK(sgetri_)
