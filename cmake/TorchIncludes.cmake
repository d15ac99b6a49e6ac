# LibTorch as pip or pytorch.org brings it has include/google and include/fmt: protobuf and fmt of other versions, which
# would shadow the system's. The copy that scripts/setup unpacks is without them.

# Sets `out` to a folder with the headers of `include` less those two: `include` itself where it has neither, else `farm`,
# a folder of links to everything else.
function(lookbook_torch_includes include farm out)
  set(${out} "${include}" PARENT_SCOPE)
  if(NOT EXISTS "${include}/google" AND NOT EXISTS "${include}/fmt")
    return()
  endif()
  file(REMOVE_RECURSE "${farm}")
  file(MAKE_DIRECTORY "${farm}")
  file(GLOB entries RELATIVE "${include}" "${include}/*")
  list(REMOVE_ITEM entries google fmt)
  foreach(entry ${entries})
    file(CREATE_LINK "${include}/${entry}" "${farm}/${entry}" SYMBOLIC)
  endforeach()
  set(${out} "${farm}" PARENT_SCOPE)
endfunction()
