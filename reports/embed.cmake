# cmake -Dscript=FILE -Dstyle=FILE -Dout=FILE -P embed.cmake: writes a C++ file with the SHA-256 of both in base64.

# Twelve bits are three hexadecimal digits and two of base64; the last four bits of 256 make one more digit.
function(base64_of_hex hex result)
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(text "")
  foreach(at RANGE 0 60 3)
    string(SUBSTRING "${hex}" ${at} 3 group)
    math(EXPR high "0x${group} / 64")
    math(EXPR low "0x${group} % 64")
    string(SUBSTRING "${digits}" ${high} 1 first)
    string(SUBSTRING "${digits}" ${low} 1 second)
    string(APPEND text "${first}${second}")
  endforeach()
  string(SUBSTRING "${hex}" 63 1 group)
  math(EXPR last "0x${group} * 4")
  string(SUBSTRING "${digits}" ${last} 1 first)
  set(${result} "${text}${first}=" PARENT_SCOPE)
endfunction()

file(READ "${script}" text)
if(text MATCHES "</[sS][cC][rR][iI][pP][tT]")
  message(FATAL_ERROR "${script} holds </script>: it would end the page's script element")
endif()
file(SHA256 "${script}" script_hex)
file(SHA256 "${style}" style_hex)
base64_of_hex("${script_hex}" script_sha256)
base64_of_hex("${style_hex}" style_sha256)
file(WRITE "${out}" "#include \"reports/assets.hpp\"
extern \"C\" const char raftsim_viewer_script[], raftsim_viewer_script_end[];
extern \"C\" const char raftsim_viewer_style[], raftsim_viewer_style_end[];
namespace raftsim::reports::assets {
std::string_view script() { return {raftsim_viewer_script, raftsim_viewer_script_end}; }
std::string_view style() { return {raftsim_viewer_style, raftsim_viewer_style_end}; }
constexpr std::string_view script_sha256_text = \"${script_sha256}\";
constexpr std::string_view style_sha256_text = \"${style_sha256}\";
const std::string_view script_sha256 = script_sha256_text;
const std::string_view style_sha256 = style_sha256_text;
}  // namespace raftsim::reports::assets
")
