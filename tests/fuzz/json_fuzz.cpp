#include "model/decode.hpp"
#include "model/json_reader.hpp"
#include "require.hpp"

#include <sipher/json.hpp>

#include <boost/json/serialize.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

// What is read as a session and written again reads as the same session; whatever else comes is refused in words.

namespace {

using namespace sipher;

void check_session(const boost::json::value& document)
{
    const auto read = detail::decode_session(document, "");
    if (!read) {
        require(!read.error().message.empty());
        return;
    }
    const auto again = detail::decode_session(boost::json::value_from(*read), "");
    require(again && again->id == read->id && again->defaults == read->defaults &&
            again->expires_at == read->expires_at && again->created_at == read->created_at &&
            again->last_accessed_at == read->last_accessed_at);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto read = detail::read_json({reinterpret_cast<const char*>(data), size});
    if (read.failure) {
        return 0;
    }
    const boost::json::value& document = read.value;
    check_session(document);
    const auto defaults = detail::decode_defaults(document, "");
    require(defaults || !defaults.error().message.empty());
    const auto deleted = detail::decode_deleted(document, "");
    require(deleted || !deleted.error().message.empty());
    return 0;
}
