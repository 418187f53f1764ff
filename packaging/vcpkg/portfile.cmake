# A port of the source that it lies in:
#     vcpkg install sipher --overlay-ports=packaging/vcpkg --binarysource=clear
# Without that last option vcpkg takes what it has built before: of its inputs, it looks only at the port's own files.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options
    FEATURES
        sandbox SIPHER_BUILD_SANDBOX
)
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DSIPHER_BUILD_TESTS=OFF
        -DSIPHER_BUILD_EXAMPLES=OFF
        -DSIPHER_BUILD_BENCH=OFF
        ${feature_options}
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/sipher)
vcpkg_fixup_pkgconfig()
if("sandbox" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES sipher-sandbox AUTO_CLEAN)
endif()

file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share"
    "${CURRENT_PACKAGES_DIR}/share/doc"
)
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
