# `warnings` holds everywhere; `warnings_strict` adds what Qt's generated QML C++ does not survive.
add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
                                          -Wimplicit-fallthrough -Wformat=2)
# GCC 12 takes what its own std::string copies for overlapping and out of bounds (GCC bugs 105651, 107852).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(warnings INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
endif()
# Where sources are compiled together, what is in one's own namespace looks as if it were in a header.
if(CMAKE_UNITY_BUILD)
  target_compile_options(warnings INTERFACE -Wno-subobject-linkage)
endif()
if(KVASIR_WARNINGS_AS_ERRORS)
  target_compile_options(warnings INTERFACE -Werror)
endif()

add_library(warnings_strict INTERFACE)
target_link_libraries(warnings_strict INTERFACE warnings)
target_compile_options(warnings_strict INTERFACE -Wshadow -Wcast-align -Wunused
                                                 -Wduplicated-cond -Wlogical-op -Wdouble-promotion)
