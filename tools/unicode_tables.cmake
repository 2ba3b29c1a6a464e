# The Unicode tables of src/text, generated at build time from the distribution's unicode-data package: unpacked below
# build/stdlib by `./dev`, or installed.
set(OROCHI_UNICODE_DATA "" CACHE PATH "folder with UnicodeData.txt; empty: look below build/stdlib, then in the system")
set(unicode_data ${OROCHI_UNICODE_DATA})
foreach(dir ${CMAKE_SOURCE_DIR}/build/stdlib/usr/share/unicode /usr/share/unicode)
  if(NOT unicode_data AND EXISTS ${dir}/UnicodeData.txt)
    set(unicode_data ${dir})
  endif()
endforeach()
if(NOT unicode_data)
  message(FATAL_ERROR "Unicode data not found: run ./dev setup, install unicode-data, or set OROCHI_UNICODE_DATA")
endif()

add_executable(unicode_tables ${CMAKE_SOURCE_DIR}/tools/unicode_tables.cpp)
target_link_libraries(unicode_tables PRIVATE bz2)
set(unicode_generated ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${unicode_generated})
add_custom_command(
  OUTPUT ${unicode_generated}/unicode_tables.inc ${unicode_generated}/unicode_names.inc
         ${unicode_generated}/NormalizationTest.txt
  COMMAND unicode_tables ${unicode_data} ${CMAKE_SOURCE_DIR}/tools/unicode_corrections.txt ${unicode_generated}
  DEPENDS unicode_tables ${CMAKE_SOURCE_DIR}/tools/unicode_corrections.txt ${unicode_data}/UnicodeData.txt
  COMMENT "Generating Unicode tables" VERBATIM)
add_custom_target(unicode_generated DEPENDS ${unicode_generated}/unicode_tables.inc)
add_dependencies(orochi_text unicode_generated)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/text/normalize_test.cpp PROPERTIES
  COMPILE_DEFINITIONS OROCHI_NORMALIZATION_TEST="${unicode_generated}/NormalizationTest.txt")
