# ast_dump: a file's AST as text, to compare with ast.dump.
if(TARGET orochi_syntax AND TARGET orochi_text AND TARGET orochi_base)
  add_executable(ast_dump ${CMAKE_SOURCE_DIR}/tools/ast_dump.cpp $<TARGET_OBJECTS:orochi_syntax>
                 $<TARGET_OBJECTS:orochi_text> $<TARGET_OBJECTS:orochi_base>)
endif()
