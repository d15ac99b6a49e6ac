# lookbook_git_commit(VARIABLE): the commit that the programs name, for this directory. It is LOOKBOOK_GIT_COMMIT where that is
# set; else the first twelve digits of git's HEAD, and a build after HEAD has moved configures anew; "unknown" outside git.
function(lookbook_git_commit variable)
  if(LOOKBOOK_GIT_COMMIT)
    set(${variable} ${LOOKBOOK_GIT_COMMIT} PARENT_SCOPE)
    return()
  endif()
  lookbook_ask_git(commit rev-parse --short=12 HEAD)
  if(NOT commit)
    set(${variable} unknown PARENT_SCOPE)
    return()
  endif()
  # HEAD changes with the branch, what it names with each commit. A branch that is packed has no file until the next
  # commit: that one is in HEAD's log. Git itself knows where these lie: in a linked work tree .git is a file.
  lookbook_ask_git(branch symbolic-ref --quiet HEAD)
  foreach(name HEAD logs/HEAD ${branch})
    lookbook_ask_git(file rev-parse --path-format=absolute --git-path ${name})
    if(EXISTS "${file}")  # Ninja would configure before every build for the sake of one that is not there.
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    endif()
  endforeach()
  set(${variable} ${commit} PARENT_SCOPE)
endfunction()

# lookbook_ask_git(VARIABLE ARGUMENT...): git's answer about the source tree, empty where it has none.
function(lookbook_ask_git variable)
  execute_process(COMMAND git ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(answer "")
  endif()
  set(${variable} "${answer}" PARENT_SCOPE)
endfunction()
