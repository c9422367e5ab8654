# Builds the ready plugins with the exporter itself, from a copy of the package in which _core lies where Python looks:
#   cmake -DSOURCE=… -DBINARY=… -DCORE=… -DPYTHON=… -DCC=… -P ready.cmake
# Without them the package works all the same, so what stands in the way is told and is no error.
set(stage ${BINARY}/stage)
file(REMOVE_RECURSE ${stage} ${BINARY}/lv2)
file(MAKE_DIRECTORY ${stage})
file(COPY ${SOURCE}/pyhost ${SOURCE}/csrc ${SOURCE}/plugin DESTINATION ${stage} PATTERN __pycache__ EXCLUDE)
file(COPY ${CORE} DESTINATION ${stage}/pyhost)
set(ENV{PYTHONPATH} "${stage}:$ENV{PYTHONPATH}")
set(ENV{CC} ${CC})
execute_process(COMMAND ${PYTHON} -m pyhost.export.prebuilt ${BINARY}/lv2
  RESULT_VARIABLE failed ERROR_VARIABLE told OUTPUT_VARIABLE ignored)
if(failed)
  file(REMOVE_RECURSE ${BINARY}/lv2)
  string(STRIP "${told}" told)
  string(REGEX REPLACE ".*\n" "" told "${told}")
  message(WARNING "the ready plugins are left out of the package: ${told}. "
    "pyhost install-lv2 builds them later, where there is a C compiler")
endif()
