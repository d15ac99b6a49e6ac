// FAISS has a kernel for lists of every power of two of candidates, and those of 256 and more take
// 20 MB of the plug-in. InvertedCudaScan asks the device for 128 at most (kMostSelected), so
// nothing comes here; with these names taken, the kernels are left out.
#include <stdexcept>

#define LB_UNUSED_SCAN(name)                                                       \
  extern "C" [[noreturn]] __attribute__((visibility("hidden"))) void name() {      \
    throw std::logic_error("lookbook_cuda.so has no scan for so many candidates"); \
  }

LB_UNUSED_SCAN(
    _ZN5faiss3gpu27ivfInterleavedScanImpl_256_ERNS0_6TensorIfLi2ELb1EiNS0_6traits16DefaultPtrTraitsEEERNS1_IlLi2ELb1EiS3_EERNS0_12DeviceVectorIPvEESB_NS0_14IndicesOptionsERNS8_IiEEiNS_10MetricTypeEbRNS1_IfLi3ELb1EiS3_EEPNS0_18GpuScalarQuantizerES5_S7_PNS0_12GpuResourcesE)
LB_UNUSED_SCAN(
    _ZN5faiss3gpu27ivfInterleavedScanImpl_512_ERNS0_6TensorIfLi2ELb1EiNS0_6traits16DefaultPtrTraitsEEERNS1_IlLi2ELb1EiS3_EERNS0_12DeviceVectorIPvEESB_NS0_14IndicesOptionsERNS8_IiEEiNS_10MetricTypeEbRNS1_IfLi3ELb1EiS3_EEPNS0_18GpuScalarQuantizerES5_S7_PNS0_12GpuResourcesE)
LB_UNUSED_SCAN(
    _ZN5faiss3gpu28ivfInterleavedScanImpl_1024_ERNS0_6TensorIfLi2ELb1EiNS0_6traits16DefaultPtrTraitsEEERNS1_IlLi2ELb1EiS3_EERNS0_12DeviceVectorIPvEESB_NS0_14IndicesOptionsERNS8_IiEEiNS_10MetricTypeEbRNS1_IfLi3ELb1EiS3_EEPNS0_18GpuScalarQuantizerES5_S7_PNS0_12GpuResourcesE)
LB_UNUSED_SCAN(
    _ZN5faiss3gpu28ivfInterleavedScanImpl_2048_ERNS0_6TensorIfLi2ELb1EiNS0_6traits16DefaultPtrTraitsEEERNS1_IlLi2ELb1EiS3_EERNS0_12DeviceVectorIPvEESB_NS0_14IndicesOptionsERNS8_IiEEiNS_10MetricTypeEbRNS1_IfLi3ELb1EiS3_EEPNS0_18GpuScalarQuantizerES5_S7_PNS0_12GpuResourcesE)
