# Handlers are chained by tail calls: a frame pointer would be pushed and popped in each.
set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-fomit-frame-pointer")
