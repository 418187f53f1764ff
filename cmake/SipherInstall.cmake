include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sipher)

# One export set a component: who does not use a part need not have it.
install(TARGETS sipher EXPORT sipherTargets
    RUNTIME COMPONENT sipher_runtime
    LIBRARY COMPONENT sipher_runtime NAMELINK_COMPONENT sipher_development
    ARCHIVE COMPONENT sipher_development
)
install(EXPORT sipherTargets NAMESPACE sipher:: DESTINATION ${package_dir} COMPONENT sipher_development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/sipher TYPE INCLUDE COMPONENT sipher_development
    PATTERN "testing*" EXCLUDE
    PATTERN "observability*" EXCLUDE
)

# From where files of pkg-config are to the prefix, however many folders there are between.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)

# sipher_install_part(NAME EXPORT): the library sipher-NAME with its headers, for CMake and pkg-config.
function(sipher_install_part name export)
    install(TARGETS sipher-${name} EXPORT ${export}
        RUNTIME COMPONENT sipher_${name}
        LIBRARY COMPONENT sipher_${name}
        ARCHIVE COMPONENT sipher_${name}
    )
    install(EXPORT ${export} NAMESPACE sipher:: DESTINATION ${package_dir} COMPONENT sipher_${name})
    install(FILES ${PROJECT_SOURCE_DIR}/include/sipher/${name}.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sipher COMPONENT sipher_${name}
    )
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/sipher/${name}
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sipher COMPONENT sipher_${name}
    )
    configure_file(${PROJECT_SOURCE_DIR}/cmake/sipher-part.pc.in ${PROJECT_BINARY_DIR}/sipher-${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/sipher-${name}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sipher_${name}
    )
endfunction()
sipher_install_part(testing sipherTestingTargets)
sipher_install_part(observability sipherObservabilityTargets)

# sipher_install_program_files(NAME COMPONENT): what a program has beside itself.
function(sipher_install_program_files name component)
    install(FILES ${PROJECT_SOURCE_DIR}/docs/man/${name}.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${component}
    )
    # bash looks for it by the program's name.
    install(FILES ${PROJECT_SOURCE_DIR}/docs/completion/sipher.bash RENAME ${name}
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT ${component}
    )
endfunction()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE TYPE DOC COMPONENT sipher_development)
if(SIPHER_BUILD_SANDBOX)
    install(TARGETS sipher-sandbox RUNTIME COMPONENT sipher_testing)
    sipher_install_program_files(sipher-sandbox sipher_testing)
endif()
# A shared library would have to be found from where it is installed; in the build's own folder the program has a path
# to it.
if(TARGET example-cli AND NOT BUILD_SHARED_LIBS)
    install(PROGRAMS $<TARGET_FILE:example-cli> TYPE BIN RENAME sipher-cli COMPONENT sipher_cli)
    sipher_install_program_files(sipher-cli sipher_cli)
endif()

configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/sipherConfig.cmake.in ${PROJECT_BINARY_DIR}/sipherConfig.cmake
    INSTALL_DESTINATION ${package_dir}
)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sipherConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/sipherConfig.cmake
    ${PROJECT_BINARY_DIR}/sipherConfigVersion.cmake
    DESTINATION ${package_dir} COMPONENT sipher_development
)

# A static library brings nothing along, so those who link it must name what it uses; a shared one has it inside.
set(pc_libs "-L\${libdir} -lsipher -lboost_json -pthread")
if(NOT BUILD_SHARED_LIBS)
    set(pc_libs "-L\${libdir} -lsipher -lboost_url -lboost_json -lboost_container -lssl -lcrypto -pthread")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/sipher.pc.in ${PROJECT_BINARY_DIR}/sipher.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sipher.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sipher_development
)

# The tarball of `cpack -G TGZ`. In a build that this is a part of, CPack is for the whole.
if(PROJECT_IS_TOP_LEVEL)
    string(TOLOWER ${CMAKE_SYSTEM_NAME} system_name)
    set(CPACK_PACKAGE_FILE_NAME ${PROJECT_NAME}-${PROJECT_VERSION}-${system_name}-${CMAKE_SYSTEM_PROCESSOR})
    set(CPACK_PACKAGE_VENDOR ${PROJECT_NAME})
    set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
    set(CPACK_VERBATIM_VARIABLES ON)
    include(CPack)
endif()
