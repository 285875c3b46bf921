# What `cmake --install` puts where. There are three components: runtime (shared libraries), development (headers,
# static libraries, the config package, pkg-config files) and daemon (gossipd, its manual, unit and completions).

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(GOSSIP_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/gossip)
set(GOSSIP_PC_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# gossip_install_pc(<name> <description> <libraries> <flags> <required privately> [<required>...]): the pkg-config file
# <name>.pc. Of what is required privately only `pkg-config --static` tells a linker. The file finds its prefix from
# where it lies, so that an installed tree can be moved. The system's own prefix does not move, and where it is spelled
# out, pkg-config leaves out the flags that a compiler needs no telling.
function(gossip_install_pc name description libraries flags required_privately)
  list(JOIN ARGN ", " required)
  set(prefix "${CMAKE_INSTALL_PREFIX}")
  if(NOT prefix STREQUAL "/usr"
     AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    file(RELATIVE_PATH up "/${GOSSIP_PC_DIR}" /)
    string(REGEX REPLACE "/$" "" up "${up}")
    set(prefix "\${pcfiledir}/${up}")
  endif()
  cmake_path(APPEND libdir "\${prefix}" "${CMAKE_INSTALL_LIBDIR}")
  cmake_path(APPEND includedir "\${prefix}" "${CMAKE_INSTALL_INCLUDEDIR}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/gossip.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${GOSSIP_PC_DIR} COMPONENT development)
endfunction()

# gossip_install_part(<part> ASIO <whether> CRYPTO <whether> DEPENDS <part>...): both libraries of a part.
# gossip_library() calls it.
function(gossip_install_part part)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ASIO;CRYPTO" "DEPENDS")
  install(TARGETS gossip_${part}_static gossip_${part}_shared EXPORT gossip-${part}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT gossip-${part} FILE gossip-${part}-targets.cmake NAMESPACE gossip::
    DESTINATION ${GOSSIP_CMAKE_DIR} COMPONENT development)

  set(flags "")
  if(arg_ASIO)
    set(flags -pthread)
  endif()
  set(privately "")
  if(arg_CRYPTO)
    set(privately "libcrypto >= ${GOSSIP_OPENSSL_VERSION_MIN}")
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND gossip- OUTPUT_VARIABLE required)
  gossip_install_pc(gossip-${part} "libgossip, the part ${part}" -lgossip-${part} "${flags}" "${privately}"
    ${required})

  # What the config package has to know of the part.
  set_property(GLOBAL APPEND PROPERTY GOSSIP_PARTS ${part})
  set_property(GLOBAL APPEND_STRING PROPERTY GOSSIP_PART_NEEDS "set(_gossip_${part}_parts ${arg_DEPENDS})\n")
  if(arg_ASIO)
    set_property(GLOBAL APPEND_STRING PROPERTY GOSSIP_PART_NEEDS "set(_gossip_${part}_asio TRUE)\n")
  endif()
  if(arg_CRYPTO)
    set_property(GLOBAL APPEND_STRING PROPERTY GOSSIP_PART_NEEDS "set(_gossip_${part}_crypto TRUE)\n")
  endif()
endfunction()

# gossip_install_package(): the headers, and what belongs to no single part. To be called after the last part.
function(gossip_install_package)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/gossip DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development FILES_MATCHING PATTERN *.hpp)

  gossip_install_pc(gossip "libgossip, all that a node on TCP needs" "" "" "" gossip-asio gossip-core)

  get_property(GOSSIP_PARTS GLOBAL PROPERTY GOSSIP_PARTS)
  set(GOSSIP_BOOST_VERSION ${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR})
  list(JOIN GOSSIP_PARTS ", " GOSSIP_PART_NAMES)
  get_property(GOSSIP_PART_NEEDS GLOBAL PROPERTY GOSSIP_PART_NEEDS)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/gossip-config.cmake.in
    ${PROJECT_BINARY_DIR}/gossip-config.cmake
    INSTALL_DESTINATION ${GOSSIP_CMAKE_DIR} NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/gossip-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/gossip-config.cmake ${PROJECT_BINARY_DIR}/gossip-config-version.cmake
    DESTINATION ${GOSSIP_CMAKE_DIR} COMPONENT development)
endfunction()
