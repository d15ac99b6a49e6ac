# cmake --install: programs in bin/, LibTorch's CPU half beside them in lib/lookbook, found through a relative RPATH.
# The programs that link torch are not there with LOOKBOOK_WITH_TORCH=OFF.
function(lookbook_install_program program component)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/lookbook")
    install(TARGETS ${program} COMPONENT ${component} DESTINATION bin)
  endif()
endfunction()
lookbook_install_program(lookbook-server server)
lookbook_install_program(lookbook_cli client)
lookbook_install_program(lookbook-train trainer)
install(DIRECTORY models/recipes COMPONENT trainer DESTINATION share/lookbook)
install(FILES deploy/server.toml COMPONENT server DESTINATION share/lookbook)

# Names that libtorch_cpu.so asks for; CUDA's two runtime libraries lie beside it or in the wheels' own folders.
foreach(library libtorch_cpu.so libc10.so libgomp.so.1 libcudart.so.13 libcupti.so.13)
  find_file(file ${library} NO_CACHE NO_DEFAULT_PATH PATHS "${LOOKBOOK_TORCH_DIR}/lib"
    "${LOOKBOOK_TORCH_DIR}/../nvidia/cu13/lib" "${LOOKBOOK_TORCH_DIR}/../nvidia/cuda_runtime/lib")
  if(file)
    install(PROGRAMS ${file} COMPONENT torch DESTINATION lib/lookbook)
  endif()
  unset(file)
endforeach()

# The plug-in, where it is built. What it needs of CUDA is no part of the installation.
if(TARGET lookbook_cuda)
  install(TARGETS lookbook_cuda COMPONENT cuda DESTINATION lib/lookbook)
endif()
