# Flags with which the library cannot work are refused in words, before anything else is complained about.
string(REPLACE "|" ";" include_dirs "${include_dirs}")
list(TRANSFORM include_dirs PREPEND -I)

# The first error of a file that includes `header`, compiled with `flags`; empty: there is none.
function(first_error header flags result)
    set(file ${work}/flags_refused.cpp)
    file(WRITE ${file} "#include <${header}>\n")
    separate_arguments(flags UNIX_COMMAND "${flags}")
    execute_process(
        COMMAND ${compiler} ${flags} ${include_dirs} -fsyntax-only ${file}
        OUTPUT_QUIET
        ERROR_VARIABLE said
    )
    string(REGEX MATCH "error: [^\n]*" error "${said}")
    set(${result} "${error}" PARENT_SCOPE)
endfunction()

# expect(FLAGS HEADER WORDS): empty WORDS expect that it compiles.
function(expect flags header words)
    first_error(${header} "${flags}" error)
    if((words AND NOT error MATCHES "${words}") OR (error AND NOT words))
        message(SEND_ERROR "<${header}> with ${flags}: expected \"${words}\", got \"${error}\"")
    endif()
endfunction()

expect("-std=c++20" sipher/sipher.hpp "")
expect("-std=c++23" sipher/config.hpp "")
foreach(header IN ITEMS sipher/config.hpp sipher/sipher.hpp sipher/testing.hpp)
    expect("-std=c++17" ${header} "sipher needs C\\+\\+20: compile with -std=c\\+\\+20")
    expect("-std=c++20 -fno-exceptions" ${header} "compile without -fno-exceptions")
    expect("-std=c++20 -fno-rtti" ${header} "compile without -fno-rtti")
    expect("-std=c++20 -DBOOST_ASIO_DISABLE_THREADS" ${header} "compile without BOOST_ASIO_DISABLE_THREADS")
endforeach()
expect("-std=c++14" sipher/config.hpp "sipher needs C\\+\\+20")
expect("-std=c++20 -DBOOST_NO_TYPEID" sipher/config.hpp "compile without -fno-rtti")
expect("-std=c++20 -D_LIBCPP_VERSION=160006" sipher/config.hpp "sipher needs libc\\+\\+ 17")
