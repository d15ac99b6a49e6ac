# What a person may choose; CMakePresets.json holds the usual combinations.
option(LOOKBOOK_BUILD_TESTS "Build the tests and benchmarks" ON)
option(LOOKBOOK_WITH_TORCH "Build what links LibTorch or FAISS; OFF leaves the part that sanitizer lanes cover" ON)
option(LOOKBOOK_ONEDNN "Run convolutions on the CPU by oneDNN itself; OFF leaves them to LibTorch, with 40 MB less to ship" ON)
option(LOOKBOOK_STATIC_GRPC "Link gRPC and Abseil into the programs; OFF takes their shared libraries" ON)
option(LOOKBOOK_CUDA "Require lookbook_cuda.so; OFF still makes it where everything for it is there" OFF)
set(LOOKBOOK_GIT_COMMIT "" CACHE STRING "The commit that the programs name, where the source tree is without its .git; empty: ask git")
set(LOOKBOOK_PACKAGE_CONTACT "The Lookbook authors <root@localhost>" CACHE STRING "Who maintains the Debian packages that this build makes")
set(LOOKBOOK_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")
option(LOOKBOOK_FUZZ "Drive the fuzz targets by libFuzzer, and count the lines that they reach; needs Clang" OFF)
option(LOOKBOOK_WERROR "Treat warnings as errors" ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# -fPIC for libraries and programs alike: one precompiled header must serve both, and CMake would give programs -fPIE.
add_compile_options(-fPIC)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

set(lookbook_deps "$ENV{LOOKBOOK_DEPS}")
if(NOT lookbook_deps)
  set(lookbook_deps "$ENV{HOME}/.cache/lookbook")
endif()
set(LOOKBOOK_DEPS "${lookbook_deps}" CACHE PATH "Where scripts/setup puts LibTorch and FAISS")

find_program(LOOKBOOK_CCACHE ccache)
if(LOOKBOOK_CCACHE)
  # The sloppiness is what ccache's manual asks for with precompiled headers.
  # The base directory and hash_dir let two build folders, or two checkouts, share objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${LOOKBOOK_CCACHE})
endif()
find_program(LOOKBOOK_MOLD mold)
if(LOOKBOOK_MOLD)
  # separate-code: without it mold 1.10 can begin RELRO below its segment, in a page that is not mapped, where
  # the end of the code lies a few bytes before that of a page; such a program does not start.
  add_link_options(-fuse-ld=mold -Wl,-z,separate-code)
endif()
if(LOOKBOOK_SANITIZE)
  add_compile_options(-fsanitize=${LOOKBOOK_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${LOOKBOOK_SANITIZE})
  # Without this UBSan prints what it found and goes on, and the test passes.
  if(LOOKBOOK_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

if(LOOKBOOK_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "LOOKBOOK_FUZZ needs Clang, and the compiler is ${CMAKE_CXX_COMPILER}; scripts/fuzz does it all")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)  # Of an empty optional, a range that is left.
endif()

# Otherwise every compilation fails with a message that says nothing of it.
if(CMAKE_CXX_CLANG_TIDY)
  list(GET CMAKE_CXX_CLANG_TIDY 0 lookbook_clang_tidy)
  find_program(LOOKBOOK_CLANG_TIDY ${lookbook_clang_tidy})
  if(NOT LOOKBOOK_CLANG_TIDY)
    message(FATAL_ERROR "${lookbook_clang_tidy} is not installed, and the preset tidy needs it: apt-get install clang-tidy")
  endif()
endif()
