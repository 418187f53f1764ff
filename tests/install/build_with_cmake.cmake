# Configures, builds and runs the program of a user in `consumer`.
file(REMOVE_RECURSE ${build})
execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${consumer} -B ${build} -G ${generator}
        -D CMAKE_CXX_COMPILER=${compiler}
        -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher}
        -D CMAKE_CXX_FLAGS=${flags}
        -D CMAKE_BUILD_TYPE=${build_type}
        -D BUILD_SHARED_LIBS=${shared}
        -D CMAKE_PREFIX_PATH=${prefix}
        -D SIPHER_SOURCE=${sipher_source}
        -D CMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
    COMMAND_ERROR_IS_FATAL ANY
)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --output-on-failure --no-tests=error
    WORKING_DIRECTORY ${build}
    COMMAND_ERROR_IS_FATAL ANY
)
