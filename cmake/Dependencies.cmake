# Every find_package of the project. scripts/setup brings what is looked for here.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(SQLiteCpp REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core pull)
pkg_check_modules(spng REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(grpcpp REQUIRED IMPORTED_TARGET grpc++)
find_program(LOOKBOOK_PROTOC protoc REQUIRED)
find_program(LOOKBOOK_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
find_library(LOOKBOOK_GRPC_REFLECTION grpc++_reflection REQUIRED)
add_library(grpc_reflection INTERFACE)
add_library(lookbook::grpc_reflection ALIAS grpc_reflection)
target_link_libraries(grpc_reflection INTERFACE ${LOOKBOOK_GRPC_REFLECTION} PkgConfig::grpcpp)

# Mustache templates, header-only: the client's contact sheet and the trainer's reports.
find_path(LOOKBOOK_MUSTACHE_INCLUDE kainjow/mustache.hpp REQUIRED)
add_library(mustache INTERFACE)
add_library(lookbook::mustache ALIAS mustache)
target_include_directories(mustache SYSTEM INTERFACE ${LOOKBOOK_MUSTACHE_INCLUDE})

# Charts in reports: one file of libjs-chart.js, compiled in.
find_file(LOOKBOOK_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist REQUIRED)

# OpenCV's CMake package comes with libopencv-dev alone, which brings 140 libraries; two suffice.
find_path(LOOKBOOK_OPENCV_INCLUDE opencv2/imgproc.hpp PATH_SUFFIXES opencv4 REQUIRED)
find_library(LOOKBOOK_OPENCV_CORE opencv_core REQUIRED)
find_library(LOOKBOOK_OPENCV_IMGPROC opencv_imgproc REQUIRED)
add_library(opencv INTERFACE)
add_library(lookbook::opencv ALIAS opencv)
target_include_directories(opencv SYSTEM INTERFACE ${LOOKBOOK_OPENCV_INCLUDE})
target_link_libraries(opencv INTERFACE ${LOOKBOOK_OPENCV_IMGPROC} ${LOOKBOOK_OPENCV_CORE})

# Not by its CMake package, which wants OpenCL's.
if(LOOKBOOK_ONEDNN)
  find_path(LOOKBOOK_ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp REQUIRED)
  find_library(LOOKBOOK_ONEDNN_LIBRARY dnnl REQUIRED)
  add_library(onednn INTERFACE)
  add_library(lookbook::onednn ALIAS onednn)
  target_include_directories(onednn SYSTEM INTERFACE ${LOOKBOOK_ONEDNN_INCLUDE})
  target_link_libraries(onednn INTERFACE ${LOOKBOOK_ONEDNN_LIBRARY})
endif()

if(LOOKBOOK_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  pkg_check_modules(exif REQUIRED IMPORTED_TARGET libexif)  # A second opinion in a test.
endif()

if(LOOKBOOK_WITH_TORCH)
  # LibTorch's own TorchConfig.cmake demands a CUDA toolkit. The CPU half needs none of it:
  # libtorch_cpu.so wants libcudart, libcupti and libgomp, which lie beside it.
  set(lookbook_torch_dir "$ENV{LOOKBOOK_TORCH_DIR}")
  if(NOT lookbook_torch_dir)
    set(lookbook_torch_dir "${LOOKBOOK_DEPS}/libtorch-2.11.0")
  endif()
  set(LOOKBOOK_TORCH_DIR "${lookbook_torch_dir}" CACHE PATH "LibTorch 2.11.0: holds include/ and lib/")
  foreach(file lib/libtorch_cpu.so lib/libc10.so include/torch/csrc/api/include/torch/torch.h)
    if(NOT EXISTS "${LOOKBOOK_TORCH_DIR}/${file}")
      message(FATAL_ERROR "LibTorch: ${LOOKBOOK_TORCH_DIR}/${file} is missing. Run scripts/setup, or set LOOKBOOK_TORCH_DIR.")
    endif()
  endforeach()
  include(${CMAKE_CURRENT_LIST_DIR}/TorchIncludes.cmake)
  lookbook_torch_includes("${LOOKBOOK_TORCH_DIR}/include" "${CMAKE_BINARY_DIR}/torch_include" lookbook_torch_include)
  add_library(torch_cpu INTERFACE)
  add_library(lookbook::torch ALIAS torch_cpu)
  target_include_directories(torch_cpu SYSTEM INTERFACE
    "${lookbook_torch_include}" "${lookbook_torch_include}/torch/csrc/api/include")
  # Both register operators when they are loaded, which the linker cannot see: --no-as-needed keeps them.
  target_link_libraries(torch_cpu INTERFACE
    -Wl,--push-state,--no-as-needed "${LOOKBOOK_TORCH_DIR}/lib/libtorch_cpu.so" "${LOOKBOOK_TORCH_DIR}/lib/libc10.so" -Wl,--pop-state)
  list(APPEND CMAKE_BUILD_RPATH "${LOOKBOOK_TORCH_DIR}/lib")

  set(lookbook_faiss_dir "$ENV{faiss_ROOT}")
  if(NOT lookbook_faiss_dir)
    set(lookbook_faiss_dir "${LOOKBOOK_DEPS}/faiss-1.7.3-avx2")
  endif()
  find_library(LOOKBOOK_FAISS_LIBRARY NAMES faiss faiss_avx2 PATHS "${lookbook_faiss_dir}/lib" NO_DEFAULT_PATH REQUIRED)
  find_path(LOOKBOOK_FAISS_INCLUDE faiss/IndexFlat.h PATHS "${lookbook_faiss_dir}/include" NO_DEFAULT_PATH REQUIRED)
  add_library(faiss_avx2 INTERFACE)
  add_library(lookbook::faiss ALIAS faiss_avx2)
  target_include_directories(faiss_avx2 SYSTEM INTERFACE "${LOOKBOOK_FAISS_INCLUDE}")
  # BLAS and LAPACK are the MKL inside libtorch_cpu.so, and libgomp is the one beside it: one BLAS and one OpenMP
  # runtime in the process.
  find_library(LOOKBOOK_GOMP NAMES libgomp.so.1 PATHS "${LOOKBOOK_TORCH_DIR}/lib" NO_DEFAULT_PATH)
  if(NOT LOOKBOOK_GOMP)
    set(LOOKBOOK_GOMP gomp)
  endif()
  target_link_libraries(faiss_avx2 INTERFACE "${LOOKBOOK_FAISS_LIBRARY}" lookbook::torch ${LOOKBOOK_GOMP})

  # The headers of CUDA's runtime and of FAISS for GPUs, to compile engine/cuda. cublas_v2.h, of which FAISS's headers
  # name one type, comes with a toolkit; without one a stand-in declares that type.
  find_path(LOOKBOOK_CUDA_INCLUDE cuda_runtime_api.h NO_DEFAULT_PATH
    PATHS "$ENV{CUDA_HOME}/include" "${LOOKBOOK_DEPS}/cuda-headers-13.0" /usr/local/cuda/include)
  find_path(LOOKBOOK_FAISS_CUDA_INCLUDE faiss/gpu/GpuIndexFlat.h NO_DEFAULT_PATH
    PATHS "$ENV{faiss_cuda_ROOT}/include" "${LOOKBOOK_DEPS}/faiss-1.7.3-cuda/include" "${LOOKBOOK_DEPS}/faiss-1.7.3")
  find_library(LOOKBOOK_FAISS_CUDA_LIBRARY NAMES faiss faiss_avx2 NO_DEFAULT_PATH
    PATHS "$ENV{faiss_cuda_ROOT}/lib" "${LOOKBOOK_DEPS}/faiss-1.7.3-cuda/lib")
  if(LOOKBOOK_CUDA_INCLUDE AND LOOKBOOK_FAISS_CUDA_INCLUDE)
    add_library(cuda_headers INTERFACE)
    add_library(lookbook::cuda_headers ALIAS cuda_headers)
    target_include_directories(cuda_headers SYSTEM INTERFACE "${LOOKBOOK_CUDA_INCLUDE}" "${LOOKBOOK_FAISS_CUDA_INCLUDE}")
    if(NOT EXISTS "${LOOKBOOK_CUDA_INCLUDE}/cublas_v2.h")
      target_include_directories(cuda_headers SYSTEM INTERFACE "${CMAKE_CURRENT_LIST_DIR}/cuda_stand_in")
    endif()
  endif()
endif()

# Debian's archives are made for programs, not for libraries that are loaded, as the plug-in is: with it, the shared ones.
if(LOOKBOOK_STATIC_GRPC AND LOOKBOOK_FAISS_CUDA_LIBRARY)
  message(STATUS "gRPC and Abseil: shared libraries, for lookbook_cuda.so is made")
elseif(LOOKBOOK_STATIC_GRPC)
  include(${CMAKE_CURRENT_LIST_DIR}/StaticGrpc.cmake)
  lookbook_link_grpc_archives()
endif()
