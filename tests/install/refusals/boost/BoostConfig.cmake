# A Boost that is too old.
set(Boost_VERSION_MAJOR 1)
set(Boost_VERSION_MINOR 7)
if(NOT TARGET Boost::headers)
  add_library(Boost::headers INTERFACE IMPORTED)
endif()
