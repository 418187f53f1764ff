# A component that is misspelt is named, with those that there are.
execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${consumer} -B ${build} -G ${generator}
        -D CMAKE_CXX_COMPILER=${compiler}
        -D CMAKE_PREFIX_PATH=${prefix}
    RESULT_VARIABLE result
    ERROR_VARIABLE words
    OUTPUT_QUIET
)
string(REGEX REPLACE "[ \n]+" " " words "${words}")
if(result EQUAL 0 OR NOT words MATCHES "no component 'observabilty', only 'testing' and 'observability'")
    message(FATAL_ERROR "ended with ${result} and said: ${words}")
endif()
