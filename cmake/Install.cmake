# cmake --install: programs in bin/, LibTorch's CPU half beside them in lib/lookbook, found through a relative RPATH.
set(lookbook_programs lookbook-server lookbook-train lookbook_cli)
set_target_properties(${lookbook_programs} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/lookbook")
install(TARGETS lookbook-server COMPONENT server DESTINATION bin)
install(TARGETS lookbook_cli COMPONENT client DESTINATION bin)
install(TARGETS lookbook-train COMPONENT trainer DESTINATION bin)
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
