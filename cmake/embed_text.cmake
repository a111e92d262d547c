# Writes OUTPUT, a source file whose function NAME gives the text of INPUT. The
# text is ASCII: a larger byte does not compile.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "// Made by cmake/embed_text.cmake.
#include <string_view>

namespace writ {

std::string_view ${NAME}();

std::string_view ${NAME}() {
  static constexpr char kText[] = {${bytes}};
  return {kText, sizeof(kText)};
}

}  // namespace writ
")
