# What every target of this project is built with. Included once, from the top level.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(GOSSIP_CCACHE ccache)
  mark_as_advanced(GOSSIP_CCACHE)
  if(GOSSIP_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${GOSSIP_CCACHE})
  endif()
endif()

# gossip_needs_clang(<option> <why> <preset>): refuses the option with any other compiler.
function(gossip_needs_clang option why preset)
  if(${option} AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "${option} needs Clang, ${why}, and this is ${CMAKE_CXX_COMPILER_ID}: "
                        "configure with -DCMAKE_CXX_COMPILER=clang++, or with the preset ${preset}")
  endif()
endfunction()
gossip_needs_clang(GOSSIP_BUILD_FUZZERS "whose libFuzzer it uses" fuzz)
gossip_needs_clang(GOSSIP_COVERAGE "which counts the lines" asan-ubsan)

# gossip_target(<target>): the language level, the warnings and the sanitizers of this project.
function(gossip_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                           -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 warns of overlapping copies inside std::string's operator+ (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(CMAKE_UNITY_BUILD)
    # What a source keeps to itself is seen by those that are compiled after it in one piece, and looks like a header's.
    target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
  if(GOSSIP_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(GOSSIP_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code makes GCC see uninitialised optionals where there are none; plain builds keep the warning.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(GOSSIP_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences, which the sanitizer does not model, guard reactor internals that it does understand.
    target_compile_options(${target} PRIVATE -Wno-tsan)
  endif()
  if(GOSSIP_BUILD_FUZZERS)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(GOSSIP_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${GOSSIP_SANITIZE} -fno-sanitize-recover=all
                                            -fno-omit-frame-pointer)
    if(GOSSIP_SANITIZE MATCHES "undefined")
      # This check opens a pipe, and reports a false type where the tests have used up all descriptors.
      target_compile_options(${target} PUBLIC -fno-sanitize=vptr)
      # Clang 14 cannot write down this one for coroutines.
      target_compile_options(${target} PUBLIC $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
    endif()
    target_link_options(${target} PUBLIC -fsanitize=${GOSSIP_SANITIZE})
  endif()
endfunction()

# \{
# A message passes through a dozen files in a few ten nanoseconds, so what the compiler sees of it at once counts:
# gossipd needs a sixth less processor time for a message when it is optimised as a whole. The objects of the libraries
# hold both kinds of code: what is linked in the usual way, as the tests are, costs no more time to build.
set(gossip_lto "$<AND:$<BOOL:${GOSSIP_LTO}>,$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>")

# gossip_lto_objects(<target>): what may be optimised together with others.
function(gossip_lto_objects target)
  target_compile_options(${target} PRIVATE $<${gossip_lto}:-flto=auto> $<${gossip_lto}:-ffat-lto-objects>)
endfunction()

# gossip_lto_executable(<target>): is linked so.
function(gossip_lto_executable target)
  gossip_lto_objects(${target})
  target_link_options(${target} PRIVATE $<${gossip_lto}:-flto=auto>)
endfunction()
# \}

# gossip_asio(<target>): what a translation unit that includes Boost.Asio needs. Asio is heavy: only few include it. It
# defines none of Asio's switches: BOOST_ASIO_NO_DEPRECATED changes what functions return, and a static library shares
# them with the program that it is linked into. There is no precompiled header: GCC 12 now and then fails to write one
# (internal compiler error in gt_pch_save), and none of them would be worth a build that fails by chance.
function(gossip_asio target)
  target_link_libraries(${target} PRIVATE Boost::headers Threads::Threads)
endfunction()
