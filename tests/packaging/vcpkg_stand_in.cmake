# Takes the steps of `vcpkg install sipher[sandbox]` with as much of vcpkg's port functions as the port uses, then builds
# and runs the programs of a user against what vcpkg would have installed. Dependencies come from this system.
# usage: cmake -D port=FOLDER -D work=FOLDER -D consumer=FOLDER -D options=CMAKE-OPTIONS… -P vcpkg_stand_in.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${work})

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(require_file file)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
        message(FATAL_ERROR "${file} is not in the package")
    endif()
endfunction()

# Gives ON and OFF for features, as options of CMake.
macro(vcpkg_check_features)
    cmake_parse_arguments(check "" "OUT_FEATURE_OPTIONS" "FEATURES" ${ARGV})
    set(${check_OUT_FEATURE_OPTIONS})
    while(check_FEATURES)
        list(POP_FRONT check_FEATURES feature variable)
        if(feature IN_LIST FEATURES)
            list(APPEND ${check_OUT_FEATURE_OPTIONS} -D${variable}=ON)
        else()
            list(APPEND ${check_OUT_FEATURE_OPTIONS} -D${variable}=OFF)
        endif()
    endwhile()
endmacro()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 configure "" "SOURCE_PATH" "OPTIONS")
    run(${CMAKE_COMMAND} -G Ninja -S ${configure_SOURCE_PATH} -B ${work}/build ${configure_OPTIONS} ${options}
        -D CMAKE_BUILD_TYPE=Debug -D CMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}
    )
endfunction()

function(vcpkg_cmake_install)
    run(${CMAKE_COMMAND} --build ${work}/build)
    run(${CMAKE_COMMAND} --install ${work}/build)
endfunction()

# From there to share/sipher, which is one folder less away from the prefix.
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 fixup "" "CONFIG_PATH" "")
    require_file(${fixup_CONFIG_PATH}/sipherConfig.cmake)
    file(MAKE_DIRECTORY ${CURRENT_PACKAGES_DIR}/share/sipher)
    file(GLOB files ${CURRENT_PACKAGES_DIR}/${fixup_CONFIG_PATH}/*)
    foreach(file IN LISTS files)
        file(READ ${file} content)
        string(REPLACE [[get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}" PATH)
get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}" PATH)
get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}" PATH)
]] [[get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}" PATH)
get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}" PATH)
]] content "${content}")
        string(REPLACE "/../../../" "/../../" content "${content}")
        string(REPLACE [[${_IMPORT_PREFIX}/bin/]] [[${_IMPORT_PREFIX}/tools/sipher/]] content "${content}")
        cmake_path(GET file FILENAME name)
        file(WRITE ${CURRENT_PACKAGES_DIR}/share/sipher/${name} "${content}")
    endforeach()
    file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/lib/cmake)
endfunction()

# Ours find their prefix by themselves; vcpkg looks whether what they require is there.
function(vcpkg_fixup_pkgconfig)
    set(ENV{PKG_CONFIG_PATH} ${CURRENT_PACKAGES_DIR}/lib/pkgconfig)
    run(pkg-config --print-errors --exists sipher sipher-testing sipher-observability)
endfunction()

function(vcpkg_copy_tools)
    cmake_parse_arguments(PARSE_ARGV 0 copy "AUTO_CLEAN" "" "TOOL_NAMES")
    foreach(name IN LISTS copy_TOOL_NAMES)
        file(INSTALL ${CURRENT_PACKAGES_DIR}/bin/${name} DESTINATION ${CURRENT_PACKAGES_DIR}/tools/sipher
            USE_SOURCE_PERMISSIONS
        )
    endforeach()
    file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/bin)
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 install "" "" "FILE_LIST")
    file(INSTALL ${install_FILE_LIST} DESTINATION ${CURRENT_PACKAGES_DIR}/share/sipher RENAME copyright)
endfunction()

set(CURRENT_PACKAGES_DIR ${work}/package)
set(FEATURES core sandbox)
include(${port}/portfile.cmake)

require_file(share/sipher/copyright)
require_file(share/sipher/sipherConfig.cmake)
require_file(tools/sipher/sipher-sandbox)
require_file(include/sipher/sipher.hpp)
# What vcpkg refuses after it has built a port.
foreach(folder IN ITEMS bin debug/include debug/share lib/cmake share/doc)
    if(EXISTS ${CURRENT_PACKAGES_DIR}/${folder})
        message(FATAL_ERROR "${folder} is in the package")
    endif()
endforeach()

run(${CMAKE_COMMAND} -G Ninja -S ${consumer} -B ${work}/consumer -D CMAKE_PREFIX_PATH=${CURRENT_PACKAGES_DIR} ${options})
run(${CMAKE_COMMAND} --build ${work}/consumer)
run(${CMAKE_CTEST_COMMAND} --test-dir ${work}/consumer --output-on-failure --no-tests=error)
file(REMOVE_RECURSE ${work})
