# Fuzz targets: src/<layer>/<name>_fuzz.cpp defines LLVMFuzzerTestOneInput and becomes fuzz_<name>, linked with its own layer
# and the layers below. Only in the preset "fuzz"; `./dev fuzz <name>` builds and runs one.
option(OROCHI_FUZZ "build the fuzz targets" OFF)
if(OROCHI_FUZZ)
  set(fuzz_objects "")
  foreach(layer base platform sync numeric text syntax bytecode compiler heap threads objects protocols builtins
          interpreter runtime)
    if(TARGET orochi_${layer})
      list(APPEND fuzz_objects $<TARGET_OBJECTS:orochi_${layer}>)
    endif()
    file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${layer}/*_fuzz.cpp)
    foreach(source ${fuzz_sources})
      get_filename_component(name ${source} NAME_WE)
      string(REGEX REPLACE "_fuzz$" "" name ${name})
      set(objects ${fuzz_objects})
      if(layer STREQUAL syntax)                        # the front end alone: base, text, numeric and itself
        list(FILTER objects INCLUDE REGEX "orochi_(base|text|numeric|syntax)>")
      endif()
      add_executable(fuzz_${name} EXCLUDE_FROM_ALL ${source} ${objects})
      target_link_libraries(fuzz_${name} PRIVATE ${OROCHI_LIBRARIES})
      target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endforeach()
endif()
