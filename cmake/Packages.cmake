# Debian packages by CPack (`scripts/package --debian`, docs/packages.md): lookbook (the client), lookbook-server, lookbook-train and
# lookbook-libtorch, which the latter two share. What they hold beside Install.cmake's components is in components of its own.
set(debian ${CMAKE_SOURCE_DIR}/deploy/debian)
set(for_packages ${CMAKE_BINARY_DIR}/packages)

# The server's configuration with the folder of bundles where a Debian package keeps its state, and with logs as the journal's readers
# can take them apart.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deploy/server.toml)
file(READ ${CMAKE_SOURCE_DIR}/deploy/server.toml packaged_toml)
# lookbook_change_toml(BEFORE AFTER): of packaged_toml.
function(lookbook_change_toml before after)
  string(REPLACE "${before}" "${after}" changed "${packaged_toml}")
  if(changed STREQUAL packaged_toml)
    message(FATAL_ERROR "deploy/server.toml has no ${before} for the package to replace")
  endif()
  set(packaged_toml "${changed}" PARENT_SCOPE)
endfunction()
lookbook_change_toml("except `bundles`, which you must set." "except `bundles` and `log.format`.")
lookbook_change_toml("path = \"/srv/lookbook/bundles\"" "path = \"/var/lib/lookbook/bundles\"")
lookbook_change_toml("format = \"text\"" "format = \"json\"")
file(WRITE ${for_packages}/server.toml "${packaged_toml}")
install(FILES ${for_packages}/server.toml COMPONENT server_system DESTINATION /etc/lookbook EXCLUDE_FROM_ALL)
install(FILES ${debian}/lookbook-server.service COMPONENT server_system DESTINATION lib/systemd/system EXCLUDE_FROM_ALL)

# lookbook_document_program(PROGRAM PACKAGE COMPONENT): what scripts/manual_pages and scripts/completions wrote, and the licences.
function(lookbook_document_program program package component)
  install(DIRECTORY ${for_packages}/${program}/man/ COMPONENT ${component} DESTINATION share/man EXCLUDE_FROM_ALL)
  install(FILES ${for_packages}/${program}/completion COMPONENT ${component}
    DESTINATION share/bash-completion/completions RENAME ${program} EXCLUDE_FROM_ALL)
  install(FILES ${debian}/copyright CHANGELOG.md COMPONENT ${component} DESTINATION share/doc/${package} EXCLUDE_FROM_ALL)
endfunction()
lookbook_document_program(lookbook lookbook client_system)
lookbook_document_program(lookbook-server lookbook-server server_system)
lookbook_document_program(lookbook-train lookbook-train trainer_system)
install(FILES ${debian}/copyright COMPONENT torch_system DESTINATION share/doc/lookbook-libtorch EXCLUDE_FROM_ALL)
install(DIRECTORY ${LOOKBOOK_TORCH_DIR}/share/licenses COMPONENT torch_system DESTINATION share/doc/lookbook-libtorch EXCLUDE_FROM_ALL OPTIONAL)
get_filename_component(faiss_folder "${LOOKBOOK_FAISS_INCLUDE}" DIRECTORY)
foreach(package server train)
  string(REPLACE train trainer component ${package}_system)
  install(FILES ${faiss_folder}/LICENSE COMPONENT ${component} DESTINATION share/doc/lookbook-${package} RENAME LICENSE.faiss EXCLUDE_FROM_ALL OPTIONAL)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lookbook)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # Each has its own.
set(CPACK_PACKAGE_VENDOR "The Lookbook authors")
set(CPACK_PACKAGE_CONTACT "${LOOKBOOK_PACKAGE_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${LOOKBOOK_TORCH_DIR}/lib)
set(CPACK_COMPONENTS_ALL)

# lookbook_package(GROUP PACKAGE DEPENDS DESCRIPTION): of the components GROUP and GROUP_system.
macro(lookbook_package group package depends description)
  string(TOUPPER ${group} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${depends}")
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${description}")
  list(APPEND CPACK_COMPONENTS_ALL ${group} ${group}_system)
endmacro()
set(torch "lookbook-libtorch (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
lookbook_package(client lookbook "" "finds garments that look like a photo: the client
Asks a lookbook-server: searches by pictures, bundles, health, load tests.")
lookbook_package(server lookbook-server "adduser, ${torch}" "finds garments that look like a photo: the server
A gRPC service: a picture in, its nearest neighbours in the catalogue and
the scores of its classes out. Computes on the CPU.")
lookbook_package(trainer lookbook-train "${torch}" "finds garments that look like a photo: the trainer
Trains, exports, indexes, evaluates and publishes the bundles that
lookbook-server serves.")
lookbook_package(torch lookbook-libtorch "" "finds garments that look like a photo: LibTorch
The libraries of PyTorch's CPU half that lookbook-server and lookbook-train
compute with, for these two alone.")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS lookbook)
set(CPACK_DEBIAN_TRAINER_PACKAGE_SUGGESTS dataset-fashion-mnist)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  "${debian}/server/postinst;${debian}/server/prerm;${debian}/server/postrm;${debian}/server/conffiles")

include(CPack)
foreach(group client server trainer torch)
  cpack_add_component_group(${group})
  cpack_add_component(${group} GROUP ${group})
  cpack_add_component(${group}_system GROUP ${group})
endforeach()
