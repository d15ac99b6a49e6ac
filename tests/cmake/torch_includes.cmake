# cmake -DROOT=<tree> -DWORK=<empty folder> -P torch_includes.cmake: what cmake/TorchIncludes.cmake promises.
include(${ROOT}/cmake/TorchIncludes.cmake)
file(REMOVE_RECURSE ${WORK})

function(expect condition)
  if(NOT (${ARGV}))
    string(JOIN " " text ${ARGV})
    message(FATAL_ERROR "not so: ${text}")
  endif()
endfunction()

# As scripts/setup unpacks it: used as it is.
file(WRITE ${WORK}/clean/torch/torch.h "")
lookbook_torch_includes(${WORK}/clean ${WORK}/farm folder)
expect(folder STREQUAL ${WORK}/clean)
expect(NOT EXISTS ${WORK}/farm)

# As pip installs it: everything but the two, also when a file is new at the next configuration.
file(WRITE ${WORK}/pip/torch/torch.h "")
file(WRITE ${WORK}/pip/google/protobuf/message.h "")
file(WRITE ${WORK}/pip/fmt/core.h "")
lookbook_torch_includes(${WORK}/pip ${WORK}/farm folder)
file(WRITE ${WORK}/pip/ATen/ATen.h "")
lookbook_torch_includes(${WORK}/pip ${WORK}/farm folder)
expect(folder STREQUAL ${WORK}/farm)
expect(EXISTS ${WORK}/farm/torch/torch.h)
expect(EXISTS ${WORK}/farm/ATen/ATen.h)
expect(NOT EXISTS ${WORK}/farm/google)
expect(NOT EXISTS ${WORK}/farm/fmt)
expect(EXISTS ${WORK}/pip/google/protobuf/message.h)
