# Handlers are chained by tail calls: a frame pointer would be pushed and popped in each. Built-in types are part of the
# executable, so their addresses need no indirection.
set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS
                            "-fomit-frame-pointer;-fPIE;-fdirect-access-external-data")
