# Writes OUTPUT, a source file that holds the texts of FILES as arrays of bytes
# (catalogue/built_in.h). The texts are ASCII: a larger byte does not compile.
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr char kText${number}[] = {${bytes}};\n")
  string(APPEND rows
    "    {\"${name}\", {kText${number}, sizeof(kText${number})}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made by catalogue/embed.cmake.
#include \"catalogue/built_in.h\"

namespace writ {
namespace {

${arrays}
constexpr BuiltInText kTexts[] = {
${rows}};

}  // namespace

std::span<const BuiltInText> BuiltInTexts() { return kTexts; }

}  // namespace writ
")
