# Compiles and runs the program of a user, the file `consumer`, with nothing but what pkg-config says of `packages`.
set(ENV{PKG_CONFIG_PATH} ${prefix}/${libdir}/pkgconfig)
execute_process(
    COMMAND pkg-config --cflags --libs ${packages}
    OUTPUT_VARIABLE words
    OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY
)
separate_arguments(words UNIX_COMMAND "${words}")
separate_arguments(flags UNIX_COMMAND "${flags}")
file(MAKE_DIRECTORY ${build})
execute_process(
    COMMAND ${compiler} ${flags} ${consumer} -o ${build}/program ${words}
    COMMAND_ERROR_IS_FATAL ANY
)
execute_process(
    COMMAND ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${prefix}/${libdir} ${build}/program
    COMMAND_ERROR_IS_FATAL ANY
)
