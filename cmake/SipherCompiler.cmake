# What all targets of this project have in common.

if(SIPHER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(SIPHER_CCACHE_PROGRAM ccache)
    mark_as_advanced(SIPHER_CCACHE_PROGRAM)
    if(SIPHER_CCACHE_PROGRAM)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${SIPHER_CCACHE_PROGRAM})
    endif()
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# The language level and the warnings of one of our own targets; nothing of it reaches users.
function(sipher_own_target target)
    set_target_properties(${target} PROPERTIES
        CXX_STANDARD 20
        CXX_STANDARD_REQUIRED ON
        CXX_EXTENSIONS OFF
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
    )
    if(SIPHER_WARNINGS)
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
            # It takes `"literal" + std::string` for overlapping memory (GCC bug 105651).
            target_compile_options(${target} PRIVATE -Wno-restrict)
        endif()
        if(SIPHER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            # Asio's fences, which GCC's thread sanitizer does not model.
            target_compile_options(${target} PRIVATE -Wno-tsan)
        endif()
    endif()
    if(SIPHER_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# Sanitizer flags of the library and, so that all translation units of a program agree, of whatever links it within
# this build.
function(sipher_sanitize target)
    if(NOT SIPHER_SANITIZE)
        return()
    endif()
    set(flags -fsanitize=${SIPHER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(${target} PUBLIC $<BUILD_INTERFACE:${flags}>)
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:${flags}>)
    # Recycled memory hides its misuse.
    target_compile_definitions(${target} PUBLIC $<BUILD_INTERFACE:
        BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING;BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING>)
endfunction()
