# dump: the front end's view of a file: `dump --ast|--bytecode|--check file.py...`. Needs no runtime.
set(dump_objects "")
foreach(layer base platform numeric text syntax bytecode compiler)
  if(TARGET orochi_${layer})
    list(APPEND dump_objects $<TARGET_OBJECTS:orochi_${layer}>)
  endif()
endforeach()
add_executable(dump ${CMAKE_SOURCE_DIR}/tools/dump.cpp ${dump_objects})
target_link_libraries(dump PRIVATE ${OROCHI_LIBRARIES})
