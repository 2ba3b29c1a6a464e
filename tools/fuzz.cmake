# Fuzz targets: src/<layer>/<name>_fuzz.cpp defines LLVMFuzzerTestOneInput and becomes fuzz_<name>, linked with everything.
# Only in the preset "fuzz"; `./dev fuzz <name>` builds and runs one.
option(OROCHI_FUZZ "build the fuzz targets" OFF)
if(OROCHI_FUZZ)
  file(GLOB_RECURSE fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*_fuzz.cpp)
  foreach(source ${fuzz_sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name ${name})
    add_executable(fuzz_${name} EXCLUDE_FROM_ALL ${source} ${OROCHI_OBJECTS})
    target_link_libraries(fuzz_${name} PRIVATE ${OROCHI_LIBRARIES})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
