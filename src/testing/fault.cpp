#include <sipher/testing/fault.hpp>

namespace sipher::testing {

fault fault::delay(std::chrono::milliseconds by)
{
    fault result;
    result.wait = by;
    return result;
}

fault fault::answer(unsigned status, std::string body, header_list headers)
{
    fault result = act_but_answer(status, std::move(body), std::move(headers));
    result.act = false;
    return result;
}

fault fault::cut_answer(std::size_t bytes, bool reset)
{
    fault result;
    result.cut_after = bytes;
    result.reset = reset;
    return result;
}

fault fault::drop_request(bool reset)
{
    fault result = cut_answer(0, reset);
    result.act = false;
    return result;
}

fault fault::raw_answer(std::string bytes)
{
    fault result;
    result.raw = std::move(bytes);
    return result;
}

fault fault::silence()
{
    fault result;
    result.silent = true;
    return result;
}

fault fault::with_header(std::string name, std::string value)
{
    fault result;
    result.headers.emplace_back(std::move(name), std::move(value));
    return result;
}

fault fault::act_but_answer(unsigned status, std::string body, header_list headers)
{
    fault result;
    result.status = status;
    result.body = std::move(body);
    result.headers = std::move(headers);
    return result;
}

} // namespace sipher::testing
