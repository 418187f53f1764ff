# Users' files pay for what our headers include: neither Beast nor OpenSSL nor Asio's TLS may be among it.
string(REPLACE "|" ";" include_dirs "${include_dirs}")
list(TRANSFORM include_dirs PREPEND -I)

foreach(header IN ITEMS sipher/sipher.hpp sipher/testing.hpp)
    file(WRITE ${work}/what_users_include.cpp "#include <${header}>\n")
    execute_process(
        COMMAND ${compiler} -std=c++20 ${include_dirs} -M ${work}/what_users_include.cpp
        OUTPUT_VARIABLE files
        COMMAND_ERROR_IS_FATAL ANY
    )
    if(NOT files MATCHES "${include}/${header}" OR NOT files MATCHES "/boost/asio/any_io_executor.hpp")
        message(FATAL_ERROR "${compiler} -M does not list what <${header}> is known to include")
    endif()
    string(REGEX MATCHALL "[^ \n]*/(boost/beast|boost/asio/ssl|openssl)[/.][^ \n]*" unwanted "${files}")
    if(unwanted)
        list(JOIN unwanted "\n  " unwanted)
        message(FATAL_ERROR "<${header}> includes:\n  ${unwanted}")
    endif()
endforeach()
