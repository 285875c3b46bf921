# How a part of libgossip is declared; lib/CMakeLists.txt has the parts.

# What a program that links a shared libgossip needs the same of: the major version. Before 1.0 any minor release may
# change the interface, so there the minor version belongs to it.
set(GOSSIP_SOVERSION ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  string(APPEND GOSSIP_SOVERSION .${PROJECT_VERSION_MINOR})
endif()

# What a shared library may export, for the linker.
set(GOSSIP_EXPORTS ${CMAKE_CURRENT_LIST_DIR}/exports.map)

# gossip_library(<part> [ASIO] [CRYPTO] SOURCES <source>... [DEPENDS <part>...])
#
# Declares the part gossip::<part>: its sources are compiled once and linked twice, into a static and a shared library
# gossip-<part>. These are gossip::<part>_static and gossip::<part>_shared; gossip::<part> is the one that
# BUILD_SHARED_LIBS asks for. DEPENDS names the parts that its headers or sources include. ASIO says that they include
# Boost.Asio: then whoever links the part is given Boost's headers and threads. CRYPTO says that its sources call
# OpenSSL's libcrypto, of which no header tells: only a static library has others link it.
#
# A shared library exports what the headers mark with GOSSIP_EXPORT. The linker's script repeats that for what compilers
# export of their own accord: instances of the standard library's templates.
function(gossip_library part)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ASIO;CRYPTO" "" "SOURCES;DEPENDS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "gossip_library(${part} ...) takes [ASIO] [CRYPTO] SOURCES <source>... [DEPENDS <part>...]")
  endif()

  set(objects gossip_${part}_objects)
  add_library(${objects} OBJECT ${arg_SOURCES})
  gossip_target(${objects})
  gossip_lto_objects(${objects})
  set_target_properties(${objects} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(${objects} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  if(arg_ASIO)
    gossip_asio(${objects})
  endif()
  if(arg_CRYPTO)
    target_link_libraries(${objects} PRIVATE OpenSSL::Crypto)
  endif()
  if(GOSSIP_COVERAGE)
    target_compile_options(${objects} PRIVATE -fprofile-instr-generate -fcoverage-mapping)
  endif()

  foreach(kind IN ITEMS static shared)
    set(library gossip_${part}_${kind})
    string(TOUPPER ${kind} type)
    add_library(${library} ${type} $<TARGET_OBJECTS:${objects}>)
    add_library(gossip::${part}_${kind} ALIAS ${library})
    gossip_target(${library})
    set_target_properties(${library} PROPERTIES OUTPUT_NAME gossip-${part} EXPORT_NAME ${part}_${kind})
    target_include_directories(${library} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
    foreach(other IN LISTS arg_DEPENDS)
      target_link_libraries(${library} PUBLIC gossip_${other}_${kind})
    endforeach()
    if(arg_ASIO)
      target_link_libraries(${library} PUBLIC Boost::headers Threads::Threads)
    endif()
    if(arg_CRYPTO)
      target_link_libraries(${library} PRIVATE OpenSSL::Crypto)
    endif()
    if(GOSSIP_COVERAGE)
      target_link_options(${library} PUBLIC -fprofile-instr-generate)
    endif()
  endforeach()

  set(shared gossip_${part}_shared)
  set_target_properties(${shared} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${GOSSIP_SOVERSION})
  if(NOT APPLE)
    set_property(TARGET ${shared} PROPERTY LINK_DEPENDS ${GOSSIP_EXPORTS})
    target_link_options(${shared} PRIVATE LINKER:--version-script=${GOSSIP_EXPORTS})
  endif()

  if(BUILD_SHARED_LIBS)
    add_library(gossip::${part} ALIAS gossip_${part}_shared)
    set(spare gossip_${part}_static)
  else()
    add_library(gossip::${part} ALIAS gossip_${part}_static)
    set(spare gossip_${part}_shared)
  endif()
  if(GOSSIP_INSTALL)
    gossip_install_part(${part} ASIO ${arg_ASIO} CRYPTO ${arg_CRYPTO} DEPENDS ${arg_DEPENDS})
  else()
    set_target_properties(${spare} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()
