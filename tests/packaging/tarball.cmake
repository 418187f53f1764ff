# Makes the tarball of a build with CPack, unpacks it, and builds and runs the programs of a user against it.
file(REMOVE_RECURSE ${work})

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_CPACK_COMMAND} -G TGZ --config ${build}/CPackConfig.cmake -B ${work})
file(GLOB tarball ${work}/*.tar.gz)
cmake_path(GET tarball FILENAME name)
if(NOT name MATCHES "^sipher-${version}-linux-[a-z0-9_]+\\.tar\\.gz$")
    message(FATAL_ERROR "the tarball is called '${name}'")
endif()
file(ARCHIVE_EXTRACT INPUT ${tarball} DESTINATION ${work}/unpacked)
file(GLOB prefix ${work}/unpacked/*)
run(${CMAKE_COMMAND} -G Ninja -S ${consumer} -B ${work}/consumer -D CMAKE_PREFIX_PATH=${prefix} ${options})
run(${CMAKE_COMMAND} --build ${work}/consumer)
run(${CMAKE_CTEST_COMMAND} --test-dir ${work}/consumer --output-on-failure --no-tests=error)
file(REMOVE_RECURSE ${work})
