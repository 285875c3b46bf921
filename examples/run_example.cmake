# cmake -Dprogram=FILE -Doutput=REGEX -P run_example.cmake: runs the program, which must exit with 0 and print what
# matches.
execute_process(COMMAND ${program} OUTPUT_VARIABLE printed RESULT_VARIABLE result)
message("${printed}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${program} exited with ${result}: it must be 0")
endif()
if(NOT printed MATCHES "${output}")
  message(FATAL_ERROR "${program} printed something else than ${output}")
endif()
