#include "errors/error_report.hpp"
#include "errors/page_text.hpp"
#include "model/decode.hpp"
#include "model/json_reader.hpp"
#include "require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Whatever the body of a refusal is, the error says something, in one line and without what a terminal would obey.

namespace {

bool is_one_line(std::string_view text)
{
    return std::ranges::none_of(text, [](unsigned char each) { return each < 0x20 || each == 0x7f; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sipher::detail;
    if (size < 1) {
        return 0;
    }
    const unsigned status = 400U + data[0];
    const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
    require(is_one_line(describe_page(status, body)));
    const json_document document = read_json(body);
    if (document.failure) {
        return 0;
    }
    const service_error read = decode_service_error(status, document.value);
    require(!read.message.empty());
    require(is_one_line(read.message));
    error_report report;
    report.operation = "get_session";
    report.message = read.message;
    report.service_code = read.code;
    report.status = status;
    const sipher::error made = make_error(std::move(report));
    require(is_one_line(made.what()));
    return 0;
}
